"""A simulated model: what it says (content) at the time a profile says (sim). The only driver that joins the two."""

import asyncio
from array import array
from collections.abc import Sequence
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
    Text,
    Thinking,
    ToolInput,
    ToolStart,
)
from fakeai.sim.timing import Latency, LatencyProfile

_AHEAD = 4
"""Steps that are shaped together. More would cost every open stream memory, and gain little."""


class SimulatedModel:
    """Implements `Generates` for every model of the catalog. One pacer serves all answers of an App."""

    def __init__(self, clock: Clock, bus: Bus, profile: LatencyProfile, ids: Ids) -> None:
        self._clock = clock
        self._bus = bus
        self._profile = profile
        self._ids = ids
        self._pacer = Pacer(clock)

    def generate(self, request: GenerateRequest) -> Feed[Burst]:
        """The answer, seeded by the request's digest. Raises ValueError for a latency spec that cannot be read."""
        timing = request.timing
        latency = self._profile.latency(request.model.id, timing.ttft_ms, timing.itl_ms)
        if latency.is_zero:
            return Feed(_AtOnce(request, self._clock, self._ids))
        return Feed(_Playback(request, latency, self._clock, self._pacer, self._bus, self._ids))


class _Answer:
    """What both ways of answering share: the script is written when the feed begins, in a thread if it takes long."""

    __slots__ = ("_clock", "_ids", "_request", "_writing")

    def __init__(self, request: GenerateRequest, clock: Clock, ids: Ids) -> None:
        self._request = request
        self._clock = clock
        self._ids = ids
        self._writing: asyncio.Task[None] | None = None

    def begin(self, feed: Feed[Any], /) -> None:
        if _takes_long(self._request):
            self._writing = asyncio.ensure_future(self._write_aside(feed))
        else:
            self.play(feed, write(self._request, self._ids))

    async def _write_aside(self, feed: Feed[Any]) -> None:
        try:
            script = await off_loop(write, self._request, self._ids)
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
        "_bus",
        "_chance",
        "_done",
        "_due",
        "_feed",
        "_first",
        "_gap",
        "_gaps",
        "_lag",
        "_last",
        "_latency",
        "_model",
        "_pacer",
        "_parked",
        "_paused",
        "_readers",
        "_ready",
        "_resumed",
        "_shaped",
        "_size",
        "_start",
        "_step",
        "_steps",
        "_streamed",
        "_usage",
    )  # fmt: skip

    def __init__(
        self,
        request: GenerateRequest,
        latency: Latency,
        clock: Clock,
        pacer: Pacer,
        bus: Bus,
        ids: Ids,
    ) -> None:
        super().__init__(request, clock, ids)
        self._latency = latency
        self._gap = latency.itl.a if latency.itl.shape == "constant" else None
        self._streamed = request.streamed
        self._pacer = pacer
        self._bus = bus
        self._start = self._resumed = clock.now()
        self._paused = self._parked = self._done = False
        self._step = self._steps = self._shaped = 0
        self._size = 1
        self._model = request.model.id
        self._ready: list[Any] = []
        self._gaps = array("d")
        self._lag = 0.0

    def play(self, feed: Feed[Any], script: Script) -> None:
        if self._done:
            return
        self._feed = feed
        self._usage = script.usage
        self._readers = [_Reader(deltas) for deltas in script.choices]
        self._steps = max(1, max(reader.tokens for reader in self._readers))
        self._chance = Chance(self._request.digest).stream("latency")
        self._first = self._last = 0.0
        self._due = self._start + self._latency.ttft.draw(self._chance)
        if not self._streamed:
            self._due = self._leap(self._steps - 1)
            self._size, self._steps = self._steps, 1
        del self._request  # the prompt is not needed any more
        self._pacer.add(self._due, self)

    def advance(self, now: float) -> float | None:
        """Push every step that is due, as one burst; several when we are late, and none is ever skipped."""
        if self._done:
            return None
        if self._paused:
            self._parked = True
            return None
        lag = now - self._due
        if lag > self._lag:
            self._lag = max(self._lag, min(lag, now - self._resumed))  # what the taker held back is not our lateness
        left = self._steps - self._step
        steps = 1
        due: float | None = None
        while steps < left:
            due = self._due = self._next()
            if due > now:
                break
            steps += 1
            due = None
        self._emit(now, steps)
        return due

    def cancel(self) -> None:
        super().cancel()
        self._done = True
        self._readers = []
        self._ready = []

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        if self._parked:
            self._parked = False
            self._resumed = self._clock.now()
            self._pacer.add(self._resumed, self)

    def _next(self) -> float:
        """The deadline after `_due`: counted from the deadline, never from now, so that lateness does not add up."""
        gap = self._gap
        return self._due + (self._latency.itl.draw(self._chance) if gap is None else gap)

    def _leap(self, steps: int) -> float:
        if self._gap is not None:
            return self._due + steps * self._gap
        return self._due + sum(self._latency.itl.draw(self._chance) for _ in range(steps))

    def _emit(self, now: float, steps: int) -> None:
        if self._step == 0:
            self._first = now
        else:
            self._gaps.append(now - self._last)
        self._last = now
        self._step += steps
        feed = self._feed
        if steps == 1 and self._ready:
            feed.deliver((self._ready.pop(),))
        elif not self._deliver(steps):
            return
        if self._step == self._steps and not self._done:
            self._done = True
            feed.finish()
            ttft = self._first - self._start if self._streamed else None
            self._bus.publish(TokensPaced(now, self._model, ttft, tuple(self._gaps), self._lag))

    def _deliver(self, steps: int) -> bool:
        """Hand over that many steps; False if shaping them ended the feed."""
        while len(self._ready) < steps:
            self._prepare()
            if self._done:
                return False
        due = self._ready[-steps:]
        del self._ready[-steps:]
        self._feed.deliver(due[::-1])
        return True

    def _prepare(self) -> None:
        """Shape the bursts of the next few steps at once; `_ready` holds the last of them first.

        What is said does not depend on when: shaping a handful of steps together costs a fraction of one by one.
        """
        bursts: list[list[Delta]] = []
        for _ in range(min(self._steps - self._shaped, _AHEAD)):
            burst: list[Delta] = []
            for reader in self._readers:
                reader.read(self._size, burst)
            bursts.append(burst)
        self._shaped += len(bursts)
        if self._shaped == self._steps:
            bursts[-1].append(Finish(self._usage))
        self._ready = self._feed.shape(bursts)[::-1] + self._ready


class _Reader:
    """Reads one choice's deltas token by token."""

    __slots__ = ("_at", "_deltas", "_last", "_offset", "tokens")

    def __init__(self, deltas: Sequence[Delta]) -> None:
        self._deltas = deltas
        self._at = 0
        self._offset = 0
        self._last = max((at for at, delta in enumerate(deltas) if weight(delta)), default=-1)
        self.tokens = sum(weight(delta) for delta in deltas)

    def read(self, tokens: int, into: list[Delta]) -> None:
        """Append the next `tokens` tokens' deltas.

        What weighs nothing goes with the token before it; a ToolStart with the one after it, if any.
        """
        deltas = self._deltas
        delta = deltas[self._at] if self._at < len(deltas) else None
        if type(delta) is Text and delta.logprobs is None:  # nearly every token of every stream
            end = self._offset + tokens
            if end < len(delta.pieces):
                into.append(Text(delta.choice, delta.pieces[self._offset : end]))
                self._offset = end
                return
        self._read(tokens, into)

    def _read(self, tokens: int, into: list[Delta]) -> None:
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
