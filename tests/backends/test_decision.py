"""Decisions are those of `content.decisions`, seeded by model and text, at the profile's time."""

import asyncio

from fakeai.backends.decision import SimulatedDecision
from fakeai.content.decisions import Option, Question
from fakeai.core.catalog import ModelCard
from fakeai.core.clock import VirtualLoop, WallClock
from fakeai.core.generation import Timing
from fakeai.sim.timing import Distribution, Latency, LatencyProfile

_LUNA = ModelCard("gpt-6-luna")
_COLOUR = Question("choice", "Which colour?", (Option("red"), Option("blue")))


def _backend(ttft: str = "0", seed: bytes = b"seed") -> SimulatedDecision:
    profile = LatencyProfile(Latency(Distribution.parse(ttft), Distribution.parse("0")), {})
    return SimulatedDecision(WallClock(), profile, seed)


async def test_short_and_long_requests_are_answered_alike() -> None:
    few = await _backend().decide(_LUNA, "A blue sky.", [_COLOUR], Timing())
    many = await _backend().decide(_LUNA, "A blue sky.", [_COLOUR] * 400, Timing())
    assert many == few * 400
    assert few[0] is not None and few[0][1] > few[0][0]


async def test_texts_models_and_seeds_have_answers_of_their_own() -> None:
    vague = Question("predicate", "The and of.")
    asked = [
        (_backend(), _LUNA, "a"),
        (_backend(), _LUNA, "b"),
        (_backend(), ModelCard("other"), "a"),
        (_backend(seed=b"x"), _LUNA, "a"),
    ]
    answers = [str(await backend.decide(model, text, [vague], Timing())) for backend, model, text in asked]
    assert len(set(answers)) == 4


def test_answers_are_due_one_ttft_from_the_request() -> None:
    async def run() -> float:
        await _backend("125").decide(_LUNA, "Hello", [_COLOUR], Timing())
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(run()) == 0.125
