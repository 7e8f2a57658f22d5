"""Arrival processes, lengths, prefixes, and what a workload asks for."""

import json
import pickle
from itertools import islice
from math import sqrt

import numpy as np
import pytest

from fakeai.core.chance import Chance
from fakeai.sim.types import SimRequest
from fakeai.sim.workload import Arrivals, Lengths, Prefixes, WorkloadSpec


def gaps(spec, number=20_000):
    return np.diff(list(islice(Arrivals.parse(spec).times(Chance(1)), number)))


def asked(**spec):
    return WorkloadSpec(**{"arrivals": "constant:10", **spec}).load()


def test_a_constant_rate_has_equal_gaps_from_zero():
    assert list(islice(Arrivals.parse("constant:4").times(Chance(1)), 4)) == [0.0, 0.25, 0.5, 0.75]


@pytest.mark.parametrize(
    ("spec", "cv"), [("poisson:20", 1.0), ("gamma:20:3", 3.0), ("gamma:20:0.5", 0.5), ("gamma:20:1", 1.0)]
)
def test_gaps_have_the_rate_and_the_variation_that_were_asked(spec, cv):
    found = gaps(spec)
    assert found.min() >= 0
    error = cv / 20 / sqrt(len(found))  # the standard error of the mean
    assert found.mean() == pytest.approx(1 / 20, abs=4 * error)
    assert found.std() / found.mean() == pytest.approx(cv, rel=0.08)


