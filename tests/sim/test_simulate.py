"""Runs of whole workloads: nothing is lost, the same seed gives the same figures, and loops close."""

import json
import pickle
from dataclasses import replace
from itertools import pairwise

import pytest

from fakeai.sim.collector import MAX_SAMPLES, Collector
from fakeai.sim.orders import At, Order, carry_out
from fakeai.sim.router import KvAware, RouterConfig
from fakeai.sim.simulate import PATIENCE_S, Job, drive, run, simulate
from fakeai.sim.spec import ClusterSpec
from fakeai.sim.workload import WorkloadSpec
from tests.sim.engines import Chance, cluster


def driven(spec, orders=(), **options):
    """A collector after a small cluster has had the workload; blocks of 4 tokens, 64 of them."""
    collector = Collector()
    drive(cluster(notes=collector, **options), WorkloadSpec(**spec).load(), collector, 4, 2, orders=orders)
    return collector


def records(collector):
    return sorted(collector.journal(), key=lambda one: int(one["id"]))


SMALL = {"isl": "uniform(1,60)", "osl": "uniform(1,20)", "requests": 50, "seed": 3}


@pytest.mark.parametrize("arrivals", ["constant:20", "poisson:20", "gamma:20:4", "burst", "closed:4", "closed:4:0.2"])
@pytest.mark.parametrize("workers", [1, 3])
def test_every_request_is_answered_whole(arrivals, workers):
    collector = driven({"arrivals": arrivals, **SMALL}, workers=workers)
    asked = list(WorkloadSpec(arrivals=arrivals, **SMALL).load().requests(4))
    found = records(collector)
    assert [(one["prompt"], one["completion"]) for one in found] == [
        (request.prompt_tokens, request.output_tokens) for request in asked
    ]
    assert collector.asked == collector.over == 50


def test_requests_come_when_the_workload_says():
    workload = WorkloadSpec(arrivals="poisson:20", **SMALL).load()
    found = records(driven({"arrivals": "poisson:20", **SMALL}))
    assert [one["arrived"] for one in found] == [at for at, _ in zip(workload.times(), range(50), strict=False)]


def test_samples_of_the_state_change_nothing():
    spec = {"arrivals": "poisson:20", **SMALL}
    collector = Collector()
    sim = cluster(notes=collector, workers=2)
    workload = WorkloadSpec(**spec).load()
    for at, request in zip(workload.times(), workload.requests(4), strict=False):
        sim.submit(request, at)
    sim.advance(1000.0)
    assert records(driven(spec, workers=2)) == records(collector)


def test_a_closed_loop_asks_again_when_it_has_its_answer():
    found = records(driven({"arrivals": "closed:1:0.5", "isl": "8", "osl": "4", "requests": 5}))
    assert found[0]["arrived"] == 0.0
    for before, after in pairwise(found):
        assert after["arrived"] == pytest.approx(before["last_token"] + 0.5)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_closed_loop_has_as_many_requests_as_users(workers):
    found = records(driven({"arrivals": "closed:5", **SMALL}, workers=workers))
    for one in found:
        under_way = sum(other["arrived"] <= one["arrived"] < other["last_token"] for other in found)
        assert under_way <= 5
    assert max(sum(o["arrived"] <= one["arrived"] < o["last_token"] for o in found) for one in found) == 5


def test_nothing_comes_after_the_duration():
    collector = driven({"arrivals": "constant:10", "isl": "8", "osl": "4", "duration_s": 2.0})
    assert collector.asked == 20
    assert max(one["arrived"] for one in records(collector)) < 2.0
    closed = driven({"arrivals": "closed:2", "isl": "8", "osl": "4", "duration_s": 1.0})
    assert 0.9 < max(one["arrived"] for one in records(closed)) < 1.0


def test_what_is_too_long_is_told_and_the_others_go_on():
    collector = driven({"arrivals": "constant:10", "isl": "uniform(200,300)", "osl": "4", "requests": 40, "seed": 1})
    assert collector.too_long > 0
    assert collector.over > 0
    assert collector.too_long + collector.over == 40
    assert "do not fit into the KV cache" in collector.reason
    waits = driven({"arrivals": "closed:2", "isl": "uniform(200,300)", "osl": "4", "requests": 40, "seed": 1})
    assert waits.too_long + waits.over == 40


