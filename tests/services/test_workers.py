"""Workers managed over HTTP while they serve, in virtual time: what is answered, and what their requests go through."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import openai
import pytest

from fakeai.core.errors import BadRequest, NotFound
from fakeai.services.workers import Workers
from fakeai.sim.orders import Order, OrderError
from fakeai.testing import FakeAI, run_virtual

from .conftest import MakeCall
from .engines import WORKER, ToldEngines

MODEL = "gpt-4o"


class Served:
    """A server with a cluster, on the running loop."""

    def __init__(self, client: openai.AsyncOpenAI) -> None:
        self.client = client

    async def post(self, action: str, **body: Any) -> tuple[int, Any]:
        reply = await self.client._client.post(
            "http://fakeai/v1/fakeai/cluster/workers", json={"model": MODEL, "action": action, **body}
        )
        return reply.status_code, reply.json()

    async def states(self) -> dict[int, str]:
        view = (await self.client._client.get(f"http://fakeai/v1/fakeai/cluster?model={MODEL}")).json()
        return {one["worker"]: one["state"] for model in view["models"] for one in model["workers"]}

    async def ask(self, tokens: int = 60) -> list[float]:
        """When an answer's tokens came."""
        stream = await self.client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": "Write a long story about the sea."}],
            max_tokens=tokens,
            stream=True,
        )
        loop = asyncio.get_running_loop()
        return [loop.time() async for chunk in stream if chunk.choices and chunk.choices[0].delta.content]


def served(scenario: Callable[[Served], Awaitable[None]], **cluster: Any) -> None:
    async def main() -> None:
        named = {f"cluster.{name}": value for name, value in {"gpu": "h100", "startup_s": 5, **cluster}.items()}
        named["cluster.models"] = {MODEL: {"gpu": "h100"}}
        async with FakeAI(named, seed=1) as fake, fake.async_client(max_retries=0, timeout=100_000) as client:
            await client.models.list()
            fake._app()._room.open()
            await scenario(Served(client))

    run_virtual(main())


def test_a_slowed_worker_answers_more_slowly_from_then_on() -> None:
    async def scenario(on: Served) -> None:
        asked = asyncio.create_task(on.ask())
        await asyncio.sleep(0.2)
        status, worker = await on.post("slow", worker=0, speed=0.5)
        assert (status, worker["object"], worker["model"], worker["worker"]) == (200, "cluster.worker", MODEL, 0)
        assert (worker["speed"], worker["queue"]) == (0.5, {"running": 1, "waiting": 0})
        times = await asked
        gaps = [later - earlier for earlier, later in pairwise(times)]
        before = [gap for gap, at in zip(gaps, times[1:], strict=True) if at < 0.2]
        assert len(before) > 5
        assert gaps[-10:] == pytest.approx([2 * before[0]] * 10, rel=0.02)
        assert gaps[len(before)] == pytest.approx(before[0], rel=0.02)  # the step under way is as it was

    served(scenario)


def test_the_answer_of_a_worker_that_fails_goes_on_at_another() -> None:
    async def scenario(on: Served) -> None:
        asked = asyncio.create_task(on.ask())
        await asyncio.sleep(0.2)
        status, worker = await on.post("fail", worker=0)
        assert (status, worker["state"], worker["queue"]) == (200, "gone", {"running": 0, "waiting": 0})
        assert await on.states() == {1: "ready"}
        assert len(await asked) == len(await on.ask())

    served(scenario, workers=2)


def test_the_answer_of_the_last_worker_ends_with_an_error_and_further_ones_are_refused() -> None:
    async def scenario(on: Served) -> None:
        asked = asyncio.create_task(on.ask())
        await asyncio.sleep(0.2)
        assert (await on.post("fail", worker=0))[0] == 200
        with pytest.raises(openai.APIError, match="The engine that worked on this request is gone"):
            await asked
        with pytest.raises(openai.InternalServerError) as caught:
            await on.ask()
        assert caught.value.status_code == 503
        assert (await on.post("add"))[1]["worker"] == 1
        assert len(await on.ask(5)) > 0  # waits for it
        assert asyncio.get_running_loop().time() > 5.2

    served(scenario)


