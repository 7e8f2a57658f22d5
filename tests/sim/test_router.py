"""Policies choose known workers, repeat themselves under the same chance, and cost what Dynamo's formulas say."""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from math import exp
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.chance import Chance
from fakeai.sim.router import MAX_AFFINITIES, KvAware, Policy, RouterConfig
from fakeai.sim.spec import ROUTERS, find
from fakeai.sim.types import Busy, Choice, Overlap, SimRequest, WorkerView

NAMES = [name for name, _ in ROUTERS]
POOLS = ["both", "prefill", "decode"]


def request(tokens: int = 64, affinity: str = "") -> SimRequest:
    return SimRequest("r", tokens, 1, affinity=affinity)


def view(worker: int, prefill: int = 0, decode: int = 0, running: int = 0, waiting: int = 0) -> WorkerView:
    return WorkerView(worker, prefill, decode, running, waiting, 100, 0, 256)


views = st.lists(
    st.builds(view, *[st.integers(0, n) for n in (9, 300, 200, 20, 20)]),
    min_size=1,
    max_size=6,
    unique_by=lambda v: v.id,
)
overlaps = st.dictionaries(st.integers(0, 9), st.builds(Overlap, st.integers(0, 6), st.integers(0, 6)))
requests = st.builds(request, st.integers(1, 200), st.sampled_from(["", "", "a", "b"]))
configs = st.builds(
    RouterConfig,
    temperature=st.sampled_from([0.0, 0.5, 1e-300]),
    overlap_score_credit=st.sampled_from([0.0, 1.0]),
    overlap_score_credit_decay=st.sampled_from([0.0, 2.0]),
    cost=st.sampled_from(["sum", "lmetric"]),
    active_decode_blocks_threshold=st.sampled_from([None, 0.9]),
    active_prefill_tokens_threshold=st.sampled_from([None, 150]),
)
situations = st.lists(st.tuples(requests, views, overlaps), max_size=8)


def made(name: str, config: RouterConfig | None = None, pool: str = "both", seed: str = "s") -> Any:
    return find("router", ROUTERS, name)(config or RouterConfig(), 16, Chance(seed), pool)


def answers(
    policy: Policy, asked: Sequence[tuple[SimRequest, Sequence[WorkerView], Mapping[int, Overlap]]]
) -> list[Choice | None]:
    found: list[Choice | None] = []
    for wanted, seen, held in asked:
        try:
            found.append(policy.choose(wanted, seen, held, 0.0))
        except Busy:
            found.append(None)
    return found


@pytest.mark.parametrize("name", NAMES)
@given(config=configs, pool=st.sampled_from(POOLS), asked=situations)
def test_every_policy_chooses_a_known_worker_and_repeats_itself(
    name: str, config: RouterConfig, pool: str, asked: list[tuple[SimRequest, list[WorkerView], dict[int, Overlap]]]
) -> None:
    first = answers(made(name, config, pool), asked)
    assert first == answers(made(name, config, pool), asked)
    for choice, (wanted, seen, held) in zip(first, asked, strict=True):
        quiet = [v.id for v in seen if not busy(v, config)]
        if choice is None:
            assert not quiet
            continue
        assert choice.worker in (quiet if not wanted.affinity else [v.id for v in seen])
        assert (choice.overlap_blocks, choice.host_blocks) == held.get(choice.worker, (0, 0))
        assert len(choice.costs) in (0, len(seen))


def busy(seen: WorkerView, config: RouterConfig) -> bool:
    blocks, tokens = config.active_decode_blocks_threshold, config.active_prefill_tokens_threshold
    return (blocks is not None and seen.decode_blocks > blocks * 100) or (
        tokens is not None and seen.active_prefill_tokens > tokens
    )


@pytest.mark.parametrize("name", NAMES)
@given(seen=st.lists(views, min_size=1, max_size=8))
def test_requests_of_one_affinity_stay_while_their_worker_is_there(name: str, seen: list[list[WorkerView]]) -> None:
    policy = made(name)
    home: int | None = None
    for now in seen:
        chosen = policy.choose(request(affinity="talk"), now, {}, 0.0).worker
        if home in [v.id for v in now]:
            assert chosen == home
        home = chosen


