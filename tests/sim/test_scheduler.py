"""What goes into which step: vLLM's and SGLang's rules in scenes small enough to be worked out by hand."""

from collections import deque
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.sim import scheduler
from fakeai.sim.cluster import Cluster
from fakeai.sim.engine import Engine
from fakeai.sim.scheduler import SglangScheduler, VllmScheduler
from fakeai.sim.sequence import Sequence
from fakeai.sim.speculative import Speculation
from fakeai.sim.types import SimRequest, StepShape
from tests.sim.engines import POLICIES, Notes, cluster, prompt, step_by_step

WAKE = 1e-4


class Steps(Notes):
    """Shapes of steps, too."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes: list[StepShape] = []

    def stepped(self, worker: int, start: float, ends: Any, shape: StepShape, tokens: int) -> None:
        super().stepped(worker, start, ends, shape, tokens)
        for at in range(len(ends)):
            self.shapes.append(shape._replace(decode_kv=shape.decode_kv + at * shape.decodes))


def run(*requests: SimRequest, at: tuple[float, ...] = (), **options: Any) -> Steps:
    """Requests that come at once, or each at its time."""
    notes = Steps()
    made = cluster(notes=notes, **options)
    for n, request in enumerate(requests):
        made.submit(request, at[n] if at else 0.0)
    made.advance(float("inf"))
    return notes


def passes(notes: Steps) -> list[tuple[int, int]]:
    """Sequences that decode and prompt tokens, of each step."""
    return [(shape.decodes, shape.prefill_tokens) for shape in notes.shapes]


def order(notes: Steps) -> list[str]:
    """Requests in the order in which they were first admitted."""
    return sorted(notes.ended_by_id, key=lambda name: notes.ended_by_id[name].scheduled)


# -- vLLM


def test_prompts_are_computed_beside_decoding_within_one_budget():
    notes = run(prompt("a", 10, 4), prompt("b", 10, 4), at=(0.0, 0.015), max_num_batched_tokens=8)
    # a's prompt in parts of the budget; then b's, beside a's tokens
    assert passes(notes) == [(0, 8), (0, 2), (1, 7), (1, 3), (2, 0), (1, 0), (1, 0)]


def test_the_budget_that_a_prompt_leaves_goes_to_the_next():
    notes = run(*(prompt(name, 10, 2) for name in "abc"), max_num_batched_tokens=16)
    assert passes(notes)[:3] == [(0, 16), (1, 14), (2, 0)]
    assert notes.shapes[0].prefills == 2
    assert notes.shapes[0].prefills_done == 1
    assert (notes.shapes[1].prefills, notes.shapes[1].prefills_done) == (2, 2)


def test_pairs_of_tokens_attended_over_are_counted_chunk_by_chunk():
    notes = run(prompt("a", 20, 2), max_num_batched_tokens=8)
    assert [shape.prefill_attention for shape in notes.shapes] == [
        8 * 9 // 2,
        8 * 8 + 8 * 9 // 2,
        4 * 16 + 4 * 5 // 2,
        0,
    ]
    assert notes.shapes[3].decode_kv == 21


def test_a_prompt_is_admitted_only_if_all_of_it_fits_though_only_a_part_is_taken():
    # 8 blocks of 4; a holds 5 at first. b's first chunk would fit, b's 4 blocks do not.
    notes = run(prompt("a", 20, 8), prompt("b", 16, 1), blocks=8, max_num_batched_tokens=20)
    b = notes.ended_by_id["b"]
    assert b.scheduled == notes.ended_by_id["a"].last_token
    assert notes.preemptions == 0


def test_the_first_that_does_not_fit_holds_up_those_that_would():
    notes = run(prompt("a", 20, 8), prompt("b", 16, 1), prompt("c", 4, 1), blocks=8, max_num_batched_tokens=64)
    assert order(notes) == ["a", "b", "c"]
    assert notes.ended_by_id["c"].scheduled == notes.ended_by_id["b"].scheduled


def test_what_the_cache_holds_need_not_fit_a_second_time():
    first = prompt("a", 24, 8, shared=24)
    notes = run(first, prompt("b", 24, 1, shared=24), at=(0.0, 0.05), blocks=9)
    assert notes.ended_by_id["b"].cached_tokens == 20
    assert notes.ended_by_id["b"].scheduled < notes.ended_by_id["a"].last_token


def test_the_last_admitted_is_preempted_and_goes_to_the_head_of_the_queue():
    notes = run(prompt("a", 12, 12), prompt("b", 12, 12), prompt("c", 12, 1), blocks=8, max_num_seqs=4)
    a, b, c = (notes.ended_by_id[name] for name in "abc")
    assert (a.preemptions, b.preemptions, c.preemptions) == (0, 1, 0)
    # The prompts of a and b take 6 blocks and their 13th tokens the other two; for a's 17th, b has to go. a makes its
    # other 7 alone; its 17th and 21st token took the last two of b's four blocks. Then b (17 − 8) and c go on at once.
    assert passes(notes) == [(0, 24), *[(2, 0)] * 4, *[(1, 0)] * 7, (0, 9 + 12), *[(1, 0)] * 6]
    assert c.scheduled == a.last_token
    assert b.stalls == [pytest.approx(notes.steps[12][2] - notes.steps[4][2])]


def test_nobody_is_admitted_in_a_step_that_preempts():
    notes = run(prompt("a", 12, 12), prompt("b", 12, 12), prompt("c", 4, 1), at=(0.0, 0.0, 0.06), blocks=8)
    at = next(n for n, (decodes, _) in enumerate(passes(notes)) if n and decodes == 1)
    assert passes(notes)[at] == (1, 0)


def test_the_least_urgent_is_preempted_under_the_priority_policy():
    requests = [prompt("a", 12, 12, priority=1), prompt("b", 12, 12, priority=0)]
    plain = run(*requests, blocks=8)
    urgent = run(*requests, blocks=8, priority=True)
    assert [plain.ended_by_id[name].preemptions for name in "ab"] == [0, 1]
    assert [urgent.ended_by_id[name].preemptions for name in "ab"] == [1, 0]
    assert urgent.ended_by_id["b"].last_token < urgent.ended_by_id["a"].last_token


def test_urgent_requests_overtake_and_equals_go_in_order():
    requests = [prompt(f"{n}-{level}", 4, 4, priority=level) for n, level in enumerate((2, 1, 0, 1, 0))]
    notes = run(*requests, max_num_seqs=1, priority=True)
    assert order(notes) == ["2-0", "4-0", "1-1", "3-1", "0-2"]


def test_long_prompts_take_no_more_than_their_threshold_of_a_step():
    notes = run(prompt("a", 20, 2), prompt("b", 20, 2), max_num_batched_tokens=16, long_prefill_token_threshold=5)
    assert passes(notes)[0] == (0, 10)
    assert [shape.prefills for shape in notes.shapes[:4]] == [2, 2, 2, 2]
    assert passes(notes)[4] == (2, 0)


def test_a_prompt_that_is_not_chunked_waits_for_a_step_of_its_size():
    notes = run(
        prompt("a", 10, 3), prompt("b", 14, 2), max_num_batched_tokens=16, chunked_prefill=False, at=(0.0, 0.012)
    )
    assert passes(notes) == [(0, 10), (1, 0), (1, 14), (1, 0)]
    tight = run(
        prompt("a", 10, 3), prompt("b", 16, 2), max_num_batched_tokens=16, chunked_prefill=False, at=(0.0, 0.012)
    )
    assert passes(tight) == [(0, 10), (1, 0), (1, 0), (0, 16), (1, 0)]


def test_admissions_wait_for_their_turn_while_others_decode():
    at = (0.0, 0.012)
    always = run(prompt("a", 4, 12), prompt("b", 4, 1), at=at)
    seldom = run(prompt("a", 4, 12), prompt("b", 4, 1), at=at, prefill_schedule_interval=5)
    assert [n for n, (_, tokens) in enumerate(passes(always)) if tokens] == [0, 2]
    assert [n for n, (_, tokens) in enumerate(passes(seldom)) if tokens] == [0, 5]


def test_sequences_beyond_the_budget_are_left_out_of_a_step_and_keep_their_turn():
    # three drafts: 4 tokens a sequence, so a budget of 8 serves two of three
    notes = run(
        *(prompt(name, 2, 13) for name in "abc"),
        speculation=Speculation([0.0, 0.0, 0.0]), max_num_batched_tokens=8, max_num_seqs=3,
    )  # fmt: skip
    shapes = [(shape.decodes, shape.drafts, shape.prefill_tokens) for shape in notes.shapes]
    assert shapes[0] == (0, 0, 6)
    assert shapes[1] == (2, 6, 0)
    a, b, c = (notes.ended_by_id[name] for name in "abc")
    assert a.last_token == b.last_token < c.last_token
    assert [one.made for one in (a, b, c)] == [13, 13, 13]


def test_drafts_have_blocks_of_their_own():
    notes = Notes()
    made = cluster(notes=notes, speculation=Speculation([0.0] * 7), blocks=20)
    made.submit(prompt("a", 4, 5), 0.0)
    made.advance(0.015)
    engine = made.workers[0].engine
    assert engine.pool.used == 3  # 4 tokens, the next one and 7 drafts
    made.advance(10.0)
    assert engine.pool.used == 0


# -- making room: at once as one by one


LOADS = st.lists(
    st.tuples(st.integers(1, 30), st.integers(1, 40), st.sampled_from([0, 8, 16]), st.floats(0, 0.5)),
    min_size=2,
    max_size=14,
)
TIGHT = st.fixed_dictionaries(
    {
        "blocks": st.integers(18, 30),
        "max_num_batched_tokens": st.sampled_from([8, 16, 64]),
        "prefix_caching": st.booleans(),
        "block_size": st.sampled_from([1, 4]),
        "prefill_schedule_interval": st.sampled_from([1, 3]),
    }
)


class Evictions(Steps):
    def __init__(self) -> None:
        super().__init__()
        self.evicted: list[Any] = []

    def removed(self, worker: int, at: float, blocks: Any, medium: str) -> None:
        super().removed(worker, at, blocks, medium)
        self.evicted += [(at, block) for block in blocks]


def _story(loads: list[Any], options: dict[str, Any]) -> tuple[Any, ...]:
    notes = Evictions()
    size = options["block_size"]
    own = {**options, "blocks": options["blocks"] * 4 // size}
    made = cluster(notes=notes, **own)
    for n, (at, tokens, output, shared) in enumerate(sorted((at, *rest) for *rest, at in loads)):
        made.submit(prompt(str(n), tokens, output, shared=shared, size=size), at)
    made.advance(float("inf"))
    return notes.story(), notes.shapes, notes.evicted, notes.preemptions


@settings(max_examples=150, deadline=None)
@given(LOADS, TIGHT)
def test_room_is_made_at_once_as_it_would_be_one_by_one(loads, options):
    fast = _story(loads, options)

    def serve(engine: Engine, blocks: int, last: Sequence | None, more: int) -> None:
        _, attention, preempted = scheduler._serve_running(engine, 0)
        assert (attention, preempted) == (0, True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scheduler, "_make_room", serve)
        slow = _story(loads, options)
    assert fast == slow


# -- SGLang


def test_prompts_are_computed_alone_and_first():
    notes = run(prompt("a", 8, 6), prompt("b", 8, 6), at=(0.0, 0.03), policy="sglang")
    assert passes(notes) == [(0, 8), (1, 0), (1, 0), (0, 8), (2, 0), (2, 0), (2, 0), (1, 0), (1, 0)]


def test_one_prompt_at_a_time_is_longer_than_a_pass():
    notes = run(prompt("a", 20, 3), prompt("b", 20, 3), policy="sglang", max_num_batched_tokens=16)
    assert passes(notes)[:3] == [(0, 16), (0, 16), (0, 8)]
    assert [shape.prefills for shape in notes.shapes[:3]] == [1, 2, 1]
    assert [shape.prefills_done for shape in notes.shapes[:3]] == [0, 1, 1]


def test_admission_reckons_with_what_running_sequences_will_still_make():
    # 16 blocks of 4: 64 tokens. a: 8 and 40; reckoned to make 0.7 × 39 more. b: 8 and 8 and a block.
    def waits(output: int) -> bool:
        notes = run(prompt("a", 8, output), prompt("b", 8, 8), at=(0.0, 0.03), policy="sglang", blocks=16)
        return notes.ended_by_id["b"].scheduled >= notes.ended_by_id["a"].last_token

    # free: 64 − 12; wanted: 8 + 8 + 4 + 0.7 × (output − 2 or so)
    assert not waits(40)
    assert waits(54)


def policy(made: Cluster) -> SglangScheduler:
    found = made.workers[0].engine.policy
    assert isinstance(found, SglangScheduler)
    return found


def test_the_ratio_falls_with_each_decode_step_to_its_floor_and_is_as_at_first_when_nothing_runs():
    made = cluster(policy="sglang", blocks=600)
    made.submit(prompt("a", 4, 900), 0.0)
    assert policy(made)._ratio == 0.7
    ratios = []
    while (at := made.next_at()) is not None:
        made.advance(at)
        ratios.append(policy(made)._ratio)
    # woken up; then a prefill and 899 decode steps, each of which is planned when the one before ends
    assert ratios[1:601] == pytest.approx([0.7 - 0.7 * 0.86 * n / 600 for n in range(1, 601)])
    assert ratios[601:900] == pytest.approx([0.7 * 0.14] * 299)
    assert ratios[-1] == 0.7


def test_those_with_the_fewest_tokens_and_then_the_longest_prompts_are_retracted():
    notes = Steps()
    made = cluster(notes=notes, policy="sglang", blocks=24)
    made.workers[0].engine.policy = SglangScheduler(conservativeness=0.0)  # reckons with nothing
    for at, request in ((0.0, prompt("a", 8, 80)), (0.05, prompt("b", 12, 50)), (0.05, prompt("c", 8, 50))):
        made.submit(request, at)
    while not notes.preemptions:
        at = made.next_at()
        assert at is not None
        made.advance(at)
    engine = made.workers[0].engine
    (back,) = engine.waiting
    assert back.request.id == "b"
    a, c = (engine.made(one) for one in engine.decoding)
    assert back.made == c < a
    assert policy(made)._ratio == pytest.approx((a + c + 20 * 2) / (80 + 50 + 1))
    made.advance(float("inf"))
    assert {one.made for one in notes.ended_by_id.values()} == {80, 50}


def test_a_retracted_sequence_finds_its_prompt_again_and_nothing_that_it_made():
    notes = Steps()
    made = cluster(notes=notes, policy="sglang", blocks=16)
    made.workers[0].engine.policy = SglangScheduler(conservativeness=0.0)
    keys = {name: tuple((name, n) for n in range(16)) for name in "ab"}
    for name in "ab":
        made.submit(SimRequest(name, 8, 40, keys[name][:2], keys[name][2:12]), 0.0)
    made.advance(float("inf"))
    b = notes.ended_by_id["a" if notes.ended_by_id["a"].preemptions else "b"]
    # The 16 blocks are full when both have 32 tokens in them: one goes back with the 25 that it has made.
    assert [tokens for _, tokens in passes(notes) if tokens] == [8, 8, 25]
    assert b.preemptions == 1


def test_at_least_one_goes_on_whatever_is_retracted():
    notes = Steps()
    made = cluster(notes=notes, policy="sglang", blocks=20)
    made.workers[0].engine.policy = SglangScheduler(conservativeness=0.0)
    for name in "abc":
        made.submit(prompt(name, 4, 60), 0.0)
    made.advance(float("inf"))
    assert {one.made for one in notes.ended_by_id.values()} == {60}
    assert notes.preemptions > 1
    assert made.workers[0].engine.pool.used == 0


def test_one_that_is_alone_waits_for_blocks_that_loads_hold():
    # a will need all 8 blocks; b's adapter is being loaded, into blocks of b's own
    notes = Steps()
    made = cluster(notes=notes, policy="sglang", blocks=8, lora_load_s=5.0, max_loras=2)
    made.workers[0].engine.policy = SglangScheduler(conservativeness=0.0)
    made.submit(prompt("a", 4, 28), 0.0)
    made.submit(prompt("b", 4, 2, lora="x"), 0.05)
    made.advance(float("inf"))
    a, b = notes.ended_by_id["a"], notes.ended_by_id["b"]
    assert (a.made, b.made) == (28, 2)
    assert b.first_token == pytest.approx(5.05, abs=0.05)
    assert a.last_token > b.first_token


def test_policies_that_count_nothing_say_so():
    engine = cluster().workers[0].engine
    assert VllmScheduler().repeats(engine)
    engine.waiting.append(Sequence(prompt("a", 4, 4), 0.0))
    assert VllmScheduler().repeats(engine)
    assert not SglangScheduler().repeats(engine)


@pytest.mark.parametrize("policy", POLICIES)
def test_drafts_take_no_blocks_beyond_the_last_token_that_will_be_made(policy):
    notes = Notes()
    engines = cluster(policy=policy, blocks=8, notes=notes, speculation=Speculation([0.5, 0.5, 0.5]))
    engines.submit(prompt("a", 16, 16), 0.0)
    step_by_step(engines, until=10.0)
    assert notes.ended_by_id["a"].made == 16
    assert notes.preemptions == 0


def test_one_whose_adapter_is_there_waits_for_its_turn_and_holds_up_nobody():
    """While a long prompt has the budget, A's adapter comes, and so do two more urgent ones: B's, and one for which A's
    blocks leave no room."""
    notes = Notes()
    made = cluster(blocks=21, max_num_batched_tokens=16, notes=notes, priority=True)
    made.submit(prompt("a", 24, 3, lora="A", priority=5), 0.0)
    made.submit(prompt("long", 48, 3, priority=4), 0.045)
    made.submit(prompt("b", 2, 8, lora="B"), 0.05)
    made.submit(prompt("large", 16, 3, priority=1), 0.05)
    step_by_step(made)
    assert {name: one.reason for name, one in notes.ended_by_id.items()} == dict.fromkeys(
        ("a", "long", "b", "large"), "stop"
    )


def test_long_queues_for_adapters_that_cannot_run_are_not_looked_through_at_every_step():
    made = cluster(blocks=64, max_loras=1)
    made.submit(prompt("a", 4, 200, lora="A"), 0.0)
    made.advance(0.2)
    for n in range(50):
        made.submit(prompt(f"b{n}", 4, 2, lora="B"), 0.2)
    engine = made.workers[0].engine
    looked = []

    class Watched(deque[Sequence]):
        def __iter__(self) -> Any:
            looked.append(len(self))
            return super().__iter__()

    engine.waiting = Watched(engine.waiting)
    made.advance(1.0)
    assert len(engine.waiting) == 50
    assert looked == []
