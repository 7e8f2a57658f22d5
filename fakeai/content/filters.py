"""Filters of attributes: which files a search looks into. Knows no wire type: a filter is JSON that has been checked."""

from collections.abc import Callable, Mapping, Sequence
from operator import ge, gt, le, lt
from types import MappingProxyType
from typing import Any, Final, TypeAlias

Attributes: TypeAlias = Mapping[str, str | float | bool]
_ORDERS: Final = MappingProxyType({"gt": gt, "gte": ge, "lt": lt, "lte": le})

Matcher: TypeAlias = Callable[[Attributes], bool]

DEEPEST: Final = 10
MOST: Final = 200
"""How deeply filters may be nested, and how many comparisons one may have."""


def matcher(filter: Mapping[str, Any]) -> Matcher:
    """What tells whether attributes match. Raises ValueError for a filter that is too deep or too long. Any: JSON."""
    left = [MOST]
    return _matcher(filter, 1, left)


def _matcher(filter: Mapping[str, Any], depth: int, left: list[int]) -> Matcher:
    if depth > DEEPEST:
        raise ValueError(f"Filters may be nested {DEEPEST} deep at most.")
    kind = filter["type"]
    if kind in ("and", "or"):
        tests = [_matcher(inner, depth + 1, left) for inner in filter["filters"]]
        together = all if kind == "and" else any
        return lambda attributes: together(test(attributes) for test in tests)
    left[0] -= 1
    if left[0] < 0:
        raise ValueError(f"Filters may have {MOST} comparisons at most.")
    return _comparison(kind, filter["key"], filter["value"])


def _comparison(kind: str, key: str, value: Any) -> Matcher:
    if kind in ("in", "nin"):
        values: Sequence[Any] = value if isinstance(value, list) else [value]
        wanted = kind == "in"
        return lambda attributes: (key in attributes and any(_same(attributes[key], one) for one in values)) is wanted
    if kind in ("eq", "ne"):
        wanted = kind == "eq"
        return lambda attributes: (key in attributes and _same(attributes[key], value)) is wanted
    order: Callable[[Any, Any], bool] = _ORDERS[kind]
    return lambda attributes: (
        key in attributes and _comparable(attributes[key], value) and order(attributes[key], value)
    )


def _same(one: Any, other: Any) -> bool:
    """JSON's equality: true is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _comparable(one: Any, other: Any) -> bool:
    return (
        isinstance(one, str) == isinstance(other, str)
        and not isinstance(one, bool)
        and not isinstance(other, bool | list)
    )
