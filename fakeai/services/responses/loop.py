"""Turns of a model with the work of hosted tools between them, as one stream.

The model speaks; where it calls tools that the platform carries out, they are carried out, it is told what they gave, and
speaks again. It ends when it calls none, or when it calls one that only the caller can carry out.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fakeai.core.feed import Feed
from fakeai.core.generation import Burst, Finish, Message, Text, ToolInput, ToolStart, ToolUse, Usage
from fakeai.services.responses.calls import HostedCall
from fakeai.services.responses.output import Output
from fakeai.services.responses.telling import Opened, Worked

Onward = Callable[[Sequence[Message]], Awaitable[Feed[Burst] | None]]
"""The next turn, of what has been said and done since the last one began; None if there shall be none."""


class Loop:
    """The source of a response's bursts. `output` must be a stage of the feed that it feeds.

    Calls that are `due` are carried out before anything else; the first turn is then another one, which knows of them.
    """

    def __init__(self, first: Feed[Burst], output: Output, onward: Onward, due: Sequence[HostedCall] = ()) -> None:
        self._turn = first
        self._due = due
        self._output = output
        self._onward = onward
        self._usage = Usage(0, 0)
        self._task: asyncio.Task[None] | None = None
        self._said: list[str] = []
        self._calls: list[tuple[ToolStart, list[str]]] = []

    # -- for the feed

    def begin(self, feed: Feed[Any], /) -> None:
        """Start the first turn."""
        self._feed = feed
        if self._due:
            self._task = asyncio.get_running_loop().create_task(self._work())
        else:
            self._turn.start(self)

    def cancel(self) -> None:
        """Stop the turn, or the work."""
        self._turn.cancel()
        if self._task is not None:
            self._task.cancel()

    def pause(self) -> None:
        """Have the model wait; work on tools goes on."""
        self._turn.pause()

    def resume(self) -> None:
        """Let the model go on."""
        self._turn.resume()

    def used_so_far(self) -> Usage:
        """What has been used, were it cancelled now."""
        used: Usage | None = self._turn.so_far()
        return self._usage if used is None else added(self._usage, used)

    # -- for the turn

    def take(self, burst: Burst, /) -> None:
        """Pass on what the model says; what it has used is told at the end."""
        for delta in burst:
            if type(delta) is Finish:
                self._usage = added(self._usage, delta.usage)
                burst = [other for other in burst if other is not delta]
            else:
                self._look(delta)
        self._feed.push(burst)

    def take_all(self, bursts: Sequence[Burst], /) -> None:
        """Several that are due at once."""
        for burst in bursts:
            self.take(burst)

    def close(self, error: Exception | None, /) -> None:
        """A turn is over: go on with the work it asks for, or end."""
        if error is not None:
            self._feed.finish(error)
        elif self._output.pending:
            self._task = asyncio.get_running_loop().create_task(self._work())
        else:
            self._end()

    def _look(self, delta: Any) -> None:
        kind = type(delta)
        if kind is Text:
            self._said += delta.pieces
        elif kind is ToolStart:
            self._calls.append((delta, []))
        elif kind is ToolInput:
            self._calls[-1][1].extend(delta.pieces)

    async def _work(self) -> None:
        try:
            for call in self._due:
                self._feed.push((Opened(call),))
                start = ToolStart(0, len(self._calls), call.call_id, call.item["name"], "function")
                self._calls.append((start, [call.arguments]))
            pending, self._output.pending = [*self._due, *self._output.pending], []
            self._due = ()
            results = [await self._carry_out(call) for call in pending]
            turn = None
            if not self._output.own_calls:
                turn = await self._onward([self._spoken(), *results])
        except Exception as error:  # noqa: BLE001  # whatever a tool raises must reach the taker
            self._feed.finish(error)
            return
        if turn is None:
            self._end()
            return
        self._said, self._calls = [], []
        self._turn = turn
        turn.start(self)

    async def _carry_out(self, call: HostedCall) -> Message:
        async for events in call.work():
            self._feed.push((Worked(call, events),))
        self._feed.push((Worked(call, (), done=True),))
        return Message("tool", call.result, call.media, tool_call_id=call.call_id)

    def _spoken(self) -> Message:
        uses = tuple(ToolUse(start.id, start.name, "".join(pieces)) for start, pieces in self._calls)
        return Message("assistant", "".join(self._said), tool_calls=uses)

    def _end(self) -> None:
        self._feed.push((Finish(self._usage),))
        self._feed.finish()


def added(one: Usage, other: Usage) -> Usage:
    """Both together."""
    return one._replace(
        prompt=one.prompt + other.prompt,
        completion=one.completion + other.completion,
        cached=one.cached + other.cached,
        prompt_audio=one.prompt_audio + other.prompt_audio,
        reasoning=one.reasoning + other.reasoning,
        completion_audio=one.completion_audio + other.completion_audio,
    )
