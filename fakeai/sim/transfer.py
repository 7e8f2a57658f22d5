"""Bytes on a link: KV blocks from prefill to decode workers, or between GPU and host memory.

The transfers under way share the bandwidth evenly, each up to a cap (processor sharing); a transfer is there a latency
after its last byte has left. Between two events all rates are constant, so times are exact, whatever lies between calls.
Knows no clock and no blocks.
"""

from collections import deque
from collections.abc import Hashable
from heapq import heappop, heappush
from math import inf, isinf


class Link:
    """One direction of a link. Times in seconds; calls must not go back in time (ValueError).

    All transfers get the same rate, so one count of bytes that each has got since the link was last idle serves all:
    a transfer is done when that count has grown by its size. Ids may be used again once a transfer is over.
    """

    __slots__ = ("_cap", "_flying", "_got", "_now", "_order", "_rate", "_sent", "_serving", "_starts", "_under_way")

    def __init__(self, bytes_per_s: float, latency_s: float = 0.0, cap_bytes_per_s: float = inf) -> None:
        """`bytes_per_s` may be infinite; `cap_bytes_per_s` is the most that one transfer gets."""
        if not (bytes_per_s > 0.0 and cap_bytes_per_s > 0.0):
            raise ValueError(f"a link's bandwidth is above 0, not {min(bytes_per_s, cap_bytes_per_s)} bytes/s")
        if not 0.0 <= latency_s < inf:
            raise ValueError(f"a link's latency is a number of seconds from 0 on, not {latency_s}")
        self._rate = bytes_per_s
        self._cap = min(cap_bytes_per_s, bytes_per_s)
        self._starts = latency_s
        self._now = -inf
        self._got = 0.0
        """Bytes that a transfer under way since the link was last idle has got."""
        self._sent = 0.0
        self._order = 0
        self._serving: list[tuple[float, int, Hashable]] = []
        """Heap of (`_got` at its last byte, order of arrival, id); cancelled ones stay until they come up."""
        self._under_way: dict[Hashable, tuple[float, int]] = {}
        """Transfers being sent: their `_got` at the last byte, and order."""
        self._flying: deque[tuple[float, Hashable]] = deque()
        """Transfers whose last byte has left, and when they are there."""

    def __len__(self) -> int:
        """Transfers not there yet, or not told of."""
        return len(self._under_way) + len(self._flying)

    @property
    def sent_bytes(self) -> float:
        """Bytes that have left, up to the last call."""
        return self._sent

    def add(self, id: Hashable, bytes: float, now: float) -> None:
        """Start a transfer. Nothing to send takes the latency; an id under way raises ValueError."""
        if not 0.0 <= bytes < inf:
            raise ValueError(f"a transfer has a number of bytes from 0 on, not {bytes}")
        if id in self._under_way or any(id == other for _, other in self._flying):
            raise ValueError(f"transfer {id!r} is under way")
        self._flow(now)
        if not bytes or isinf(self._cap):
            self._sent += bytes
            self._flying.append((now + self._starts, id))
            return
        self._order += 1
        last = self._got + bytes
        self._under_way[id] = (last, self._order)
        heappush(self._serving, (last, self._order, id))

    def cancel(self, id: Hashable, now: float) -> bool:
        """Forget a transfer; the others share what it had. False if it is not under way (any more)."""
        self._flow(now)
        if self._under_way.pop(id, None):
            self._rest()
            return True
        before = len(self._flying)
        self._flying = deque(entry for entry in self._flying if entry[1] != id)
        return len(self._flying) < before

    def next_at(self) -> float | None:
        """When the next transfer is there if nothing changes, at the earliest the time of the last call; or None."""
        if self._flying:
            return max(self._flying[0][0], self._now)
        return self._next_sent() + self._starts if self._under_way else None

    def advance(self, now: float) -> list[tuple[float, Hashable]]:
        """Transfers that are there by `now` and were not told of before: (when, id), in order."""
        self._flow(now)
        there = []
        while self._flying and self._flying[0][0] <= now:
            there.append(self._flying.popleft())
        return there

    def _share(self) -> float:
        return min(self._cap, self._rate / len(self._under_way))

    def _next_sent(self) -> float:
        """When the next last byte leaves; there must be a transfer under way."""
        while self._under_way.get(self._serving[0][2], (0.0, 0))[1] != self._serving[0][1]:
            heappop(self._serving)
        return self._now + max(self._serving[0][0] - self._got, 0.0) / self._share()

    def _flow(self, now: float) -> None:
        """Send until `now`."""
        if now < self._now:
            raise ValueError(f"time does not go back from {self._now} to {now}")
        while self._under_way and (at := self._next_sent()) <= now:
            last, _, done = heappop(self._serving)
            self._pass(at, max(last - self._got, 0.0))
            del self._under_way[done]
            self._flying.append((at + self._starts, done))
            self._rest()
        self._pass(now, (now - self._now) * self._share() if self._under_way else 0.0)

    def _pass(self, at: float, each: float) -> None:
        """It is `at`, and each transfer has got `each` more bytes."""
        self._got += each
        self._sent += each * len(self._under_way)
        self._now = at

    def _rest(self) -> None:
        """An idle link counts from 0 again, so that counts stay small and exact."""
        if not self._under_way:
            self._serving.clear()
            self._got = 0.0
