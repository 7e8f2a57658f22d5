"""Items go from source to taker inside `push`, in order, and the end is told exactly once, whoever ends it."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.feed import Feed


class Tape:
    """A source pushed by hand (or told what to push at once) that remembers what it was told."""

    def __init__(self, *at_once: object) -> None:
        self.at_once = at_once
        self.told: list[str] = []

    def begin(self, feed: Feed[Any], /) -> None:
        self.feed = feed
        self.told.append("begin")
        for item in self.at_once:
            if isinstance(item, Exception):
                feed.finish(item)
            elif item is None:
                feed.finish()
            else:
                feed.push(item)

    def cancel(self) -> None:
        self.told.append("cancel")

    def pause(self) -> None:
        self.told.append("pause")

    def resume(self) -> None:
        self.told.append("resume")


class Bin:
    """A taker that keeps everything."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.together: list[list[Any]] = []
        self.closed: list[Exception | None] = []

    def take(self, item: Any, /) -> None:
        self.items.append(item)

    def take_all(self, items: Sequence[Any], /) -> None:
        self.together.append(list(items))
        self.items.extend(items)

    def close(self, error: Exception | None, /) -> None:
        self.closed.append(error)


def started(*at_once: object) -> tuple[Tape, Feed[Any], Bin]:
    tape, taker = Tape(*at_once), Bin()
    feed: Feed[Any] = Feed(tape)
    feed.start(taker)
    return tape, feed, taker


def test_nothing_happens_before_the_start() -> None:
    tape = Tape(1)
    Feed(tape)
    assert tape.told == []


def test_an_item_is_with_the_taker_before_push_returns() -> None:
    _, feed, taker = started()
    feed.push("a")
    assert taker.items == ["a"]
    feed.push("b")
    assert taker.items == ["a", "b"]


def test_everything_may_happen_before_start_returns() -> None:
    _, _, taker = started(1, 2, None)
    assert taker.items == [1, 2]
    assert taker.closed == [None]


def test_stages_apply_in_the_order_they_were_added_and_taps_see_what_is_there_by_then() -> None:
    tape, taker = Tape(), Bin()
    feed: Feed[Any] = Feed(tape)
    seen: list[Any] = []
    feed.tap(lambda item: seen.append(("first", item)))
    doubled = feed.map(lambda item: item * 2)
    doubled.tap(lambda item: seen.append(("second", item)))
    doubled.map(str).start(taker)
    feed.push(21)
    assert seen == [("first", 21), ("second", 42)]
    assert taker.items == ["42"]


@given(st.lists(st.sampled_from(["+1", "*3", "-7", "tap"]), max_size=8), st.lists(st.integers(), max_size=8))
def test_a_chain_of_maps_is_their_composition(stages: list[str], items: list[int]) -> None:
    changes = {"+1": lambda x: x + 1, "*3": lambda x: x * 3, "-7": lambda x: x - 7}
    taker = Bin()
    feed: Feed[Any] = Feed(Tape(*items, None))
    watched: list[int] = []
    for stage in stages:
        if stage == "tap":
            feed.tap(watched.append)
        else:
            feed = feed.map(changes[stage])
    feed.start(taker)
    expected = []
    for item in items:
        for stage in stages:
            item = changes[stage](item) if stage != "tap" else item
        expected.append(item)
    assert taker.items == expected
    assert len(watched) == stages.count("tap") * len(items)


def test_items_may_be_shaped_ahead_of_time_and_delivered_later() -> None:
    taker = Bin()
    seen: list[int] = []
    feed: Feed[Any] = Feed(Tape())
    feed.tap(seen.append)
    feed = feed.map(str)
    feed.start(taker)
    ready = feed.shape([1, 2, 3])
    assert (ready, seen, taker.items) == (["1", "2", "3"], [1, 2, 3], [])
    feed.deliver(ready[0])
    assert (taker.items, taker.together) == (["1"], [])
    feed.deliver_all(ready[1:])
    assert (taker.items, taker.together) == (["1", "2", "3"], [["2", "3"]])


def test_what_cannot_be_shaped_ends_the_feed_and_gives_nothing() -> None:
    tape, taker = Tape(), Bin()
    feed: Feed[Any] = Feed(tape).map(lambda item: 1 / item)
    feed.start(taker)
    assert feed.shape([1, 0]) == ()
    assert [type(error) for error in taker.closed] == [ZeroDivisionError]
    assert tape.told == ["begin", "cancel"]
    assert feed.shape([1]) == ()


def test_a_stage_may_take_items_in_a_row() -> None:
    tape, taker = Tape(), Bin()
    rows: list[list[int]] = []

    def change(items: Sequence[int]) -> list[int]:
        rows.append(list(items))
        return [item * 2 for item in items]

    feed: Feed[Any] = Feed(tape).map_all(change).map(str)
    feed.start(taker)
    feed.push(1)
    assert feed.shape([2, 3]) == ["4", "6"]
    assert (rows, taker.items) == ([[1], [2, 3]], ["2"])


def test_nothing_is_delivered_after_the_end() -> None:
    _, feed, taker = started()
    ready = feed.shape(["a", "b"])
    feed.cancel()
    feed.deliver(ready[0])
    feed.deliver_all(ready)
    assert taker.items == []


