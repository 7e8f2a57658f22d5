"""What a run says while it goes on: events with names, made for whoever streams it, and told to nobody else."""

from collections.abc import Mapping, Sequence
from typing import Any

from fakeai.core.feed import Feed
from fakeai.services.assistants.endings import seen
from fakeai.store.encoding import encode_json

DONE = b"event: done\ndata: [DONE]\n\n"


def event(name: str, data: Mapping[str, Any]) -> bytes:
    """One event, framed."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), encode_json(data))


class Stream:
    """The source of a streamed run's events. They are kept until somebody takes them, and dropped once he has left.

    `include` is what is told besides.
    """

    def __init__(self, include: Sequence[str] = ()) -> None:
        self._include = include
        self._feed: Feed[list[bytes]] | None = None
        self._waiting: list[bytes] = []
        self._held = True
        self._over = False
        self._left = False

    def tell(self, name: str, data: Mapping[str, Any]) -> None:
        """An event."""
        if not self._left:
            self.put([event(name, seen(data, self._include))])

    def put(self, frames: list[bytes]) -> None:
        """Events that are framed, due at the same instant."""
        if self._held or self._feed is None:
            if not self._left:
                self._waiting += frames
        elif frames:
            self._feed.push(frames)

    @property
    def heard(self) -> bool:
        """Whether there is a point in making events."""
        return not self._left

    def end(self) -> None:
        """There will be no more until the run is carried on by a call."""
        self.put([DONE])
        self._over = True
        self._finish()

    # -- for the feed

    def begin(self, feed: Feed[Any], /) -> None:
        self._feed = feed
        self.resume()

    def cancel(self) -> None:
        self._left, self._feed, self._waiting = True, None, []

    def pause(self) -> None:
        self._held = True

    def resume(self) -> None:
        self._held = False
        waiting, self._waiting = self._waiting, []
        if waiting and self._feed is not None:
            self._feed.push(waiting)
        self._finish()

    def _finish(self) -> None:
        feed = self._feed
        if self._over and not self._waiting and not self._held and feed is not None:
            self._feed = None
            feed.finish()


class Unheard(Stream):
    """The events of a run that nobody streams."""

    def __init__(self) -> None:
        super().__init__()
        self.cancel()
