"""What little Python programs can use: operators, functions of a few modules, methods, and open files.

All of it is harmless; how much of it may be used is up to whoever works the program out.
"""

import ast
import csv
import json
import math
import operator
import statistics
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

_MOST_PLACES = 300


class Unknown(Exception):
    """Something that is not worked out here."""


class File:
    """An open file: the lines that are not read yet, or what has been written if there is no text."""

    def __init__(self, text: str | None) -> None:
        self.lines = [] if text is None else text.splitlines(keepends=True)
        self.pieces: list[str] | None = [] if text is None else None

    def rest(self) -> list[str]:
        """The lines that are left, which are read by that."""
        lines, self.lines = self.lines, []
        return lines


BINARY: Mapping[type, Callable[[Any, Any], Any]] = MappingProxyType(
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
        ast.FloorDiv: operator.floordiv,
        ast.Mod: operator.mod,
        ast.Pow: operator.pow,
    }
)
COMPARED: Mapping[type, Callable[[Any, Any], Any]] = MappingProxyType(
    {
        ast.Eq: operator.eq,
        ast.NotEq: operator.ne,
        ast.Lt: operator.lt,
        ast.LtE: operator.le,
        ast.Gt: operator.gt,
        ast.GtE: operator.ge,
        ast.In: lambda left, right: left in right,
        ast.NotIn: lambda left, right: left not in right,
    }
)


def _rounded(number: Any, places: int | None = None) -> Any:
    if places is not None and abs(places) > _MOST_PLACES:
        raise Unknown
    return round(number, places)


def _sum(some: Any, start: Any = 0) -> Any:
    if not isinstance(start, int | float):  # lists would be copied again for each of them
        raise Unknown
    return sum(some, start)


def _rows(source: Any) -> list[Any]:
    return [dict(row) for row in csv.DictReader(_lines(source))]


def _lines(source: Any) -> list[str]:
    return source.rest() if isinstance(source, File) else list(source)


def _text(source: Any) -> str:
    if not isinstance(source, File):
        raise Unknown
    return "".join(source.rest())


FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "sum": _sum,
        "len": len,
        "max": max,
        "min": min,
        "round": _rounded,
        "abs": abs,
        "int": int,
        "float": float,
        "list": lambda some=(): list(_lines(some)),
        "sorted": lambda some, reverse=False: sorted(_lines(some), reverse=reverse),
        "enumerate": lambda some: list(enumerate(_lines(some))),
        "zip": lambda *some: list(zip(*some, strict=False)),
        "csv.reader": lambda some: list(csv.reader(_lines(some))),
        "csv.DictReader": _rows,
        "json.load": lambda file: json.loads(_text(file)),
        "json.loads": json.loads,
        "statistics.mean": statistics.mean,
        "statistics.median": statistics.median,
        "math.sqrt": math.sqrt,
    }
)
"""By the names that a program has for them, the modules' with those in front."""

MODULES = frozenset(name.partition(".")[0] for name in FUNCTIONS if "." in name)
"""The modules that may be imported."""

_TEXTS = frozenset(
    {"split", "splitlines", "strip", "lower", "upper", "title", "count", "startswith", "endswith", "find"}
)
METHODS: tuple[tuple[type, frozenset[str]], ...] = (
    (str, _TEXTS),
    (list, frozenset({"count", "index"})),
    (dict, frozenset({"get"})),
)
"""Names by types; those that change a value are not among them."""
