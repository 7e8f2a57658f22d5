"""A loop in a thread, and a loop in virtual time."""

import asyncio
import threading
import time

import pytest

from fakeai.testing.loops import LoopThread, run_virtual


def test_a_loop_thread_runs_work_and_raises_what_it_raises():
    async def work(n):
        await asyncio.sleep(0)
        return threading.current_thread().name, 10 // n

    loop = LoopThread()
    assert loop.call(work(2)) == ("fakeai", 5)
    with pytest.raises(ZeroDivisionError):
        loop.call(work(0))
    loop.stop()


def test_stop_cancels_what_is_under_way_and_ends_the_thread():
    before = sum(thread.name == "fakeai" for thread in threading.enumerate())
    began, ended = threading.Event(), threading.Event()

    async def forever():
        try:
            began.set()
            await asyncio.Event().wait()
        finally:
            ended.set()

    loop = LoopThread()
    caught = []

    def wait():
        try:
            loop.call(forever())
        except BaseException as error:  # noqa: BLE001
            caught.append(type(error).__name__)

    waiter = threading.Thread(target=wait)
    waiter.start()
    assert began.wait(1)
    loop.stop()
    assert ended.is_set()
    waiter.join(1)
    assert caught == ["CancelledError"]
    assert sum(thread.name == "fakeai" for thread in threading.enumerate()) == before


def test_stop_is_harmless_twice_and_before_any_call_and_final():
    loop = LoopThread()
    loop.stop()
    loop.stop()

    async def work():
        return 1

    with pytest.raises(RuntimeError, match="closed"):
        loop.call(work())


def test_the_last_thing_is_done_on_the_loop_before_it_ends():
    loop, seen = LoopThread(), []

    async def work():
        return asyncio.get_running_loop()

    async def farewell():
        seen.append(asyncio.get_running_loop())

    ran = loop.call(work())
    loop.stop(farewell)
    assert seen == [ran]


def test_virtual_time_passes_without_real_time():
    async def main():
        loop = asyncio.get_running_loop()
        await asyncio.gather(asyncio.sleep(3600), asyncio.sleep(7200))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(86_400):
                await asyncio.Event().wait()
        return loop.time()

    began = time.perf_counter()
    assert run_virtual(main()) == 7200 + 86_400
    assert time.perf_counter() - began < 1


def test_virtual_time_stands_still_while_a_thread_works():
    async def main():
        loop = asyncio.get_running_loop()
        timer = asyncio.ensure_future(asyncio.sleep(0.2))
        await asyncio.to_thread(time.sleep, 0.05)
        still = loop.time()
        await timer
        return still, loop.time()

    still, end = run_virtual(main())
    assert still < 0.2
    assert end == pytest.approx(0.2)
