"""An answer in one piece takes one TTFT, in the clock's time."""

import asyncio

import pytest

from fakeai.backends.prefill import Prefill
from fakeai.core.clock import VirtualLoop, WallClock
from fakeai.core.generation import Timing
from fakeai.sim.timing import Distribution, Latency, LatencyProfile


def _prefill(ttft: str, **models: str) -> Prefill:
    def latency(spec: str) -> Latency:
        return Latency(Distribution.parse(spec), Distribution.parse("1000"))

    return Prefill(WallClock(), LatencyProfile(latency(ttft), {name: latency(spec) for name, spec in models.items()}))


def _due(prefill: Prefill, model: str, *texts: str, ttft_ms: str | None = None) -> float:
    async def due() -> float:
        return prefill.due(model, texts, Timing(ttft_ms))

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(due())


def test_the_models_own_latency_counts_and_the_requests_before_it() -> None:
    prefill = _prefill("200", slow="3000")
    assert _due(prefill, "any", "x") == 0.2
    assert _due(prefill, "slow", "x") == 3.0
    assert _due(prefill, "slow", "x", ttft_ms="50") == 0.05


def test_equal_inputs_take_equally_long_and_others_not() -> None:
    prefill = _prefill("uniform(100,300)")
    first = _due(prefill, "m", "one", "two")
    assert first == _due(prefill, "m", "one", "two")
    others = {_due(prefill, "m", "onetwo"), _due(prefill, "m", "two", "one"), _due(prefill, "n", "one", "two")}
    assert first not in others and len(others) == 3
    assert all(0.1 <= due <= 0.3 for due in others)


def test_waiting_ends_on_the_deadline() -> None:
    async def run() -> tuple[float, float]:
        clock = WallClock()
        prefill = _prefill("0")
        await prefill.wait(7.5)
        reached = clock.now()
        await prefill.wait(3.0)
        return reached, clock.now()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(run()) == (7.5, 7.5)


def test_a_spec_that_cannot_be_read_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="soon"):
        _due(_prefill("0"), "m", "x", ttft_ms="soon")
