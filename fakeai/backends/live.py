"""An answer of a real model as a feed: from the engine's thread to the event loop, in the order in which it was made.

Virtual time stands still while a model works: its seconds are real ones.
"""

import asyncio
from array import array
from collections.abc import Callable
from contextlib import ExitStack
from operator import sub

from fakeai.backends.local import TextEngine
from fakeai.core.clock import Clock
from fakeai.core.events import Bus, TokensPaced
from fakeai.core.feed import Feed
from fakeai.core.generation import Burst, Finish, GenerateRequest


class Live:
    """A feed's source. What arrives while the taker is full is kept until it has room."""

    def __init__(self, engine: TextEngine, request: GenerateRequest, clock: Clock, bus: Bus) -> None:
        self._engine = engine
        self._request = request
        self._clock = clock
        self._bus = bus
        self._holding = ExitStack()
        self._stop: Callable[[], object] | None = None
        self._kept: list[tuple[Burst, Exception | None]] | None = None
        self._over = False
        self._start = 0.0
        self._times = array("d")

    def begin(self, feed: Feed[Burst], /) -> None:
        """Give the request to the engine."""
        self._feed = feed
        self._loop = asyncio.get_running_loop()
        self._start = self._clock.now()
        self._holding.enter_context(self._clock.hold())
        try:
            self._stop = self._engine.submit(self._request, self._post)
        except BaseException:
            self._end()
            raise

    def cancel(self) -> None:
        """Have the engine drop it at its next step."""
        if self._stop is not None:
            self._stop()
        self._end()

    def pause(self) -> None:
        """Keep what comes."""
        if self._kept is None:
            self._kept = []

    def resume(self) -> None:
        """Push what was kept."""
        kept, self._kept = self._kept or [], None
        for burst, error in kept:
            self._arrived(burst, error)

    def _post(self, burst: Burst, error: Exception | None) -> None:
        """In the engine's thread."""
        try:
            self._loop.call_soon_threadsafe(self._arrived, burst, error)
        except RuntimeError:  # the loop is closed: nobody is there to be told
            if self._stop is not None:
                self._stop()

    def _arrived(self, burst: Burst, error: Exception | None) -> None:
        if self._over:
            return
        if self._kept is not None:
            self._kept.append((burst, error))
            return
        if error is not None:
            self._end()
            self._feed.finish(error)
            return
        self._times.append(self._clock.now())
        self._feed.push(burst)
        if not self._over and burst and isinstance(burst[-1], Finish):
            self._end()
            self._feed.finish()
            self._tell()

    def _end(self) -> None:
        self._over = True
        self._kept = None
        self._holding.close()

    def _tell(self) -> None:
        times, streamed = self._times, self._request.streamed
        ttft = times[0] - self._start if streamed else None
        gaps = tuple(map(sub, times[1:], times)) if streamed else ()
        self._bus.publish(TokensPaced(times[-1], self._request.model.id, ttft, gaps, 0.0))
