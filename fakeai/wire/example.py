"""A plausible instance of a reply's type: what a server that is asked for an id nobody has seen may answer with.

Reads the TypedDicts of this room; knows no family. The same type and seed give the same instance.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints

from typing_extensions import ReadOnly, is_typeddict

from fakeai.core.chance import Chance

_FIRST_CREATED = 1_700_000_000
_YEAR_S = 31_536_000
_WRAPPERS = (Annotated, NotRequired, Required, ReadOnly)
_DEEPEST = 12


def example(shape: Any, seed: str, **given: Any) -> dict[str, Any]:
    """An instance of the TypedDict `shape` with its required keys; `given` are values to have. Any: both are JSON.

    Nullable values are null, words are the first of those possible, lists are empty, times are in a year gone by.
    """
    made = _object(shape, Chance(seed).stream("example"), 0)
    return {**made, **given}


def _object(shape: Any, chance: Chance, depth: int) -> dict[str, Any]:
    return {name: _value(kind, name, chance, depth + 1) for name, kind in _required(shape).items()}


@lru_cache(maxsize=512)
def _required(shape: Any) -> Mapping[str, Any]:
    hints = get_type_hints(shape, include_extras=True)
    return MappingProxyType({name: hints[name] for name in hints if name in shape.__required_keys__})


def _value(kind: Any, name: str, chance: Chance, depth: int) -> Any:
    origin = get_origin(kind)
    if origin in _WRAPPERS:
        return _value(get_args(kind)[0], name, chance, depth)
    if origin is Literal:
        return get_args(kind)[0]
    if origin in (Union, UnionType):
        kinds = get_args(kind)
        return None if NoneType in kinds else _value(kinds[0], name, chance, depth)
    if is_typeddict(origin or kind):
        assert depth < _DEEPEST, f"{kind} holds itself"
        return _object(origin or kind, chance, depth)
    make = _PLAIN.get(origin or kind)
    return None if make is None else make(name, chance)


def _text(name: str, chance: Chance) -> str:
    return f"{name}_{chance.data(6).hex()}" if name.endswith("id") else name


def _integer(name: str, chance: Chance) -> int:
    return _FIRST_CREATED + chance.below(_YEAR_S) if _is_time(name) else 0


def _is_time(name: str) -> bool:
    return name.endswith(("_at", "_time")) or name == "created"


_PLAIN: Mapping[Any, Callable[[str, Chance], Any]] = MappingProxyType(
    {
        str: _text,
        bool: lambda name, chance: False,
        int: _integer,
        float: lambda name, chance: float(_integer(name, chance)),
        list: lambda name, chance: [],
        dict: lambda name, chance: {},
        NoneType: lambda name, chance: None,
    }
)
"""What makes a value of each of JSON's types. Any: types are the keys."""
