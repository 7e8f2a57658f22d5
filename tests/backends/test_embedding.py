"""Vectors are those of `content.embeddings`, on the loop or off it, at the profile's time."""

import asyncio

import numpy as np

from fakeai.backends.embedding import SimulatedEmbedding
from fakeai.backends.engine_room import EngineRoom
from fakeai.content import embeddings
from fakeai.core.catalog import ModelCard
from fakeai.core.clock import VirtualLoop, WallClock
from fakeai.core.events import Bus
from fakeai.core.generation import Timing
from fakeai.sim.timing import Distribution, Latency, LatencyProfile
from fakeai.testing import FakeAI, run_virtual

_MODEL = ModelCard("text-embedding-3-small", "embedding", dimensions=1536)


def _backend(ttft: str = "0") -> SimulatedEmbedding:
    clock = WallClock()
    profile = LatencyProfile(Latency(Distribution.parse(ttft), Distribution.parse("0")), {})
    return SimulatedEmbedding(clock, profile, EngineRoom(clock, Bus(), {}))


async def test_few_and_many_texts_get_the_same_vectors() -> None:
    backend = _backend()
    texts = [f"text number {number}" for number in range(40)]
    many = (await backend.embed(_MODEL, texts, 256, Timing())).rows
    few = (await backend.embed(_MODEL, texts[:3], 256, Timing())).rows
    assert many.shape == (40, 256)
    assert np.array_equal(many[:3], few)
    assert np.array_equal(few, embeddings.embed(texts[:3], 256, _MODEL.id))
    assert np.allclose(np.linalg.norm(many, axis=1), 1.0)


async def test_each_model_has_a_space_of_its_own() -> None:
    backend = _backend()
    here = (await backend.embed(_MODEL, ["a cat"], 1536, Timing())).rows
    there = (await backend.embed(ModelCard("another", "embedding"), ["a cat"], 1536, Timing())).rows
    assert abs(float(here[0] @ there[0])) < 0.2


def test_vectors_are_due_one_ttft_from_the_request() -> None:
    async def run() -> float:
        backend = _backend("250")
        await backend.embed(_MODEL, ["a cat"], 8, Timing())
        await backend.embed(_MODEL, ["a cat"], 8, Timing(ttft_ms="1000"))
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(run()) == 1.25


def test_a_cluster_reads_texts_in_the_time_that_takes_and_no_faster_together() -> None:
    async def seconds(texts: list[str], **settings: object) -> float:
        named = {"cluster.models.text-embedding-3-small.gpu": "h100", **settings}
        async with FakeAI(named, seed=1) as fake, fake.async_client() as client:
            await client.models.list()
            began = asyncio.get_running_loop().time()
            made = await client.embeddings.create(model="text-embedding-3-small", input=texts)
            assert len(made.data) == len(texts)
            return asyncio.get_running_loop().time() - began

    short = run_virtual(seconds(["a cat"]))
    long = run_virtual(seconds(["cats " * 4000]))
    many = run_virtual(seconds([f"{n} cats " * 1300 for n in range(3)]))
    assert 0.001 < short < long < 2 * many
    assert many > short