def test_poisson_gaps_are_exponential():
    found = np.sort(gaps("poisson:2"))
    assert found[len(found) // 2] == pytest.approx(np.log(2) / 2, rel=0.04)
    assert found[int(len(found) * 0.99)] == pytest.approx(np.log(100) / 2, rel=0.06)


def test_a_burst_comes_at_once():
    assert list(islice(Arrivals.parse("burst").times(Chance(1)), 3)) == [0.0] * 3


def test_closed_loops_have_users_and_may_think():
    assert Arrivals.parse("closed:64") == Arrivals("closed", users=64)
    assert Arrivals.parse("closed:8:1.5") == Arrivals("closed", users=8, think_s=1.5)


@pytest.mark.parametrize(
    "spec",
    ["", "poisson", "poisson:", "poisson:0", "poisson:-1", "poisson:nan", "poisson:5:2", "constant:1:1", "gamma:5", "gamma:5:0",
     "gamma:0:1", "closed:0", "closed:1.5", "closed:-1", "burst:1", "uniform:3", "poisson:1 poisson:2"],
)  # fmt: skip
def test_other_arrivals_are_refused_with_what_is_accepted(spec):
    with pytest.raises(ValueError, match="poisson:RATE"):
        Arrivals.parse(spec)


@pytest.mark.parametrize(
    ("spec", "mean", "sd"),
    [("1024", 1024, 0), ("1024:10%", 1024, 102.4), ("1024:50", 1024, 50), ("uniform(100,300)", 200, 200 / sqrt(12)),
     ("normal(500,20)", 500, 20), ("lognormal(400,200)", 400, 200), ("exponential(300)", 300, 300)],
)  # fmt: skip
def test_lengths_follow_their_distribution(spec, mean, sd):
    found = np.array(list(islice(Lengths.parse(spec).draws(Chance(2)), 20_000)))
    assert found.dtype.kind == "i"
    assert found.min() >= 1
    assert found.mean() == pytest.approx(mean, rel=0.02)
    assert found.std() == pytest.approx(sd, rel=0.05, abs=0.01)


@pytest.mark.parametrize(
    "spec", ["", "0", "-5", "0.4", "1024ms", "many", "uniform(0,0)", "uniform(3,2)", "9999999", "nan"]
)
def test_other_lengths_are_refused_with_what_is_accepted(spec):
    with pytest.raises(ValueError, match="token"):
        Lengths.parse(spec)


@pytest.mark.parametrize("spec", ["", "512", "512:0", "0:3", "a:b", "512:10:2", "-1:3"])
def test_other_prefixes_are_refused_with_what_is_accepted(spec):
    with pytest.raises(ValueError, match="TOKENS:COUNT"):
        Prefixes.parse(spec)


def test_a_synthetic_workload_has_a_thousand_requests_unless_limited():
    assert asked().limit == len(list(asked().requests(16))) == 1000
    assert len(list(asked(requests=7).requests(16))) == 7
    assert next(asked(isl="33", osl="5").requests(16)) == SimRequest("0", 33, 5)


def test_prefixes_come_before_the_prompt_and_share_their_full_blocks():
    made = list(asked(isl="100", prefix="40:3", requests=50).requests(16))
    assert {request.prompt_tokens for request in made} == {140}
    assert {request.blocks for request in made} == {(0, 1), (2, 3), (4, 5)}


def test_the_same_seed_asks_the_same_and_another_does_not():
    spec = {
        "arrivals": "poisson:5",
        "isl": "uniform(10,99)",
        "osl": "lognormal(50,20)",
        "prefix": "32:4",
        "requests": 40,
    }

    def whole(seed):
        workload = asked(seed=seed, **spec)
        return list(zip(workload.times(), workload.requests(16), strict=False))

    assert whole(1) == whole(1)
    assert whole(1) != whole(2)


def test_another_rate_leaves_the_requests_as_they_are():
    spec = {"isl": "uniform(10,99)", "requests": 40}
    assert list(asked(arrivals="poisson:5", **spec).requests(16)) == list(
        asked(arrivals="gamma:50:2", **spec).requests(16)
    )


@pytest.fixture
def trace(tmp_path):
    file = tmp_path / "t.jsonl"
    rows = [
        {"timestamp": 1000 * n, "input_length": 600 + n, "output_length": 1 + n, "hash_ids": [n, 50 + n]}
        for n in range(6)
    ]
    file.write_text("\n".join(map(json.dumps, rows)))
    return str(file)


def test_a_trace_gives_its_own_times_lengths_and_keys(trace):
    workload = WorkloadSpec(trace=trace).load()
    assert workload.block_size == 512
    assert list(workload.times()) == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert list(workload.requests(512))[2] == SimRequest("2", 602, 3, [2])
    assert list(workload.requests(256))[2] == SimRequest("2", 602, 3, [4, 5])
    assert workload.span_s == 5.0


def test_a_trace_can_be_cut_sped_up_and_asked_at_other_times(trace):
    workload = WorkloadSpec(trace=trace, speed_up=2.0, requests=4).load()
    assert (workload.limit, workload.span_s) == (4, 1.5)
    assert list(islice(workload.times(), 4)) == [0.0, 0.5, 1.0, 1.5]
    assert len(list(workload.requests(512))) == 4
    other = WorkloadSpec(trace=trace, arrivals="constant:10").load()
    assert list(islice(other.times(), 3)) == [0.0, 0.1, 0.2]
    assert len(list(other.requests(512))) == 6
    assert list(WorkloadSpec(trace=trace, arrivals="closed:3").load().times()) == []


def test_without_a_trace_blocks_are_vllms():
    assert asked().block_size == 16


def test_the_span_is_known_before_anything_is_asked_but_for_closed_loops():
    assert asked(requests=50).span_s == 5.0
    assert asked(requests=50, duration_s=2.0).span_s == 2.0
    assert asked(duration_s=2.0).span_s == 2.0
    assert asked(arrivals="closed:4").span_s == 0.0


@pytest.mark.parametrize(
    ("spec", "match"),
    [
        ({"arrivals": ""}, "a trace or an arrival process"),
        ({"requests": -1}, "above zero"),
        ({"duration_s": -1.0}, "above zero"),
        ({"speed_up": 0.0}, "speed-up"),
        ({"speed_up": float("nan")}, "speed-up"),
        ({"isl": "0"}, "token"),
        ({"osl": "x"}, "no length in tokens"),
        ({"prefix": "x"}, "TOKENS:COUNT"),
        ({"arrivals": "x"}, "poisson:RATE"),
    ],
)
def test_a_wrong_workload_is_refused_before_anything_is_read(spec, match):
    with pytest.raises(ValueError, match=match):
        WorkloadSpec(**{"arrivals": "constant:1", **spec})


def test_a_workload_can_be_sent_to_another_process():
    spec = WorkloadSpec(arrivals="poisson:5", isl="uniform(1,9)", prefix="16:2")
    assert pickle.loads(pickle.dumps(spec)) == spec
