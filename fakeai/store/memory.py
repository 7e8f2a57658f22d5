"""Counters, leases and passing values in memory: for one process."""

from collections.abc import Callable
from typing import NamedTuple

from fakeai.core.clock import Clock

_SWEEP = 4_096
"""Keys beyond which those that have expired are looked for, and again when there are twice as many as were left."""


class _Entry(NamedTuple):
    value: bytes | int
    expires: float


class MemoryValues:
    """Values that last as long as the process."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._sweep_at = _SWEEP

    def at(self, clock: Clock) -> "MemoryValuesAt":
        """One App's view: its Clock says when something expires."""
        return MemoryValuesAt(self, clock.unix)

    def get(self, key: str, now: float) -> bytes | int | None:
        """What is there, unless it has expired."""
        entry = self._entries.get(key)
        return None if entry is None or entry.expires <= now else entry.value

    def put(self, key: str, value: bytes | int, expires: float, now: float) -> None:
        """Replace what is there."""
        self._entries[key] = _Entry(value, expires)
        if len(self._entries) > self._sweep_at:
            self._entries = {name: entry for name, entry in self._entries.items() if entry.expires > now}
            self._sweep_at = max(_SWEEP, 2 * len(self._entries))

    def add(self, key: str, n: int, expires: float, now: float) -> int:
        """Count; what is there keeps the end it has."""
        entry = self._entries.get(key)
        if entry is None or entry.expires <= now:
            self.put(key, n, expires, now)
            return n
        assert isinstance(entry.value, int), f"{key} is no counter"
        self._entries[key] = _Entry(entry.value + n, entry.expires)
        return entry.value + n

    def drop(self, key: str) -> None:
        """Forget the key."""
        self._entries.pop(key, None)


class MemoryValuesAt:
    """`KeyValue` over a dict that several Apps may share."""

    def __init__(self, values: MemoryValues, unix: Callable[[], float]) -> None:
        self._values = values
        self._unix = unix

    async def get(self, key: str) -> bytes | None:
        """The value."""
        found = self._values.get(key, self._unix())
        return b"%d" % found if isinstance(found, int) else found

    async def set(self, key: str, value: bytes, ttl: float) -> None:
        """Put the value there."""
        now = self._unix()
        self._values.put(key, value, now + ttl, now)

    async def add(self, key: str, n: int, ttl: float) -> int:
        """Count."""
        now = self._unix()
        return self._values.add(key, n, now + ttl, now)

    async def take(self, key: str, ttl: float) -> bool:
        """Take the lease, if it is free."""
        now = self._unix()
        if self._values.get(key, now) is not None:
            return False
        self._values.put(key, b"1", now + ttl, now)
        return True

    async def drop(self, key: str) -> None:
        """Forget the key."""
        self._values.drop(key)

    async def close(self) -> None:
        """There is nothing to let go of."""
