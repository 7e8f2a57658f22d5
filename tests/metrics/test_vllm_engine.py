"""The parts of a sequence's life add up to it, whatever ended it; choices of a request are counted once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.events import SequenceEnded, StepRan
from fakeai.metrics.vllm_engine import Engine, lengths

from .scene import SNAPSHOT

END = SequenceEnded(9.0, "m", 0, "stop", 100, 32, 5, 64, 1, 0, True, 1.0, 1.5, 4.0, 8.0, 0.0, (1.0, 1.0, 1.0, 1.0))


@pytest.mark.parametrize(
    ("limit", "bounds"),
    [
        (1, [1]),
        (7, [1, 2, 5]),
        (100, [1, 2, 5, 10, 20, 50, 100]),
        (4096, [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000]),
    ],
)
def test_lengths_have_buckets_of_one_two_five_up_to_the_window(limit, bounds):
    assert list(lengths(limit).bounds) == bounds


def test_the_window_is_the_workers_own():
    assert Engine(SNAPSHOT._replace(context_window=7)).prompts.buckets.bounds == (1, 2, 5)
    assert Engine(None).prompts.buckets.bounds[-1] == 100_000


def test_a_life_is_cut_at_admission_first_token_and_end():
    engine = Engine(None)
    engine.end(END)
    assert (engine.queue.sum, engine.prefill.sum, engine.decode.sum) == (0.5, 2.5, 4.0)
    assert (engine.inference.sum, engine.e2e.sum, engine.ttft.sum) == (6.5, 7.0, 3.0)
    assert (engine.tpot.sum, engine.itl.sum, engine.itl.count) == (1.0, 4.0, 4)


@given(
    st.lists(st.floats(0, 100), min_size=5, max_size=5).map(sorted),
    st.integers(0, 3),
    st.sampled_from(["stop", "length", "abort", "error"]),
)
def test_the_parts_add_up_wherever_a_sequence_ended(times, reached, reason):
    arrived, scheduled, first, last, at = times
    reason = reason if reached == 3 else "abort"
    engine = Engine(None)
    engine.end(
        END._replace(
            at=at,
            reason=reason,
            arrived=arrived,
            scheduled=scheduled if reached > 0 else None,
            first_token=first if reached > 1 else None,
            last_token=last if reached > 1 else None,
        )
    )
    parts = engine.queue.sum + engine.prefill.sum + engine.decode.sum
    assert parts == pytest.approx(engine.e2e.sum)
    assert engine.e2e.sum == pytest.approx((last if reason in ("stop", "length") else at) - arrived)
    assert [engine.queue.count, engine.prefill.count, engine.decode.count, engine.e2e.count] == [1, 1, 1, 1]
    assert engine.ttft.count == (reached > 1)


def test_prompt_tokens_count_by_where_their_kv_came_from():
    engine = Engine(None)
    engine.end(END)
    engine.end(END._replace(transfer_s=0.1))
    engine.end(END._replace(first_token=None, last_token=None, reason="abort"))
    assert (engine.local, engine.hits, engine.transferred) == (68, 64, 68)
    assert (engine.prompts.sum, engine.computed.sum) == (300, 204)


def test_choices_of_a_request_count_once_together():
    engine = Engine(None)
    for choices, completion in ((1, 7), (3, 10), (2, 1), (3, 30), (2, 2), (3, 20)):
        engine.end(END._replace(choices=choices, completion=completion))
    assert engine.choices.counts[:3] == [1, 1, 1]
    assert (engine.choices.count, engine.choices.sum) == (3, 6)
    assert (engine.longest.count, engine.longest.sum) == (3, 7 + 2 + 30)
    assert engine.completions.count == 6


def test_a_limit_of_tokens_counts_only_where_one_was_asked_for():
    engine = Engine(None)
    engine.end(END)
    engine.end(END._replace(max_tokens=0))
    assert (engine.max_tokens.count, engine.max_tokens.sum) == (1, 64)


def test_steps_count_tokens_and_drafts():
    engine = Engine(None)
    step = StepRan(1.0, "m", 0, 0.1, 4, 100, 1, 5, 0, (), 0.1, 0.1, 0.0, 0.0)
    engine.step(step)
    engine.step(step._replace(prefill_tokens=0, prompts=0, tokens=9, drafts=8, accepted=(3, 2)))
    engine.step(step._replace(prefill_tokens=0, prompts=0, tokens=7, drafts=12, accepted=(1, 1, 1)))
    assert (engine.made, engine.step_tokens.sum, engine.step_tokens.count) == (21, 121, 3)
    assert (engine.drafting, engine.drafts, engine.accepted) == (8, 20, [4, 3, 1])


def test_every_reason_is_a_label_from_the_start():
    assert Engine(None).success == {"stop": 0, "length": 0, "abort": 0, "error": 0, "repetition": 0}
