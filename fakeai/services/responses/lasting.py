"""The end of a stream whose response is to outlast the server: told once the response is kept, not before."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fakeai.core.feed import Feed
from fakeai.services.responses.output import Output


class Lasting:
    """The source of the events of `told`, which `output` makes. What comes with the last of them waits for `keep`."""

    def __init__(self, told: Feed[list[bytes]], output: Output, keep: Callable[[], Awaitable[None]]) -> None:
        self._told = told
        self._output = output
        self._keep = keep
        self._last: list[list[bytes]] = []
        self._task: asyncio.Task[None] | None = None

    # -- for the feed

    def begin(self, feed: Feed[Any], /) -> None:
        """Start the events."""
        self._feed = feed
        self._told.start(self)

    def cancel(self) -> None:
        """Stop them; what is being kept will be."""
        self._told.cancel()

    def pause(self) -> None:
        """Have the model wait."""
        self._told.pause()

    def resume(self) -> None:
        """Let the model go on."""
        self._told.resume()

    def used_so_far(self) -> Any:
        """What has been used, were it cancelled now. Any: in the model's words."""
        return self._told.so_far()

    # -- for the events

    def take(self, events: list[bytes], /) -> None:
        """Pass them on, but for the last."""
        if self._output.usage is None:
            self._feed.push(events)
        else:
            self._last.append(events)

    def take_all(self, bursts: Sequence[list[bytes]], /) -> None:
        """Several that are due at once."""
        for events in bursts:
            self.take(events)

    def close(self, error: Exception | None, /) -> None:
        """There are no more: keep the response, then tell the end."""
        if error is not None:
            self._feed.finish(error)
        else:
            self._task = asyncio.get_running_loop().create_task(self._end())

    async def _end(self) -> None:
        try:
            if self._output.usage is not None:
                await self._keep()
        except Exception as error:  # noqa: BLE001  # whatever keeps it from being kept must reach the taker
            self._feed.finish(error)
            return
        for events in self._last:
            self._feed.push(events)
        self._feed.finish()
