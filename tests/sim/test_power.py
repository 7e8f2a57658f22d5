"""Power follows measured rows as closely as stated, and energy is its integral."""

import csv
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.sim.power import EnergyMeter, PowerModel
from fakeai.sim.types import Use

TRUTH = Path(__file__).parents[3] / "shared" / "reference" / "serving-truth-dev.csv"

MODEL = PowerModel(700.0, 100.0)

fractions = st.floats(0.0, 1.0)
steps = st.lists(
    st.tuples(st.floats(0.0, 2.0), st.floats(1e-4, 2.0), st.builds(Use, fractions, fractions, fractions)), max_size=12
)


class Step(NamedTuple):
    start: float
    end: float
    use: Use


def timeline(given_steps: list[tuple[float, float, Use]], start: float = 3.0) -> list[Step]:
    """Steps of (idle before, seconds, use) from `start` on."""
    found, at = [], start
    for idle, seconds, use in given_steps:
        found.append(Step(at + idle, at + idle + seconds, use))
        at += idle + seconds
    return found


@given(steps, st.floats(0.0, 3.0))
def test_the_energy_counter_is_the_integral_of_power(found: list[tuple[float, float, Use]], rest: float) -> None:
    meter = EnergyMeter(MODEL, 3.0)
    at, joules = 3.0, 0.0
    for step in timeline(found):
        meter.ran(*step)
        joules += MODEL.idle_w * (step.start - at) + MODEL.watts(step.use) * (step.end - step.start)
        at = step.end
        assert meter.joules(at) == pytest.approx(joules)
    assert meter.joules(at + rest) == pytest.approx(joules + MODEL.idle_w * rest)


@given(steps)
def test_readings_at_the_ends_of_steps_add_up_to_the_energy(found: list[tuple[float, float, Use]]) -> None:
    meter = EnergyMeter(MODEL, 3.0)
    at, joules = 3.0, 0.0
    for step in timeline(found):
        meter.ran(*step)
        reading = meter.read(step.end)
        joules += reading.watts * (step.end - at)
        at = step.end
        assert reading.joules == pytest.approx(joules)
        assert MODEL.idle_w <= reading.watts <= MODEL.tdp_w * (1 + 1e-12)
        for part in (reading.busy, reading.tensor, reading.dram, reading.link):
            assert 0.0 <= part <= 1.0


@given(st.lists(st.tuples(st.floats(1e-4, 1.0), fractions, fractions), max_size=12))
def test_a_run_of_steps_counts_like_its_steps(run: list[tuple[float, float, float]]) -> None:
    whole, single = EnergyMeter(MODEL, 0.0), EnergyMeter(MODEL, 0.0)
    ends, at = [], 1.5
    for seconds, compute, memory in run:
        single.ran(at, at + seconds, Use(compute, memory, 0.25))
        at += seconds
        ends.append(at)
    whole.ran_many(1.5, ends, np.array([c for _, c, _ in run]), np.array([m for _, _, m in run]), 0.25)
    assert whole.read(at + 1.0) == pytest.approx(single.read(at + 1.0))


def test_one_use_for_a_whole_run_by_hand() -> None:
    meter = EnergyMeter(MODEL, 0.0)
    meter.ran_many(1.0, [2.0, 3.0], 0.1, 0.5)
    # demand 0.17 + 0.72 · 0.5 + 1.9 · 0.1 = 0.72; power 100 + 600 · 0.72 = 532 W for 2 of 4 seconds.
    reading = meter.read(4.0)
    assert reading.joules == pytest.approx(2 * 100 + 2 * 532)
    assert reading.watts == pytest.approx(316)
    assert (reading.busy, reading.tensor, reading.dram, reading.link) == pytest.approx((0.5, 0.05, 0.25, 0.0))
    assert reading.sm_mhz == MODEL.sm_mhz


def test_an_idle_gpu_draws_idle_power_at_idle_clocks_and_cools() -> None:
    meter = EnergyMeter(MODEL, 0.0)
    meter.ran(0.0, 100.0, Use(0.8, 0.1))
    hot = meter.read(100.0)
    assert hot.watts == MODEL.tdp_w
    assert hot.temperature_c == pytest.approx(72.0, abs=0.5)
    cool = meter.read(200.0)
    assert (cool.watts, cool.sm_mhz, cool.busy) == (MODEL.idle_w, MODEL.idle_sm_mhz, 0.0)
    assert cool.temperature_c == pytest.approx(36.0, abs=0.5)


def test_temperature_lags_whatever_the_readings_in_between() -> None:
    often, seldom = EnergyMeter(MODEL, 0.0), EnergyMeter(MODEL, 0.0)
    for second in range(20):
        for meter in (often, seldom):
            meter.ran(second, second + 1.0, Use(0.8, 0.1))
        often.read(second + 1.0)
    assert often.read(20.0).temperature_c == pytest.approx(seldom.read(20.0).temperature_c)
    # One time constant: 1 − 1/e of the way from 36 to 72 °C.
    assert seldom.read(20.0).temperature_c == pytest.approx(72 - 36 / np.e)


