"""A simulated model: what it says (content) at the time a profile says (sim). The only driver that joins the two."""

from array import array
from operator import sub
from typing import Any

from fakeai.backends.engine_room import EngineRoom
from fakeai.backends.pacing import Pacer
from fakeai.backends.reading import Answer, Reader, Shaped
from fakeai.backends.seated import Seated
from fakeai.content.listening import unheard
from fakeai.content.script import Script, write
from fakeai.core.chance import Chance, Ids
from fakeai.core.clock import Clock
from fakeai.core.events import Bus, TokensPaced
from fakeai.core.feed import Feed
from fakeai.core.generation import Burst, Finish, GenerateRequest
from fakeai.core.memory import Recent
from fakeai.sim.timing import Latency, LatencyProfile

_SHORT = 256
"""Tokens up to which an answer is worth remembering."""


class SimulatedModel:
    """Implements `Generates` for every model of the catalog. One pacer serves all answers of an App."""

    def __init__(
        self,
        clock: Clock,
        bus: Bus,
        profile: LatencyProfile,
        ids: Ids,
        engine_room: EngineRoom,
        speech_program: str | None = None,
        decoder_program: str | None = None,
        seed: bytes = b"",
    ) -> None:
        self._room = engine_room
        self._clock = clock
        self._bus = bus
        self._profile = profile
        self._ids = ids
        self._speech_program = speech_program
        self._decoder_program = decoder_program
        self._seed = seed
        self._pacer = Pacer(clock)
        self._recent: Recent[int, tuple[GenerateRequest, Script]] = Recent()

    def generate(self, request: GenerateRequest) -> Feed[Burst]:
        """The answer, seeded by the request's digest. Raises ValueError for a latency spec that cannot be read.

        A request that asks for a latency of its own gets it, whatever the engines have to do. Raises ApiError where
        engines take no more requests, or none so long.
        """
        timing = request.timing
        if timing.ttft_ms is None and timing.itl_ms is None:
            driver = self._room.driver(request.model)
            if driver is not None:
                return Feed(Seated(self, driver.admissible(request), driver))
        latency = self._profile.latency(request.model.id, timing.ttft_ms, timing.itl_ms)
        if latency.is_zero:
            return Feed(_AtOnce(self, request))
        return Feed(_Playback(self, request, latency, self._clock, self._pacer, self._bus))

    def write(self, request: GenerateRequest) -> Script:
        """What is said: the same again where the very same request is asked again, but for ids of calls and sounds."""
        known = self._recent.get(id(request))
        if known is not None and known[0] is request:
            return known[1]
        script = write(self._voiced(self._heard(request)), request.ids or self._ids)
        if request.kept and script.usage.completion <= _SHORT and not _has_ids_or_lists(request):
            self._recent.put(id(request), (request, script))
        return script

    def _heard(self, request: GenerateRequest) -> GenerateRequest:
        """The request with what is said in its sounds; its tokens are those of the sounds."""
        if not unheard(request.messages):
            return request
        from fakeai.content.listening import heard

        return request._replace(messages=heard(request.messages, self._decoder_program, self._seed))

    def _voiced(self, request: GenerateRequest) -> GenerateRequest:
        """The request with the program that speaks, if something is to be said."""
        if request.audio is None or self._speech_program is None:
            return request
        return request._replace(audio=request.audio._replace(program=self._speech_program))


class _AtOnce(Answer):
    """An answer without latency: one burst."""

    __slots__ = ()

    def play(self, feed: Feed[Any], script: Script) -> None:
        burst = [delta for deltas in script.choices for delta in deltas]
        burst.append(Finish(script.usage))
        feed.push(burst)
        feed.finish()


class _Playback(Shaped):
    """An answer under way: step k is due at start + TTFT + the gaps up to k, whatever happened before.

    A step is one token of every choice. An answer nobody watches token by token (not streamed) is one step, at its end.
    """

    __slots__ = (
        "_bus", "_chance", "_clock", "_due", "_gap", "_held", "_id", "_lag", "_latency", "_pacer", "_parked", "_resumed",
        "_start", "_step", "_streamed", "_times",
    )  # fmt: skip

    def __init__(
        self,
        model: SimulatedModel,
        request: GenerateRequest,
        latency: Latency,
        clock: Clock,
        pacer: Pacer,
        bus: Bus,
    ) -> None:
        super().__init__(model, request)
        self._clock = clock
        self._latency = latency
        self._gap = latency.itl.a if latency.itl.shape == "constant" else None
        self._streamed = request.streamed
        self._pacer = pacer
        self._bus = bus
        self._start = self._resumed = clock.now()
        self._held = self._parked = False
        self._step = 0
        self._id = request.model.id
        self._times = array("d")
        self._lag = 0.0

    def play(self, feed: Feed[Any], script: Script) -> None:
        if self._done:
            return
        self._feed = feed
        self._usage = script.usage
        self._readers = [Reader(deltas) for deltas in script.choices]
        self._steps = max(1, max(reader.tokens for reader in self._readers))
        self._chance = Chance(self._request.digest).stream("latency")
        self._due = self._start + self._latency.ttft.draw(self._chance)
        if not self._streamed:
            self._due = self._leap(self._steps - 1)
            self._size, self._steps = self._steps, 1
        del self._request  # the prompt is not needed any more
        self._pacer.add(self._due, self)

    def advance(self, now: float) -> float | None:
        """Push every step that is due, as one burst; several when we are late, and none is ever skipped."""
        if self._held:
            self._parked = not self._done
            return None
        if now - self._due > self._lag:
            self._late(now)
        due: float | None = None
        step = self._step
        while (step := step + 1) < self._steps:
            gap = self._gap
            self._due = due = self._due + (self._latency.itl.draw(self._chance) if gap is None else gap)
            if due > now:
                break
            due = None
        ready, steps = self._ready, step - self._step
        if len(ready) < steps:
            ready = self._prepare(steps)
            if self._done:
                return None
        self._step = step
        self._times.append(now)
        self._deliver(ready, steps)
        if step == self._steps and not self._done:
            self._end(now)
        return due

    def _delivered(self) -> int:
        return sum(min(self._step * self._size, reader.tokens) for reader in self._readers)

    def cancel(self) -> None:
        super().cancel()
        self._done = self._held = True
        self._readers = []
        self._ready = []

    def pause(self) -> None:
        self._held = True

    def resume(self) -> None:
        self._held = self._done
        if self._parked:
            self._parked = False
            self._resumed = self._clock.now()
            self._pacer.add(self._resumed, self)

    def _leap(self, steps: int) -> float:
        if self._gap is not None:
            return self._due + steps * self._gap
        return self._due + sum(self._latency.itl.draw(self._chance) for _ in range(steps))

    def _late(self, now: float) -> None:
        """Remember how late, but for what the taker held back: that is not our lateness."""
        self._lag = max(self._lag, min(now - self._due, now - self._resumed))

    def _end(self, now: float) -> None:
        self._done = True
        self._feed.finish()
        times, streamed = self._times, self._streamed
        gaps = tuple(map(sub, times[1:], times))
        self._bus.publish(TokensPaced(now, self._id, times[0] - self._start if streamed else None, gaps, self._lag))


def _has_ids_or_lists(request: GenerateRequest) -> bool:
    """Whether an answer has ids of its own (calls, sound), or is many times larger than its words (log probabilities)."""
    return bool(request.tools) or request.audio is not None or request.sampling.top_logprobs is not None
