"""What was looked up a moment ago, for whoever needs it with every call: never older than a second.

What this process changes counts at once. What is needed again and again is looked up aside before it gets too old, so that
a call rarely waits for it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar

from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError

K = TypeVar("K")
V = TypeVar("V")

OLDEST_S = 1.0
_AGAIN_S = 0.5
_PATIENCE_S = 0.25
"""How long a call waits for what it has an old answer to: a database that is away must not stop those who were let in."""

_log = logging.getLogger("fakeai.fresh")


class Changes:
    """How often anything was changed that is remembered so; shared by the Apps that keep their things together."""

    def __init__(self) -> None:
        self.count = 0

    def note(self) -> None:
        """Something has been changed, and that is committed: look it up anew."""
        self.count += 1


class _Found(Generic[V]):
    __slots__ = ("at", "count", "value")

    def __init__(self, value: V, at: float, count: int) -> None:
        self.value = value
        self.at = at
        self.count = count


class Fresh(Generic[K, V]):
    """Values by key; `load` looks one up. Forgets them all when there are more than `most`."""

    def __init__(self, clock: Clock, changes: Changes, load: Callable[[K], Awaitable[V]], most: int = 10_000) -> None:
        self._clock = clock
        self._changes = changes
        self._load = load
        self._most = most
        self._found: dict[K, _Found[V]] = {}
        self._under_way: dict[K, asyncio.Task[V]] = {}

    def recent(self, key: K) -> V | None:
        """The value, if it need not be looked up."""
        found = self._found.get(key)
        if found is None or found.count != self._changes.count:
            return None
        return found.value if self._clock.now() - found.at < _AGAIN_S else None

    async def get(self, key: K) -> V:
        """The value. Raises what looking it up raises, unless it was known before."""
        found = self._found.get(key)
        if found is None or found.count != self._changes.count:
            return await self._look(key)
        age = self._clock.now() - found.at
        if age >= _AGAIN_S:
            task = self._look_aside(key)
            if age >= OLDEST_S:
                await asyncio.wait({task}, timeout=_PATIENCE_S)
                found = self._found.get(key, found)
        return found.value

    def _look_aside(self, key: K) -> "asyncio.Task[V]":
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.ensure_future(self._look(key))
            task.add_done_callback(lambda done: self._looked(key, done))
        return task

    def _looked(self, key: K, task: "asyncio.Task[V]") -> None:
        self._under_way.pop(key, None)
        with suppress(asyncio.CancelledError):
            error = task.exception()
            if isinstance(error, ApiError):
                _log.warning("what is known cannot be looked up anew: %s", error.message)
            elif error is not None:
                _log.error("what is known cannot be looked up anew", exc_info=error)

    async def _look(self, key: K) -> V:
        count, at = self._changes.count, self._clock.now()
        value = await self._load(key)
        if len(self._found) >= self._most:
            self._found.clear()
        self._found[key] = _Found(value, at, count)
        return value
