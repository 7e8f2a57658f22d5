"""Async generators as feeds: in order, held back, ended and failed as any source is."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from fakeai.core.feed import Feed
from fakeai.core.pulled import Pulled


async def numbers(seen: list[str], count: int = 3, error: Exception | None = None) -> AsyncGenerator[int, None]:
    try:
        for number in range(count):
            seen.append(f"made {number}")
            yield number
            await asyncio.sleep(0)
        if error is not None:
            raise error
    finally:
        seen.append("closed")


class Taker:
    def __init__(self, feed: Feed[int]) -> None:
        self.feed = feed
        self.got: list[int] = []
        self.ended: list[Exception | None] = []

    def take(self, item: int, /) -> None:
        self.got.append(item)

    def take_all(self, items: object, /) -> None:
        raise AssertionError("one by one")

    def close(self, error: Exception | None, /) -> None:
        self.ended.append(error)


async def test_items_come_in_order_and_then_the_end():
    seen: list[str] = []
    feed: Feed[int] = Feed(Pulled(numbers(seen)))
    assert [item async for item in feed.map(lambda n: 2 * n)] == [0, 2, 4]
    assert seen == ["made 0", "made 1", "made 2", "closed"]


async def test_nothing_is_made_before_somebody_takes_it():
    seen: list[str] = []
    feed: Feed[int] = Feed(Pulled(numbers(seen)))
    await asyncio.sleep(0)
    feed.cancel()
    assert seen == []


async def test_an_error_ends_the_feed_with_it():
    feed: Feed[int] = Feed(Pulled(numbers([], 2, ValueError("broken"))))
    got: list[int] = []
    with pytest.raises(ValueError, match="broken"):
        await feed.drain(got.append)
    assert got == [0, 1]


async def test_a_taker_without_room_holds_the_generator_back():
    seen: list[str] = []
    feed: Feed[int] = Feed(Pulled(numbers(seen, 10)))
    taker = Taker(feed)
    feed.start(taker)
    feed.pause()
    for _ in range(20):
        await asyncio.sleep(0)
    assert (taker.got, seen) == ([], ["made 0"])
    feed.resume()
    for _ in range(40):
        await asyncio.sleep(0)
    assert taker.got == list(range(10))
    assert taker.ended == [None]


async def test_who_leaves_ends_the_generator_where_it_waits():
    seen: list[str] = []
    feed: Feed[int] = Feed(Pulled(numbers(seen, 1_000)))
    taker = Taker(feed)
    feed.start(taker)
    for _ in range(5):
        await asyncio.sleep(0)
    feed.cancel()
    for _ in range(5):
        await asyncio.sleep(0)
    assert seen[-1] == "closed"
    assert len(taker.got) < 10
    assert taker.ended == []


async def test_a_stage_that_fails_ends_it_once():
    seen: list[str] = []
    feed: Feed[int] = Feed(Pulled(numbers(seen, 5))).map(lambda n: 1 // (1 - n))
    got: list[int] = []
    with pytest.raises(ZeroDivisionError):
        await feed.drain(got.append)
    assert got == [1]
    for _ in range(20):
        await asyncio.sleep(0)
    assert seen[-1] == "closed"
