"""Name → thing. Instances belong to an App, never to a module."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")


class Registry(Generic[T]):
    """Names and what they stand for, in the order they were added.

    A value given as a `"module:attribute"` string is imported on its first `get`, so that heavy rooms
    (torch, soundfile) cost nothing until somebody asks for them.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._things: dict[str, Any] = {}  # T, or the string that names it

    def add(self, name: str, thing: T | str) -> None:
        """Add `thing`; a name that is taken raises ValueError."""
        if name in self._things:
            raise ValueError(f"{self.kind} {name!r} is registered twice")
        self._things[name] = thing

    def get(self, name: str) -> T:
        """The thing called `name`; an unknown name raises KeyError with the known ones and the closest."""
        if name not in self._things:
            from difflib import get_close_matches

            close = get_close_matches(name, self._things, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise KeyError(f"unknown {self.kind} {name!r}{hint} (known: {', '.join(self._things)})")
        thing = self._things[name]
        if isinstance(thing, str):
            module, _, attribute = thing.partition(":")
            thing = self._things[name] = getattr(import_module(module), attribute)
        return cast(T, thing)

    def names(self) -> list[str]:
        """All names, in the order they were added."""
        return list(self._things)

    def items(self) -> Iterator[tuple[str, T]]:
        """Names and things, in order."""
        return ((name, self.get(name)) for name in self._things)

    def __iter__(self) -> Iterator[T]:
        return (self.get(name) for name in self._things)
