"""Clusters: where requests go, what is handed over, and that nothing is lost on the way."""

from math import inf
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.sim.cluster import Cluster
from fakeai.sim.planner import LoadPlanner, PlannerConfig
from fakeai.sim.router import KvAware, LeastLoaded, RoundRobin, RouterConfig
from fakeai.sim.scaling import Scaler
from fakeai.sim.transfer import Link
from fakeai.sim.types import Busy, WorkerView
from tests.sim.engines import Notes, cluster, prompt, step_by_step

WAKE = 1e-4
BLOCK = 1_000_000
"""Bytes of a block."""


def split(notes: Notes, *, bytes_per_s: float = 100e6, **options: Any) -> Cluster:
    return cluster(
        notes=notes, prefill_workers=1, link=Link(bytes_per_s), block_bytes=BLOCK, router=LeastLoaded, **options
    )


def test_workers_take_turns():
    notes = Notes()
    made = cluster(workers=3, notes=notes)
    for n in range(6):
        made.submit(prompt(str(n), 4, 2), 0.0)
    made.advance(inf)
    assert [notes.ended_by_id[str(n)].worker for n in range(6)] == [0, 1, 2, 0, 1, 2]


def test_a_prompt_goes_where_its_beginning_is():
    notes = Notes()
    made = cluster(workers=4, notes=notes, router=KvAware)
    made.submit(prompt("a", 40, 2, shared=40), 0.0)
    made.submit(prompt("b", 40, 2), 1.0)
    made.submit(prompt("c", 44, 2, shared=40), 2.0)
    made.advance(inf)
    first, again = notes.ended_by_id["a"], notes.ended_by_id["c"]
    assert again.worker == first.worker
    assert again.cached_tokens == 40
    _, choice, best = notes.routes[-1]
    assert (choice.overlap_blocks, best) == (10, 10)
    assert len(choice.costs) == 4


def test_a_straggler_takes_longer():
    notes, slow = Notes(), Notes()
    cluster(notes=notes).submit(prompt("a", 4, 5), 0.0)
    for one, speed in ((notes, 1.0), (slow, 0.5)):
        made = cluster(notes=one, speed=speed)
        made.submit(prompt("a", 4, 5), 0.0)
        made.advance(inf)
    assert slow.ended_by_id["a"].last_token == pytest.approx(WAKE + 2 * (notes.ended_by_id["a"].last_token - WAKE))


def test_a_prompt_is_computed_here_and_decoded_there():
    notes = Notes()
    made = split(notes)
    made.submit(prompt("a", 12, 3), 0.0)
    made.advance(inf)
    one = notes.ended_by_id["a"]
    prefilled = WAKE + 0.01 + 12e-4
    asked = prefilled + WAKE  # the decode worker wakes up
    landed = asked + 3 * BLOCK / 100e6
    assert one.transfer_s == pytest.approx(landed - asked)
    assert one.first_token == pytest.approx(landed + WAKE * 0 + 0.01 + 1e-4, abs=2e-4)
    assert one.made == 3
    assert one.worker == 1
    assert [worker.engine.pool.used for worker in made.workers.values()] == [0, 0]


def test_transfers_share_the_link():
    alone, both = Notes(), Notes()
    made = split(alone)
    made.submit(prompt("a", 40, 2), 0.0)
    made.advance(inf)
    made = split(both, max_num_batched_tokens=80)
    made.submit(prompt("a", 40, 2), 0.0)
    made.submit(prompt("b", 40, 2), 0.0)
    made.advance(inf)
    assert both.ended_by_id["b"].transfer_s == pytest.approx(2 * alone.ended_by_id["a"].transfer_s, rel=0.05)


def test_a_request_may_be_cancelled_while_its_blocks_are_under_way():
    notes = Notes()
    made = split(notes, bytes_per_s=1e6)
    made.submit(prompt("a", 12, 3), 0.0)
    made.advance(0.05)
    made.cancel("a", 0.05)
    made.advance(inf)
    assert notes.ended_by_id["a"].reason == "abort"
    assert [worker.engine.pool.used for worker in made.workers.values()] == [0, 0]
    assert made.next_at() is None


def test_a_lost_worker_s_requests_go_on_elsewhere_with_what_they_have_made():
    notes = Notes()
    made = cluster(workers=2, notes=notes)
    made.submit(prompt("a", 8, 30), 0.0)
    made.advance(0.1)
    before = made.progress(made.current("a"))
    assert before > 1
    made.fail(0, 0.1)
    made.advance(inf)
    one = notes.ended_by_id["a"]
    assert (one.worker, one.made, one.preemptions) == (1, 30, 1)
    assert (0.1, 0, "gone") in notes.changes
    assert sum(tokens for *_, tokens, _ in notes.steps) == 30


