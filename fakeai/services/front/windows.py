"""The windows that a key's calls have to fit into: so many requests or tokens a minute or a day, of all models and of one.

A window begins with the first request in it.
"""

from typing import NamedTuple

from fakeai.core.roles import Limits, Role
from fakeai.core.terms import Terms

MINUTE_S, DAY_S = 60.0, 86_400.0


class Window(NamedTuple):
    """A count that may grow to `limit` in `length_s` from its first; `of` is what is counted, `words` are OpenAI's for that."""

    key: str
    of: str
    limit: int
    length_s: float
    words: str
    model: str = ""


def windows(key: str, terms: Terms, role: Role, model: str = "") -> tuple[Window, ...]:
    """Those of a key, and those of a model by itself, where the key's role has such."""
    found = _all(key, own_limits(terms, role), "")
    of_model = role.of(model)
    return tuple(found if of_model is None else found + _all(key, of_model, model))


def own_limits(terms: Terms, role: Role) -> Limits:
    """A key's limits: its own, or else its role's."""
    given = (terms.rpm, terms.tpm, terms.rpd, terms.tpd)
    return Limits(*(theirs if own is None else own for own, theirs in zip(given, role.limits, strict=True)))


def _all(key: str, limits: Limits, model: str) -> list[Window]:
    place = f"door:{key}:{model}"
    every = [
        Window(f"{place}:rpd", "requests", limits.rpd, DAY_S, "requests per day (RPD)", model),
        Window(f"{place}:rpm", "requests", limits.rpm, MINUTE_S, "requests per min (RPM)", model),
        Window(f"{place}:tpd", "tokens", limits.tpd, DAY_S, "tokens per day (TPD)", model),
        Window(f"{place}:tpm", "tokens", limits.tpm, MINUTE_S, "tokens per min (TPM)", model),
    ]
    return [window for window in every if window.limit]
