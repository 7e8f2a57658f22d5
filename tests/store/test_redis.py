"""A Redis that is slow, frozen or gone holds nobody up for long, and is used again when it is back."""

import asyncio
import signal
import time
from collections.abc import Iterator

import pytest
from technologies import running_redis, until_async

from fakeai.core.clock import WallClock
from fakeai.core.errors import StorageUnavailable
from fakeai.store.redis import PATIENCE_S, RedisValues


@pytest.fixture
def own(given: dict[str, str]) -> Iterator[tuple]:
    """A server to be mistreated: its URL and process."""
    with running_redis(given) as found:
        yield found


async def test_a_frozen_server_costs_one_short_wait_and_is_back_soon(own, clock: WallClock) -> None:
    url, process = own
    values = RedisValues(url, clock)
    await values.set("a", b"1", 60.0)
    process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    for _ in range(20):
        with pytest.raises(StorageUnavailable):
            await values.get("a")
    # One wait, and no more than that of another: of any fewer than twenty, whatever else this machine does meanwhile.
    assert time.monotonic() - began < 10 * PATIENCE_S
    process.send_signal(signal.SIGCONT)

    async def back() -> bool:
        try:
            return await values.get("a") == b"1"
        except StorageUnavailable:
            return False

    await until_async(back)
    await values.close()


async def test_a_server_that_is_gone_is_told_as_one(own, clock: WallClock) -> None:
    url, process = own
    values = RedisValues(url, clock)
    await values.set("a", b"1", 60.0)
    process.kill()
    process.wait()
    with pytest.raises(StorageUnavailable):
        await values.get("a")
    await values.close()


async def test_a_server_that_takes_no_more_is_told_as_one_and_a_flush_begins_anew(own, clock: WallClock) -> None:
    url, _ = own
    values = RedisValues(url, clock)
    assert await values.add("n", 5, 60.0) == 5
    redis = values._redis()
    await redis.config_set("maxmemory", "1")
    with pytest.raises(StorageUnavailable):
        await values.add("n", 1, 60.0)
    await redis.config_set("maxmemory", "0")
    await redis.flushall()

    async def again() -> bool:
        try:
            return await values.add("n", 1, 60.0) >= 1
        except StorageUnavailable:
            return False

    await until_async(again)
    assert await values.get("n") == b"1"
    await values.close()


async def test_who_gives_up_does_not_leave_its_answer_to_the_next(redis_server: str, clock: WallClock) -> None:
    values = RedisValues(redis_server, clock, prefix="given-up:")
    await values.set("a", b"a", 60.0)
    await values.set("b", b"b", 60.0)
    for _ in range(300):
        asked = asyncio.ensure_future(values.get("a"))
        await asyncio.sleep(0)
        asked.cancel()
        assert await values.get("b") == b"b"
    await values.close()
