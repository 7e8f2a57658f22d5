"""What a Collector makes of what engines tell, against sequences followed token by token."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.sim.collector import MAX_SAMPLES, Collector, State, apart
from fakeai.sim.transfer import Link
from fakeai.sim.types import StepShape
from tests.sim.engines import cluster, prompt

REQUESTS = st.lists(
    st.tuples(st.integers(1, 60), st.integers(1, 30), st.sampled_from([0.0, 0.005, 0.1])), min_size=1, max_size=14
)


def steps_of(collector):
    return {worker: apart(runs) for worker, runs in collector.runs().items()}


def all_gaps(collector):
    return collector.gaps(steps_of(collector), collector.sequences())


def followed(collector, made, **options):
    """Run requests one event at a time, looking at each: the gaps between their tokens, by hand."""
    sim = cluster(notes=collector, **options)
    seen, last, gaps, at = {}, {}, [], 0.0
    waiting = []
    for number, (tokens, output, pause) in enumerate(made):
        at += pause
        waiting.append((at, prompt(str(number), tokens, output)))
    sequences = {}
    while True:
        event = sim.next_at()
        if waiting and (event is None or waiting[0][0] < event):
            now, request = waiting.pop(0)
            sequences[request.id] = sim.submit(request, now)
            continue
        if event is None:
            return gaps
        sim.advance(event)
        for name in sequences:
            current = sequences[name] = sim.current(name) or sequences[name]
            count = sim.progress(current)
            if count > seen.get(name, 0):
                if name in last:
                    gaps.append(event - last[name])
                seen[name], last[name] = count, event


@pytest.mark.parametrize("policy", ["vllm", "sglang"])
@settings(max_examples=60, deadline=None)
@given(made=REQUESTS)
def test_gaps_are_those_of_every_token_with_preemptions_too(policy, made):
    collector = Collector()
    expected = followed(collector, made, policy=policy, blocks=30)
    gaps, counts = all_gaps(collector)
    assert sorted(np.repeat(gaps, counts)) == pytest.approx(sorted(expected), abs=1e-9)


def test_there_are_preemptions_in_such_runs():
    collector = Collector()
    followed(collector, [(20, 30, 0.0)] * 8, blocks=30)
    assert collector.preemptions > 0


@settings(max_examples=30, deadline=None)
@given(made=REQUESTS)
def test_gaps_are_those_of_every_token_where_prompts_are_handed_over(made):
    collector = Collector()
    expected = followed(
        collector, made, workers=2, prefill_workers=1, link=Link(1e6, 0.001), block_bytes=1000, prefix_caching=False
    )
    gaps, counts = all_gaps(collector)
    assert sorted(np.repeat(gaps, counts)) == pytest.approx(sorted(expected), abs=1e-9)


def test_runs_of_steps_are_taken_apart():
    collector = Collector()
    collector.stepped(0, 0.0, (1.0,), StepShape(0, 0, 8, 36, 2, 2), 2)
    collector.stepped(1, 0.5, np.array([1.5, 2.5]), StepShape(3, 30), 3)
    collector.stepped(0, 1.0, np.array([1.25, 1.5, 1.75]), StepShape(2, 10), 2)
    steps = steps_of(collector)
    assert [column.tolist() for column in steps[0][:4]] == [
        [1.0, 1.25, 1.5, 1.75], [0, 2, 2, 2], [2, 0, 0, 0], [2, 2, 2, 2]
    ]  # fmt: skip
    assert [column.tolist() for column in steps[1]] == [
        [1.5, 2.5], [3, 3], [0, 0], [3, 3], [[0.5, 2.5]]
    ]  # fmt: skip


def test_a_run_without_anything_is_empty():
    collector = Collector()
    assert collector.runs() == {}
    assert len(collector.sequences().made) == 0
    assert [len(part) for part in all_gaps(collector)] == [0, 0]


def test_the_journal_has_a_record_of_each_request_as_it_ended():
    collector = Collector()
    sim = cluster(notes=collector)
    sim.submit(prompt("a", 16, 3, shared=16), 0.0)
    sim.advance(10.0)
    sim.submit(prompt("b", 16, 1, shared=16), 10.0)
    sim.advance(20.0)
    first, second = collector.journal()
    assert (first["id"], first["prompt"], first["cached"], first["completion"], first["reason"]) == (
        "a",
        16,
        0,
        3,
        "stop",
    )
    assert first["arrived"] == 0.0 < first["scheduled"] < first["first_token"] < first["last_token"]
    assert (second["id"], second["cached"], second["arrived"]) == ("b", 12, 10.0)
    assert (collector.queried, collector.found) == (32, 12)


def test_samples_are_thinned_out_evenly():
    collector = Collector()
    at, every, thinned = 0.0, 1.0, 0
    for _ in range(3 * MAX_SAMPLES):
        if collector.sample(State(at, 0, 0, 0, 0, 0, 0)):
            every *= 2
            thinned += 1
        at += every
    times = np.array([state.at for state in collector.states])
    assert len(times) <= MAX_SAMPLES
    assert thinned >= 3
    assert set(np.diff(times)) == {every}
