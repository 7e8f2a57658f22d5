"""Gaps between tokens from steps alone, against sequences that are followed one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.sim.gaps import WorkerSteps, of_worker

NONE = np.zeros((0, 2))


def play(plan, *, alone):
    """Run sequences token by token, in whole seconds: what `of_worker` is told, and the gaps as a list.

    `plan` has, for each step, the output lengths of the prompts that are complete with it. `alone`: such a step does not
    decode (SGLang), else it does (vLLM). Step i lasts 1 + i % 3 seconds; an engine with nothing to do waits.
    """
    ends, decodes, done, over, gaps = [], [], [], [], []
    live: list[list[float]] = []  # [time of last token, tokens to come]
    now = 0.0
    queue = list(plan)
    while queue or live:
        fresh = queue.pop(0) if queue else []
        now += 1 + len(ends) % 3
        decoding = [] if alone and fresh else list(live)
        if not fresh and not decoding:
            continue
        for one in decoding:
            gaps.append(now - one[0])
            one[0] = now
            one[1] -= 1
        live += [[now, length - 1] for length in fresh]
        over += [now for one in live if one[1] == 0]
        live = [one for one in live if one[1]]
        ends.append(now)
        decodes.append(len(decoding))
        done.append(len(fresh))
    made = np.array(decodes, np.int64) + done
    return (
        WorkerSteps(np.array(ends), np.array(decodes, np.int64), np.array(done, np.int64), made, NONE),
        np.array(over),
        gaps,
    )


@given(st.lists(st.lists(st.integers(1, 6), max_size=3), max_size=15), st.booleans())
def test_gaps_are_those_of_every_sequence_followed_by_itself(plan, alone):
    steps, over, expected = play(plan, alone=alone)
    gaps, counts = of_worker(steps, over)
    assert sorted(np.repeat(gaps, counts)) == pytest.approx(sorted(expected))


def test_one_sequence_with_a_pause_of_the_engine_after_it():
    steps = WorkerSteps(
        np.array([1.0, 1.5, 2.25, 9.0, 9.5]),
        np.array([0, 1, 1, 0, 1]),
        np.array([1, 0, 0, 1, 0]),
        np.ones(5, np.int64),
        NONE,
    )
    gaps, counts = of_worker(steps, np.array([2.25, 9.5]))
    assert sorted(np.repeat(gaps, counts)) == [0.5, 0.5, 0.75]


def test_a_worker_that_only_computes_prompts_has_no_gaps():
    gaps, counts = of_worker(
        WorkerSteps(np.array([1.0]), np.array([0]), np.array([3]), np.array([3]), NONE), np.array([])
    )
    assert len(gaps) == len(counts) == 0
