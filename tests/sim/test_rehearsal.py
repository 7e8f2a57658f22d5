"""A rehearsal agrees with a second, slower engine; what cannot be seen is found by it."""

import pytest

from fakeai.sim.fitting import fit
from fakeai.sim.measured import Point, Sample
from fakeai.sim.rehearsal import Row, Stage, choose, compare, errors, rehearse
from fakeai.sim.tables import Linear
from fakeai.sim.types import StepShape
from tests.sim.asked import asked

STEADY = Linear(0.008, 1e-4, 2e-8, 5e-5, 1e-10)
STAGE = Stage(max_num_batched_tokens=2048, overhead_s=0.004)


@pytest.mark.parametrize(
    ("users", "prompt", "output", "seqs"),
    [(1, 100, 1, 8), (1, 3000, 20, 8), (5, 700, 30, 8), (12, 100, 16, 4), (16, 2000, 9, 64)],
)
def test_every_answer_of_a_rehearsal_has_the_times_of_the_slow_engine(users, prompt, output, seqs):
    point = asked(STEADY, users, prompt, output, seqs=seqs, budget=2048, overhead_s=0.004)
    again = rehearse(point, STEADY, Stage("vllm", seqs, 2048, 0.004))
    assert again.users, again.warm == (users, users)
    for ours, theirs in zip(again.samples, point.samples, strict=True):
        assert ours.ttft_s == pytest.approx(theirs.ttft_s, abs=1e-9)
        assert ours.tpot_s == pytest.approx(theirs.tpot_s, abs=1e-9)


def test_requests_of_several_lengths_keep_their_order():
    samples = [Sample(prompt, output, 0.0, (1.0,)) for prompt, output in ((10, 5), (2000, 2), (30, 1))]
    again = rehearse(Point(1, 0, tuple(samples)), STEADY, Stage())
    assert [(sample.prompt, sample.output) for sample in again.samples] == [(10, 5), (2000, 2), (30, 1)]
    assert again.samples[1].sent == pytest.approx(again.samples[0].arrivals[-1])
    assert len(again.samples[2].arrivals) == 1


@pytest.fixture(scope="module")
def points():
    return [
        asked(STEADY, users, prompt, 48, budget=2048, overhead_s=0.004)
        for users in (1, 2, 4, 8, 16)
        for prompt in (128, 512, 2048)
    ]


def test_points_that_nothing_was_fitted_to_are_predicted(points):
    used = [point for point in points if point.users not in (2, 8)]
    fitted = fit(used)
    found = choose(used, fitted)
    assert found.stage.max_num_batched_tokens == 2048
    assert found.stage.overhead_s == pytest.approx(0.004, abs=0.002)
    for shape in (StepShape(1, 200), StepShape(12, 6000), StepShape(0, 0, 1000, 500_500, 1, 1)):
        assert found.timing.seconds(shape) == pytest.approx(STEADY.seconds(shape), rel=0.05)
    rows = compare(points, (2, 8), found.timing, found.stage)
    assert [(row.users, row.prompt) for row in rows if row.held_out] == [
        (n, p) for n in (2, 8) for p in (128, 512, 2048)
    ]
    told = errors([row for row in rows if row.held_out])
    assert told.points == 6
    assert told.ttft_mean < 0.02
    assert told.tpot_mean < 0.01


def test_a_given_budget_and_engine_are_kept(points):
    found = choose(points[:6], fit(points[:6]), engines=("sglang",), budgets=(700,), kinds=("linear",))
    assert (found.stage.engine, found.stage.max_num_batched_tokens, found.kind) == ("sglang", 700, "linear")


def test_a_full_server_is_rehearsed_with_as_many_places():
    crowd = [asked(STEADY, users, 64, 40, seqs=3, overhead_s=0.001) for users in (1, 8)]
    found = choose(crowd, fit(crowd), budgets=(8192,))
    assert found.stage.max_num_seqs == 3
    told = errors(compare(crowd, (), found.timing, found.stage))
    assert told.ttft_mean < 0.02


def test_errors_by_hand():
    rows = [
        Row(1, 10, False, 1.0, 1.1, 0.10, 0.09),
        Row(2, 10, False, 2.0, 1.0, 0.10, 0.10),
        Row(4, 10, False, 1.0, 1.0, None, None),
    ]
    assert errors(rows) == pytest.approx((3, 0.2, 0.1, 0.05, 0.05))
    assert errors([]) is None
    assert rows[2].tpot_error is None