@pytest.mark.parametrize("name", NAMES)
def test_a_policy_that_needs_no_views_only_looks_at_ids(name: str) -> None:
    policy, blind = made(name), made(name)
    full = [view(w, 10 * w, 5, w, 1) for w in range(4)]
    bare = [view(w) for w in range(4)]
    if not policy.needs_views:
        for _ in range(20):
            assert policy.choose(request(), full, {}, 0.0) == blind.choose(request(), bare, {}, 0.0)
    assert made(name, RouterConfig(active_prefill_tokens_threshold=5)).needs_views
    assert policy.needs_views == (name not in ("round-robin", "random"))
    assert policy.needs_overlap == (name == "kv")


@pytest.mark.parametrize("name", NAMES)
def test_a_request_is_shed_when_all_workers_are_busy_or_none_is_there(name: str) -> None:
    policy = made(name, RouterConfig(active_decode_blocks_threshold=0.5))
    with pytest.raises(Busy, match="all 2 workers are busy"):
        policy.choose(request(), [view(0, decode=51), view(1, decode=60)], {}, 0.0)
    assert policy.choose(request(), [view(0, decode=51), view(1, decode=50)], {}, 0.0).worker == 1
    with pytest.raises(Busy, match="there is no worker"):
        policy.choose(request(), [], {}, 0.0)


@given(config=configs, asked=situations)
def test_without_temperature_the_kv_policy_takes_a_lowest_cost(
    config: RouterConfig, asked: list[tuple[SimRequest, list[WorkerView], dict[int, Overlap]]]
) -> None:
    policy = made("kv", config)
    for wanted, seen, held in asked:
        free = [v for v in seen if not busy(v, config)]
        if wanted.affinity or not free or config.temperature:
            continue
        choice = policy.choose(wanted, seen, held, 0.0)
        by_id = {v.id: cost for v, cost in zip(seen, choice.costs, strict=True)}
        assert by_id[choice.worker] == min(by_id[v.id] for v in free)


def costs(
    config: RouterConfig, seen: list[WorkerView], held: dict[int, Overlap], tokens: int = 160, pool: str = "both"
) -> Any:
    policy = KvAware(config, 16, Chance(0), pool)  # type: ignore[arg-type]
    return policy.costs(request(tokens), seen, range(len(seen)), held)


def test_costs_are_those_of_dynamos_own_example() -> None:
    """Its documentation: 10 blocks of prompt; overlap 2, 5, 8; decode 10, 5, 9 → 18, 10, 11.

    There the decode blocks are given with the request's own 10, which are added here to what the worker has.
    """
    seen = [view(1, decode=0), view(2, decode=0), view(3, decode=0)]
    held = {1: Overlap(2), 2: Overlap(5), 3: Overlap(8)}
    assert costs(RouterConfig(), seen, held) == (18.0, 15.0, 12.0)
    seen = [view(1, decode=10), view(2, decode=5), view(3, decode=9)]
    assert [c - 10 for c in costs(RouterConfig(), seen, held)] == [18.0, 10.0, 11.0]


def test_each_term_of_the_cost_by_hand() -> None:
    seen = [view(0, prefill=32, decode=4, running=2, waiting=1), view(1, prefill=352)]
    held = {0: Overlap(3, 4), 1: Overlap(5)}
    # Worker 0: raw (32 + 160) / 16 = 12 blocks, credit 3 + 0.75 · 4 = 6; decode 4 + 10.
    # Worker 1: raw (352 + 160) / 16 = 32 blocks, credit 5; decode 0 + 10.
    assert costs(RouterConfig(), seen, held) == (20.0, 37.0)
    assert costs(RouterConfig(prefill_load_scale=2.0), seen, held) == (26.0, 64.0)
    assert costs(RouterConfig(decode_active_request_weight=1.5), seen, held) == (24.5, 37.0)
    assert costs(RouterConfig(cost="lmetric"), seen, held) == (6.0 * 15, 27.0 * 11)
    assert costs(RouterConfig(overlap_score_credit=0.0), seen, held) == (23.0, 42.0)
    assert costs(RouterConfig(host_cache_hit_weight=0.0), seen, held) == (23.0, 37.0)
    assert costs(RouterConfig(track_prefill_tokens=False), seen, held) == (14.0, 10.0)
    assert costs(RouterConfig(track_active_blocks=False), seen, held) == (6.0, 27.0)
    # Worker 1 has 320 tokens = 20 blocks more to compute than worker 0, twice the prompt: its credit is 5 / (1 + 2).
    assert costs(RouterConfig(overlap_score_credit_decay=1.0), seen, held) == pytest.approx((20.0, 42.0 - 5 / 3))
    assert costs(RouterConfig(), seen, held, pool="prefill") == (6.0, 27.0)
    assert costs(RouterConfig(decode_active_request_weight=1.0), seen, held, pool="decode") == (14 - 6 + 3.0, 10 - 5.0)
    assert costs(RouterConfig(), [view(0)], {0: Overlap(30)}) == (10.0,)


