"""Specs of latencies are read as documented, refused with a reason, and drawn with the figures they give."""

import math
import time
from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.chance import Chance
from fakeai.sim.timing import Distribution, Latency, LatencyProfile


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("200", Distribution("constant", 0.2)),
        ("0", Distribution("constant", 0.0)),
        (" 12.5 ms ", Distribution("constant", 0.0125)),
        ("200:10%", Distribution("normal", 0.2, 0.02)),
        ("200:20", Distribution("normal", 0.2, 0.02)),
        ("200ms : 20ms", Distribution("normal", 0.2, 0.02)),
        ("200:0", Distribution("constant", 0.2)),
        ("0:10%", Distribution("constant", 0.0)),
        ("uniform(100,300)", Distribution("uniform", 0.1, 0.3)),
        ("uniform( 100ms , 300 ms )", Distribution("uniform", 0.1, 0.3)),
        ("normal(200,20)", Distribution("normal", 0.2, 0.02)),
        ("normal(200,10%)", Distribution("normal", 0.2, 0.02)),
        ("lognormal(200,50)", Distribution("lognormal", 0.2, 0.05)),
        ("lognormal(200,0)", Distribution("constant", 0.2)),
        ("exponential(200)", Distribution("exponential", 0.2)),
        ("3600000", Distribution("constant", 3600.0)),
    ],
)
def test_specs_are_read_in_milliseconds(spec: str, expected: Distribution) -> None:
    found = Distribution.parse(spec)
    assert found.shape == expected.shape
    assert (found.a, found.b) == pytest.approx((expected.a, expected.b))


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("", "not a latency"),
        ("fast", "not a latency"),
        ("-5", "not a latency"),
        ("1e3", "not a latency"),
        ("nan", "not a latency"),
        ("200:", "not a latency"),
        ("200:-1", "not a latency"),
        ("200%", "not a latency"),
        ("1,5", "not a latency"),
        ("gamma(1,2)", "not a latency"),
        ("uniform(100)", "takes two numbers"),
        ("uniform(300,100)", "a low and a high"),
        ("uniform(100,10%)", "a low and a high"),
        ("normal(200)", "takes two numbers"),
        ("exponential(200,1)", "takes one number"),
        ("lognormal(0,1)", "1000 times its mean"),
        ("lognormal(0.001,3600000)", "1000 times its mean"),
        ("3600001", "longer than an hour"),
        ("1:3600001", "longer than an hour"),
        ("1" * 64, "longer than an hour"),
        ("1" * 65, "at most 64 characters"),
    ],
)
def test_a_bad_spec_says_what_is_wrong_with_it(spec: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Distribution.parse(spec)


def test_a_hostile_spec_costs_nothing() -> None:
    began = time.perf_counter()
    for spec in ("200" + " " * 60_000 + "x", "9" * 60_000, "uniform(" + " " * 60_000, "0:" + "9" * 60_000 + "%"):
        with pytest.raises(ValueError):
            Distribution.parse(spec)
    assert time.perf_counter() - began < 0.1


MS = st.integers(min_value=1, max_value=3_600_000)


def written(shape: str, a: int, b: int) -> str:
    match shape:
        case "constant":
            return f"{a}"
        case "exponential":
            return f"exponential({a})"
        case "uniform":
            return f"uniform({min(a, b)},{max(a, b)})"
        case "normal":
            return f"{a}:{b}"
        case _:
            return f"lognormal({a},{min(b, a * 1000)})"


SPECS = st.builds(written, st.sampled_from(["constant", "exponential", "uniform", "normal", "lognormal"]), MS, MS)


@given(SPECS)
def test_what_is_written_is_what_is_read(spec: str) -> None:
    found = Distribution.parse(spec)
    a, b = (f"{value * 1000:.0f}" for value in (found.a, found.b))
    match found.shape:
        case "constant":
            assert spec == a
        case "exponential":
            assert spec == f"exponential({a})"
        case "normal":
            assert spec == f"{a}:{b}"
        case shape:
            assert spec == f"{shape}({a},{b})"


@given(SPECS, st.integers())
def test_draws_are_finite_and_never_negative(spec: str, seed: int) -> None:
    distribution, chance = Distribution.parse(spec), Chance(seed)
    for _ in range(20):
        drawn = distribution.draw(chance)
        assert drawn >= 0.0 and math.isfinite(drawn)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(spec: str) -> None:
    try:
        found = Distribution.parse(spec)
    except ValueError:
        return
    assert math.isfinite(found.draw(Chance(0)))


@pytest.mark.parametrize(
    ("spec", "mean", "deviation"),
    [
        ("200", 0.2, 0.0),
        ("200:10%", 0.2, 0.02),
        ("uniform(100,300)", 0.2, 0.2 / math.sqrt(12)),
        ("lognormal(200,50)", 0.2, 0.05),
        ("lognormal(100,100)", 0.1, 0.1),
        ("exponential(200)", 0.2, 0.2),
    ],
)
def test_draws_have_the_mean_and_deviation_of_their_spec(spec: str, mean: float, deviation: float) -> None:
    distribution, chance = Distribution.parse(spec), Chance(spec)
    found = [distribution.draw(chance) for _ in range(10_000)]
    assert fmean(found) == pytest.approx(mean, rel=0.05)
    assert pstdev(found) == pytest.approx(deviation, rel=0.1)


def test_uniform_draws_stay_between_their_ends() -> None:
    distribution, chance = Distribution.parse("uniform(100,300)"), Chance(1)
    found = [distribution.draw(chance) for _ in range(1000)]
    assert 0.1 <= min(found) < 0.12 and 0.28 < max(found) <= 0.3


def test_a_constant_takes_nothing_from_chance() -> None:
    drawn, untouched = Chance(1), Chance(1)
    Distribution.parse("200").draw(drawn)
    assert drawn.bits() == untouched.bits()


def test_the_lowest_lognormal_is_no_error() -> None:
    assert Distribution("lognormal", 0.0, 5.0).draw(Chance(1)) == 0.0


def test_only_what_always_draws_nothing_is_zero() -> None:
    assert Distribution.parse("0").is_zero
    assert not Distribution.parse("0.1").is_zero
    assert not Distribution.parse("uniform(0,1)").is_zero


ZERO, FAST, SLOW = (
    Latency(Distribution.parse(ttft), Distribution.parse(itl)) for ttft, itl in (("0", "0"), ("10", "1"), ("500", "50"))
)


def test_a_latency_is_zero_when_both_its_parts_are() -> None:
    assert ZERO.is_zero
    assert not Latency(FAST.ttft, ZERO.itl).is_zero
    assert not Latency(ZERO.ttft, FAST.itl).is_zero


def test_the_requests_spec_beats_the_models_which_beats_the_default() -> None:
    profile = LatencyProfile(FAST, {"o1": SLOW})
    assert profile.latency("gpt-4o") is FAST
    assert profile.latency("o1") is SLOW
    assert profile.latency("o1", ttft_ms="7") == Latency(Distribution("constant", 0.007), SLOW.itl)
    assert profile.latency("o1", itl_ms="7") == Latency(SLOW.ttft, Distribution("constant", 0.007))
    assert profile.latency("gpt-4o", "0", "0").is_zero


def test_a_requests_bad_spec_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="not a latency"):
        LatencyProfile(FAST, {}).latency("gpt-4o", itl_ms="soon")
