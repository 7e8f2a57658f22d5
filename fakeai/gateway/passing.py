"""Somebody else's stream on its way through: bytes unchanged, usage read in passing."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from fakeai.core.clock import Clock
from fakeai.core.feed import Feed
from fakeai.core.generation import Usage

if TYPE_CHECKING:
    import httpx

_LONGEST_LINE = 2**20
"""Bytes of an event's line that is looked at; usage comes in short ones."""


class Passing:
    """A feed's source: each part of the body when it arrives. Virtual time stands still while it is waited for."""

    def __init__(
        self,
        response: "httpx.Response",
        clock: Clock,
        watch: "UsageWatch | None",
        failure: Callable[[Exception], Exception],
    ) -> None:
        self.watch = watch
        self._response = response
        self._clock = clock
        self._failure = failure
        self._task: asyncio.Task[None] | None = None
        self._room = asyncio.Event()
        self._room.set()

    def begin(self, feed: Feed[list[bytes]], /) -> None:
        """Start to read."""
        self._task = asyncio.ensure_future(self._pass(feed))

    def cancel(self) -> None:
        """Close the connection: the other server sees that nobody listens."""
        if self._task is not None:
            self._task.cancel()

    def pause(self) -> None:
        """Read no further, so that the other server feels it too."""
        self._room.clear()

    def resume(self) -> None:
        """Read on."""
        self._room.set()

    def ended(self) -> None:
        """The feed is over, perhaps without having begun."""
        if self._task is None:
            self._task = asyncio.ensure_future(self._response.aclose())

    async def _pass(self, feed: Feed[list[bytes]]) -> None:
        parts = aiter(self._response.aiter_raw())
        error: Exception | None = None
        try:
            while True:
                await self._room.wait()
                with self._clock.hold():
                    part = await anext(parts, None)
                if part is None:
                    break
                if self.watch is not None:
                    self.watch.look(part)
                feed.push([part])
        except Exception as failure:  # noqa: BLE001  # whatever a connection can die of
            error = self._failure(failure)
        finally:
            await self._response.aclose()
        feed.finish(error)


class UsageWatch:
    """Reads server-sent events in passing, for the usage that one of them tells."""

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self._line = b""

    def look(self, part: bytes) -> None:
        """The next bytes of the stream."""
        *lines, rest = (self._line + part).split(b"\n")
        for line in lines:
            if line.startswith(b"data:") and b'"usage"' in line:
                self._read(line[5:])
        self._line = rest if len(rest) <= _LONGEST_LINE else b""

    def _read(self, document: bytes) -> None:
        try:
            event = orjson.loads(document)
        except orjson.JSONDecodeError:
            return
        if isinstance(event, dict):
            inner = event.get("response")  # of the Responses API
            self.usage = usage_of(event) or (usage_of(inner) if isinstance(inner, dict) else None) or self.usage


def usage_of(answer: Mapping[str, Any]) -> Usage | None:
    """The usage an answer tells, by either of OpenAI's names for its numbers. Any: nobody has checked it."""
    told = answer.get("usage")
    if not isinstance(told, dict):
        return None
    prompt = _count(told, "prompt_tokens", "input_tokens")
    cached = _count(_part(told, "prompt_tokens_details", "input_tokens_details"), "cached_tokens")
    reasoning = _count(_part(told, "completion_tokens_details", "output_tokens_details"), "reasoning_tokens")
    return Usage(prompt, _count(told, "completion_tokens", "output_tokens"), cached=cached, reasoning=reasoning)


def _part(told: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    return next((part for name in names if isinstance(part := told.get(name), dict)), {})


def _count(told: Mapping[str, Any], *names: str) -> int:
    return next((count for name in names if type(count := told.get(name)) is int and count >= 0), 0)