def test_temperature_draws_with_softmax_weights_over_the_range_of_costs() -> None:
    policy = made("kv", RouterConfig(temperature=0.5))
    seen = [view(0, decode=0), view(1, decode=10), view(2, decode=20)]
    drawn = Counter(policy.choose(request(), seen, {}, 0.0).worker for _ in range(20_000))
    weights = [exp(-d / (20 * 0.5)) for d in (0, 10, 20)]
    for worker, weight in enumerate(weights):
        assert drawn[worker] / 20_000 == pytest.approx(weight / sum(weights), abs=0.015)


def test_equals_are_drawn_evenly() -> None:
    for name in ("kv", "least-loaded", "random"):
        policy = made(name)
        seen = [view(7, running=1), view(8, running=1), view(9, running=1)]
        drawn = Counter(policy.choose(request(), seen, {}, 0.0).worker for _ in range(6000))
        assert all(count == pytest.approx(2000, abs=200) for count in drawn.values()), name


def test_round_robin_takes_turns() -> None:
    policy = made("round-robin")
    seen = [view(3), view(5), view(6)]
    assert [policy.choose(request(), seen, {}, 0.0).worker for _ in range(7)] == [3, 5, 6, 3, 5, 6, 3]


def test_least_loaded_counts_running_and_waiting() -> None:
    seen = [view(0, running=3, waiting=0), view(1, running=1, waiting=1), view(2, running=0, waiting=3)]
    assert made("least-loaded").choose(request(), seen, {}, 0.0).worker == 1


def test_power_of_two_never_takes_the_fullest_and_looks_at_every_pair() -> None:
    seen = [view(w, running=w) for w in range(4)]
    policy = made("power-of-two")
    drawn = Counter(policy.choose(request(), seen, {}, 0.0).worker for _ in range(6000))
    pairs = Counter(min(pair) for pair in itertools.combinations(range(4), 2))
    assert drawn[3] == 0
    for worker in range(3):
        assert drawn[worker] / 6000 == pytest.approx(pairs[worker] / 6, abs=0.03)


def test_affinities_are_forgotten_from_the_oldest() -> None:
    policy = made("round-robin")
    seen = [view(0), view(1)]
    assert policy.choose(request(affinity="first"), seen, {}, 0.0).worker == 0
    for i in range(MAX_AFFINITIES):
        policy.choose(request(affinity=f"{i}"), seen, {}, 0.0)
        if i == MAX_AFFINITIES // 2:
            assert policy.choose(request(affinity="first"), seen, {}, 0.0).worker == 0
    assert len(policy._kept) == MAX_AFFINITIES
    assert "first" in policy._kept
    assert "0" not in policy._kept


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"temperature": -1.0}, "temperature is a number from 0 on, not -1.0"),
        ({"prefill_load_scale": float("nan")}, "prefill_load_scale is a number from 0 on, not nan"),
        ({"active_prefill_tokens_threshold": -5}, "active_prefill_tokens_threshold is a number from 0 on, not -5"),
        ({"cost": "l"}, "cost is sum or lmetric, not 'l'"),
    ],
)
def test_parameters_out_of_range_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        RouterConfig(**wrong)


def test_a_block_without_tokens_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 token"):
        KvAware(RouterConfig(), 0, Chance(0))


def test_an_unknown_policy_is_refused_with_the_closest_known() -> None:
    with pytest.raises(ValueError, match="did you mean 'round-robin'"):
        find("router", ROUTERS, "roundrobin")
