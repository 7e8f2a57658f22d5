"""Several feeds as one: items come as they fall due, whichever feed they are of.

Begins one feed per turn of the event loop, so that a request of a thousand parts does not keep the others waiting.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from fakeai.core.feed import Feed

T = TypeVar("T")


def merge(feeds: Sequence[Feed[T]]) -> Feed[T]:
    """A feed of all items of `feeds`; over when they all are, or with the first error, which cancels the others."""
    return Feed(_Merged(feeds))


class _Merged(Generic[T]):
    """The source of a merged feed."""

    __slots__ = ("_begun", "_feed", "_feeds", "_left", "_next", "_paused")

    def __init__(self, feeds: Sequence[Feed[T]]) -> None:
        self._feeds = feeds
        self._begun = 0
        self._left = len(feeds)
        self._next: asyncio.Handle | None = None
        self._paused = False

    def begin(self, feed: Feed[Any], /) -> None:
        self._feed = feed
        if self._feeds:
            self._begin_one()
        else:
            feed.finish()

    def cancel(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        begun, self._feeds = self._feeds[: self._begun], ()
        for feed in begun:
            feed.cancel()

    def pause(self) -> None:
        self._paused = True
        for feed in self._feeds[: self._begun]:
            feed.pause()

    def resume(self) -> None:
        self._paused = False
        for feed in self._feeds[: self._begun]:
            feed.resume()
        self._schedule()

    def take(self, item: T, /) -> None:
        """One item of one of the feeds."""
        self._feed.push(item)

    def take_all(self, items: Sequence[T], /) -> None:
        """Several items of one of the feeds."""
        self._feed.deliver_all(self._feed.shape(items))

    def close(self, error: Exception | None, /) -> None:
        """One of the feeds is over."""
        self._left -= 1
        if error is not None:
            self.cancel()
            self._feed.finish(error)
        elif not self._left:
            self._feed.finish()

    def _begin_one(self) -> None:
        self._next = None
        if self._paused:
            return
        feed = self._feeds[self._begun]
        self._begun += 1
        try:
            feed.start(self)
        except Exception as error:  # noqa: BLE001  # what a source raises must reach the taker, not the event loop
            self.close(error)
        self._schedule()

    def _schedule(self) -> None:
        if self._next is None and not self._paused and self._begun < len(self._feeds):
            self._next = asyncio.get_running_loop().call_soon(self._begin_one)
