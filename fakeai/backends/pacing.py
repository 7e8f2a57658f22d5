"""One timer for all paced answers: absolute deadlines, and the pushing done inside the timer.

A task per stream would have to be woken for every token; here the loop wakes once for everything that is due. With many
answers under way that is once a millisecond: a wake-up costs more than a token does.
"""

import asyncio
import logging
from heapq import heappop, heappush
from typing import Protocol

from fakeai.core.clock import Clock

_log = logging.getLogger("fakeai.pacing")

_ROUNDING_S = 1e-6
"""A timer this early is on time, and a deadline this late still in its tick: what is left is the rounding of floats."""
_TURNS = 4
"""Deadlines that are served before the loop may look at its sockets again: who comes late must not starve who comes new."""
_CROWD = 16
"""Items beyond which deadlines of one tick of the Clock are kept together, at the tick's end."""


class Paced(Protocol):
    """Something with deadlines."""

    def advance(self, now: float) -> float | None:
        """Do all that is due at Clock second `now`; return the next deadline, or None when there is none to wait for."""


class Pacer:
    """Deadlines in order and one timer at the earliest. Items of equal deadlines go in the order they were added."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: dict[float, list[Paced]] = {}
        self._deadlines: list[float] = []
        """The keys of `_due`, as a heap."""
        self._items = 0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0.0

    def add(self, due: float, item: Paced) -> None:
        """Call `item.advance` at Clock second `due`, up to a tick later in a crowd (or as soon as possible after)."""
        self._items += 1
        self._put(due, item, self._tick())
        if self._timer is None or self._deadlines[0] < self._timer_due:
            self._arm()

    def _tick(self) -> float:
        return self._clock.tick() if self._items > _CROWD else 0.0

    def _put(self, due: float, item: Paced, tick: float) -> None:
        if tick:
            due = -((_ROUNDING_S - due) // tick) * tick
        if due in self._due:
            self._due[due].append(item)
        else:
            self._due[due] = [item]
            heappush(self._deadlines, due)

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_due = self._deadlines[0]
        self._timer = self._clock.call_at(self._timer_due, self._fire)

    def _fire(self) -> None:
        self._timer = None
        now = self._clock.now()
        if now < self._timer_due < now + _ROUNDING_S:
            now = self._timer_due
        deadlines, tick = self._deadlines, self._tick()
        turns = _TURNS
        while turns and deadlines and deadlines[0] <= now:
            turns -= 1
            for item in self._due.pop(heappop(deadlines)):
                try:
                    due = item.advance(now)
                except Exception:  # noqa: BLE001  # an item that raises is dropped; it must not stop the others
                    _log.exception("an answer was dropped")
                    due = None
                if due is None:
                    self._items -= 1
                else:
                    self._put(due, item, tick)
        if deadlines and (self._timer is None or deadlines[0] < self._timer_due):
            self._arm()
