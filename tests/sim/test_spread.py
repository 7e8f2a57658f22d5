"""Percentiles with and without weights, against numpy on the values written out; intervals against chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.sim.spread import PERCENTS, Sample

WEIGHTED = st.lists(st.tuples(st.floats(0, 100), st.integers(0, 9)), min_size=1, max_size=40)


@given(WEIGHTED)
def test_weights_are_values_written_out(pairs):
    values, weights = (np.array(column) for column in zip(*pairs, strict=True))
    written = np.repeat(values, weights)
    sample = Sample(values, weights)
    assert sample.n == len(written)
    if not len(written):
        assert sample.spread().p99 == 0.0
        return
    shares = [0.0, 0.1, 0.5, 0.9, 0.95, 0.99, 1.0]
    assert sample.at(shares) == pytest.approx(np.quantile(written, shares), rel=1e-12, abs=1e-12)
    assert sample.mean == pytest.approx(written.mean(), abs=1e-12)


def test_nothing_is_zeros():
    spread = Sample(np.zeros(0)).spread()
    assert (spread.n, spread.mean, spread.max, spread.p50_interval) == (0, 0.0, 0.0, (0.0, 0.0))


def test_what_never_came_does_not_count():
    assert Sample(np.array([3.0, np.nan, 1.0])).spread().n == 2


def test_the_percentiles_of_a_hundred_numbers():
    spread = Sample(np.arange(101.0)).spread()
    assert (spread.n, spread.mean, spread.p50, spread.p90, spread.p95, spread.p99, spread.max) == (
        101,
        50,
        50,
        90,
        95,
        99,
        100,
    )


def test_a_curve_has_a_point_for_each_percent():
    curve = Sample(np.arange(1001.0)).curve()
    assert list(curve) == pytest.approx([percent * 10.0 for percent in PERCENTS])


def test_a_curve_of_very_many_is_right_to_the_width_of_a_bucket():
    values = np.random.default_rng(3).lognormal(-4.0, 1.0, 120_000)
    weights = np.random.default_rng(4).integers(0, 4, len(values))
    curve = np.array(Sample(values, weights).curve())
    exact = np.quantile(np.repeat(values, weights), np.array(PERCENTS) / 100.0)
    assert curve == pytest.approx(exact, rel=2**-12)


@pytest.mark.parametrize(("share", "name"), [(0.5, "p50_interval"), (0.99, "p99_interval")])
def test_intervals_hold_the_truth_in_about_95_of_100_samples(share, name):
    draw = np.random.default_rng(5)
    truth = -np.log(1 - share)
    held = 0
    for _ in range(400):
        low, high = getattr(Sample(draw.exponential(size=1000)).spread(), name)
        held += low <= truth <= high
    assert 0.91 <= held / 400 <= 0.99


def test_values_that_come_in_bunches_are_less_certain_than_as_many_by_themselves():
    draw = np.random.default_rng(6)
    values = draw.exponential(size=200)
    bunched = Sample(values, np.full(200, 50)).spread()
    single = Sample(np.repeat(values, 50)).spread()
    assert bunched.p50 == pytest.approx(single.p50)
    width, narrow = (spread.p50_interval[1] - spread.p50_interval[0] for spread in (bunched, single))
    assert width > 4 * narrow
