"""What keys of the front door may in a minute and in a day, by their roles. The table is `data/roles.toml`."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any, NamedTuple


class Limits(NamedTuple):
    """Requests and tokens a minute and a day; 0: no end of them."""

    rpm: int = 0
    tpm: int = 0
    rpd: int = 0
    tpd: int = 0


class Role(NamedTuple):
    """Limits of all that a key asks, and of what it asks each model, by the beginnings of their ids."""

    limits: Limits = Limits()
    models: Mapping[str, Limits] = MappingProxyType({})

    def of(self, model: str) -> Limits | None:
        """Those of a model by itself: of the longest beginning of its id. None if it has none."""
        fitting = [start for start in self.models if model.startswith(start)]
        return self.models[max(fitting, key=len)] if fitting else None


def load() -> dict[str, Role]:
    """The roles of the table, by their names."""
    text = files("fakeai.data").joinpath("roles.toml").read_text("utf-8")
    return {name: _role(row) for name, row in tomllib.loads(text).items()}


def _role(row: dict[str, Any]) -> Role:
    models = {start: Limits(**limits) for start, limits in row.pop("models", {}).items()}
    return Role(Limits(**row), models)
