"""How any simulated answer is told: its script, read token by token and shaped a little ahead of time.

What both ways of being due share: by deadlines of its own (`simulated`), or by an engine's steps (`seated`).
"""

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

from fakeai.content.listening import unheard
from fakeai.content.script import Script
from fakeai.content.tokens import INLINE_LIMIT
from fakeai.core.clock import off_loop
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
    Usage,
)

_AHEAD = 16
"""Steps that are shaped together. More would cost every open stream memory, and gain little."""


_WHOLE: Mapping[str, Any] = MappingProxyType(
    {"reasoning": 0, "completion_audio": 0, "accepted_prediction": 0, "rejected_prediction": 0}
)
"""Parts of an answer's usage that are known of the whole only."""


class Writes(Protocol):
    """Who writes scripts."""

    def write(self, request: GenerateRequest) -> Script:
        """What is said."""


class Answer:
    """An answer to be told: the script is written when the feed begins, in a thread if it takes long."""

    __slots__ = ("_model", "_request", "_writing")

    def __init__(self, model: Writes, request: GenerateRequest) -> None:
        self._model = model
        self._request = request
        self._writing: asyncio.Task[None] | None = None

    def begin(self, feed: Feed[Any], /) -> None:
        if self._heavy():
            self._writing = asyncio.ensure_future(self._write_aside(feed))
        else:
            self.play(feed, self._compose())

    def _heavy(self) -> bool:
        """Whether what is done before telling begins would hold the event loop."""
        return takes_long(self._request)

    def _compose(self) -> Any:
        """What is done before telling begins, in a thread if it is heavy. Any: only `play` looks at it."""
        return self._model.write(self._request)

    async def _write_aside(self, feed: Feed[Any]) -> None:
        try:
            composed = await off_loop(self._compose)
        except Exception as error:  # noqa: BLE001  # whatever goes wrong ends the feed with it
            feed.finish(error)
        else:
            self.play(feed, composed)

    def play(self, feed: Feed[Any], composed: Any) -> None:
        """Push the script: all of it, or its first part and the rest when due."""
        raise NotImplementedError

    def cancel(self) -> None:
        if self._writing is not None:
            self._writing.cancel()

    def pause(self) -> None:
        """Nothing to hold back, unless something is still to come."""

    def resume(self) -> None:
        """Nothing was held back."""


class Shaped(Answer):
    """An answer told in steps of `_size` tokens, `_steps` of them; what is told next has been shaped."""

    __slots__ = ("_done", "_feed", "_readers", "_ready", "_shaped", "_size", "_steps", "_usage")

    _feed: Feed[Any]
    _usage: Usage

    def __init__(self, model: Writes, request: GenerateRequest) -> None:
        super().__init__(model, request)
        self._done = False
        self._readers: list[Reader] = []
        self._ready: list[Any] = []
        """What the taker will get, shaped ahead; the next comes last."""
        self._shaped = self._steps = 0
        self._size = 1

    def used_so_far(self) -> Usage | None:
        """What it has come to so far; None before it has begun."""
        tokens = self._delivered()
        if not tokens:
            return None
        return self._usage._replace(completion=min(tokens, self._usage.completion), **_WHOLE)

    def _delivered(self) -> int:
        """Tokens that were pushed."""
        raise NotImplementedError

    def _deliver(self, ready: list[Any], steps: int) -> None:
        """Push so many steps at once, all of them `ready`."""
        if steps == 1:
            self._feed.deliver(ready.pop())
        else:
            self._ready = ready[:-steps]
            self._feed.deliver_all(ready[: -steps - 1 : -1])

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


class Reader:
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


def takes_long(request: GenerateRequest) -> bool:
    """Whether writing the answer would hold the event loop: sound, said or listened to, or long texts to be cut into tokens."""
    repeated = len(request.prediction or "") + (len(request.messages[-1].text) if request.echo else 0)
    return request.audio is not None or repeated > INLINE_LIMIT or unheard(request.messages)


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
