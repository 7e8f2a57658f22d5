"""A sequence's keys, and what goes on with it elsewhere."""

from fakeai.sim.sequence import Sequence, State
from fakeai.sim.types import SimRequest

REQUEST = SimRequest("a", 9, 20, ("p0", "p1"), ("o0", "o1"))


def test_a_new_sequence_waits_to_have_its_prompt_computed():
    one = Sequence(REQUEST, 2.5)
    assert (one.state, one.arrived, one.target, one.computed, one.made, one.held) == (State.WAITING, 2.5, 9, 0, 0, 0)
    assert (one.scheduled, one.first_token, one.last_token, one.reason) == (None, None, None, "")


def test_output_blocks_count_once_something_was_made():
    one = Sequence(REQUEST, 0.0)
    assert list(one.keys()) == ["p0", "p1"]
    one.made = 1
    assert list(one.keys()) == ["p0", "p1", "o0", "o1"]
    bare = Sequence(SimRequest("b", 9, 20, ("p0", "p1")), 0.0)
    bare.made = 1
    assert list(bare.keys()) == ["p0", "p1"]


def test_a_successor_has_what_was_made_and_who_waits_for_it_but_no_blocks():
    one = Sequence(REQUEST, 2.5)
    seat = object()
    one.seat, one.made, one.held, one.computed, one.worker = seat, 4, 3, 12, 7
    one.scheduled, one.first_token, one.last_token = 3.0, 4.0, 5.0
    one.cached_tokens, one.preemptions, one.transfer_s = 8, 2, 0.25
    one.stalls.append(0.5)
    other = one.successor()
    assert other is not one
    assert (other.request, other.arrived, other.made, other.target) == (REQUEST, 2.5, 4, 13)
    assert (other.scheduled, other.first_token, other.last_token) == (3.0, 4.0, 5.0)
    assert (other.cached_tokens, other.preemptions, other.transfer_s, other.stalls) == (8, 2, 0.25, [0.5])
    assert (other.held, other.computed, other.worker, other.state) == (0, 0, -1, State.WAITING)
    assert other.remote
    assert (one.seat, other.seat) == (None, seat)
    assert not other.successor(remote=False).remote


def test_sequences_are_equal_to_themselves_alone():
    one, other = Sequence(REQUEST, 0.0), Sequence(REQUEST, 0.0)
    assert one != other
    assert len({one, other}) == 2