def test_without_workers_requests_are_shed():
    made = cluster(workers=1)
    made.fail(0, 0.0)
    with pytest.raises(Busy):
        made.submit(prompt("a", 4, 2), 0.0)


def test_requests_wait_for_the_first_worker_to_start():
    notes = Notes()
    made = cluster(workers=1, notes=notes, startup_s=3.0)
    made.fail(0, 0.0)
    made.add("both")
    made.submit(prompt("a", 4, 2), 1.0)
    made.advance(inf)
    assert notes.ended_by_id["a"].scheduled == pytest.approx(3.0 + WAKE)


def test_a_draining_worker_finishes_what_it_has_and_goes():
    notes = Notes()
    made = cluster(workers=2, notes=notes)
    made.submit(prompt("a", 4, 20), 0.0)
    made.drain(0, 0.01)
    for n in range(3):
        made.submit(prompt(str(n), 4, 2), 0.02)
    made.advance(inf)
    assert {notes.ended_by_id[str(n)].worker for n in range(3)} == {1}
    assert notes.ended_by_id["a"].made == 20
    assert list(made.workers) == [1]


def test_a_sleeping_worker_makes_nothing_and_goes_on_when_woken():
    notes = Notes()
    made = cluster(workers=1, notes=notes)
    made.submit(prompt("a", 4, 20), 0.0)
    made.pause([0], 0.1, asleep=True)
    made.advance(5.0)
    stopped = len(notes.steps)
    made.pause([0], 5.0, asleep=False)
    made.advance(inf)
    assert notes.steps[stopped - 1][2] < 0.2
    assert notes.ended_by_id["a"].last_token > 5.0
    assert notes.ended_by_id["a"].made == 20


def test_a_planner_adds_workers_under_load_and_takes_them_away_after():
    notes = Notes()
    made = cluster(workers=1, notes=notes, startup_s=2.0, max_num_seqs=4)
    made._scaler = made._watch._scaler = Scaler(LoadPlanner(PlannerConfig(max_workers=4), 256))
    for n in range(150):
        made.submit(prompt(str(n), 60, 30), n * 0.05)
    most = len(made.workers)
    made.advance(300.0)
    assert most > 1
    assert len(made.workers) == 1
    assert len(notes.ended_by_id) == 150
    assert {one.made for one in notes.ended_by_id.values()} == {30}


def test_cancelling_finds_the_request_where_it_has_gone_meanwhile():
    notes = Notes()
    made = split(notes)
    made.submit(prompt("a", 12, 30), 0.0)
    made.cancel("a", 0.1)  # nobody has asked for the time in between: by now it decodes
    made.advance(inf)
    one = notes.ended_by_id["a"]
    assert (one.worker, one.reason) == (1, "abort")
    assert 1 < one.made < 30
    assert [worker.engine.pool.used for worker in made.workers.values()] == [0, 0]


@pytest.mark.parametrize("what", ["cancel", "lose the decode worker", "lose the prefill worker"])
def test_a_transfer_that_is_broken_off_took_the_time_it_took(what):
    notes = Notes()
    made = split(notes, bytes_per_s=1e6, workers=2)
    made.submit(prompt("a", 12, 3), 0.0)
    made.advance(0.5)
    if what == "cancel":
        made.cancel("a", 1.0)
    else:
        made.fail(made.current("a").worker if "decode" in what else 0, 1.0)
    made.advance(inf)
    asked = WAKE + 0.01 + 12e-4 + WAKE
    whole = 3 * BLOCK / 1e6 if what == "lose the decode worker" else 0
    if whole:  # computed and sent again, to the other one
        assert notes.ended_by_id["a"].made == 3
        assert notes.ended_by_id["a"].transfer_s == pytest.approx(1.0 - asked + whole, abs=1e-3)
    else:
        assert notes.ended_by_id["a"].transfer_s == pytest.approx(1.0 - asked)
        assert notes.ended_by_id["a"].reason == "abort"