def busy_router(config, block_size, chance):
    return KvAware(RouterConfig(active_prefill_tokens_threshold=20), block_size, Chance(1))


def test_what_is_shed_is_counted_and_its_user_waits():
    shed = driven({"arrivals": "burst", "isl": "30", "osl": "4", "requests": 10}, router=busy_router)
    assert shed.shed > 0
    assert shed.shed + shed.over == 10
    closed = driven({"arrivals": "closed:4:5", "isl": "30", "osl": "4", "requests": 10}, router=busy_router)
    assert closed.shed + closed.over == 10
    assert PATIENCE_S in {one["arrived"] for one in records(closed)}


def test_the_state_is_sampled_over_the_whole_run():
    collector = driven({"arrivals": "constant:20", **SMALL}, workers=3)
    states = collector.states
    assert 2 < len(states) <= MAX_SAMPLES
    assert states[0].at == 0.0
    assert {(state.gpus, state.workers, state.total_blocks) for state in states} == {(6, 3, 192)}
    assert max(state.running for state in states) > 0
    assert states[-1].at >= max(one["last_token"] for one in collector.journal())


def test_progress_is_told_while_it_goes_on():
    told = []
    collector = Collector()
    spec = WorkloadSpec(arrivals="constant:100", isl="8", osl="2", requests=1000)
    drive(cluster(notes=collector), spec.load(), collector, 4, 1, lambda over, of: told.append((over, of)))
    assert {of for _, of in told} == {1000}
    assert [over for over, _ in told] == sorted(over for over, _ in told)
    assert told[-1][0] == 1000


# -- with real hardware


JOB = Job(
    workload=WorkloadSpec(
        arrivals="poisson:20", isl="lognormal(300,200)", osl="lognormal(40,20)", requests=100, seed=2
    ),
    cluster=ClusterSpec(workers=2),
    slo_s={"ttft": 0.5},
    usd_per_gpu_hour=2.0,
)


def test_the_same_job_gives_the_same_report_also_in_another_process():
    assert simulate(JOB) == simulate(pickle.loads(pickle.dumps(JOB)))
    other = replace(JOB, workload=replace(JOB.workload, seed=3))
    assert simulate(other).latency != simulate(JOB).latency


def test_a_report_says_what_was_run_and_what_is_not_as_by_default():
    setup = simulate(JOB).setup
    assert setup["workers"] == 2
    assert setup["model"] == "llama-3.1-8b"
    assert setup["arrivals"] == "poisson:20"
    assert "seed" not in setup
    assert simulate(replace(JOB, cluster=ClusterSpec(tp=2))).setup["tp"] == 2


def test_a_roofline_knows_its_energy():
    energy = simulate(JOB).energy
    assert energy is not None
    assert 60 < energy.mean_watts_per_gpu < 700


@pytest.fixture
def trace(tmp_path):
    file = tmp_path / "t.jsonl"
    rows = [
        {"timestamp": 2000 * n, "input_length": 1100 + n, "output_length": 2, "hash_ids": [0, 1, 10 + n]}
        for n in range(8)
    ]
    file.write_text("\n".join(map(json.dumps, rows)))
    return str(file)


def test_a_traces_blocks_are_found_again(trace):
    job = Job(workload=WorkloadSpec(trace=trace))
    report = simulate(job)
    assert report.setup["block-size"] == 512
    assert report.setup["trace"] == "t.jsonl (mooncake)"
    assert report.cache.gpu_tokens == 7 * 1024
    finer = simulate(replace(job, cluster=ClusterSpec(block_size=16), own_blocks=False))
    assert finer.cache.gpu_tokens == 7 * 1024


def test_the_journal_of_a_run_is_a_trace_of_it(tmp_path):
    collector = Collector()
    spec = WorkloadSpec(arrivals="poisson:20", isl="uniform(10,500)", osl="uniform(2,30)", requests=40)
    report = run(Job(workload=spec), spec.load(), collector)
    file = tmp_path / "journal.jsonl"
    file.write_text("\n".join(map(json.dumps, collector.journal())))
    again = simulate(Job(workload=WorkloadSpec(trace=str(file))))
    assert again.latency == report.latency


