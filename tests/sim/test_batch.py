"""Sequences that decode together: counts without a look at each must be what a look at each finds."""

from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.chance import Chance
from fakeai.sim.batch import Batch
from fakeai.sim.blocks import BlockPool
from fakeai.sim.engine_config import EngineConfig
from fakeai.sim.sequence import Sequence, State
from fakeai.sim.types import SimRequest

SIZE = 4


def batch() -> Batch:
    return Batch(EngineConfig(blocks=1000, block_size=SIZE), BlockPool(1000), Chance(1).stream("batch"))


def join(to: Batch, prompt: int, output: int) -> Sequence:
    """A sequence with its prompt computed and its first token made."""
    sequence = Sequence(SimRequest("a", prompt, output), 0.0)
    sequence.computed, sequence.made = prompt, 1
    sequence.held = -(-prompt // SIZE)
    to._join(sequence)
    return sequence


def step(of: Batch) -> list[Sequence]:
    """One decode step of all; those that are done."""
    of.decode_steps += 1
    return of._finished()


def test_a_sequence_makes_a_token_a_step_until_it_is_done() -> None:
    one = batch()
    sequence = join(one, 5, 3)
    assert one.made(sequence) == 1
    assert step(one) == []
    assert one.made(sequence) == 2
    assert step(one) == [sequence]
    assert (sequence.made, sequence.computed, sequence.held) == (3, 7, 2)
    assert not one.decoding


def test_a_stalled_sequence_goes_on_where_it_was() -> None:
    one = batch()
    still, other = join(one, 5, 9), join(one, 6, 9)
    one.stall(still)
    step(one)
    assert (still.state, one.made(still), one.made(other)) == (State.STALLED, 1, 2)
    one.rejoin()
    step(one)
    assert (one.made(still), one.made(other)) == (2, 3)


STEPS = st.lists(st.one_of(st.none(), st.tuples(st.integers(1, 20), st.integers(2, 15))), min_size=1, max_size=60)


@given(STEPS)
def test_counts_are_what_a_look_at_each_sequence_finds(moves: list[tuple[int, int] | None]) -> None:
    one = batch()
    slow: dict[Sequence, int] = {}
    """Tokens each has computed."""
    for move in moves:
        if move is not None:
            sequence = join(one, *move)
            slow[sequence] = move[0]
        assert one.decode_kv == sum(computed + 1 for computed in slow.values())
        assert one.decode_blocks() == sum(computed % SIZE == 0 for computed in slow.values())
        if not slow:
            continue
        done = step(one)
        slow = {sequence: computed + 1 for sequence, computed in slow.items()}
        finished = {
            sequence for sequence, computed in slow.items()
            if computed - sequence.request.prompt_tokens + 1 == sequence.request.output_tokens
        }  # fmt: skip
        assert set(done) == finished
        for sequence in finished:
            assert sequence.held == -(-slow.pop(sequence) // SIZE)
        for sequence, computed in slow.items():
            assert one.made(sequence) == computed - sequence.request.prompt_tokens + 1