def test_an_error_in_a_stage_reaches_the_taker_and_cancels_the_source() -> None:
    tape, taker = Tape(), Bin()
    ends: list[tuple[Exception | None, bool]] = []
    feed: Feed[Any] = Feed(tape).map(lambda item: 1 // item)
    feed.on_end(lambda error, cancelled: ends.append((error, cancelled)))
    feed.start(taker)
    feed.push(1)
    feed.push(0)
    feed.push(1)
    assert taker.items == [1]
    assert [type(error) for error in taker.closed] == [ZeroDivisionError]
    assert ends == [(taker.closed[0], False)]
    assert tape.told == ["begin", "cancel"]


def test_the_sources_error_reaches_the_taker() -> None:
    error = OSError("gone")
    tape, _, taker = started("a", error)
    assert taker.items == ["a"]
    assert taker.closed == [error]
    assert tape.told == ["begin"]  # a source that failed needs no cancelling


def test_cancelling_frees_the_source_once_and_closes_nobody() -> None:
    tape, feed, taker = started("a")
    ends: list[tuple[Exception | None, bool]] = []
    feed.on_end(lambda error, cancelled: ends.append((error, cancelled)))
    feed.cancel()
    feed.cancel()
    feed.push("b")
    feed.finish()
    assert tape.told == ["begin", "cancel"]
    assert taker.items == ["a"] and taker.closed == []
    assert ends == [(None, True)]


def test_a_feed_cancelled_before_its_start_never_begins() -> None:
    tape, taker = Tape("a"), Bin()
    ends: list[bool] = []
    feed: Feed[Any] = Feed(tape)
    feed.on_end(lambda _, cancelled: ends.append(cancelled))
    feed.cancel()
    feed.start(taker)
    assert tape.told == [] and taker.items == []
    assert ends == [True]


def test_a_taker_may_cancel_while_it_takes() -> None:
    class Sated(Bin):
        def take(self, item: Any, /) -> None:
            super().take(item)
            feed.cancel()

    tape, taker = Tape(1, 2, 3, None), Sated()
    feed: Feed[Any] = Feed(tape)
    feed.start(taker)
    assert taker.items == [1] and taker.closed == []
    assert tape.told == ["begin", "cancel"]


def test_pause_and_resume_reach_the_source_until_the_end() -> None:
    tape, feed, _ = started()
    feed.pause()
    feed.resume()
    feed.finish()
    feed.pause()
    feed.resume()
    feed.cancel()
    assert tape.told == ["begin", "pause", "resume"]


OPS = st.lists(st.sampled_from(["push", "bad", "finish", "fail", "cancel", "pause", "resume"]), max_size=12)


@given(OPS)
def test_whatever_the_order_the_end_is_told_once_and_nothing_comes_after_it(ops: list[str]) -> None:
    tape, taker = Tape(), Bin()
    log: list[str] = []
    feed: Feed[Any] = Feed(tape).map(lambda item: 1 / item)
    feed.on_end(lambda error, cancelled: log.append("cancelled" if cancelled else type(error).__name__))
    feed.start(taker)
    expected_end, taken = None, 0
    for op in ops:
        match op:
            case "push":
                feed.push(1)
                taken += expected_end is None
            case "bad":
                feed.push(0)
                expected_end = expected_end or "ZeroDivisionError"
            case "finish":
                feed.finish()
                expected_end = expected_end or "NoneType"
            case "fail":
                feed.finish(OSError())
                expected_end = expected_end or "OSError"
            case "cancel":
                feed.cancel()
                expected_end = expected_end or "cancelled"
            case _:
                getattr(feed, op)()
    assert log == ([expected_end] if expected_end else [])
    assert len(taker.items) == taken
    assert [type(e).__name__ for e in taker.closed] == (log if expected_end != "cancelled" else [])
    assert tape.told.count("cancel") == (expected_end in ("cancelled", "ZeroDivisionError"))


async def test_async_for_pulls_every_item() -> None:
    tape = Tape(1, 2)
    feed: Feed[int] = Feed(tape)
    found: list[int] = []

    async def pull() -> None:
        took = found.append
        async for item in feed:
            took(item)

    task = asyncio.create_task(pull())
    await asyncio.sleep(0)
    assert found == [1, 2] and not task.done()
    feed.push(3)
    feed.finish()
    await task
    assert found == [1, 2, 3]
    assert tape.told == ["begin"]


async def test_async_for_raises_the_error_after_the_items_before_it() -> None:
    found: list[int] = []
    took = found.append
    with pytest.raises(OSError, match="gone"):
        async for item in Feed(Tape(1, 2, OSError("gone"))):
            took(item)
    assert found == [1, 2]


async def test_leaving_an_async_for_cancels_the_source() -> None:
    tape = Tape(1, 2)
    items = Feed(tape).__aiter__()
    assert await anext(items) == 1
    await items.aclose()
    assert tape.told == ["begin", "cancel"]


async def test_an_async_for_over_a_source_that_cannot_begin_ends_the_feed() -> None:
    class Stuck(Tape):
        def begin(self, feed: Feed[Any], /) -> None:
            raise OSError("stuck")

    ends: list[bool] = []
    feed: Feed[int] = Feed(Stuck())
    feed.on_end(lambda error, cancelled: ends.append(cancelled))
    with pytest.raises(OSError, match="stuck"):
        await anext(aiter(feed))
    assert ends == [True]


async def test_drain_hands_over_all_items_of_a_feed_that_is_done_at_once() -> None:
    found: list[int] = []
    await Feed(Tape(1, 2, None)).drain(found.append)
    assert found == [1, 2]


async def test_drain_waits_for_the_end_and_raises_what_it_was() -> None:
    found: list[int] = []
    feed: Feed[int] = Feed(Tape(1))
    task = asyncio.create_task(feed.drain(found.append))
    await asyncio.sleep(0)
    assert found == [1] and not task.done()
    feed.push(2)
    feed.finish(OSError("gone"))
    with pytest.raises(OSError, match="gone"):
        await task
    assert found == [1, 2]


async def test_a_cancelled_drain_cancels_the_source() -> None:
    tape = Tape()
    task = asyncio.create_task(Feed(tape).drain(print))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert tape.told == ["begin", "cancel"]
