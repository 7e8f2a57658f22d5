"""A model's bursts, one at a time, for somebody who may be slow to take them and may want no more."""

import asyncio
from collections import deque
from collections.abc import Sequence

from fakeai.core.feed import Feed
from fakeai.core.generation import Burst, Usage

_MOST_WAITING = 256


class Bursts:
    """The taker of a feed, which begins when this is made."""

    def __init__(self, feed: Feed[Burst]) -> None:
        self._feed = feed
        self._waiting: deque[Burst] = deque()
        self._news = asyncio.Event()
        self._over = False
        self._paused = False
        self._error: Exception | None = None
        feed.start(self)

    def take(self, item: Burst, /) -> None:
        """One more."""
        self._waiting.append(item)
        self._news.set()
        if len(self._waiting) > _MOST_WAITING and not self._paused:
            self._paused = True
            self._feed.pause()

    def take_all(self, items: Sequence[Burst], /) -> None:
        """Several."""
        for item in items:
            self.take(item)

    def close(self, error: Exception | None, /) -> None:
        """There are no more."""
        self._over = True
        self._error = error
        self._news.set()

    async def next(self) -> Burst | None:
        """The next; None at the end. Raises what ended the feed."""
        while not self._waiting:
            if self._error is not None:
                raise self._error
            if self._over:
                return None
            if self._paused:
                self._paused = False
                self._feed.resume()
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft()

    def stop(self) -> None:
        """Want no more: the work is freed. Harmless at the end."""
        self._feed.cancel()
        self._waiting.clear()
        self.close(None)

    def so_far(self) -> Usage | None:
        """What it has cost by now, if that can be told."""
        used: Usage | None = self._feed.so_far()
        return used
