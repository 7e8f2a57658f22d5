"""Planners follow Dynamo's thresholds by hand, rise with load, and do not flap where it stays."""

from collections.abc import Callable, Iterable
from itertools import pairwise
from math import ceil, inf
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.chance import Chance
from fakeai.sim.planner import Capacity, Desired, LoadPlanner, Observation, Planner, PlannerConfig, SlaPlanner
from fakeai.sim.types import StepShape, WorkerView

CONTEXT = 1000


def worker(prefill: float = 0.0, fill: float = 0.0) -> WorkerView:
    """A worker by fractions of the context to compute, and of its blocks held."""
    return WorkerView(0, int(prefill * CONTEXT), int(fill * 100), 0, 0, 100, 0, 256)


def both(*fills: float) -> Observation:
    return Observation((), [worker(fill=fill) for fill in fills])


def apart(queues: Iterable[float], fills: Iterable[float]) -> Observation:
    return Observation([worker(q) for q in queues], [worker(fill=f) for f in fills])


def load(target: Literal["throughput", "latency"] = "throughput", **rest: Any) -> LoadPlanner:
    return LoadPlanner(PlannerConfig(target=target, **rest), CONTEXT)


@pytest.mark.parametrize(
    ("target", "seen", "wanted"),
    [
        ("throughput", both(0.9, 1.01), Desired(0, 3)),
        ("throughput", both(0.9, 1.0), Desired(0, 2)),
        ("throughput", both(0.59, 0.3), Desired(0, 1)),
        ("throughput", both(0.59, 0.6), Desired(0, 2)),
        ("throughput", both(0.59, 0.59), Desired(0, 2)),  # one would be at 118 % and ask for the other back
        ("throughput", both(0.1), Desired(0, 1)),
        ("latency", both(0.41, 0.1), Desired(0, 3)),
        ("latency", both(0.4, 0.1), Desired(0, 2)),
        ("latency", both(0.09, 0.09), Desired(0, 1)),
        ("throughput", apart([1.0, 0.0], [0.7, 0.7]), Desired(3, 2)),
        ("throughput", apart([0.99, 0.0], [0.7, 0.7]), Desired(2, 2)),
        ("throughput", apart([0.09, 0.0], [0.3, 0.3]), Desired(1, 1)),
        ("throughput", apart([0.1, 0.0], [0.3, 1.2]), Desired(2, 3)),
        ("latency", apart([0.1, 0.0], [0.2]), Desired(3, 1)),
        ("latency", apart([0.0, 0.0], [0.2]), Desired(1, 1)),
        ("latency", apart([0.05, 0.0], [0.2]), Desired(2, 1)),
    ],
)
def test_load_follows_dynamos_thresholds(
    target: Literal["throughput", "latency"], seen: Observation, wanted: Desired
) -> None:
    assert load(target).observe(0.0, seen) == wanted


def test_decisions_wait_for_the_interval_and_for_the_change_before() -> None:
    planner = load()
    assert planner.observe(0.0, both(1.5)) == (0, 2)
    assert planner.next_at == 5.0
    assert planner.observe(4.0, both(1.5, 1.5)) == (0, 2)
    assert planner.observe(5.0, both(1.5)) == (0, 2), "the second worker is still starting"
    assert planner.observe(10.0, both(1.5, 1.5)) == (0, 3)


def test_a_worker_that_is_lost_is_asked_for_again() -> None:
    planner = load()
    assert planner.observe(0.0, both(0.7, 0.7)) == (0, 2)
    assert planner.observe(5.0, both(0.9)) == (0, 2)


