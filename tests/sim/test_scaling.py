"""What a planner wants is carried out: workers start after their time, and the newest go first."""

from typing import Any

import pytest

from fakeai.sim.cluster import Cluster
from fakeai.sim.planner import Desired, Observation
from fakeai.sim.scaling import Scaler
from tests.sim.engines import Notes, cluster, prompt


class Told:
    """A planner that says what it is told to, at the times it is told to, and remembers what it saw."""

    def __init__(self, *wishes: tuple[float, Desired]) -> None:
        self._wishes = list(wishes)
        self.next_at = self._wishes[0][0]
        self.seen: list[tuple[float, Observation]] = []

    def observe(self, now: float, seen: Observation) -> Desired:
        self.seen.append((now, seen))
        _, wish = self._wishes.pop(0)
        self.next_at = self._wishes[0][0] if self._wishes else float("inf")
        return wish


def planned(*wishes: tuple[float, Desired], notes: Notes | None = None, **options: Any) -> tuple[Cluster, Told]:
    planner = Told(*wishes)
    made = cluster(notes=notes, **options)
    made._scaler = made._watch._scaler = Scaler(planner)
    return made, planner


def states(made: Cluster) -> list[tuple[int, str]]:
    return [(worker.id, worker.state) for worker in made.workers.values()]


def test_workers_are_added_after_their_time_and_counted_while_they_start():
    notes = Notes()
    made, planner = planned((1.0, Desired(0, 3)), (2.0, Desired(0, 3)), notes=notes, startup_s=5.0)
    made.advance(1.0)
    assert states(made) == [(0, "ready"), (1, "starting"), (2, "starting")]
    made.advance(2.0)
    assert len(made.workers) == 3
    made.advance(6.0)
    assert states(made) == [(0, "ready"), (1, "ready"), (2, "ready")]
    assert notes.changes[-2:] == [(6.0, 1, "ready"), (6.0, 2, "ready")]
    assert [at for at, _ in planner.seen] == [1.0, 2.0]
    assert [len(seen.decode) for _, seen in planner.seen] == [1, 1]


def test_the_newest_go_first_and_only_when_they_are_done():
    notes = Notes()
    made, _ = planned((0.05, Desired(0, 1)), notes=notes, workers=3)
    for n in range(3):
        made.submit(prompt(str(n), 4, 20), 0.0)
    made.advance(0.05)
    assert states(made) == [(0, "ready"), (1, "draining"), (2, "draining")]
    made.advance(10.0)
    assert states(made) == [(0, "ready")]
    assert [one.made for one in notes.ended_by_id.values()] == [20, 20, 20]


def test_a_worker_that_starts_is_not_waited_for_when_it_is_not_wanted_any_more():
    made, _ = planned((1.0, Desired(0, 2)), (2.0, Desired(0, 1)), startup_s=5.0)
    made.advance(2.0)
    assert states(made) == [(0, "ready")]
    assert made.next_at() is None


def test_nobody_is_started_or_drained_while_all_sleep():
    made, _ = planned((1.0, Desired(0, 2)), (2.0, Desired(0, 2)), (3.0, Desired(0, 2)), startup_s=0.5)
    made.pause(None, 0.5, asleep=True)
    made.advance(2.5)
    assert states(made) == [(0, "asleep")]
    made.pause(None, 2.5, asleep=False)
    made.advance(4.0)
    assert states(made) == [(0, "ready"), (1, "ready")]


def test_pools_of_a_split_cluster_are_planned_apart():
    made, planner = planned((1.0, Desired(2, 3)), (2.0, Desired(1, 2)), workers=1, prefill_workers=1)
    made.advance(1.5)
    roles = [worker.role for worker in made.workers.values()]
    assert (roles.count("prefill"), roles.count("decode")) == (2, 3)
    made.advance(2.5)
    roles = [worker.role for worker in made.workers.values()]
    assert (roles.count("prefill"), roles.count("decode")) == (1, 2)
    assert [len(seen.prefill) for _, seen in planner.seen] == [1, 2]


def test_planners_see_what_was_asked_and_found():
    made, planner = planned((0.5, Desired(0, 1)), (10.0, Desired(0, 1)))
    made.submit(prompt("a", 40, 3, shared=40), 0.0)
    made.submit(prompt("b", 40, 5, shared=40), 1.0)
    made.advance(10.0)
    (_, first), (_, last) = planner.seen
    assert (first.requests, first.prompt_tokens, first.cached_tokens, first.output_tokens) == (1, 40, 0, 3)
    assert (last.requests, last.prompt_tokens, last.cached_tokens, last.output_tokens) == (2, 80, 36, 8)


@pytest.mark.parametrize("late", [False, True])
def test_decisions_are_taken_at_their_time_however_late_time_is_told(late):
    notes = Notes()
    made, planner = planned((1.0, Desired(0, 2)), (2.0, Desired(0, 2)), notes=notes, startup_s=0.5)
    if not late:
        made.advance(1.0)
    made.submit(prompt("a", 4, 2), 3.0)
    made.submit(prompt("b", 4, 2), 3.0)
    made.advance(4.0)
    assert (1.5, 1, "ready") in notes.changes
    assert {one.worker for one in notes.ended_by_id.values()} == {0, 1}
    assert [at for at, _ in planner.seen] == [1.0, 2.0]


def test_planning_begins_when_time_does():
    scaler = Scaler(Told((-1.0, Desired(0, 1))))
    scaler.start(100.0)
    assert scaler.next_at == 100.0