def test_a_step_under_way_when_the_meter_starts_counts_from_there() -> None:
    single, many, whole = EnergyMeter(MODEL, 1.0), EnergyMeter(MODEL, 1.0), EnergyMeter(MODEL, 1.0)
    single.ran(0.2, 0.5, Use(0.1, 0.5))
    single.ran(0.5, 1.5, Use(0.1, 0.5))
    many.ran_many(0.2, [0.5, 1.5], 0.1, 0.5)
    whole.ran(1.0, 1.5, Use(0.1, 0.5))
    assert single.read(2.0) == many.read(2.0) == whole.read(2.0)


def test_a_second_reading_at_one_time_changes_nothing_that_lasts() -> None:
    meter = EnergyMeter(MODEL, 0.0)
    meter.ran(0.0, 1.0, Use(0.5, 0.5))
    first = meter.read(1.0)
    again = meter.read(1.0)
    assert (again.joules, again.temperature_c) == (first.joules, first.temperature_c)


@given(fractions, fractions)
def test_clocks_give_way_only_where_power_is_at_its_limit(compute: float, memory: float) -> None:
    meter = EnergyMeter(MODEL, 0.0)
    meter.ran(0.0, 1.0, Use(compute, memory))
    reading = meter.read(1.0)
    assert (reading.sm_mhz < MODEL.sm_mhz) <= (reading.watts == pytest.approx(MODEL.tdp_w))
    assert MODEL.sm_mhz / 2 < reading.sm_mhz <= MODEL.sm_mhz


def test_overlapping_steps_and_impossible_cards_are_refused() -> None:
    meter = EnergyMeter(MODEL, 0.0)
    meter.ran(0.0, 1.0, Use(0.5, 0.5))
    with pytest.raises(ValueError, match=r"starts at 0\.5, before the one before it ends at 1\.0"):
        meter.ran(0.5, 2.0, Use(0.5, 0.5))
    with pytest.raises(ValueError, match="before the one before it ends"):
        meter.ran_many(0.5, [2.0], 0.5, 0.5)
    with pytest.raises(ValueError, match="idle power is from 0 to below TDP"):
        PowerModel(100.0, 100.0)


class Measured(NamedTuple):
    """A static batch: prompt and output phases with their uses, and power over TDP."""

    prompt_s: float
    output_s: float
    prompt: Use
    output: Use
    average: float
    peak: float


SHAPES = {"meta-llama/Llama-2-70b-hf": (69.0e9, 80, 8192, 8), "bigscience/bloom": (176.2e9, 70, 14336, 112)}
"""Parameters, layers, width, KV heads (of 128)."""


def measured() -> Iterator[Measured]:
    """The rows with power: all on A100 SXM (312 TFLOP/s, 2,039 GB/s), in 16 bits. Zeros mean that none was taken."""
    with TRUTH.open() as file:
        rows = [row for row in csv.DictReader(file) if float(row["power_frac_tdp_avg"] or 0)]
    for row in rows:
        assert row["gpu"] == "A100-SXM4-80GB"
        parameters, layers, hidden, kv_heads = SHAPES[row["model"]]
        gpus, isl, batch = int(row["tp"]), int(row["isl"]), int(row["batch_size"])
        flops, moved, kv = 312e12 * gpus, 2039e9 * gpus, kv_heads * 128 * 2 * 2 * layers
        prompt_s, step_s = float(row["ttft_ms"]) / 1e3, float(row["tpot_ms"]) / 1e3
        context = isl + int(row["osl"]) / 2
        yield Measured(
            prompt_s,
            step_s * (int(row["osl"]) - 1),
            Use(
                (2 * parameters * isl + 2 * layers * hidden * isl * isl) * batch / flops / prompt_s,
                (2 * parameters + kv * isl * batch) / moved / prompt_s,
            ),
            Use(
                (2 * parameters + 4 * layers * hidden * context) * batch / flops / step_s,
                (2 * parameters + kv * context * batch) / moved / step_s,
            ),
            float(row["power_frac_tdp_avg"]),
            min(float(row["power_frac_tdp_peak"]), 1.0),
        )


@pytest.mark.skipif(not TRUTH.exists(), reason="the measured rows are not here")
def test_power_is_as_close_to_measured_rows_as_stated() -> None:
    model = PowerModel.of_tdp(400.0)
    rows = list(measured())
    assert len(rows) == 23
    averages, peaks = [], []
    for row in rows:
        meter = EnergyMeter(model, 0.0)
        meter.ran(0.0, row.prompt_s, row.prompt)
        meter.ran(row.prompt_s, row.prompt_s + row.output_s, row.output)
        average = meter.read(row.prompt_s + row.output_s).watts / model.tdp_w
        averages.append(abs(average / row.average - 1))
        peaks.append(abs(model.watts(row.prompt) / model.tdp_w / row.peak - 1))
    assert fmean(averages) == pytest.approx(0.069, abs=0.002)
    assert max(averages) == pytest.approx(0.24, abs=0.01)
    assert fmean(peaks) == pytest.approx(0.074, abs=0.002)
    assert max(peaks) == pytest.approx(0.35, abs=0.01)


@pytest.mark.skipif(not TRUTH.exists(), reason="the measured rows are not here")
def test_prefill_draws_near_tdp_and_decode_clearly_below() -> None:
    model = PowerModel.of_tdp(400.0)
    for row in measured():
        if row.prompt.compute > 0.4:
            assert model.watts(row.prompt) > 0.93 * model.tdp_w
        assert model.watts(row.output) < 0.85 * model.watts(row.prompt)
