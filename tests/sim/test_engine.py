"""Engines: what is computed in which step, what is held, and that jumps change nothing."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.sim.cluster import Cluster
from fakeai.sim.speculative import Speculation
from fakeai.sim.types import SimRequest
from tests.sim.engines import Notes, cluster, prompt, step_by_step

WAKE = 1e-4


def run(requests: list[tuple[float, SimRequest]], *, jump: bool = True, **options: Any) -> tuple[Notes, Cluster]:
    notes = Notes()
    made = cluster(notes=notes, **options)
    for at, request in requests:
        if not jump:
            step_by_step(made, at)
        made.submit(request, at)
    if jump:
        made.advance(float("inf"))
    else:
        step_by_step(made)
    return notes, made


def test_one_request_takes_one_prefill_and_a_step_a_token():
    notes, _ = run([(1.0, prompt("a", 10, 3))])
    one = notes.ended_by_id["a"]
    first = 1.0 + WAKE + 0.01 + 10 * 1e-4
    assert one.scheduled == pytest.approx(1.0 + WAKE)
    assert one.first_token == pytest.approx(first)
    assert one.last_token == pytest.approx(first + 2 * 0.011 + (11 + 12) * 1e-6)
    assert one.made == 3
    assert one.reason == "stop"
    assert [tokens for *_, tokens, _ in notes.steps] == [1, 1, 1]


def test_a_second_identical_prompt_reuses_its_full_blocks_but_computes_its_last_token():
    requests = [(0.0, prompt("a", 12, 2, shared=12)), (1.0, prompt("b", 12, 2, shared=12))]
    notes, _ = run(requests)
    first, again = notes.ended_by_id["a"], notes.ended_by_id["b"]
    assert (first.cached_tokens, again.cached_tokens) == (0, 8)
    assert again.first_token - again.arrived < first.first_token - first.arrived
    assert notes.admissions[1][2:] == (12, 8, 0)


def test_without_prefix_caching_nothing_is_reused():
    notes, _ = run([(0.0, prompt("a", 12, 2, shared=12)), (1.0, prompt("b", 12, 2, shared=12))], prefix_caching=False)
    assert notes.ended_by_id["b"].cached_tokens == 0
    assert not notes.findable


def test_what_was_said_is_found_by_the_next_turn():
    keys = [("turn", n) for n in range(6)]
    first = SimRequest("a", 12, 9, tuple(keys[:3]), tuple(keys[3:5]))
    notes, _ = run([(0.0, first), (1.0, SimRequest("b", 24, 1, tuple(keys)))])
    assert notes.ended_by_id["b"].cached_tokens == 20


def test_a_long_prompt_is_computed_in_chunks_beside_the_decodes():
    notes, _ = run([(0.0, prompt("a", 4, 20)), (0.02, prompt("b", 100, 2))], max_num_batched_tokens=32)
    chunks = [chunk for *_, chunk in notes.steps if chunk]
    assert chunks == [4, 31, 31, 31, 7]


def test_a_prompt_that_is_not_chunked_waits_for_a_step_of_its_own_size():
    notes, _ = run(
        [(0.0, prompt("a", 4, 20)), (0.02, prompt("b", 60, 2))], max_num_batched_tokens=60, chunked_prefill=False
    )
    assert notes.ended_by_id["b"].first_token > notes.ended_by_id["a"].last_token


def test_no_more_sequences_run_than_allowed():
    notes, _ = run([(0.0, prompt(str(n), 4, 10)) for n in range(5)], max_num_seqs=2)
    assert max(tokens for *_, tokens, _ in notes.steps) == 2
    assert [one.scheduled for one in notes.ended_by_id.values()] == sorted(
        one.scheduled for one in notes.ended_by_id.values()
    )


def test_the_last_admitted_is_preempted_and_computed_again():
    notes, made = run([(0.0, prompt("a", 16, 20)), (0.0, prompt("b", 16, 20))], blocks=12)
    assert notes.preemptions >= 1
    assert notes.ended_by_id["a"].preemptions == 0
    assert notes.ended_by_id["b"].preemptions == notes.preemptions
    assert [one.made for one in notes.ended_by_id.values()] == [20, 20]
    assert len(notes.ended_by_id["b"].stalls) == notes.preemptions
    assert made.workers[0].engine.pool.used == 0


def test_a_request_that_can_never_fit_is_refused_by_name():
    with pytest.raises(ValueError, match="do not fit into the KV cache of 64 blocks of 4 tokens"):
        cluster().submit(prompt("a", 250, 10), 0.0)


def test_cancelling_frees_blocks_at_once_and_the_step_goes_on_without_a_token():
    notes = Notes()
    made = cluster(notes=notes)
    made.submit(prompt("a", 8, 50), 0.0)
    made.submit(prompt("b", 8, 5), 0.0)
    made.advance(0.03)
    made.cancel("a", 0.03)
    engine = made.workers[0].engine
    assert notes.ended_by_id["a"].reason == "abort"
    assert engine.pool.used == 3
    made.advance(10.0)
    assert notes.ended_by_id["b"].made == 5
    assert engine.pool.used == 0


def test_an_adapter_is_loaded_first_and_others_wait_while_places_are_taken():
    requests = [(0.0, prompt("a", 4, 5, lora="x")), (0.0, prompt("b", 4, 5, lora="y"))]
    notes, made = run(requests, max_loras=1, lora_load_s=0.5)
    first, second = notes.ended_by_id["a"], notes.ended_by_id["b"]
    assert first.first_token > 0.5
    assert second.first_token > first.last_token
    assert list(made.workers[0].engine.loras) == ["y"]


def test_evicted_blocks_come_back_from_host_memory():
    requests = [
        (0.0, prompt("a", 40, 1, shared=40)),
        (1.0, prompt("b", 60, 1)),
        (2.0, prompt("c", 40, 1, shared=40)),
    ]
    plain, _ = run(requests, blocks=16)
    tiered, _ = run(requests, blocks=16, host_blocks=64, block_bytes=14_000_000)
    # "b" takes all but one of the blocks; those of "a" go from the tail on, so its first block is still there.
    assert plain.ended_by_id["c"].cached_tokens == 4
    assert tiered.ended_by_id["c"].cached_tokens == 36
    assert tiered.admissions[-1][2:] == (40, 4, 32)
    assert tiered.ended_by_id["c"].first_token == pytest.approx(2.0 + WAKE + 8 * 0.001 + 0.01 + 4 * 1e-4)


def test_accepted_drafts_come_in_bursts_and_none_beyond_the_end():
    notes, made = run([(0.0, prompt("a", 8, 40))], speculation=Speculation([1.0, 1.0]))
    assert [tokens for *_, tokens, _ in notes.steps] == [1, *[3] * 13]
    assert notes.ended_by_id["a"].made == 40
    assert made.workers[0].engine.accepted == [13, 13]


def test_prompts_wait_for_their_turn_of_steps():
    requests = [(0.0, prompt("a", 4, 30)), (0.1, prompt("b", 4, 2))]
    now, _ = run(requests)
    later, _ = run(requests, prefill_schedule_interval=8)
    assert later.ended_by_id["b"].scheduled > now.ended_by_id["b"].scheduled


def test_urgent_requests_go_first_and_are_the_last_to_be_preempted():
    requests = [(0.0, prompt(str(n), 4, 8, priority=5 - n)) for n in range(5)]
    notes, _ = run(requests, max_num_seqs=1, priority=True)
    assert list(notes.ended_by_id) == ["4", "3", "2", "1", "0"]


def test_prefill_first_holds_up_decoding():
    requests = [(0.0, prompt("a", 4, 20)), (0.05, prompt("b", 60, 2))]
    notes, _ = run(requests, policy="sglang")
    mixed = [step for step in notes.steps if step[4] and step[3] > 1]
    assert not mixed
    assert len(notes.ended_by_id) == 2


ARRIVALS = st.lists(
    st.tuples(
        st.floats(0, 2, allow_nan=False),
        st.integers(1, 60),
        st.integers(1, 40),
        st.sampled_from([0, 8, 16, 32]),
        st.sampled_from(["", "", "x", "y"]),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=25,
)
ENGINES = st.fixed_dictionaries(
    {
        "policy": st.sampled_from(["vllm", "sglang", "transformers"]),
        "blocks": st.sampled_from([26, 40, 200]),
        "max_num_batched_tokens": st.sampled_from([8, 32, 256]),
        "prefix_caching": st.booleans(),
        "long_prefill_token_threshold": st.sampled_from([0, 0, 5]),
        "prefill_schedule_interval": st.sampled_from([1, 1, 3]),
        "host_blocks": st.sampled_from([0, 0, 30]),
        "speculation": st.sampled_from([None, None, Speculation([0.8, 0.5])]),
        "priority": st.booleans(),
    }
)


def _requests(arrivals: list[Any]) -> list[tuple[float, SimRequest]]:
    return [
        (at, prompt(str(n), tokens, output, shared=shared, lora=lora, priority=priority))
        for n, (at, tokens, output, shared, lora, priority) in enumerate(sorted(arrivals))
    ]


@settings(max_examples=150, deadline=None)
@given(ARRIVALS, ENGINES)
def test_jumps_equal_step_by_step_to_the_bit(arrivals, options):
    requests = _requests(arrivals)
    jumped, _ = run(requests, block_bytes=10_000_000, **options)
    stepped, _ = run(requests, jump=False, block_bytes=10_000_000, **options)
    assert jumped.story() == stepped.story()
    assert jumped.steps == stepped.steps


@settings(max_examples=150, deadline=None)
@given(ARRIVALS, ENGINES, st.lists(st.integers(0, 24), max_size=4))
def test_every_request_ends_once_and_every_block_comes_back(arrivals, options, cancelled):
    notes = Notes()
    made = cluster(notes=notes, block_bytes=10_000_000, **options)
    requests = _requests(arrivals)
    for at, request in requests:
        made.submit(request, at)
    for n in cancelled:
        made.cancel(str(n), max(made.now, 1.0 + n / 10))
    made.advance(float("inf"))
    engine = made.workers[0].engine
    assert notes.ended_by_id.keys() == {request.id for _, request in requests}
    assert all(one.made == one.request.output_tokens for one in notes.ended_by_id.values() if one.reason != "abort")
    assert engine.pool.used == engine.pending_tokens == 0
    assert not (engine.running or engine.waiting or engine.loading or engine.decoding or engine.prefilling)
    assert engine.pool.findable + sum(1 for *_, medium in notes.findable if medium == "CPU") == len(notes.findable)
    assert sum(tokens for *_, tokens, _ in notes.steps) >= sum(
        one.made for one in notes.ended_by_id.values() if one.reason != "abort"
    )