def test_a_prompt_that_waits_for_a_decode_worker_is_lost_with_its_own_and_computed_once_more():
    notes = Notes()
    made = cluster(
        notes=notes, prefill_workers=2, link=Link(100e6), block_bytes=BLOCK, router=LeastLoaded, startup_s=1.0
    )
    made.fail(2, 0.0)
    made.add("decode")
    made.submit(prompt("a", 12, 3), 0.0)
    made.advance(0.5)
    made.fail(made.current("a").worker, 0.5)
    made.advance(inf)
    assert list(notes.ended_by_id) == ["a"]  # `Notes` allows no second end
    assert notes.ended_by_id["a"].made == 3
    assert {worker.engine.pool.used for worker in made.workers.values()} == {0}


def test_workers_that_wake_up_together_share_what_has_waited():
    notes = Notes()
    made = cluster(workers=3, notes=notes)
    made.pause(made.workers, 0.0, asleep=True)
    for n in range(6):
        made.submit(prompt(str(n), 4, 2), 0.0)
    made.pause(made.workers, 1.0, asleep=False)
    made.advance(inf)
    assert [notes.ended_by_id[str(n)].worker for n in range(6)] == [0, 1, 2, 0, 1, 2]


def test_adapters_that_are_loaded_to_stay_are_on_workers_that_start_later():
    made = cluster(workers=1, startup_s=1.0, max_loras=2)
    made.load_lora("rhymes")
    made.add("both")
    assert [list(worker.engine.loras) for worker in made.workers.values()] == [["rhymes"], ["rhymes"]]
    made.unload_lora("rhymes")
    made.add("both")
    assert [list(worker.engine.loras) for worker in made.workers.values()] == [[], [], []]


def test_who_waits_for_sleepers_goes_to_a_worker_that_is_there_at_once():
    notes = Notes()
    made = cluster(workers=1, notes=notes)
    made.pause([0], 0.0, asleep=True)
    made.submit(prompt("a", 4, 2), 0.0)
    made.add("both")
    made.advance(10.0)
    assert notes.ended_by_id["a"].worker == 1


def test_a_worker_that_starts_while_all_sleep_sleeps_too():
    notes = Notes()
    made = cluster(workers=1, notes=notes, startup_s=1.0)
    made.add("both")
    made.pause(made.workers, 0.5, asleep=True, finish=True)
    made.submit(prompt("a", 4, 2), 0.6)
    made.advance(5.0)
    assert [worker.state for worker in made.workers.values()] == ["asleep", "asleep"]
    assert not notes.steps
    made.pause(made.workers, 5.0, asleep=False)
    made.advance(9.0)
    assert notes.ended_by_id["a"].scheduled > 5.0
    made.add("both")
    made.pause(made.workers, made.now, asleep=True)
    made.pause(made.workers, made.now, asleep=False)
    made.advance(made.now + 2.0)
    assert [worker.state for worker in made.workers.values()] == ["ready"] * 3


@pytest.mark.parametrize("startup_s", [0.0, 1.0])
def test_a_worker_added_while_all_sleep_sleeps_too(startup_s):
    notes = Notes()
    made = cluster(workers=1, notes=notes, startup_s=startup_s)
    made.pause(None, 0.0, asleep=True)
    made.add("both")
    made.submit(prompt("a", 4, 2), 0.5)
    made.advance(5.0)
    assert [worker.state for worker in made.workers.values()] == ["asleep", "asleep"]
    assert not notes.steps
    made.pause(None, 5.0, asleep=False)
    made.add("both")
    made.advance(9.0)
    assert notes.ended_by_id["a"].scheduled >= 5.0
    assert [worker.state for worker in made.workers.values()] == ["ready"] * 3


LOADS = st.lists(
    st.tuples(st.floats(0, 1.5, allow_nan=False), st.integers(1, 60), st.integers(1, 25), st.sampled_from([0, 16, 32])),
    min_size=1,
    max_size=20,
)
SPLITS = st.fixed_dictionaries(
    {
        "workers": st.integers(1, 3),
        "prefill_workers": st.sampled_from([0, 0, 1, 2]),
        "router": st.sampled_from([KvAware, LeastLoaded]),
        "blocks": st.sampled_from([24, 60]),
        "policy": st.sampled_from(["vllm", "sglang"]),
        "missing_only": st.booleans(),
        "max_num_batched_tokens": st.sampled_from([8, 64]),
    }
)


@settings(max_examples=80, deadline=None)
@given(LOADS, SPLITS)
def test_however_time_is_cut_the_same_happens(loads, options):
    stories = []
    for jump in (True, False):
        notes = Notes()
        made = cluster(notes=notes, link=Link(100e6), block_bytes=BLOCK, **options)
        for n, (at, tokens, output, shared) in enumerate(sorted(loads)):
            if not jump:
                step_by_step(made, at)
            made.submit(prompt(str(n), tokens, output, shared=shared), at)
        if jump:
            made.advance(inf)
        else:
            step_by_step(made)
        stories.append(notes.story())
    assert stories[0] == stories[1]