@given(
    st.lists(st.lists(st.floats(0.0, 3.0), min_size=1, max_size=9), max_size=12),
    st.integers(1, 3),
    st.integers(0, 5),
    st.integers(1, 3),
)
def test_wanted_counts_stay_in_bounds_and_move_by_the_cap(
    fills: list[list[float]], low: int, more: int, cap: int
) -> None:
    planner = load(min_workers=low, max_workers=low + more, max_change=cap)
    last: int | None = None
    for i, seen in enumerate(fills):
        wanted = planner.observe(5.0 * i, both(*seen)).decode
        assert low <= wanted <= low + more
        if last is not None:
            assert abs(wanted - last) <= cap
        last = wanted


def run(planner: Planner, work: Callable[[float], float], start: int, startup: int = 2, ticks: int = 80) -> list[int]:
    """Counts over time of a cluster whose workers take `startup` intervals to start and share `work` evenly."""
    ready, starting, counts = start, [], []
    for tick in range(ticks):
        now = 5.0 * tick
        ready += sum(at <= tick for at in starting)
        starting = [at for at in starting if at > tick]
        wanted = planner.observe(now, both(*[work(now) / ready] * ready)).decode
        starting += [tick + startup] * (wanted - ready - len(starting))
        ready = min(ready, wanted)
        counts.append(ready)
    return counts


@pytest.mark.parametrize("target", ["throughput", "latency"])
@given(work=st.floats(0.0, 8.0), start=st.integers(1, 12))
def test_constant_load_does_not_make_the_count_swing(
    target: Literal["throughput", "latency"], work: float, start: int
) -> None:
    counts = run(load(target), lambda now: work, start)
    moves = [b - a for a, b in pairwise(counts) if a != b]
    assert not (any(move > 0 for move in moves) and any(move < 0 for move in moves))
    assert len(set(counts[60:])) == 1


def test_rising_load_adds_workers_and_falling_load_takes_them_away() -> None:
    counts = run(load(), lambda now: 0.5 + now / 100 if now < 400 else 0.5, 1, ticks=160)
    assert counts[0] == 1
    assert counts[79] >= 4
    assert counts[79] == max(counts)
    assert counts[-1] == 1


class Linear:
    """2 ms, 0.1 ms a decoding sequence, 1 ms a thousand tokens attended to, 0.1 ms a prompt token."""

    def seconds(self, shape: StepShape) -> float:
        return 2e-3 + 1e-4 * shape.decodes + 1e-6 * shape.decode_kv + 1e-4 * shape.prefill_tokens

    def decode_seconds(self, decodes: int, kv: Any) -> Any:
        return np.array([self.seconds(StepShape(decodes, int(k))) for k in kv])


def capacity(itl_s: float = 0.05, max_running: int = 256, kv_tokens: int = 10**9) -> Capacity:
    return Capacity(Linear(), PlannerConfig(itl_s=itl_s), max_running=max_running, kv_tokens=kv_tokens)


def test_an_engines_capacity_by_hand() -> None:
    assert capacity().prefill(980.0) == pytest.approx((10.0, 0.1))
    # 2 + 0.1 n + 0.9 n ms within 50 ms: 48 sequences in 50 ms a token; outputs of 100 tokens.
    assert capacity().decode(900.0, 100.0) == pytest.approx(48 / 5.0)
    assert capacity(max_running=8).decode(900.0, 100.0) == pytest.approx(8 / 1.0)
    assert capacity(kv_tokens=9000).decode(900.0, 100.0) == pytest.approx(10 / 1.2)
    assert capacity(itl_s=0.001).decode(900.0, 100.0) == pytest.approx(1 / 0.3)
    # Prompts of 80 tokens, 10 ms each: 2 + 1 n + 0.1 n ms within 50 ms: 43 sequences in 49.3 ms.
    assert capacity().both(80.0, 900.0, 100.0) == pytest.approx(43 / 4.93)


