"""Sequences that decode together: counts without a look at each must be what a look at each finds."""

from hypothesis import given
from hypothesis import strategies as st

from fakeai.core.chance import Chance
from fakeai.sim.batch import Batch
from fakeai.sim.blocks import BlockPool
from fakeai.sim.engine_config import EngineConfig
from fakeai.sim.sequence import Sequence, State
from fakeai.sim.speculative import Speculation
from fakeai.sim.types import SimRequest

SIZE = 4


def batch(speculation: Speculation | None = None) -> Batch:
    config = EngineConfig(blocks=1000, block_size=SIZE, speculation=speculation)
    return Batch(config, BlockPool(1000), Chance(1).stream("batch"))


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


SEQUENCES = st.lists(st.tuples(st.integers(1, 30), st.integers(20, 60)), min_size=1, max_size=8)


@given(SEQUENCES, st.integers(0, 60), st.integers(1, 18))
def test_steps_are_affordable_together_as_they_would_be_one_by_one(
    sequences: list[tuple[int, int]], free: int, steps: int
) -> None:
    one = batch()
    for prompt, output in sequences:
        join(one, prompt, output)
    one.pool.take(one.pool.free - free)
    count, used = 1, 0  # the first one has its own already
    for at in range(1, steps):
        wanted = sum((prompt + at) % SIZE == 0 for prompt, _ in sequences)
        if used + wanted > free:
            break
        used += wanted
        count += 1
    assert one._affordable(steps) == (count, used)


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(2, 30)), min_size=1, max_size=6))
def test_drafts_count_where_they_are_accepted_and_never_beyond_the_end(sequences: list[tuple[int, int]]) -> None:
    speculation = Speculation([0.9, 0.6, 0.4])
    one = batch(speculation)
    joined = [join(one, prompt, output) for prompt, output in sequences]
    one.pool.take(sum(sequence.held for sequence in joined))
    while one.decoding:
        before = {sequence: one.made(sequence) for sequence in one.decoding}
        one.grant_all(one.decode_blocks())
        one.decode_steps += 1
        accepted = one._speculate(speculation)
        done = one._finished()
        assert sum(one.made(sequence) - made for sequence, made in before.items()) == len(before) + accepted
        for sequence, made in before.items():
            assert 1 <= one.made(sequence) - made <= 4
            computed = sequence.computed if sequence in done else sequence.offset + one.decode_steps
            assert sequence.held * SIZE >= computed
    assert all(sequence.made == sequence.request.output_tokens for sequence in joined)
    assert one.pool.used == sum(sequence.held for sequence in joined)
    assert one.accepted == sorted(one.accepted, reverse=True)