@settings(max_examples=120, deadline=None)
@given(
    LOADS, SPLITS, st.lists(st.tuples(st.floats(0, 2), st.sampled_from(["cancel", "fail", "drain", "add"])), max_size=5)
)
def test_whatever_happens_no_request_is_lost_and_no_block_kept(loads, options, shocks):
    notes = Notes()
    made = cluster(notes=notes, link=Link(100e6), block_bytes=BLOCK, startup_s=0.1, **options)
    happenings = [(at, n, size) for n, (at, *size) in enumerate(sorted(loads))]
    happenings += [(at, -1, what) for at, what in shocks]
    shed = set()
    for at, n, what in sorted(happenings, key=lambda one: one[0]):
        if n >= 0:
            tokens, output, shared = what
            try:
                made.submit(prompt(str(n), tokens, output, shared=shared), at)
            except Busy:
                shed.add(str(n))
            continue
        made.advance(at)
        ready = [one.id for one in made.workers.values() if one.state == "ready"]
        if what == "cancel":
            made.cancel("0", at)
        elif what == "add":
            made.add("decode" if made.disaggregated else "both")
        elif ready and what == "fail":
            made.fail(ready[-1], at)
        elif ready:
            made.drain(ready[0], at)
    made.advance(inf)
    asked = {str(n) for n in range(len(loads))}
    assert notes.ended_by_id.keys() == asked - shed
    assert all(one.made == one.request.output_tokens for one in notes.ended_by_id.values() if one.reason != "abort")
    for worker in made.workers.values():
        assert worker.engine.pool.used == worker.engine.pending_tokens == 0
    assert made.next_at() is None
    held = {worker for worker, *_ in notes.findable}
    assert held <= {change[1] for change in notes.changes}


def test_a_worker_that_wakes_begins_nothing_in_the_past():
    notes = Notes()
    engines = cluster(notes=notes)
    engines.submit(prompt("a", 8, 3), 0.0)
    engines.pause((0,), 0.0, asleep=True)
    engines.pause((0,), 5.0, asleep=False)
    step_by_step(engines)
    assert notes.ended_by_id["a"].scheduled == 5.0001
    assert min(start for _, start, _, _, _ in notes.steps) == 5.0001


class Crowded(RoundRobin):
    """Says that every worker is busy once two requests are on it."""

    def _busy(self, view: WorkerView) -> bool:
        return view.running + view.waiting >= 2


def crowded(_: RouterConfig, block_size: int, chance: Any) -> Crowded:
    return Crowded(RouterConfig(active_prefill_tokens_threshold=1), block_size, chance)


def test_requests_of_a_lost_worker_go_to_busy_ones_rather_than_nowhere():
    notes = Notes()
    engines = cluster(workers=2, notes=notes, router=crowded)
    for name in "abcd":
        engines.submit(prompt(name, 8, 20), 0.0)
    with pytest.raises(Busy):
        engines.submit(prompt("e", 8, 20), 0.0)
    engines.fail(0, 0.05)
    step_by_step(engines)
    assert {name: one.reason for name, one in notes.ended_by_id.items()} == dict.fromkeys("abcd", "stop")


def test_requests_that_waited_for_a_worker_are_not_shed_when_it_comes():
    notes = Notes()
    engines = cluster(workers=1, notes=notes, router=crowded)
    engines.pause((0,), 0.0, asleep=True, finish=True)
    for name in "abcd":
        engines.submit(prompt(name, 8, 20), 0.0)
    engines.pause((0,), 1.0, asleep=False)
    step_by_step(engines)
    assert {name: one.reason for name, one in notes.ended_by_id.items()} == dict.fromkeys("abcd", "stop")


def test_a_request_waits_for_the_worker_that_the_planner_brings_when_the_last_is_lost():
    notes = Notes()
    engines = cluster(notes=notes, startup_s=2.0)
    engines._scaler = engines._watch._scaler = Scaler(LoadPlanner(PlannerConfig(), 256))
    engines.advance(0.0)
    engines.submit(prompt("a", 8, 20), 0.0)
    engines.fail(0, 0.05)
    engines.submit(prompt("b", 8, 20), 0.06)
    engines.advance(60.0)
    assert {name: one.reason for name, one in notes.ended_by_id.items()} == {"a": "stop", "b": "stop"}
