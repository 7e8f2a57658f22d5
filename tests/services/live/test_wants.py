"""Wants say for themselves which turn they belong to."""

from fakeai.services.live.wants import Cause, Reply, Say


def test_what_is_to_be_said_can_be_given_another_turn() -> None:
    assert Say(1, "a")._replace(turn=2) == Say(2, "a")
    assert Reply(1)._replace(turn=2) == Reply(2)


def test_a_cause_is_nothing_unless_told() -> None:
    assert Cause() == (None, None, None, None)
