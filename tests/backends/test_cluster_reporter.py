"""What a cluster tells becomes events: each step by itself, with what it took of the GPUs."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fakeai.backends.block_contents import BlockContents
from fakeai.backends.cluster_reporter import Reporter
from fakeai.core.events import Bus, KvRemoved, KvStored, Preempted, PromptCached, Routed, StepRan, WorkerChanged
from fakeai.sim.spec import ClusterSpec, check
from fakeai.sim.types import Choice, SimRequest, StepShape

PARTS = check(ClusterSpec())


def reporter(contents: BlockContents | None = None, parts: Any = PARTS) -> tuple[Reporter, list[Any]]:
    bus, events = Bus(), []
    for kind in (Routed, StepRan, Preempted, PromptCached, KvStored, KvRemoved, WorkerChanged):
        bus.listen(kind, events.append)
    return Reporter(bus, "gpt-4o", parts, contents), events


def test_steps_told_together_become_events_of_their_own():
    made, events = reporter()
    made.now = 1.5
    shape = StepShape(4, 4000)
    made.stepped(2, 1.0, np.array([1.25, 1.5, 2.0]), shape, 4)
    assert [(one.at, one.seconds, one.tokens, one.decodes) for one in events] == [
        (1.25, 0.25, 4, 4),
        (1.5, 0.25, 4, 4),
        (2.0, 0.5, 4, 4),
    ]
    assert [one.lag_s for one in events] == [0.25, 0.0, 0.0]
    assert made.stepped_workers == {2}
    timing: Any = PARTS.timing
    for at, event in enumerate(events):
        use = timing.use(shape._replace(decode_kv=4000 + 4 * at), event.seconds)
        assert (event.compute, event.memory, event.link) == pytest.approx(tuple(use))
        assert type(event.at) is type(event.seconds) is float


def test_a_timing_that_knows_no_use_tells_none():
    made, events = reporter(parts=check(ClusterSpec(timing="polynomial")))
    made.stepped(0, 0.0, (0.5,), StepShape(1, 10, 20, 210, 1, 1), 2)
    (event,) = events
    assert (event.compute, event.memory, event.link) == (0.0, 0.0, 0.0)
    assert (event.prefill_tokens, event.prompts, event.tokens) == (20, 1, 2)


def test_accepted_drafts_are_those_since_the_step_before():
    made, events = reporter()
    engines = {n: SimpleNamespace(engine=SimpleNamespace(accepted=[0, 0])) for n in range(2)}
    made.workers = engines  # type: ignore[assignment]
    for worker, total in ((0, [3, 1]), (1, [1, 0]), (0, [5, 1])):
        engines[worker].engine.accepted = total
        made.stepped(worker, 0.0, (1.0,), StepShape(4, 100, drafts=8), 9)
    assert [event.accepted for event in events] == [[3, 1], [1, 0], [2, 0]]
    made.stepped(0, 0.0, (1.0,), StepShape(0, 0, 5, 15, 1, 1), 1)
    assert events[-1].accepted == ()


def test_a_decision_has_the_costs_by_worker():
    made, events = reporter()
    request = SimRequest("a", 100, 5)
    made.routed(1.0, request, [3, 7], Choice(7, 2, 0, (9.0, 4.0)), 5)
    made.routed(2.0, request, [3, 7], Choice(3), 0)
    assert events[0] == Routed(1.0, "gpt-4o", "a", 7, 100, 16, 2, 5, {3: 9.0, 7: 4.0})
    assert events[1].costs == {}


def test_workers_states_are_told_once_somebody_can_look_at_them():
    made, events = reporter()
    made.changed(0.0, 0, "ready")
    assert events == []
    made.announced = True
    made.changed(1.0, 0, "draining")
    assert events == [WorkerChanged(1.0, "gpt-4o", 0, "draining")]


def test_blocks_are_told_with_their_tokens_where_those_are_wanted():
    contents = BlockContents(16)
    contents.learn([1, 2], list(range(32)), "rhymes")
    told, events = reporter(contents)
    told.stored(0, 1.0, [1, 2], None, "GPU")
    told.removed(0, 2.0, [1], "GPU")
    assert events == [
        KvStored(1.0, "gpt-4o", 0, [1, 2], None, "GPU", list(range(32)), 16, "rhymes"),
        KvRemoved(2.0, "gpt-4o", 0, [1], "GPU"),
    ]
    plain, events = reporter()
    plain.stored(0, 1.0, [1, 2], 9, "CPU")
    assert events == [KvStored(1.0, "gpt-4o", 0, [1, 2], 9, "CPU", [], 16, "")]


def test_admissions_and_preemptions_are_told():
    made, events = reporter()
    made.admitted(1, 1.0, 100, 32, 16)
    made.preempted(1, 2.0)
    assert events == [PromptCached(1.0, "gpt-4o", 1, 100, 32, 16), Preempted(2.0, "gpt-4o", 1)]
    assert made.preempted_workers == {1}
