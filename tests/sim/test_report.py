"""Reports: every figure against one worked out by hand from the journal of the same run."""

import numpy as np
import pytest

from fakeai.sim.collector import Collector, State
from fakeai.sim.figures import Report
from fakeai.sim.power import PowerModel
from fakeai.sim.report import Power, build, parse_slo
from fakeai.sim.types import StepShape, Use
from tests.sim.engines import cluster, prompt


def collected(requests, **options):
    """A collector of requests as (arrival, prompt, output), of which all are done."""
    collector = Collector()
    sim = cluster(notes=collector, **options)
    for number, (at, tokens, output) in enumerate(requests):
        collector.asked += 1
        sim.submit(prompt(str(number), tokens, output), at)
    sim.advance(1000.0)
    return collector


REQUESTS = [(0.0, 8, 4), (0.0, 16, 1), (0.5, 40, 12), (0.6, 4, 30), (2.0, 20, 5)]


@pytest.fixture
def collector():
    return collected(REQUESTS)


def test_latencies_are_those_of_the_requests(collector):
    report = build(collector, {})
    records = list(collector.journal())
    ttft = [one["first_token"] - one["arrived"] for one in records]
    e2e = [one["last_token"] - one["arrived"] for one in records]
    tpot = [
        (one["last_token"] - one["first_token"]) / (one["completion"] - 1) for one in records if one["completion"] > 1
    ]
    for found, expected in ((report.latency.ttft_s, ttft), (report.latency.e2e_s, e2e), (report.latency.tpot_s, tpot)):
        assert found.n == len(expected)
        assert found.mean == pytest.approx(np.mean(expected))
        assert found.p50 == pytest.approx(np.quantile(expected, 0.5))
        assert found.p99 == pytest.approx(np.quantile(expected, 0.99))
        assert found.max == pytest.approx(max(expected))
    assert report.latency.queue_s.mean == pytest.approx(np.mean([one["scheduled"] - one["arrived"] for one in records]))
    assert report.latency.itl_s.n == sum(output - 1 for _, _, output in REQUESTS)
    spans = sum(one["last_token"] - one["first_token"] for one in records)
    assert report.latency.itl_s.mean == pytest.approx(spans / report.latency.itl_s.n)


def test_rates_are_over_the_time_from_the_first_arrival_to_the_last_token(collector):
    collector.states = [State(0.0, 0, 0, 0, 64, 4, 1)]
    report = build(collector, {})
    assert report.duration_s == max(one["last_token"] for one in collector.journal())
    output, prompts = 4 + 1 + 12 + 30 + 5, 8 + 16 + 40 + 4 + 20
    assert report.throughput.requests_per_s == pytest.approx(5 / report.duration_s)
    assert report.throughput.output_tokens_per_s == pytest.approx(output / report.duration_s)
    assert report.throughput.total_tokens_per_s == pytest.approx((output + prompts) / report.duration_s)
    assert report.throughput.output_tokens_per_s_per_gpu == pytest.approx(output / report.duration_s / 4)
    assert report.throughput.total_tokens_per_s_per_gpu == pytest.approx((output + prompts) / report.duration_s / 4)


def test_goodput_counts_who_kept_every_limit_among_all_asked(collector):
    collector.asked += 5
    collector.shed = 5
    records = list(collector.journal())
    ttft = sorted(one["first_token"] - one["arrived"] for one in records)
    report = build(collector, {}, slo_s={"ttft": ttft[2], "e2e": 1e9})
    assert report.goodput.requests == 3
    assert report.goodput.share == 0.3
    assert report.goodput.requests_per_s == pytest.approx(3 / report.duration_s)
    slow = max(
        (one["last_token"] - one["first_token"]) / (one["completion"] - 1) for one in records if one["completion"] > 1
    )
    assert build(collector, {}, slo_s={"itl": slow * 0.999}).goodput.requests == 4
    assert build(collector, {}, slo_s={"tpot": slow}).goodput.requests == 5  # a single token has no gap to be late
    assert build(collector, {}, slo_s={"queue": 0.0}).goodput.requests == 0
    assert build(collector, {}).goodput is None


def test_every_request_has_one_fate():
    collector = collected(REQUESTS)
    collector.asked += 4
    collector.shed = 1
    collector.refused("far too long")
    collector.refused("even longer")
    fates = build(collector, {}).requests
    assert (fates.asked, fates.done, fates.too_long, fates.shed, fates.aborted, fates.unfinished) == (9, 5, 2, 1, 0, 1)
    assert fates.reason == "far too long"


