"""A stream keeps what nobody has taken yet, waits where it shall wait, and drops what nobody wants."""

from typing import Any

from fakeai.core.feed import Feed
from fakeai.services.assistants.events import DONE, Stream, Unheard, event


class Taker:
    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.closed = 0

    def take(self, item: Any, /) -> None:
        self.taken += item

    def take_all(self, items: Any, /) -> None:
        for item in items:
            self.take(item)

    def close(self, error: Exception | None, /) -> None:
        assert error is None
        self.closed += 1


def begun(stream: Stream) -> tuple[Feed[Any], Taker]:
    feed: Feed[Any] = Feed(stream)
    taker = Taker()
    feed.start(taker)
    return feed, taker


def test_an_event_has_a_name_and_is_one_line_of_json() -> None:
    assert event("a.b", {"c": "d\n"}) == b'event: a.b\ndata: {"c":"d\\n"}\n\n'


def test_what_was_told_before_anybody_listened_comes_first() -> None:
    stream = Stream()
    stream.tell("a", {"x": 1, "_private": 2})
    _, taker = begun(stream)
    stream.tell("b", {})
    stream.end()
    assert taker.taken == [b'event: a\ndata: {"x":1}\n\n', b"event: b\ndata: {}\n\n", DONE]
    assert taker.closed == 1


def test_a_stream_that_was_over_before_it_began_is_whole() -> None:
    stream = Stream()
    stream.tell("a", {})
    stream.end()
    _, taker = begun(stream)
    assert taker.taken == [b"event: a\ndata: {}\n\n", DONE] and taker.closed == 1


def test_a_slow_taker_is_waited_for() -> None:
    stream = Stream()
    feed, taker = begun(stream)
    feed.pause()
    stream.tell("a", {})
    stream.end()
    assert (taker.taken, taker.closed) == ([], 0)
    feed.resume()
    assert (len(taker.taken), taker.closed) == (2, 1)


def test_whoever_has_left_is_told_nothing() -> None:
    stream = Stream()
    feed, taker = begun(stream)
    feed.cancel()
    assert not stream.heard
    stream.tell("a", {})
    stream.end()
    assert (taker.taken, taker.closed) == ([], 0)


def test_nobody_hears_the_unheard() -> None:
    stream = Unheard()
    stream.tell("a", {})
    stream.end()
    assert not stream.heard