def test_workers_come_drain_sleep_and_wake() -> None:
    async def scenario(on: Served) -> None:
        status, worker = await on.post("add")
        assert (status, worker["worker"], worker["state"], worker["role"]) == (200, 1, "starting", "both")
        await asyncio.sleep(6)
        assert (await on.post("sleep", worker=0))[1]["state"] == "asleep"
        asked = asyncio.create_task(on.ask())
        await asyncio.sleep(0.2)
        assert (await on.post("drain", worker=1))[1]["state"] == "draining"
        assert await on.states() == {0: "asleep", 1: "draining"}
        await asked
        assert await on.states() == {0: "asleep"}
        waiting = asyncio.create_task(on.ask(5))
        await asyncio.sleep(60)
        assert not waiting.done()
        assert (await on.post("wake", worker=0))[1]["state"] == "ready"
        assert len(await waiting) > 0

    served(scenario)


def test_a_split_clusters_halves_grow_by_themselves() -> None:
    async def scenario(on: Served) -> None:
        assert (await on.post("add", role="prefill"))[1]["role"] == "prefill"
        status, body = await on.post("add")
        assert (status, body["error"]["param"], body["error"]["type"]) == (400, "role", "invalid_request_error")
        assert body["error"]["message"] == "A worker of this cluster is 'prefill' or 'decode', not no role."

    served(scenario, prefill_workers=1)


@pytest.mark.parametrize(
    ("body", "status", "param", "message"),
    [
        ({"action": "stop", "worker": 0}, 400, "action",
         "Invalid value: 'stop'. Supported values are: 'add', 'drain', 'fail', 'sleep', 'wake', and 'slow'."),
        ({"action": "add", "worker": 0}, 400, "worker", "'add' has no use for 'worker'."),
        ({"action": "fail", "worker": 9}, 404, "worker", "There is no worker 9: there are 0 to 1."),
        ({"action": "fail"}, 400, "worker", "'fail' needs 'worker'."),
        ({"action": "fail", "worker": "0"}, 400, "worker",
         "Invalid type for 'worker': expected an integer, but got a string instead."),
        ({"action": "fail", "worker": 0, "model": "gpt-9"}, 404, "model",
         "There is no cluster of 'gpt-9' (one appears with its first request): gpt-4o."),
        ({"action": "slow", "worker": 0, "speed": 0}, 400, "speed", "A speed is a number from 0.001 to 100, not 0."),
        ({"action": "wake", "worker": 0}, 400, "action", "Worker 0 is ready: 'wake' is for one that is asleep."),
        ({"action": "add", "role": "cook"}, 400, "role",
         "Invalid value: 'cook'. Supported values are: 'both', 'prefill', and 'decode'."),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_with_what_can(body: Any, status: int, param: str, message: str) -> None:
    async def scenario(on: Served) -> None:
        got, told = await on.post(**body)
        assert (got, told["error"]["param"], told["error"]["message"]) == (status, param, message)
        assert await on.states() == {0: "ready", 1: "ready"}

    served(scenario, workers=2)


async def test_engines_are_told_what_was_asked(make_call: MakeCall) -> None:
    engines = ToldEngines()
    engines.workers = [WORKER]
    service = Workers(engines)
    reply = await service.manage(
        make_call(service, "manage", {"model": MODEL, "action": "slow", "worker": 0, "speed": 2})
    )
    assert engines.told == [("manage", MODEL, Order("slow", 0, None, 2.0))]
    assert reply.body["speed"] == 1.0
    engines.refusal = OrderError("worker", "there is none", missing=True)
    with pytest.raises(NotFound):
        await service.manage(make_call(service, "manage", {"model": MODEL, "action": "fail", "worker": 0}))
    engines.refusal = OrderError("worker", "it has no use for it")
    with pytest.raises(BadRequest):
        await service.manage(make_call(service, "manage", {"model": MODEL, "action": "fail", "worker": 0}))
