"""What is done to workers while they work: which orders are taken, what becomes of their requests, how they are written."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.sim.orders import MAX_WORKERS, At, Order, OrderError, carry_out, read_at, read_speeds, told
from fakeai.sim.types import Busy

from .engines import Notes, cluster, prompt, step_by_step


def refused(made: Any, order: Order) -> tuple[str, str]:
    with pytest.raises(OrderError) as caught:
        carry_out(made, order, made.now)
    return caught.value.field, str(caught.value)


def test_a_slow_worker_takes_longer_from_its_next_step_on() -> None:
    notes = Notes()
    made = cluster(notes=notes)
    made.submit(prompt("a", 4, 5), 0.0)
    made.advance(0.02)  # in the first step that decodes
    before = len(notes.steps)
    carry_out(made, Order("slow", 0, speed=0.5), 0.02)
    made.advance(10.0)
    lengths = [round(end - start, 6) for _, start, end, _, _ in notes.steps]
    # 10 ms and 1 ms a sequence and 1 µs a token of context, of which there are 5 to 8
    assert before == 1
    assert lengths[1:] == [0.011005, 0.022012, 0.022014, 0.022016]


def test_a_speed_is_the_workers_own() -> None:
    made = cluster(workers=2)
    assert carry_out(made, Order("slow", 1, speed=0.25), 1.0).engine.speed == 0.25
    assert [one.engine.speed for one in made.workers.values()] == [1.0, 0.25]


def test_a_worker_is_added_and_ready_after_its_start_up() -> None:
    made = cluster(startup_s=5.0)
    worker = carry_out(made, Order("add"), 2.0)
    assert (worker.id, worker.role, worker.state, made.next_at()) == (1, "both", "starting", 7.0)
    made.advance(7.0)
    assert worker.state == "ready"


def test_the_requests_of_a_worker_that_fails_go_on_elsewhere_or_end() -> None:
    notes = Notes()
    made = cluster(workers=2, notes=notes)
    for number in range(4):
        made.submit(prompt(str(number), 8, 20), 0.0)
    assert carry_out(made, Order("fail", 0), 0.1).state == "gone"
    assert [len(one.engine.running) + len(one.engine.waiting) for one in made.workers.values()] == [4]
    carry_out(made, Order("fail", 1), 0.2)
    assert {(one.reason, 0 < one.made < 20) for one in notes.ended_by_id.values()} == {("abort", True)}
    with pytest.raises(Busy):
        made.submit(prompt("late", 8, 2), 0.3)


def test_a_drained_worker_finishes_and_goes() -> None:
    notes = Notes()
    made = cluster(workers=2, notes=notes)
    for number in range(4):
        made.submit(prompt(str(number), 8, 20), 0.0)
    assert carry_out(made, Order("drain", 0), 0.1).state == "draining"
    step_by_step(made)
    assert list(made.workers) == [1]
    assert {one.reason for one in notes.ended_by_id.values()} == {"stop"}


def test_a_worker_that_sleeps_finishes_what_it_has_and_gets_nothing_until_it_is_woken() -> None:
    notes = Notes()
    made = cluster(notes=notes)
    made.submit(prompt("a", 8, 3), 0.0)
    assert carry_out(made, Order("sleep", 0), 0.01).state == "asleep"
    made.submit(prompt("b", 8, 3), 0.02)
    made.advance(50.0)
    assert list(notes.ended_by_id) == ["a"]
    assert carry_out(made, Order("wake", 0), 60.0).state == "ready"
    made.advance(70.0)
    assert notes.ended_by_id["b"].first_token > 60.0


@pytest.mark.parametrize(
    ("order", "field", "message"),
    [
        (Order("fail", 7), "worker", "there is no worker 7: there are 0 to 1"),
        (Order("drain"), "worker", "'drain' needs 'worker'"),
        (Order("slow", 0), "speed", "'slow' needs 'speed'"),
        (Order("slow", 0, speed=0.0), "speed", "a speed is a number from 0.001 to 100, not 0"),
        (Order("slow", 0, speed=float("nan")), "speed", "a speed is a number from 0.001 to 100, not nan"),
        (Order("add", 3), "worker", "'add' has no use for 'worker'"),
        (Order("wake", 0, speed=1.0), "speed", "'wake' has no use for 'speed'"),
        (Order("fail", 0, "both"), "role", "'fail' has no use for 'role'"),
        (Order("add", role="decode"), "role", "a worker of this cluster is 'both', not 'decode'"),
        (Order("wake", 0), "action", "worker 0 is ready: 'wake' is for one that is asleep"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_does(order: Order, field: str, message: str) -> None:
    assert refused(cluster(workers=2), order) == (field, message)


def test_a_worker_of_a_split_cluster_needs_a_role() -> None:
    made = cluster(prefill_workers=1)
    assert refused(made, Order("add")) == (
        "role", "a worker of this cluster is 'prefill' or 'decode', not no role",
    )  # fmt: skip
    assert carry_out(made, Order("add", role="prefill"), 0.0).role == "prefill"


def test_there_is_an_end_to_adding() -> None:
    made = cluster(workers=1)
    made.workers |= dict.fromkeys(range(1, MAX_WORKERS), made.workers[0])
    assert refused(made, Order("add")) == ("action", "a cluster has at most 1024 workers")


def test_which_there_are_is_told_in_a_word_or_two() -> None:
    assert [told(each) for each in ((), (3,), (0, 1, 2), (0, 2))] == [
        "there are none", "there is 3", "there are 0 to 2", "there are 0, 2",
    ]  # fmt: skip


def test_orders_are_written_with_their_time() -> None:
    assert read_at("--fail", "fail", "1@30") == At(30.0, Order("fail", 1))
    assert read_at("--drain", "drain", "12@0.5") == At(0.5, Order("drain", 12))
    for wrong in ("", "1", "1@", "@3", "-1@3", "1@-3", "x@3", "1@inf", "1@nan", "1.5@3"):
        with pytest.raises(ValueError, match=r"--fail takes WORKER@SECONDS, as 1@30, not "):
            read_at("--fail", "fail", wrong)


def test_speeds_are_written_by_worker() -> None:
    assert read_speeds("stragglers", "0=0.5, 3=0.8") == {0: 0.5, 3: 0.8}
    assert read_speeds("stragglers", "") == {}
    for wrong in ("0", "0:0.5", "x=1", "-1=1", "0=x", "=1"):
        with pytest.raises(ValueError, match=r"stragglers takes WORKER=SPEED, as 0=0.5,3=0.8, not "):
            read_speeds("stragglers", wrong)
    with pytest.raises(ValueError, match=r"stragglers: a speed is a number from 0.001 to 100, not 0"):
        read_speeds("stragglers", "0=0.5,1=0")


ORDERS = st.lists(
    st.tuples(
        st.floats(0, 3, allow_nan=False),
        st.sampled_from(["add", "drain", "fail", "sleep", "wake", "slow"]),
        st.integers(0, 4),
        st.sampled_from([0.3, 0.7, 2.0]),
        st.sampled_from(["prefill", "decode"]),
    ),
    max_size=6,
)
ARRIVALS = st.lists(
    st.tuples(st.floats(0, 2, allow_nan=False), st.integers(1, 60), st.integers(1, 40), st.sampled_from([0, 16])),
    min_size=1,
    max_size=15,
)


def tale(arrivals: Any, orders: Any, split: bool, *, jump: bool) -> Any:
    notes = Notes()
    made = cluster(
        notes=notes, workers=2, prefill_workers=2 * split, startup_s=0.2, block_bytes=4096, blocks=40
    )  # fmt: skip
    events: list[Any] = [
        (at, 0, prompt(str(n), tokens, output, shared=shared))
        for n, (at, tokens, output, shared) in enumerate(arrivals)
    ]
    events += [(order[0], 1, order) for order in orders]
    outcomes = []
    for at, _, what in sorted(events, key=lambda event: event[:2]):
        if not jump:
            step_by_step(made, at)
        try:
            if isinstance(what, tuple) and not hasattr(what, "id"):
                _, action, worker, speed, role = what
                order = Order(
                    action,
                    None if action == "add" else worker,
                    (role if split else "both") if action == "add" else None,
                    speed if action == "slow" else None,
                )
                outcomes.append(carry_out(made, order, at).id)
            else:
                made.submit(what, at)
        except (Busy, OrderError) as error:
            outcomes.append(str(error))
    step_by_step(made) if not jump else made.advance(1e6)
    return made, notes, outcomes


@settings(max_examples=150, deadline=None)
@given(ARRIVALS, ORDERS, st.booleans())
def test_whatever_is_ordered_jumps_equal_steps_and_nothing_is_lost(arrivals: Any, orders: Any, split: bool) -> None:
    made, notes, outcomes = tale(arrivals, orders, split, jump=True)
    _, stepped, same = tale(arrivals, orders, split, jump=False)
    assert outcomes == same
    assert notes.story() == stepped.story()
    assert sorted(notes.steps) == sorted(stepped.steps)
    for one in notes.ended_by_id.values():
        assert one.reason == "abort" or one.made == one.request.output_tokens
    taken = len(arrivals) - outcomes.count("there is no worker")
    waiting = len(made._live)
    assert len(notes.ended_by_id) + waiting == taken
    assert not waiting or any(one.state == "asleep" for one in made.workers.values())
    for worker in made.workers.values():
        if worker.idle():
            assert worker.engine.pool.used == worker.engine.pending_tokens == 0
