"""Verdicts are those of `content.moderation`, in the shape of the model's kind, at the profile's time."""

import asyncio

from fakeai.backends.base import Sample
from fakeai.backends.moderation import SimulatedModeration
from fakeai.content.moderation import moderate
from fakeai.core.catalog import ModelCard
from fakeai.core.clock import VirtualLoop, WallClock
from fakeai.core.generation import Timing
from fakeai.sim.timing import Distribution, Latency, LatencyProfile

_OMNI = ModelCard("omni-moderation-latest", "moderation")


def _backend(ttft: str = "0") -> SimulatedModeration:
    return SimulatedModeration(
        WallClock(), LatencyProfile(Latency(Distribution.parse(ttft), Distribution.parse("0")), {})
    )


async def test_few_and_many_samples_get_the_same_verdicts() -> None:
    samples = [Sample("I will kill you."), *[Sample(f"page {number} of the report") for number in range(60)]]
    many = await _backend().moderate(_OMNI, samples, Timing())
    few = await _backend().moderate(_OMNI, samples[:2], Timing())
    assert len(many) == 61
    assert many[:2] == few
    assert few[0] == moderate("I will kill you.")
    assert [verdict.flagged for verdict in few] == [True, False]


async def test_text_models_have_fewer_categories_and_tell_no_input_types() -> None:
    (verdict,) = await _backend().moderate(ModelCard("text-moderation-007"), [Sample("Hello", 1)], Timing())
    assert not any(name.startswith("illicit") for name in verdict.categories)
    assert verdict.applied_input_types == {}


def test_verdicts_are_due_one_ttft_from_the_request() -> None:
    async def run() -> float:
        await _backend("125").moderate(_OMNI, [Sample("Hello")], Timing())
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(run()) == 0.125
