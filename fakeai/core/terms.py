"""On what terms a key is let in at the front door: its role, its limits, its quota, its models."""

from typing import Literal, NamedTuple, TypeAlias

Unit: TypeAlias = Literal["requests", "tokens", "output_tokens"]
"""What a quota is counted in."""


class Terms(NamedTuple):
    """Of one key. Limits that are None are those of its role; 0 stands for none."""

    label: str = ""
    role: str = "standard"
    rpm: int | None = None
    """Requests a minute."""
    tpm: int | None = None
    """Tokens a minute, of prompts and answers."""
    rpd: int | None = None
    """Requests a day."""
    tpd: int | None = None
    """Tokens a day."""
    quota: int | None = None
    """Units of a period; None for no end of them, 0 for nothing at all."""
    unit: Unit = "requests"
    budget_usd: float | None = None
    """US dollars of a period, by the models' prices; None for no end of them."""
    models: tuple[str, ...] = ()
    """The ids of models that it may use; empty: all."""

    @property
    def admin(self) -> bool:
        """Whether it may look after the others."""
        return self.role == "admin"