def test_the_caches_hits_are_those_of_all_admissions():
    collector = Collector()
    sim = cluster(notes=collector)
    sim.submit(prompt("a", 16, 2, shared=16), 0.0)
    sim.submit(prompt("b", 24, 2, shared=16), 5.0)
    sim.advance(10.0)
    cache = build(collector, {}).cache
    assert (cache.queried_tokens, cache.gpu_tokens, cache.host_tokens) == (40, 16, 0)
    assert cache.hit_rate == 0.4


def test_cost_is_gpu_hours_times_price(collector):
    collector.states = [State(0.0, 0, 0, 0, 64, 2, 1)]
    report = build(collector, {}, usd_per_gpu_hour=3.6)
    assert report.cost.usd == pytest.approx(2 * report.duration_s * 0.001)
    assert report.cost.usd_per_1000_requests == pytest.approx(report.cost.usd / 5 * 1000)
    assert report.cost.usd_per_million_output_tokens == pytest.approx(report.cost.usd / 52 * 1e6)
    assert build(collector, {}).cost is None


def test_gpus_are_weighted_by_time(collector):
    end = build(collector, {}).duration_s
    collector.states = [State(0.0, 0, 0, 0, 64, 1, 1), State(end / 4, 0, 0, 0, 64, 5, 5)]
    assert build(collector, {}).gpus == pytest.approx(0.25 * 1 + 0.75 * 5)


def test_workers_share_the_work():
    collector = collected(REQUESTS, workers=2)
    first, second = build(collector, {}).workers
    assert (first.requests, second.requests) == (3, 2)
    assert first.output_tokens + second.output_tokens == 52
    assert 0 < second.busy < 1


class Half:
    """A timing that uses half of the compute and no memory."""

    def use(self, shape, seconds):
        return Use(0.5 if shape.prefill_tokens else 0.0, 0.0)


def test_energy_is_idle_power_and_what_steps_draw_beyond(collector):
    collector.states = [State(0.0, 0, 0, 0, 64, 2, 1), State(0.1, 0, 0, 0, 64, 2, 1), State(0.7, 0, 0, 0, 64, 2, 1)]
    model = PowerModel(700.0, 100.0)
    report = build(collector, {}, power=Power(Half(), model))
    joules = 100.0 * 2 * report.duration_s
    for run in collector.runs()[0]:
        seconds = float(run[2][-1]) - run[1]
        joules += 2 * seconds * (model.watts(Use(0.5 if run[3].prefill_tokens else 0.0, 0.0)) - 100.0)
    assert report.energy.wh == pytest.approx(joules / 3600)
    assert report.energy.joules_per_output_token == pytest.approx(joules / 52)
    assert report.energy.mean_watts_per_gpu == pytest.approx(joules / report.duration_s / 2)
    watts = report.series.watts
    assert all(200.0 <= each <= 1400.0 for each in watts)
    assert max(watts) > 200.0


def test_the_series_adds_up():
    collector = Collector()
    collector.asked = 1
    collector.stepped(0, 0.0, (1.0,), StepShape(0, 0, 8, 36, 4, 4), 4)
    collector.stepped(0, 1.0, np.array([2.0, 3.0]), StepShape(4, 40), 4)
    collector.states = [State(float(at), at, 3 - at, 16 * at, 64, 1, 1) for at in range(4)]
    series = build(collector, {}).series
    assert list(series.t_s) == [0.0, 1.0, 2.0, 3.0]
    assert list(series.running) == [0, 1, 2, 3]
    assert list(series.waiting) == [3, 2, 1, 0]
    assert list(series.kv_usage) == [0.0, 0.25, 0.5, 0.75]
    assert list(series.output_tokens_per_s) == [0.0, 4.0, 4.0, 4.0]
    assert list(series.watts) == []


def test_a_run_in_which_nothing_was_done_has_a_report():
    report = build(
        Collector(), {}, slo_s={"ttft": 1.0}, usd_per_gpu_hour=1.0, power=Power(Half(), PowerModel.of_tdp(700.0))
    )
    assert isinstance(report, Report)
    assert (report.duration_s, report.requests.done, report.throughput.requests_per_s) == (0.0, 0, 0.0)
    assert (report.goodput.share, report.energy.wh, report.cost.usd) == (0.0, 0.0, 0.0)


def test_limits_are_in_seconds_or_milliseconds():
    assert parse_slo("ttft=0.5, itl=50ms,e2e=10s") == {"ttft": 0.5, "itl": 0.05, "e2e": 10.0}


@pytest.mark.parametrize("spec", ["", "ttft", "ttft=", "ttft=-1", "speed=1", "ttft=1m", "ttft=0.5;itl=1"])
def test_other_limits_are_refused_with_what_is_accepted(spec):
    with pytest.raises(ValueError, match="ttft"):
        parse_slo(spec)
