"""Logits are those of `content.ranking`, on the loop or off it, at the profile's time."""

import asyncio

from fakeai.backends.base import Ranking
from fakeai.backends.engine_room import EngineRoom
from fakeai.backends.ranking import SimulatedRanking
from fakeai.content.ranking import logits
from fakeai.core.catalog import ModelCard
from fakeai.core.clock import VirtualLoop, WallClock
from fakeai.core.events import Bus
from fakeai.core.generation import Timing
from fakeai.sim.timing import Distribution, Latency, LatencyProfile
from fakeai.testing import FakeAI, run_virtual

_MODEL = ModelCard("rerank-v3.5", "rerank", context_window=4096)


def _backend(ttft: str = "0") -> SimulatedRanking:
    clock = WallClock()
    profile = LatencyProfile(Latency(Distribution.parse(ttft), Distribution.parse("0")), {})
    return SimulatedRanking(clock, profile, EngineRoom(clock, Bus(), {}))


async def test_few_and_many_passages_are_judged_alike() -> None:
    backend = _backend()
    passages = [f"Passage {number} is about number {number}." for number in range(40)]
    ((*many,), (*few,)) = await backend.rank(
        _MODEL, [Ranking("number 7", passages), Ranking("a cat", passages[:3])], Timing()
    )
    assert many == logits("number 7", passages) and max(many) == many[7]
    assert (await backend.rank(_MODEL, [Ranking("a cat", passages[:3])], Timing())) == [few]


def test_logits_are_due_one_ttft_from_the_request() -> None:
    async def run() -> float:
        backend = _backend("250")
        await backend.rank(_MODEL, [Ranking("a", ["b"])], Timing())
        await backend.rank(_MODEL, [Ranking("a", ["b"])], Timing(ttft_ms="1000"))
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(run()) == 1.25


def test_a_cluster_takes_its_time_to_read_each_pair() -> None:
    async def seconds(passages: int) -> float:
        async with FakeAI({"cluster.models.rerank-v3.5.gpu": "h100"}, seed=1) as fake, fake.async_client() as client:
            await client.models.list()
            began = asyncio.get_running_loop().time()
            body = {"model": "rerank-v3.5", "query": "tea", "documents": ["Tea is hot. " * 200] * passages}
            made = await client.post("/rerank", body=body, cast_to=dict[str, object])
            assert len(made["results"]) == passages
            return asyncio.get_running_loop().time() - began

    few, many = run_virtual(seconds(2)), run_virtual(seconds(40))
    assert 0.001 < few < many
