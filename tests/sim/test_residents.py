"""What sequences have and give back: places, blocks, adapters."""

import gc

from fakeai.sim.sequence import Sequence, State
from fakeai.sim.types import SimRequest
from tests.sim.engines import cluster, prompt


def engine(**options: object):
    return cluster(**options).workers[0].engine


def test_a_prompt_is_let_in_only_if_all_of_it_fits() -> None:
    one = engine(blocks=10)

    first, second = Sequence(prompt("a", 24, 2), 0.0), Sequence(prompt("b", 20, 2), 0.0)
    one.submit(first)
    one.submit(second)
    assert one.pending_tokens == 44
    assert one.admit(first, 0.0)
    one.chunk(first, 24)
    assert (first.state, one.pool.used) == (State.PREFILLING, 6)
    assert not one.admit(second, 0.0)
    assert (second.state, list(one.waiting)) == (State.WAITING, [second])


def test_a_preempted_sequence_goes_to_the_head_and_gives_all_back() -> None:

    one = engine(blocks=10)
    first, second = Sequence(prompt("a", 12, 5), 0.0), Sequence(prompt("b", 8, 5), 0.0)
    for sequence in (first, second):
        one.submit(sequence)
    one.admit(first, 0.0)
    one.chunk(first, 12)
    one.preempt(first)
    assert list(one.waiting) == [first, second]
    assert (one.pool.used, one.pending_tokens, first.preemptions) == (0, 20, 1)


def test_the_least_recently_used_adapter_makes_room_but_not_a_pinned_one() -> None:
    one = engine(max_loras=2)
    one.add_lora("a", pinned=True)
    one.add_lora("b")
    one.add_lora("c")
    assert list(one.loras) == ["a", "c"]
    one.remove_lora("a")
    one.add_lora("d")
    assert list(one.loras) == ["c", "d"]


def test_an_adapter_is_kept_out_of_a_step_that_is_full_of_others() -> None:

    one = engine(max_loras=1, lora_load_s=0.0)
    sequence = Sequence(SimRequest("a", 4, 2, lora="x"), 0.0)
    one.submit(sequence)
    one.admit(sequence, 0.0)
    assert one.lora_allowed("x")
    assert one.lora_allowed("")
    assert not one.lora_allowed("y")


def test_what_is_left_of_sequences_that_are_over_does_not_keep_them_in_memory() -> None:
    made = cluster(blocks=64)
    request = SimRequest("a", 23, 9)
    made.submit(request, 0.0)
    made.advance(100.0)
    assert made.workers[0].engine.pool.free == 64
    gc.collect()
    alive = [
        one for one in gc.get_objects() if type(one) is Sequence
    ]  # `isinstance` would wake up lazy modules of torch
    assert [one for one in alive if one.request is request] == []
