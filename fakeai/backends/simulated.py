"""A simulated model: what it says (content) at the time a profile says (sim). The only driver that joins the two."""

import asyncio
from array import array
from collections.abc import Sequence
from operator import sub
from typing import Any

from fakeai.backends.pacing import Pacer
from fakeai.content.script import Script, write
from fakeai.content.tokens import INLINE_LIMIT
from fakeai.core.chance import Chance, Ids
from fakeai.core.clock import Clock, off_loop
from fakeai.core.events import Bus, TokensPaced
from fakeai.core.feed import Feed
from fakeai.core.generation import (
    Audio,
    Burst,
    Delta,
    Finish,
    GenerateRequest,
    Reasoning,
    Refusal,
    Run,
    Text,
    Thinking,
    ToolInput,
    ToolStart,
)
from fakeai.core.memory import Recent
from fakeai.sim.timing import Latency, LatencyProfile

_SHORT = 256
"""Tokens up to which an answer is worth remembering."""
_AHEAD = 16
"""Steps that are shaped together. More would cost every open stream memory, and gain little."""


class SimulatedModel:
    """Implements `Generates` for every model of the catalog. One pacer serves all answers of an App."""

    def __init__(self, clock: Clock, bus: Bus, profile: LatencyProfile, ids: Ids) -> None:
        self._clock = clock
        self._bus = bus
        self._profile = profile
        self._ids = ids
        self._pacer = Pacer(clock)
        self._recent: Recent[int, tuple[GenerateRequest, Script]] = Recent()

    def generate(self, request: GenerateRequest) -> Feed[Burst]:
        """The answer, seeded by the request's digest. Raises ValueError for a latency spec that cannot be read."""
        timing = request.timing
        latency = self._profile.latency(request.model.id, timing.ttft_ms, timing.itl_ms)
        if latency.is_zero:
            return Feed(_AtOnce(self, request))
        return Feed(_Playback(self, request, latency, self._clock, self._pacer, self._bus))

    def write(self, request: GenerateRequest) -> Script:
        """What is said: the same again where the very same request is asked again, but for ids of calls and sounds."""
        known = self._recent.get(id(request))
        if known is not None and known[0] is request:
            return known[1]
        script = write(request, self._ids)
        if request.kept and script.usage.completion <= _SHORT and not _has_ids_or_lists(request):
            self._recent.put(id(request), (request, script))
        return script


class _Answer:
    """What both ways of answering share: the script is written when the feed begins, in a thread if it takes long."""

    __slots__ = ("_model", "_request", "_writing")

    def __init__(self, model: SimulatedModel, request: GenerateRequest) -> None:
        self._model = model
        self._request = request
        self._writing: asyncio.Task[None] | None = None

    def begin(self, feed: Feed[Any], /) -> None:
        if _takes_long(self._request):
            self._writing = asyncio.ensure_future(self._write_aside(feed))
        else:
            self.play(feed, self._model.write(self._request))

    async def _write_aside(self, feed: Feed[Any]) -> None:
        try:
            script = await off_loop(self._model.write, self._request)
        except Exception as error:  # noqa: BLE001  # whatever goes wrong ends the feed with it
            feed.finish(error)
        else:
            self.play(feed, script)

    def play(self, feed: Feed[Any], script: Script) -> None:
        """Push the script: all of it, or its first part and the rest when due."""
        raise NotImplementedError

    def cancel(self) -> None:
        if self._writing is not None:
            self._writing.cancel()

    def pause(self) -> None:
        """Nothing to hold back, unless something is still to come."""

    def resume(self) -> None:
        """Nothing was held back."""


class _AtOnce(_Answer):
    """An answer without latency: one burst."""

    __slots__ = ()

    def play(self, feed: Feed[Any], script: Script) -> None:
        burst = [delta for deltas in script.choices for delta in deltas]
        burst.append(Finish(script.usage))
        feed.push(burst)
        feed.finish()


