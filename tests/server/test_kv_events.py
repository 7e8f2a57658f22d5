"""From the bus to a subscriber's socket: batches, numbers, workers that come and go, replay, the end."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq

from fakeai.core.clock import WallClock
from fakeai.core.events import Bus, KvRemoved, KvStored, WorkerChanged
from fakeai.server import kv_events
from fakeai.server.kv_events import KvEvents, Worker
from fakeai.server.kv_line import Config

from .kv_subscriber import AllBlocksCleared, BlockRemoved, BlockStored, KVEventBatch, Subscriber, subscribers

EPOCH = 1_760_000_000.0


class Site:
    """A bus, its publisher, and subscribers that are known to be connected."""

    def __init__(self, folder: Path, make: Any) -> None:
        self.config = Config(f"ipc://{folder}/events", f"ipc://{folder}/replay", "kv", 100, 1_000)
        self.bus = Bus()
        self.clock = WallClock(epoch=EPOCH)
        self.events = KvEvents(self.config, self.bus, self.clock)
        self._make = make

    async def subscribe(self, model: str, worker: int) -> Subscriber:
        """Batches that nobody heard come first; their numbers show how many."""
        number = next(
            n for n, source in self.events.sources().items() if (source["model"], source["worker"]) == (model, worker)
        )
        endpoint = self.events.sources()[number]["endpoint"]
        subscriber: Subscriber = self._make(endpoint, "kv")
        while not await asyncio.to_thread(subscriber.socket.poll, 20):
            self.bus.publish(KvStored(0.0, model, worker, (0,), None, "GPU"))
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        return subscriber


@pytest.fixture
def subscribe() -> Iterator[Any]:
    with subscribers() as make:
        yield make


@pytest.fixture
async def site(tmp_path: Path, subscribe: Any) -> AsyncIterator[Site]:
    made = Site(tmp_path, subscribe)
    made.events.open([Worker("m", 0), Worker("m", 1)])
    yield made
    await made.events.close()


async def until(subscriber: Subscriber, wanted: Any) -> tuple[int, KVEventBatch]:
    """The first batch that holds `wanted`."""
    while True:
        _, number, batch = await asyncio.to_thread(subscriber.read)
        if wanted in batch.events:
            return number, batch


async def test_what_happens_at_one_instant_to_one_worker_is_one_batch(site: Site) -> None:
    zero, one = await site.subscribe("m", 0), await site.subscribe("m", 1)
    now = site.clock.now()
    for event in (
        KvStored(now, "m", 0, (1, 2), None, "GPU", (5, 6, 7, 8), 2),
        KvStored(now, "m", 1, (3,), None, "GPU"),
        KvRemoved(now, "m", 0, (9,), "GPU"),
        KvRemoved(now + 0.5, "m", 0, (), "GPU"),
        KvStored(now + 0.5, "m", 0, (4,), 2, "GPU"),
    ):
        site.bus.publish(event)
    number, first = await until(zero, BlockRemoved([9], "GPU", 0))
    _, then, second = await asyncio.to_thread(zero.read)
    _, other = await until(one, BlockStored([3], None, [], 0, None, "GPU", None, [None], 0))
    assert first.events == [
        BlockStored([1, 2], None, [5, 6, 7, 8], 2, None, "GPU", None, [None, None], 0),
        BlockRemoved([9], "GPU", 0),
    ]
    assert second.events == [AllBlocksCleared(), BlockStored([4], 2, [], 0, None, "GPU", None, [None], 0)]
    assert (then, second.ts - first.ts) == (number + 1, pytest.approx(0.5, abs=1e-6))
    assert first.ts == pytest.approx(site.clock.unix() - site.clock.now() + now, abs=0.1)
    assert (first.data_parallel_rank, other.data_parallel_rank) == (0, 1)
    assert len(other.events) == 1


async def test_numbers_have_no_gap_and_a_replay_fills_one(site: Site) -> None:
    subscriber = await site.subscribe("m", 1)
    for key in range(100, 150):
        site.bus.publish(KvStored(float(key), "m", 1, (key,), None, "GPU"))
    last, _ = await until(subscriber, BlockStored([149], None, [], 0, None, "GPU", None, [None], 0))
    endpoint = site.events.sources()[1]["replay_endpoint"]
    again = await asyncio.to_thread(subscriber.replay, endpoint, last - 9)
    assert [number for _, number, _ in again] == list(range(last - 9, last + 1))
    assert [batch.events[0].block_hashes for _, _, batch in again] == [[key] for key in range(140, 150)]
    assert {topic for topic, _, _ in again} == {b"kv"}
    assert await asyncio.to_thread(subscriber.replay, endpoint, last + 1) == []


async def test_two_may_ask_for_a_replay_while_it_goes_on(site: Site) -> None:
    subscriber = await site.subscribe("m", 0)
    endpoint = site.events.sources()[0]["replay_endpoint"]
    site.bus.publish(KvStored(1.0, "m", 0, (1,), None, "GPU"))
    last, _ = await until(subscriber, BlockStored([1], None, [], 0, None, "GPU", None, [None], 0))
    asked = [asyncio.to_thread(subscriber.replay, endpoint, last) for _ in range(4)]
    site.bus.publish(KvStored(2.0, "m", 0, (2,), None, "GPU"))
    for found in await asyncio.gather(*asked):
        assert found[0][1] == last
    assert (await until(subscriber, BlockStored([2], None, [], 0, None, "GPU", None, [None], 0)))[0] == last + 1


async def test_workers_come_and_go_with_their_addresses(site: Site) -> None:
    site.bus.publish(WorkerChanged(1.0, "m", 7, "starting"))
    site.bus.publish(WorkerChanged(1.0, "other", 0, "ready"))
    while len(site.events.sources()) < 4:
        await asyncio.sleep(0.001)
    sources = site.events.sources()
    assert [(n, source["model"], source["worker"]) for n, source in sources.items()] == [
        (0, "m", 0), (1, "m", 1), (7, "m", 7), (100, "other", 0),
    ]  # fmt: skip
    assert sources[100]["endpoint"] == site.config.endpoint + "_dp100"
    subscriber = await site.subscribe("m", 7)
    site.bus.publish(KvStored(2.0, "m", 7, (5,), None, "GPU"))
    site.bus.publish(WorkerChanged(3.0, "m", 7, "gone"))
    await until(subscriber, BlockStored([5], None, [], 0, None, "GPU", None, [None], 0))  # what came before is sent
    while 7 in site.events.sources():
        await asyncio.sleep(0.001)
    site.bus.publish(KvStored(4.0, "m", 7, (6,), None, "GPU"))  # another of that name begins anew
    while 7 not in site.events.sources():
        await asyncio.sleep(0.001)
    again = await asyncio.to_thread(subscriber.replay, site.events.sources()[7]["replay_endpoint"], 0)
    assert (again[0][1], again[0][2].events[0].block_hashes) == (0, [6])


async def test_sources_are_told_as_vllm_does(site: Site) -> None:
    assert site.events.sources()[1] == {
        "enable_kv_cache_events": True,
        "publisher": "zmq",
        "endpoint": site.config.endpoint + "_dp1",
        "replay_endpoint": f"{site.config.replay_endpoint}_dp1",
        "buffer_steps": 100,
        "hwm": 1_000,
        "max_queue_size": 100_000,
        "topic": "kv",
        "model": "m",
        "worker": 1,
    }


async def test_the_end_sends_what_waits_and_frees_the_addresses(tmp_path: Path, subscribe: Any) -> None:
    site = Site(tmp_path, subscribe)
    site.events.open([Worker("m", 0)])
    subscriber = await site.subscribe("m", 0)
    site.bus.publish(KvStored(1.0, "m", 0, (77,), None, "GPU"))
    await site.events.close()
    await until(subscriber, BlockStored([77], None, [], 0, None, "GPU", None, [None], 0))
    site.bus.publish(KvStored(2.0, "m", 0, (78,), None, "GPU"))  # nobody listens
    await site.events.close()
    assert "fakeai-kv-events" not in [thread.name for thread in threading.enumerate()]
    again = KvEvents(site.config, site.bus, site.clock)
    again.open([Worker("m", 0)])
    await again.close()


async def test_an_address_that_is_taken_leaves_nothing_open(tmp_path: Path) -> None:
    with zmq.Context() as context, context.socket(zmq.PUB) as other:
        port = other.bind_to_random_port("tcp://127.0.0.1")
        config = Config("tcp://*:0", f"tcp://127.0.0.1:{port}", "", 1, 1)
        events = KvEvents(config, Bus(), WallClock())
        with pytest.raises(ValueError, match=f"cannot publish at tcp://127.0.0.1:{port}"):
            events.open([Worker("m", 0)])
    assert events.sources() == {}
    await events.close()


async def test_a_worker_that_gets_no_address_is_logged_once_and_the_others_go_on(
    tmp_path: Path, subscribe: Any, caplog: Any
) -> None:
    site = Site(tmp_path, subscribe)
    site.events = KvEvents(site.config._replace(replay_endpoint="tcp://127.0.0.1:60000"), site.bus, site.clock)
    site.bus.publish(KvStored(1.0, "early", 0, (1,), None, "GPU"))
    site.events.open([])
    for worker in (9_999, 3, 9_999):  # there is no port 69,999
        site.bus.publish(KvStored(2.0, "m", worker, (worker,), None, "GPU"))
        await asyncio.sleep(0)
    while not site.events.sources():
        await asyncio.sleep(0.001)
    subscriber = await site.subscribe("m", 3)
    site.bus.publish(KvStored(3.0, "m", 3, (12,), None, "GPU"))
    await until(subscriber, BlockStored([12], None, [], 0, None, "GPU", None, [None], 0))
    await site.events.close()
    assert [source["worker"] for source in site.events.sources().values()] == [3]
    assert caplog.text.count("there is no port 69999, which tcp://127.0.0.1:60000 and 9999 make") == 1


async def test_batches_beyond_the_queue_are_lost_and_their_numbers_with_them(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    subscriber = await site.subscribe("m", 0)
    monkeypatch.setattr(kv_events, "MAX_QUEUE", 3)
    busy = threading.Event()
    line = site.events._lines[Worker("m", 0)]
    assert line is not None
    send = line.send
    monkeypatch.setattr(line, "send", lambda *batch: (busy.wait(10), send(*batch)))
    for key in range(10):
        site.bus.publish(KvStored(float(key), "m", 0, (1000 + key,), None, "GPU"))
    await asyncio.sleep(0)
    busy.set()
    numbers = [
        (await until(subscriber, BlockStored([1000 + key], None, [], 0, None, "GPU", None, [None], 0)))[0]
        for key in range(3)
    ]
    while site.events._queue:
        await asyncio.sleep(0.001)
    site.bus.publish(KvStored(99.0, "m", 0, (2000,), None, "GPU"))
    last, _ = await until(subscriber, BlockStored([2000], None, [], 0, None, "GPU", None, [None], 0))
    assert last == numbers[0] + 10
    assert "some are lost" in caplog.text


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kv_events, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'fakeai\[kv-events\]'"):
        KvEvents(Config("tcp://*:5557", None, "", 1, 1), Bus(), WallClock())
