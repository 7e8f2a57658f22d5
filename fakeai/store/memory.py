"""Counters, leases and passing values in memory: for one process."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from fakeai.core.clock import Clock
from fakeai.store.base import Left, Take

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

    def spend(self, wanted: Sequence[Take], now: float) -> tuple[int | None, list[Left]]:
        """Take all of them, or nothing."""
        found = [self._window(take.key, now) for take in wanted]
        for number, (take, (used, _)) in enumerate(zip(wanted, found, strict=True)):
            if used + take.n > take.limit:
                return number, [Left(used, max(expires - now, 0.0)) for used, expires in found]
        left = []
        for take, (used, expires) in zip(wanted, found, strict=True):
            until = expires if expires > now else now + take.length
            self.put(take.key, used + take.n, until, now)
            left.append(Left(used + take.n, until - now))
        return None, left

    def correct(self, key: str, n: int, now: float) -> int:
        """Change what was taken of a window that is not over."""
        used, expires = self._window(key, now)
        if expires <= now:
            return 0
        used = max(used + n, 0)
        self._entries[key] = _Entry(used, expires)
        return used

    def _window(self, key: str, now: float) -> tuple[int, float]:
        entry = self._entries.get(key)
        if entry is None or entry.expires <= now:
            return 0, 0.0
        assert isinstance(entry.value, int), f"{key} is no window"
        return entry.value, entry.expires

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

    async def spend(self, wanted: Sequence[Take]) -> tuple[int | None, list[Left]]:
        """Take all of them, or nothing."""
        return self._values.spend(wanted, self._unix())

    async def correct(self, key: str, n: int) -> int:
        """Change what was taken of a window."""
        return self._values.correct(key, n, self._unix())

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