class _Playback(_Answer):
    """An answer under way: step k is due at start + TTFT + the gaps up to k, whatever happened before.

    A step is one token of every choice. An answer nobody watches token by token (not streamed) is one step, at its end.
    """

    __slots__ = (
        "_bus", "_chance", "_clock", "_done", "_due", "_feed", "_gap", "_held", "_id", "_lag", "_latency", "_pacer",
        "_parked", "_readers", "_ready", "_resumed", "_shaped", "_size", "_start", "_step", "_steps", "_streamed", "_times",
        "_usage",
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
        self._held = self._parked = self._done = False
        self._step = self._steps = self._shaped = 0
        self._size = 1
        self._id = request.model.id
        self._ready: list[Any] = []
        """What the taker will get, shaped ahead; the next comes last."""
        self._times = array("d")
        self._lag = 0.0

    def play(self, feed: Feed[Any], script: Script) -> None:
        if self._done:
            return
        self._feed = feed
        self._usage = script.usage
        self._readers = [_Reader(deltas) for deltas in script.choices]
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
        if steps == 1:
            self._feed.deliver(ready.pop())
        else:
            self._ready = ready[:-steps]
            self._feed.deliver_all(ready[: -steps - 1 : -1])
        if step == self._steps and not self._done:
            self._end(now)
        return due

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

    def _prepare(self, steps: int) -> list[Any]:
        """Shape the next few steps together, at least `steps`, and return all that are ready.

        What is said does not depend on when: shaping a handful of steps costs a fraction of one by one.
        """
        while len(self._ready) < steps and not self._done:
            bursts = self._read(min(self._steps - self._shaped, _AHEAD))
            self._shaped += len(bursts)
            self._ready = [*reversed(self._feed.shape(bursts)), *self._ready]
        return self._ready

    def _read(self, steps: int) -> Sequence[Burst]:
        readers = self._readers
        if len(readers) == 1 and self._size == 1 and (run := readers[0].run(steps)):
            return run
        bursts: list[list[Delta]] = [[] for _ in range(steps)]
        for burst in bursts:
            for reader in readers:
                reader.read(self._size, burst)
        if self._shaped + steps == self._steps:
            bursts[-1].append(Finish(self._usage))
        return bursts


class _Reader:
    """Reads one choice's deltas token by token."""

    __slots__ = ("_at", "_deltas", "_last", "_offset", "tokens")

    def __init__(self, deltas: Sequence[Delta]) -> None:
        self._deltas = deltas
        self._at = 0
        self._offset = 0
        self._last = max((at for at, delta in enumerate(deltas) if weight(delta)), default=-1)
        self.tokens = sum(weight(delta) for delta in deltas)

    def run(self, most: int) -> Run | None:
        """Up to `most` tokens at once where they are plain text with more of it to follow: nearly all of every stream."""
        delta = self._deltas[self._at] if self._at < len(self._deltas) else None
        if type(delta) is not Text or delta.logprobs is not None:
            return None
        start = self._offset
        self._offset = end = max(start, min(start + most, len(delta.pieces) - 1))
        return Run(delta.choice, delta.pieces[start:end]) if end > start else None

    def read(self, tokens: int, into: list[Delta]) -> None:
        """Append the next `tokens` tokens' deltas.

        What weighs nothing goes with the token before it; a ToolStart with the one after it, if any.
        """
        deltas = self._deltas
        while self._at < len(deltas):
            delta = deltas[self._at]
            size = weight(delta)
            if size == 0:
                if tokens == 0 and isinstance(delta, ToolStart) and self._at < self._last:
                    return
                into.append(delta)
                self._at += 1
                continue
            if tokens == 0:
                return
            end = min(size, self._offset + tokens)
            into.append(part(delta, self._offset, end) if end - self._offset < size else delta)
            tokens -= end - self._offset
            self._offset = end
            if end == size:
                self._at += 1
                self._offset = 0


def _takes_long(request: GenerateRequest) -> bool:
    """Whether writing the answer would hold the event loop: sound, or long texts to be cut into tokens."""
    repeated = len(request.prediction or "") + (len(request.messages[-1].text) if request.echo else 0)
    return request.audio is not None or repeated > INLINE_LIMIT


def _has_ids_or_lists(request: GenerateRequest) -> bool:
    """Whether an answer has ids of its own (calls, sound), or is many times larger than its words (log probabilities)."""
    return bool(request.tools) or request.audio is not None or request.sampling.top_logprobs is not None


def weight(delta: Delta) -> int:
    """Tokens in a delta."""
    if isinstance(delta, (Text, Reasoning, Refusal, ToolInput, Audio)):
        return len(delta.pieces)
    return delta.tokens if isinstance(delta, Thinking) else 0


def part(delta: Delta, start: int, end: int) -> Delta:
    """The tokens [start, end) of a delta; sound is cut in proportion."""
    match delta:
        case Text(choice, pieces, logprobs):
            return Text(choice, pieces[start:end], logprobs[start:end] if logprobs is not None else None)
        case Reasoning(choice, pieces):
            return Reasoning(choice, pieces[start:end])
        case Refusal(choice, pieces):
            return Refusal(choice, pieces[start:end])
        case ToolInput(choice, call, pieces):
            return ToolInput(choice, call, pieces[start:end])
        case Audio(choice, id, pieces, sound):
            cut = [len(sound) * at // len(pieces) // 6 * 6 for at in (start, end)]  # whole samples, whole base64 groups
            last = end == len(pieces)
            return Audio(choice, id, pieces[start:end], sound[cut[0] :] if last else sound[cut[0] : cut[1]])
        case Thinking(choice, _):
            return Thinking(choice, end - start)
    raise AssertionError(f"{type(delta).__name__} cannot be cut")
