"""Bursts are taken one by one, held back when nobody takes them, and stopped."""

import pytest

from fakeai.core.feed import Feed
from fakeai.core.generation import Text
from fakeai.services.realtime.bursts import Bursts


class Source:
    def __init__(self) -> None:
        self.told: list[str] = []
        self.feed: Feed | None = None

    def begin(self, feed: Feed, /) -> None:
        self.feed = feed

    def cancel(self) -> None:
        self.told.append("cancel")

    def pause(self) -> None:
        self.told.append("pause")

    def resume(self) -> None:
        self.told.append("resume")


def burst(word: str) -> tuple[Text]:
    return (Text(0, (word,)),)


async def test_what_was_pushed_comes_out_in_order() -> None:
    source = Source()
    bursts = Bursts(Feed(source))
    source.feed.push(burst("a"))
    source.feed.push(burst("b"))
    source.feed.finish()
    assert [await bursts.next() for _ in range(4)] == [burst("a"), burst("b"), None, None]
    assert bursts.so_far() is None


async def test_an_error_comes_after_what_was_said_before_it() -> None:
    source = Source()
    bursts = Bursts(Feed(source))
    source.feed.push(burst("a"))
    source.feed.finish(ValueError("no"))
    assert await bursts.next() == burst("a")
    with pytest.raises(ValueError, match="no"):
        await bursts.next()


async def test_a_source_waits_for_a_slow_taker() -> None:
    source = Source()
    bursts = Bursts(Feed(source))
    for _ in range(300):
        source.feed.push(burst("a"))
    assert source.told == ["pause"]
    for _ in range(300):
        await bursts.next()
    source.feed.finish()
    assert await bursts.next() is None
    assert source.told in (["pause"], ["pause", "resume"])


async def test_who_wants_no_more_gets_none() -> None:
    source = Source()
    bursts = Bursts(Feed(source))
    source.feed.push(burst("a"))
    bursts.stop()
    assert source.told == ["cancel"] and await bursts.next() is None
