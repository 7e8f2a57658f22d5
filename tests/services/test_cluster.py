"""The view of the cluster: everything there is, in a shape that does not change, once or as it changes."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from fakeai.core.call import Reply
from fakeai.core.clock import WallClock
from fakeai.core.errors import BadRequest
from fakeai.core.events import Bus, RequestStarted, Routed, StepRan, WorkerChanged
from fakeai.services.cluster import _STIRS, ClusterView
from fakeai.testing import FakeAI, run_virtual

from .conftest import MakeCall
from .engines import WORKER, ToldEngines

ROUTED = Routed(3.0, "gpt-4o", "req_1", 1, 640, 16, 30, 35, {0: 12.5, 1: 7.0})
STARTED = RequestStarted(0.0, "/chat/completions", "http")


@pytest.fixture
def engines() -> ToldEngines:
    made = ToldEngines()
    made.workers = [
        WORKER,
        WORKER._replace(worker=1, running=0, waiting=0, used_blocks=0, cached_blocks=5),
        WORKER._replace(model="o3", host_blocks=100, host_used_blocks=7, block_size=32),
    ]
    made.routed = [ROUTED, ROUTED._replace(model="gone"), ROUTED._replace(at=4.0, worker=0, costs={})]
    made.busy = 3
    return made


@pytest.fixture
def ask(engines: ToldEngines, clock: WallClock, make_call: MakeCall) -> Any:
    service = ClusterView(engines, clock, Bus())

    async def ask(accept: str = "", **query: str) -> Reply:
        call = make_call(
            service, "look", headers={"accept": accept}, query={name: [value] for name, value in query.items()}
        )
        reply = await service.look(call)
        assert isinstance(reply, Reply)
        return reply

    return ask


async def test_models_are_shown_with_sums_workers_and_decisions(ask: Any, clock: WallClock) -> None:
    told = (await ask()).body
    assert {name: told[name] for name in ("object", "sleeping", "in_flight", "loras")} == {
        "object": "cluster", "sleeping": False, "in_flight": 3, "loras": [],
    }  # fmt: skip
    assert told["unix"] - told["at_s"] == pytest.approx(clock.unix() - clock.now(), abs=0.1)
    assert [model["model"] for model in told["models"]] == ["gpt-4o", "o3", "gone"]
    first = told["models"][0]
    assert first["queue"] == {"running": 2, "waiting": 1}
    assert first["cache"] == {
        "block_size": 16, "total_blocks": 2000, "used_blocks": 30, "cached_blocks": 45, "host_blocks": 0,
        "host_used_blocks": 0,
    }  # fmt: skip
    assert first["workers"][0] == {
        "worker": 0, "role": "both", "state": "ready",
        "queue": {"running": 2, "waiting": 1},
        "cache": {"block_size": 16, "total_blocks": 1000, "used_blocks": 30, "cached_blocks": 40, "host_blocks": 0,
                  "host_used_blocks": 0},
        "active_prefill_tokens": 512, "max_running": 256, "max_step_tokens": 8192, "context_window_tokens": 128_000,
        "steps": 17, "steps_tokens": 900, "speed": 1.0,
        "loras": ["rhymes"], "running_loras": [], "waiting_loras": [],
        "gpus": 1, "gpu": "H100 SXM", "memory_used_bytes": 75_161_927_680, "memory_total_bytes": 85_899_345_920,
    }  # fmt: skip
    assert first["decisions"] == [
        {"at_s": 3.0, "request_id": "req_1", "worker": 1, "prompt_tokens": 640, "block_size": 16, "overlap_blocks": 30,
         "best_overlap_blocks": 35, "costs": {"0": 12.5, "1": 7.0}},
        {"at_s": 4.0, "request_id": "req_1", "worker": 0, "prompt_tokens": 640, "block_size": 16, "overlap_blocks": 30,
         "best_overlap_blocks": 35, "costs": {}},
    ]  # fmt: skip
    assert told["models"][1]["cache"]["host_used_blocks"] == 7
    assert told["models"][2]["workers"] == []
    assert orjson.loads(orjson.dumps(told)) == told


async def test_a_model_and_a_number_of_decisions_can_be_asked_for(ask: Any) -> None:
    told = (await ask(model="gpt-4o", decisions="1")).body
    assert [model["model"] for model in told["models"]] == ["gpt-4o"]
    assert [decision["at_s"] for decision in told["models"][0]["decisions"]] == [4.0]
    assert (await ask(model="gpt-4o", decisions="0")).body["models"][0]["decisions"] == []
    assert (await ask(model="nobody")).body["models"] == []


async def test_a_server_without_engines_has_nothing_to_show(clock: WallClock, make_call: MakeCall) -> None:
    service = ClusterView(ToldEngines(), clock, Bus())
    told = (await service.look(make_call(service, "look"))).body
    assert (told["models"], told["in_flight"]) == ([], 0)


async def test_a_stream_is_asked_for_by_parameter_or_header(ask: Any) -> None:
    assert (await ask(stream="true")).events is not None
    assert (await ask("text/event-stream")).events is not None
    assert (await ask("application/json")).events is None
    assert (await ask("text/event-stream", stream="false")).events is None


@pytest.mark.parametrize(
    ("query", "param"),
    [({"interval": "0.01"}, "interval"), ({"interval": "nan"}, "interval"), ({"interval": "soon"}, "interval"),
     ({"interval": "61"}, "interval"), ({"decisions": "-1"}, "decisions"), ({"decisions": "201"}, "decisions")],
)  # fmt: skip
async def test_numbers_have_bounds(ask: Any, query: dict[str, str], param: str) -> None:
    with pytest.raises(BadRequest) as caught:
        await ask(stream="true", **query)
    assert caught.value.param == param


class Watched:
    """A stream that is read in virtual time: what came, and when."""

    def __init__(self, engines: ToldEngines, interval: str = "0.5") -> None:
        self.engines = engines
        self.clock = WallClock()
        self.bus = Bus()
        self.seen: list[tuple[float, dict[str, Any]]] = []
        self.ended: list[Exception | None] = []
        self._service = ClusterView(engines, self.clock, self.bus)
        self._interval = interval

    async def start(self) -> Any:
        call: Any = type("Call", (), {"query": {"stream": ["true"], "interval": [self._interval]}, "headers": {}})
        feed = (await self._service.look(call)).events
        assert feed is not None
        feed.start(self)
        return feed

    def take(self, burst: list[bytes], /) -> None:
        self.seen += [(asyncio.get_running_loop().time(), orjson.loads(document)) for document in burst]

    def take_all(self, bursts: Any, /) -> None:
        for burst in bursts:
            self.take(burst)

    def close(self, error: Exception | None, /) -> None:
        self.ended.append(error)

    def change(self, running: int, event: object = STARTED) -> None:
        self.engines.workers = [WORKER._replace(running=running)]
        self.bus.publish(event)

    def told(self) -> list[tuple[float, str, int]]:
        return [(when, document["type"], document["models"][0]["queue"]["running"]) for when, document in self.seen]


def watch(scene: Callable[[Watched], Any], **options: str) -> Watched:
    async def main() -> Watched:
        engines = ToldEngines()
        engines.workers = [WORKER]
        watched = Watched(engines, **options)
        await scene(watched)
        return watched

    return run_virtual(main())


def test_a_stream_begins_with_the_cluster_and_goes_on_when_it_changes_at_most_so_often() -> None:
    async def scene(on: Watched) -> None:
        await on.start()
        on.change(3)
        on.change(4)
        await asyncio.sleep(0.1)
        on.change(5)
        await asyncio.sleep(10)
        on.change(6)  # long after the last: told at once
        await asyncio.sleep(0.2)
        on.change(7)
        await asyncio.sleep(10)

    assert watch(scene).told() == [
        (0.0, "snapshot", 2), (0.5, "change", 5), (pytest.approx(10.1), "change", 6), (pytest.approx(10.6), "change", 7),
    ]  # fmt: skip


def test_what_stirs_and_changes_nothing_is_not_told_and_nothing_ticks() -> None:
    async def scene(on: Watched) -> None:
        await on.start()
        await asyncio.sleep(3600)
        assert len(asyncio.all_tasks()) == 1
        on.bus.publish(STARTED)
        await asyncio.sleep(3600)

    assert watch(scene).told() == [(0.0, "snapshot", 2)]


@pytest.mark.parametrize(
    "event",
    [
        ROUTED,
        WorkerChanged(0.0, "gpt-4o", 0, "ready"),
        StepRan(0.0, "gpt-4o", 0, 0.02, 1, 0, 0, 1, 0, (), 0.1, 0.1, 0.0, 0.0),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_engines_and_routers_do_is_followed(event: Any) -> None:
    async def scene(on: Watched) -> None:
        await on.start()
        on.change(9, event)
        await asyncio.sleep(1)

    assert watch(scene).told()[1:] == [(0.5, "change", 9)]


def test_a_client_that_leaves_is_listened_for_no_more() -> None:
    async def scene(on: Watched) -> None:
        feed = await on.start()
        on.change(3)
        feed.cancel()
        await asyncio.sleep(10)
        on.change(4)
        await asyncio.sleep(10)
        assert all(not on.bus._listeners[kind] for kind in _STIRS)

    assert watch(scene).told() == [(0.0, "snapshot", 2)]


def test_a_slow_client_gets_what_there_is_when_it_can_take_it() -> None:
    async def scene(on: Watched) -> None:
        feed = await on.start()
        feed.pause()
        for running in (3, 4, 5):
            on.change(running)
            await asyncio.sleep(1)
        feed.resume()
        feed.pause()
        feed.resume()
        on.change(6)
        await asyncio.sleep(1)

    assert watch(scene).told() == [(0.0, "snapshot", 2), (3.0, "change", 5), (3.5, "change", 6)]


def test_over_http_it_is_json_or_events() -> None:
    with FakeAI() as fake, fake.client() as client:
        http = client._client
        once = http.get("http://fakeai/v1/fakeai/cluster").json()
        assert once["object"] == "cluster"
        assert "type" not in once
        with http.stream("GET", "http://fakeai/v1/fakeai/cluster?stream=true") as reply:
            assert reply.headers["content-type"].startswith("text/event-stream")
            line = next(line for line in reply.iter_lines() if line)
        assert orjson.loads(line.removeprefix("data: "))["type"] == "snapshot"
