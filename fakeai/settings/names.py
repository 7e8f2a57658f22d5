"""How settings are written: dotted, as environment variables, shortened; and what a misspelt one was meant to be.

Knows spellings; does not read the environment, a file or a command line.
"""

import json
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel, ByteSize, SecretStr
from pydantic.fields import FieldInfo

from fakeai.settings.tree import Settings, leaves

PREFIX = "FAKEAI_"
NESTED = "__"

# Their last word alone would say too little.
_NO_SHORT_NAME = frozenset({"latency.models", "log.level", "log.format"})

_LONG = ("cluster.", "kv_events.", "journal.", "gateway.")
"""Groups whose names would say too little without them."""


class Row(NamedTuple):
    """One setting, for whoever lists them."""

    name: str
    variable: str
    accepts: str
    default: str
    text: str


@lru_cache(maxsize=1)
def fields() -> tuple[Row, ...]:
    """All settings in the order of the tree."""
    return tuple(
        Row(
            name,
            _variable(name),
            _accepts(info),
            json.dumps(info.get_default(call_default_factory=True)),
            info.description or "",
        )
        for name, info in leaves(Settings)
    )


def split(name: str) -> list[str]:
    """A dotted name in parts; a model id inside `latency.models.<id>.ttft` keeps its own dots."""
    for leaf, _ in mappings():
        if name.startswith(leaf + "."):
            key, _, last = name[len(leaf) + 1 :].rpartition(".")
            return [*leaf.split("."), key, last]
    return name.split(".")


def find(name: str, separator: str) -> str | None:
    """The dotted name of `name`, whose parts are joined by `separator`; None if there is no such setting."""
    if (known := _names().get(name.lower())) is not None:
        return known
    for leaf, model in mappings():
        start = leaf.replace(".", separator) + separator
        key, _, last = name[len(start) :].rpartition(separator)
        if name.lower().startswith(start) and key and last.lower() in model.model_fields:
            return f"{leaf}.{key}.{last.lower()}"
    return None


def hint(name: str, *, variable: bool = False) -> str:
    """The end of a complaint about an unknown name: the closest known one."""
    if variable:
        known = {
            found: found for row in fields() for found in (row.variable, PREFIX + row.name.replace(".", NESTED).upper())
        }
    else:
        known = dict(_names())
        for leaf, model in mappings():
            if name.startswith(leaf + "."):
                start = name.rpartition(".")[0]
                known = {f"{start}.{field}": f"{start}.{field}" for field in model.model_fields}
    close = get_close_matches(name, known, 1)
    return f"; did you mean {known[close[0]]!r}?" if close else " (`fakeai config show` lists them all)"


def mappings() -> list[tuple[str, type[BaseModel]]]:
    """The settings that are mappings of names to groups, with the group's class."""
    return [
        (name, get_args(info.annotation)[1]) for name, info in leaves(Settings) if get_origin(info.annotation) is dict
    ]


@lru_cache(maxsize=1)
def _names() -> Mapping[str, str]:
    """Every way to write a setting's name, in lower case → its dotted name.

    `server.port`, `server__port`, `server_port`, and `port` where no other setting is called so.
    """
    names = [name for name, _ in leaves(Settings)]
    short = [name.rpartition(".")[2] for name in names if name not in _NO_SHORT_NAME and not name.startswith(_LONG)]
    found = {last: name for name in names if short.count(last := name.rpartition(".")[2]) == 1}
    found |= {name.replace(".", join): name for name in names for join in (".", "_", NESTED)}
    return MappingProxyType(found | {"ttft_ms": "latency.ttft", "itl_ms": "latency.itl"})


def _variable(name: str) -> str:
    """The variable of a setting: the short one where there is one."""
    short = name.rpartition(".")[2]
    return PREFIX + (short if _names().get(short) == name else name.replace(".", "_")).upper()


def _accepts(info: FieldInfo) -> str:
    """The values a field takes, in words."""
    kind: Any = info.annotation
    if get_origin(kind) is Literal:
        return " | ".join(get_args(kind))
    if get_origin(kind) is dict:
        return "mapping"
    names = {int: "integer", float: "number", str: "text", SecretStr: "text", bool: "true | false", ByteSize: "bytes"}
    return names.get(kind) or names[next(arm for arm in get_args(kind) if arm in names)]
