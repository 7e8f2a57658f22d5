"""Known coefficients come back from what clients see of them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.sim.fitting import FEWEST_STEPS, fit, positive_fit, rising, rising_both_ways
from fakeai.sim.measured import Point, Sample
from fakeai.sim.tables import SHORTEST_S, Linear, MeasuredTable
from fakeai.sim.types import StepShape
from tests.sim.asked import asked

STEADY = Linear(0.008, 1e-4, 2e-8, 5e-5, 1e-10)


def measured(timing=STEADY, users=(1, 4, 16), prompts=(128, 1024), **more):
    return [asked(timing, number, prompt, **more) for number in users for prompt in prompts]


@pytest.fixture(scope="module")
def steady():
    return fit(measured(output=48))


def test_the_table_has_the_steps_of_the_server(steady):
    assert steady.batches == (1, 4, 16)
    for batch, row in zip(steady.batches, steady.decode_s, strict=True):
        for context, seconds in zip(steady.contexts, row, strict=True):
            assert seconds == pytest.approx(STEADY.seconds(StepShape(batch, int(batch * context))), rel=0.002)
    assert steady.prompts == (128, 1024)
    assert all(count >= FEWEST_STEPS for row in steady.measured for count in row)


def test_the_line_has_the_coefficients_of_the_server(steady):
    timing = steady.timing("linear", overhead_s=1e-4)  # what an idle engine takes to wake up
    assert isinstance(timing, Linear)
    assert timing.step_s == pytest.approx(STEADY.step_s, rel=0.001)
    assert timing.sequence_s == pytest.approx(STEADY.sequence_s, rel=0.001)
    assert timing.context_s == pytest.approx(STEADY.context_s, rel=0.01)
    assert timing.prompt_s == pytest.approx(STEADY.prompt_s, rel=0.01)
    assert timing.pair_s == pytest.approx(STEADY.pair_s, rel=0.05)


def test_a_table_of_them_times_other_steps_alike(steady):
    timing = steady.timing("table", overhead_s=1e-4)
    for shape in (StepShape(2, 800), StepShape(10, 5000), StepShape(40, 60_000)):
        assert timing.seconds(shape) == pytest.approx(STEADY.seconds(shape), rel=0.01)
    assert timing.seconds(StepShape(0, 0, 600, 600 * 601 // 2, 1, 1)) == pytest.approx(
        STEADY.seconds(StepShape(0, 0, 600, 600 * 601 // 2, 1, 1)), rel=0.01
    )


def test_a_step_that_does_both_counts_the_fixed_part_once_or_twice(steady):
    both, decode, prefill = (
        StepShape(4, 640, 128, 8256, 1, 1),
        StepShape(4, 640),
        StepShape(0, 0, 128, 8256, 1, 1),
    )
    once, twice = steady.timing("table", 0.0), steady.timing("split-table", 0.0)
    assert twice.seconds(both) == pytest.approx(twice.seconds(decode) + twice.seconds(prefill), abs=2 * SHORTEST_S)
    assert once.seconds(both) == pytest.approx(once.seconds(decode) + once.seconds(prefill) - steady.shortest_s)


def test_three_lengths_tell_pairs_of_tokens_from_tokens():
    steep = Linear(0.008, 1e-4, 2e-8, 5e-5, 1e-7)
    found = fit(measured(steep, users=(1,), prompts=(64, 512, 2048), output=12)).timing("table", 1e-4)
    assert isinstance(found, MeasuredTable)
    assert found.pair_s == pytest.approx(1e-7, rel=0.02)
    part = StepShape(0, 0, 512, 512 * 1536 + 512 * 513 // 2, 1, 1)  # the last of four parts
    many = StepShape(0, 0, 2048, 32 * 64 * 65 // 2, 32, 32)
    for shape in (part, many):
        assert found.seconds(shape) == pytest.approx(steep.seconds(shape), rel=0.03)
    two = fit(measured(steep, users=(1,), prompts=(64, 512), output=12)).timing("table", 0.0)
    assert isinstance(two, MeasuredTable)
    assert two.pair_s == 0.0


def test_outliers_do_not_move_the_medians():
    points = measured(users=(1, 4), output=48)
    shaken = []
    for point in points:
        samples = [
            sample._replace(arrivals=tuple(at + 0.5 * (n > 20) for n, at in enumerate(sample.arrivals)))
            for sample in point.samples
        ]
        shaken.append(Point(point.users, point.prompt, tuple(samples), point.warm))
    plain, again = fit(points), fit(shaken)
    assert np.array(again.decode_s) == pytest.approx(np.array(plain.decode_s), rel=0.001)
    assert again.ttft_s == pytest.approx(plain.ttft_s)


def test_a_full_server_is_fitted_to_what_it_runs():
    found = fit(measured(users=(1, 2, 8), prompts=(64, 256), seqs=3, output=40, overhead_s=0.001))
    assert found.max_running == 3
    assert found.batches == (1, 2, 3)
    assert found.decode_s[2][0] == pytest.approx(STEADY.seconds(StepShape(3, int(3 * found.contexts[0]))), rel=0.002)


def test_a_cell_without_steps_is_filled_by_the_line_through_the_others():
    # Three tokens each, and a step that reads one prompt: with four users, somebody waits all the time.
    points = measured(users=(1, 2, 4), prompts=(64,), output=20)
    crowded = asked(STEADY, 4, 512, output=3, budget=512, rounds=4)
    alone = asked(STEADY, 1, 512, output=20)
    found = fit([*points, crowded, alone])
    assert found.measured[2][1] == 0
    assert found.decode_s[2][1] == pytest.approx(STEADY.seconds(StepShape(4, int(4 * found.contexts[1]))), rel=0.02)


def test_more_takes_no_less():
    noisy = [asked(Linear(0.008 + 0.001 * (users == 2)), users, 64, output=20) for users in (1, 2, 4)]
    found = fit(noisy)
    column = [row[0] for row in found.decode_s]
    assert column == pytest.approx([0.008, 0.0085, 0.0085])  # the closest that does not fall


def test_time_outside_of_steps_leaves_a_prompt_at_least_a_decode_step():
    found = fit(measured(users=(1,), overhead_s=0.003))
    assert found.spare_s == pytest.approx(min(found.ttft_s) - found.decode_s[0][0])
    timing = found.timing("table", found.spare_s)
    assert isinstance(timing, MeasuredTable)
    assert timing.prefill_s[1] == pytest.approx(found.decode_s[0][0])


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ([], "concurrency of 1"),
        ([asked(STEADY, 2, 64)], "concurrency of 1"),
        ([Point(1, 64, (Sample(64, 1, 0.0, (1.0,)),))], "in two pieces"),
        ([Point(1, 64, (Sample(1, 3, 0.0, (1.0, 2.0, 3.0)),))], "one token in any prompt"),
    ],
)
def test_too_little_is_refused(points, said):
    with pytest.raises(ValueError, match=said):
        fit(points)


def test_coefficients_are_never_negative():
    columns = np.array([[1.0, 1.0], [1.0, 2.0], [1.0, 3.0]])
    ones = np.ones(3)
    assert positive_fit(columns, np.array([3.0, 5.0, 7.0]), ones) == pytest.approx((1.0, 2.0))
    assert positive_fit(columns, np.array([3.0, 2.0, 1.0]), ones) == pytest.approx((2.0, 0.0))  # the mean
    assert positive_fit(columns, np.array([0.0, 0.0, 0.0]), ones) == (0.0, 0.0)


def test_errors_are_relative():
    # Through the origin, 1 at 1 and 4 at 2: absolute least squares say 9/5; relative ones 1.5 / 1.25.
    columns, values = np.array([[1.0], [2.0]]), np.array([1.0, 4.0])
    assert positive_fit(columns, values, np.ones(2))[0] == pytest.approx(1.8)
    assert positive_fit(columns, values, values)[0] == pytest.approx(1.2)


def test_pools_by_hand():
    assert rising([1.0, 3.0, 2.0, 2.0, 5.0]) == pytest.approx([1.0, 7 / 3, 7 / 3, 7 / 3, 5.0])
    assert rising([]) == []


values = st.lists(st.floats(0.0, 10.0), min_size=1, max_size=8)


@given(values)
def test_a_rise_does_not_fall_keeps_the_sum_and_leaves_what_rises(numbers):
    found = rising(numbers)
    assert all(a <= b + 1e-9 for a, b in pairwise(found))
    assert sum(found) == pytest.approx(sum(numbers))
    assert rising(sorted(numbers)) == sorted(numbers)


@given(st.lists(st.lists(st.floats(0.1, 10.0), min_size=3, max_size=3), min_size=1, max_size=4))
def test_a_table_rises_along_its_rows(table):
    found = rising_both_ways(table)
    assert len(found) == len(table)
    for row in found:
        assert all(a <= b + 1e-9 for a, b in pairwise(row))
