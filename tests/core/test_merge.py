"""A merged feed hands on what its feeds push, ends with the last of them, and stops them all at once."""

import asyncio
from typing import Any

import pytest

from fakeai.core.feed import Feed
from fakeai.core.merge import merge


class Tape:
    """A source that is pushed by hand, and remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.feed: Feed[Any] | None = None

    def begin(self, feed: Feed[Any], /) -> None:
        self.feed = feed
        self.told.append("begin")

    def cancel(self) -> None:
        self.told.append("cancel")

    def pause(self) -> None:
        self.told.append("pause")

    def resume(self) -> None:
        self.told.append("resume")


class AtOnce(Tape):
    """A source that pushes its items and is done, all in `begin`."""

    def __init__(self, *items: str) -> None:
        super().__init__()
        self.items = items

    def begin(self, feed: Feed[Any], /) -> None:
        super().begin(feed)
        for item in self.items:
            feed.push(item)
        feed.finish()


class Hand:
    """A taker."""

    def __init__(self) -> None:
        self.items: list[str] = []
        self.ends: list[Exception | None] = []

    def take(self, item: str, /) -> None:
        self.items.append(item)

    def close(self, error: Exception | None, /) -> None:
        self.ends.append(error)


async def test_items_of_all_feeds_arrive_and_the_end_comes_once() -> None:
    merged = merge([Feed(AtOnce("a", "b")), Feed(AtOnce()), Feed(AtOnce("c"))])
    assert [item async for item in merged] == ["a", "b", "c"]


async def test_items_come_as_they_fall_due() -> None:
    left, right, hand = Tape(), Tape(), Hand()
    merge([Feed(left), Feed(right)]).start(hand)
    await asyncio.sleep(0)
    assert left.feed is not None and right.feed is not None
    right.feed.push("1")
    left.feed.push("2")
    right.feed.push("3")
    right.feed.finish()
    assert hand.ends == []
    left.feed.finish()
    assert (hand.items, hand.ends) == (["1", "2", "3"], [None])


async def test_no_feeds_are_an_empty_feed() -> None:
    assert [item async for item in merge([])] == []


async def test_feeds_begin_one_at_a_turn_of_the_loop() -> None:
    tapes = [Tape(), Tape(), Tape()]
    merge([Feed(tape) for tape in tapes]).start(Hand())
    begun = []
    for _ in range(3):
        begun.append(sum(tape.feed is not None for tape in tapes))
        await asyncio.sleep(0)
    assert begun == [1, 2, 3]


async def test_an_error_of_one_ends_all() -> None:
    tapes, hand = [Tape(), Tape(), Tape()], Hand()
    merge([Feed(tape) for tape in tapes]).start(hand)
    await asyncio.sleep(0)
    failure = RuntimeError("no more")
    assert tapes[1].feed is not None
    tapes[1].feed.finish(failure)
    await asyncio.sleep(0)
    assert hand.ends == [failure]
    assert [tape.told for tape in tapes] == [["begin", "cancel"], ["begin"], []]


async def test_cancelling_frees_what_has_begun_and_begins_nothing_more() -> None:
    tapes, hand = [Tape(), Tape(), Tape()], Hand()
    merged = merge([Feed(tape) for tape in tapes])
    merged.start(hand)
    await asyncio.sleep(0)
    merged.cancel()
    await asyncio.sleep(0)
    assert [tape.told for tape in tapes] == [["begin", "cancel"], ["begin", "cancel"], []]
    assert hand.ends == []


async def test_a_full_taker_holds_back_feeds_that_have_not_begun() -> None:
    tapes = [Tape(), Tape(), Tape()]
    merged = merge([Feed(tape) for tape in tapes])
    merged.start(Hand())
    merged.pause()
    for _ in range(3):
        await asyncio.sleep(0)
    assert [tape.told for tape in tapes] == [["begin", "pause"], [], []]
    merged.resume()
    for _ in range(3):
        await asyncio.sleep(0)
    assert [tape.told for tape in tapes] == [["begin", "pause", "resume"], ["begin"], ["begin"]]


async def test_a_stage_that_fails_stops_every_feed() -> None:
    tapes = [Tape(), AtOnce("x"), Tape()]
    merged = merge([Feed(tape) for tape in tapes])
    with pytest.raises(ZeroDivisionError):
        await merged.map(lambda item: 1 / 0).drain(print)
    assert [tape.told[-1] for tape in tapes[:2]] == ["cancel", "cancel"]
    assert tapes[2].told == []


async def test_a_source_that_cannot_begin_ends_all() -> None:
    class Broken(Tape):
        def begin(self, feed: Feed[Any], /) -> None:
            raise RuntimeError("no model")

    tape = Tape()
    with pytest.raises(RuntimeError, match="no model"):
        await merge([Feed(tape), Feed(Broken())]).drain(print)
    assert tape.told == ["begin", "cancel"]
