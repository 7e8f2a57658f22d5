"""From an engine's thread to the loop: order, ends, leavers, full takers, and time that stands still."""

import asyncio
import threading

import pytest

from backends.asking import ask
from fakeai.backends.live import Live
from fakeai.core.clock import WallClock
from fakeai.core.errors import ServerError
from fakeai.core.events import Bus, TokensPaced
from fakeai.core.feed import Feed
from fakeai.core.generation import Finish, Stop, Text, Usage
from fakeai.testing.loops import run_virtual

TOKENS = [[Text(0, [word])] for word in ("a", "b", "c")]
LAST = [Stop(0, "stop"), Finish(Usage(1, 3))]


class Engine:
    """Posts what it is told to, from a thread, after `go`."""

    def __init__(self, bursts, error=None, wait=False):
        self.go = threading.Event()
        if not wait:
            self.go.set()
        self.bursts, self.error, self.cancelled = bursts, error, threading.Event()

    def submit(self, request, post):
        def work():
            self.go.wait(10)
            for burst in self.bursts:
                post(burst, None)
            if self.error is not None:
                post((), self.error)

        self.thread = threading.Thread(target=work)
        self.thread.start()
        return self.cancelled.set


def live(engine, bus=None, **more):
    return Feed(Live(engine, ask(**more), WallClock(), bus or Bus()))


async def taken(feed):
    found = []
    await feed.drain(found.append)
    return found


async def test_bursts_arrive_in_order_and_the_feed_ends_with_the_finish():
    engine = Engine([*TOKENS, LAST])
    assert await taken(live(engine)) == [*TOKENS, LAST]
    assert not engine.cancelled.is_set()


async def test_an_error_ends_the_feed_with_it():
    with pytest.raises(ServerError, match="broke"):
        await taken(live(Engine(TOKENS, ServerError("broke"))))


async def test_who_leaves_has_the_engine_stop_and_hears_no_more():
    engine = Engine([*TOKENS, LAST], wait=True)
    feed, found = live(engine), []
    task = asyncio.ensure_future(feed.drain(found.append))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert engine.cancelled.is_set()
    engine.go.set()
    await asyncio.to_thread(engine.thread.join)
    await asyncio.sleep(0)
    assert found == []


def test_time_goes_on_after_an_engine_that_takes_nothing():
    class Broken:
        def submit(self, request, post):
            raise RuntimeError("no thread")

    async def main():
        with pytest.raises(RuntimeError, match="no thread"):
            await taken(live(Broken()))
        return asyncio.get_running_loop().holds

    assert run_virtual(main()) == 0


class Taker:
    def __init__(self):
        self.items, self.ended = [], asyncio.Event()

    def take(self, item):
        self.items.append(item)

    def close(self, error):
        self.ended.set()


async def test_what_comes_while_the_taker_is_full_waits_for_it():
    engine, taker = Engine([*TOKENS, LAST]), Taker()
    feed = live(engine)
    feed.start(taker)
    feed.pause()
    await asyncio.to_thread(engine.thread.join)
    await asyncio.sleep(0.01)
    assert taker.items == []
    feed.resume()
    await taker.ended.wait()
    assert taker.items == [*TOKENS, LAST]


def test_virtual_time_stands_still_while_a_model_works():
    async def main():
        loop = asyncio.get_running_loop()
        engine = Engine([*TOKENS, LAST], wait=True)
        threading.Timer(0.05, engine.go.set).start()
        asyncio.get_running_loop().call_later(3600, lambda: None)
        before = loop.time()
        await asyncio.wait_for(taken(live(engine)), 60)
        return loop.time() - before, loop.holds

    passed, holds = run_virtual(main())
    assert passed == 0
    assert holds == 0


def test_a_loop_that_is_gone_has_the_engine_stop():
    engine = Engine([*TOKENS, LAST], wait=True)

    async def main():
        live(engine).start(Taker())

    asyncio.run(main())
    engine.go.set()
    engine.thread.join()
    assert engine.cancelled.is_set()


async def test_the_bus_hears_of_the_pace_of_streams():
    bus, told = Bus(), []
    bus.listen(TokensPaced, told.append)
    await taken(live(Engine([*TOKENS, LAST]), bus, streamed=True))
    await taken(live(Engine([*TOKENS, LAST]), bus))
    streamed, whole = told
    assert streamed.ttft_s >= 0
    assert len(streamed.gaps_s) == 3
    assert (whole.ttft_s, whole.gaps_s, whole.model) == (None, (), "tiny")
