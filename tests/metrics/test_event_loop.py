"""An event loop's tasks and a pool's threads are seen as they are."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from math import isnan

import pytest

from fakeai.metrics.event_loop import loop_state


def test_without_a_loop_there_are_no_tasks():
    assert (loop_state().tasks, loop_state().due) == (0, 0)


async def test_tasks_are_counted_until_they_are_done():
    alone = loop_state().tasks
    task = asyncio.ensure_future(asyncio.Event().wait())
    assert loop_state().tasks == alone + 1
    task.cancel()
    await asyncio.wait([task])
    assert loop_state().tasks == alone


async def test_callbacks_wait_for_their_turn():
    before = loop_state().due
    asyncio.get_running_loop().call_soon(int)
    assert loop_state().due == before + 1


def test_a_loop_that_tells_nothing_of_its_queue_is_believed():
    uvloop = pytest.importorskip("uvloop")

    async def look():
        return loop_state()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert isnan(runner.run(look()).due)


def test_threads_of_pools_are_seen_at_work_and_without_it():
    before = loop_state()
    started, go_on = threading.Event(), threading.Event()

    def work():
        started.set()
        go_on.wait(10)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(work)
        assert started.wait(10)
        busy = loop_state()
        go_on.set()
        done.result()
        while loop_state().idle_threads == busy.idle_threads:
            pass  # until the thread is back in its pool
        idle = loop_state()
    assert (busy.threads, busy.idle_threads) == (before.threads + 1, before.idle_threads)
    assert (idle.threads, idle.idle_threads) == (before.threads + 1, before.idle_threads + 1)


def test_work_takes_processor_time():
    before = loop_state().worked_s
    while loop_state().worked_s < before + 0.02:
        sum(range(10_000))
    assert loop_state().worked_s > before