@given(st.floats(1, 4000), st.floats(1, 500), st.integers(1, 64), st.integers(100, 100_000), st.floats(1e-3, 0.2))
def test_capacity_agrees_with_a_search_of_every_batch(
    context: float, output: float, running: int, kv_tokens: int, itl_s: float
) -> None:
    batches = [n for n in range(1, running + 1) if n == 1 or n * context <= kv_tokens]
    times = {n: Linear().seconds(StepShape(n, round(n * context))) for n in batches}
    best = max((n for n in batches if times[n] <= itl_s), default=1)
    found = capacity(itl_s, running, kv_tokens).decode(context, output)
    assert found == pytest.approx(best / output / times[best])


def traffic(requests: int, ready: int, prefill: int = 0) -> Observation:
    """Requests so far of 900 + 80 prompt tokens (900 cached) and 100 output tokens."""
    views = [worker()]
    return Observation(views * prefill, views * ready, requests, 980 * requests, 900 * requests, 100 * requests)


def sla(**rest: Any) -> SlaPlanner:
    return SlaPlanner(PlannerConfig(max_change=100, **rest), capacity())


def test_the_service_level_takes_demand_over_capacity_workers() -> None:
    rate = capacity().both(80.0, 1030.0, 100.0)
    planner = sla()
    assert planner.observe(0.0, traffic(0, 1)) == (0, 1)
    assert planner.observe(5.0, traffic(200, 1)) == (0, ceil(40.0 / rate))


def test_prefill_and_decode_are_counted_apart() -> None:
    planner = sla()
    planner.observe(0.0, traffic(0, 1, 1))
    wanted = planner.observe(5.0, traffic(1000, 1, 1))
    assert wanted == (ceil(200 * 0.010), ceil(200 / capacity().decode(1030.0, 100.0)))


def test_a_prompt_slower_than_the_level_asks_for_as_many_workers_as_it_is_over() -> None:
    planner = sla(ttft_s=0.003)
    planner.observe(0.0, traffic(0, 1, 1))
    assert planner.observe(5.0, traffic(5, 1, 1)).prefill == ceil(0.010 / 0.003)


def test_no_demand_leaves_the_least() -> None:
    planner = sla(min_workers=2)
    planner.observe(0.0, traffic(10, 5))
    assert planner.observe(5.0, traffic(10, 5)) == (0, 2)


@given(st.floats(5.0, 60.0), st.integers(0, 99))
def test_demand_that_varies_by_little_does_not_make_the_count_swing(rps: float, seed: int) -> None:
    planner, chance = sla(), Chance(seed)
    requests, ready, counts = 0.0, 1, []
    for tick in range(40):
        ready = planner.observe(5.0 * tick, traffic(round(requests), ready)).decode
        counts.append(ready)
        requests += 5.0 * rps * (0.97 + 0.06 * chance.unit())
    assert sum(a != b for a, b in pairwise(counts[3:])) <= 1  # up, once the highest was seen


def test_rising_demand_adds_workers_in_steps_of_the_cap() -> None:
    planner = SlaPlanner(PlannerConfig(max_change=2, max_workers=6), capacity())
    requests, ready, counts = 0.0, 1, []
    for tick in range(12):
        ready = planner.observe(5.0 * tick, traffic(round(requests), ready)).decode
        counts.append(ready)
        requests += 5.0 * 10 * tick
    assert counts == sorted(counts)
    assert counts[-1] == 6
    assert max(b - a for a, b in pairwise(counts)) == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"min_workers": 0}, "workers are at least 1"),
        ({"min_workers": 9, "max_workers": 8}, "not 9 to 8"),
        ({"max_change": 0}, "max_change is at least 1"),
        ({"target": "speed"}, "target is throughput or latency, not 'speed'"),
        ({"interval_s": 0.0}, "interval_s is above 0"),
        ({"itl_s": inf}, "itl_s is above 0"),
        ({"margin": -0.1}, "margin is a number from 0 on"),
    ],
)
def test_values_out_of_range_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        PlannerConfig(**wrong)


def test_a_context_without_tokens_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 token"):
        LoadPlanner(PlannerConfig(), 0)