def test_an_impossible_cluster_is_refused():
    with pytest.raises(ValueError, match="unknown router"):
        simulate(replace(JOB, cluster=ClusterSpec(router="dns")))
    with pytest.raises(ValueError, match="neither a part nor a multiple"):
        simulate(
            Job(workload=WorkloadSpec(trace="x"), cluster=ClusterSpec(block_size=48), own_blocks=False), _mooncake()
        )


def _mooncake():
    from fakeai.sim.traces import Row, Trace
    from fakeai.sim.workload import Workload

    return Workload(WorkloadSpec(trace="x"), Trace("x", "mooncake", 512, [Row(0.0, 1000, 5, [1, 2])]))


FAIL, DRAIN = At(0.5, Order("fail", 1)), At(1.0, Order("drain", 2))


@pytest.mark.parametrize("arrivals", ["constant:20", "poisson:20", "burst", "closed:4", "closed:4:0.2"])
def test_orders_are_carried_out_at_their_times_whatever_else_goes_on(arrivals):
    spec = {"arrivals": arrivals, **SMALL, "osl": "20"}  # a quarter of a second each
    collector = driven(spec, [DRAIN, FAIL], workers=3)
    found = records(collector)
    asked = list(WorkloadSpec(**spec).load().requests(4))
    assert [(one["prompt"], one["completion"]) for one in found] == [
        (request.prompt_tokens, request.output_tokens) for request in asked
    ]
    assert max(one["last_token"] for one in found if one["worker"] == 1) <= 0.5
    assert max(one["arrived"] for one in found if one["worker"] == 2) <= 1.0
    assert any(one["preemptions"] for one in found)
    assert {state.workers for state in collector.states} >= {3, 2}


def test_an_order_comes_before_a_request_of_the_same_moment_and_is_that_of_a_cluster_driven_by_hand():
    spec = {"arrivals": "constant:4", **SMALL}
    collector = Collector()
    sim = cluster(notes=collector, workers=3)
    workload = WorkloadSpec(**spec).load()
    for at, request in zip(workload.times(), workload.requests(4), strict=False):
        for order in (FAIL, DRAIN):
            if at == order.seconds:
                carry_out(sim, order.order, at)
        sim.submit(request, at)
    sim.advance(1000.0)
    assert records(driven(spec, [DRAIN, FAIL], workers=3)) == records(collector)


def test_when_nobody_is_left_requests_end_and_later_ones_are_shed():
    for arrivals in ("constant:20", "closed:4"):
        collector = driven({"arrivals": arrivals, **SMALL}, [At(0.5, Order("fail", 0))])
        assert collector.shed > 0
        assert collector.shed + collector.over == 50
        assert "abort" in {one["reason"] for one in collector.journal()}


def test_an_order_after_the_end_is_none():
    spec = {"arrivals": "constant:20", **SMALL}
    assert records(driven(spec, [At(1e6, Order("fail", 0))])) == records(driven(spec))


def test_orders_that_make_no_sense_are_refused_with_what_does():
    job = Job(workload=WorkloadSpec(arrivals="burst", **SMALL), cluster=ClusterSpec(workers=2))
    with pytest.raises(ValueError, match=r"fail 2@0.5: there is no worker 2: there are 0 to 1"):
        simulate(replace(job, orders=[At(0.5, Order("fail", 2))]))
    with pytest.raises(ValueError, match=r"fail 1@0.02: there is no worker 1: there is 0"):
        simulate(replace(job, orders=[At(0.01, Order("fail", 1)), At(0.02, Order("fail", 1))]))
    with pytest.raises(ValueError, match=r"drain 9@0: there is no worker 9: there is 0"):
        simulate(replace(job, cluster=ClusterSpec(workers=2, planner="load"), orders=[At(0.0, Order("drain", 9))]))


def test_a_report_names_stragglers_and_orders():
    job = Job(
        workload=WorkloadSpec(arrivals="burst", **SMALL),
        cluster=ClusterSpec(workers=2, stragglers={0: 0.5}),
        orders=[At(0.05, Order("fail", 1))],
    )
    setup = simulate(pickle.loads(pickle.dumps(job))).setup
    assert (setup["stragglers"], setup["orders"]) == ("0=0.5", "fail 1@0.05")
