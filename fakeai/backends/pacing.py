"""One timer for all paced answers: absolute deadlines, and the pushing done inside the timer.

A task per stream would have to be woken for every token; here the loop wakes once for everything that is due.
"""

import asyncio
from heapq import heappop, heappush
from typing import Protocol

from fakeai.core.clock import Clock

_ROUNDING_S = 1e-6
"""A timer this early is on time: what is left is the rounding of Clock seconds to the loop's and back."""


class Paced(Protocol):
    """Something with deadlines."""

    def advance(self, now: float) -> float | None:
        """Do all that is due at Clock second `now`; return the next deadline, or None when there is none to wait for."""


class Pacer:
    """A heap of deadlines and one timer at the earliest. Items of equal deadlines go in the order they were added."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, Paced]] = []
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0.0

    def add(self, due: float, item: Paced) -> None:
        """Call `item.advance` at Clock second `due` (or as soon as possible after)."""
        self._count += 1
        heappush(self._heap, (due, self._count, item))
        if self._timer is None or due < self._timer_due:
            self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_due = self._heap[0][0]
        self._timer = self._clock.call_at(self._timer_due, self._fire)

    def _fire(self) -> None:
        self._timer = None
        heap = self._heap
        now = self._clock.now()
        if now < self._timer_due < now + _ROUNDING_S:
            now = self._timer_due
        try:
            while heap and heap[0][0] <= now:
                item = heappop(heap)[2]
                due = item.advance(now)
                if due is not None:
                    self._count = count = self._count + 1
                    heappush(heap, (due, count, item))
        finally:  # an item that raises is dropped; it must not stop the others
            if heap and (self._timer is None or heap[0][0] < self._timer_due):
                self._arm()
