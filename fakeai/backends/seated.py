"""An answer at a simulated engine: its tokens come when the engine makes them. Knows no engine but by its driver."""

import asyncio
from array import array
from typing import Any, Protocol

from fakeai.backends.reading import Reader, Shaped, Writes, takes_long
from fakeai.content.script import Script
from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError, Unavailable
from fakeai.core.events import Bus, TokensPaced
from fakeai.core.feed import Feed
from fakeai.core.generation import Delta, Finish, GenerateRequest
from fakeai.sim.types import SimRequest


class Drives(Protocol):
    """Who drives the cluster that answers sit at."""

    clock: Clock
    bus: Bus

    def heavy(self, request: GenerateRequest) -> bool:
        """Whether `sequences` would hold the event loop."""

    def sequences(self, request: GenerateRequest, script: Script) -> list[SimRequest]:
        """What the cluster is asked: one sequence a choice."""

    def submit(self, request: SimRequest, seat: "Seat") -> None:
        """Ask it now. Raises ApiError when it is refused."""

    def cancel(self, id: str) -> None:
        """Ask it no more."""


class Waits(Protocol):
    """Whoever sits at an engine: told when there is something to tell, and when the engine is done."""

    def tell(self, seat: "Seat", now: float) -> None:
        """The seat has made more."""

    def leave(self, seat: "Seat", now: float, reason: str, gaps_s: tuple[float, ...]) -> None:
        """The engine is done with the seat; `gaps_s` are between its tokens."""


class Seat:
    """One sequence's place at an engine: what it has made, and when. The driver counts, its answer tells."""

    __slots__ = ("answer", "cached", "id", "made", "reader", "times", "told")

    def __init__(self, answer: Waits, id: str, reader: Reader | None = None, tokens: int = 0) -> None:
        """`tokens` will be made. What the reader has beyond those (an echo of the prompt) comes with the first."""
        self.answer = answer
        self.id = id
        self.reader = reader
        self.cached = 0
        self.made = 0
        self.told = min(0, tokens - reader.tokens) if reader is not None else 0
        """Of those that were made; below 0 for what was there before."""
        self.times = array("d")
        """When tokens came, by the engine's time: one entry a step."""

    def reach(self, made: int, at: float) -> None:
        """It has made so many tokens by `at`."""
        self.made = made
        self.times.append(at)


class Seated(Shaped):
    """An answer whose choices are sequences of a cluster. Not streamed, it is told when the last of them is done."""

    __slots__ = ("_driver", "_held", "_id", "_lag", "_left", "_resumed", "_seats", "_start", "_streamed")

    def __init__(self, model: Writes, request: GenerateRequest, driver: Drives) -> None:
        super().__init__(model, request)
        self._driver = driver
        self._start = self._resumed = driver.clock.now()
        self._id = request.model.id
        self._streamed = request.streamed
        self._seats: list[Seat] = []
        self._left: list[Seat] = []
        """Seats whose engine is not done."""
        self._held = False
        self._lag = 0.0

    def _heavy(self) -> bool:
        return takes_long(self._request) or self._driver.heavy(self._request)

    def _compose(self) -> tuple[Script, list[SimRequest]]:
        script = self._model.write(self._request)
        return script, self._driver.sequences(self._request, script)

    def play(self, feed: Feed[Any], composed: tuple[Script, list[SimRequest]]) -> None:
        if self._done:
            return
        script, requests = composed
        self._feed = feed
        self._usage = script.usage
        self._readers = [Reader(deltas) for deltas in script.choices]
        self._steps = max(1, self._readers[0].tokens)
        seated = zip(requests, self._readers, strict=True)
        self._seats = [Seat(self, request.id, reader, request.output_tokens) for request, reader in seated]
        self._left = list(self._seats)
        del self._request  # the prompt is not needed any more
        for seat, request in zip(self._left, requests, strict=True):
            try:
                self._driver.submit(request, seat)
            except ApiError as error:
                self._stop(error)
                return

    def tell(self, seat: Seat, now: float) -> None:
        """Push what a seat has made since it was last told of, unless the taker is full or waits for the whole."""
        if self._held or self._done or not self._streamed:
            return
        if now - seat.times[-1] > self._lag:  # what the taker held back is not our lateness
            self._lag = max(self._lag, now - max(seat.times[-1], self._resumed))
        steps = seat.made - seat.told
        seat.told = seat.made
        if len(self._seats) > 1:
            burst: list[Delta] = []
            assert seat.reader is not None, "an answer's seats read its choices"
            seat.reader.read(steps, burst)
            self._feed.push(burst)
            return
        ready = self._ready
        if len(ready) < steps:
            if not self._shaped:
                self._usage = self._usage._replace(cached=seat.cached)
            ready = self._prepare(steps)
            if self._done:
                return
        self._deliver(ready, steps)

    def leave(self, seat: Seat, now: float, reason: str, gaps_s: tuple[float, ...]) -> None:
        """A seat's engine is done with it; the last one ends the answer. `gaps_s` are between its tokens."""
        if self._done:
            return
        if reason == "abort":
            self._stop(Unavailable("The engine that worked on this request is gone."))
            return
        self._left.remove(seat)
        if not self._left:
            ttft_s = min([one.times[0] for one in self._seats]) - self._start if self._streamed else None
            paced = TokensPaced(now, self._id, ttft_s, gaps_s if self._streamed else (), self._lag)
            self._driver.bus.publish(paced)
            if not self._held:
                self._end()

    def _delivered(self) -> int:
        return sum(max(seat.told, 0) for seat in self._seats)

    def cancel(self) -> None:
        super().cancel()
        self._done = True
        self._leave_all()

    def pause(self) -> None:
        self._held = True

    def resume(self) -> None:
        self._held = False
        if self._seats:
            clock = self._driver.clock
            self._resumed = clock.now()
            clock.call_at(self._resumed, self._catch_up)

    def _catch_up(self) -> None:
        """Tell what was held back."""
        now = self._driver.clock.now()
        for seat in self._seats:
            if seat.made and seat.made > seat.told and not self._held:
                self.tell(seat, now)
        if not (self._left or self._held or self._done):
            self._end()

    def _end(self) -> None:
        if not self._streamed or len(self._seats) > 1:
            self._push_rest()
        self._done = True
        self._feed.finish()
        self._seats = []

    def _push_rest(self) -> None:
        """All that is left of the choices, and the end."""
        burst: list[Delta] = []
        for reader in self._readers:
            reader.read(reader.tokens, burst)
        burst.append(Finish(self._usage._replace(cached=self._seats[0].cached)))
        self._feed.push(burst)

    def _stop(self, error: ApiError) -> None:
        self._done = True
        self._leave_all()
        self._feed.finish(error)

    def _leave_all(self) -> None:
        seats, self._left, self._seats = self._left, [], []
        self._readers = []
        self._ready = []
        for seat in seats:
            self._driver.cancel(seat.id)


class Read:
    """Prompts that are read for their vectors: what becomes of them, as an answer that has no words."""

    def __init__(self, prompts: int) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._left = prompts

    def tell(self, seat: Seat, now: float) -> None:
        """There is nothing to tell."""

    def leave(self, seat: Seat, now: float, reason: str, gaps_s: tuple[float, ...]) -> None:
        """One has been read, or will not be."""
        self._left -= 1
        if self.done.done():
            return
        if reason == "abort":
            self.done.set_exception(Unavailable("The engine that worked on this request is gone."))
        elif not self._left:
            self.done.set_result(None)
