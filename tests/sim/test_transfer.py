"""Transfers share a link exactly as exact fractions worked event by event say, and bytes are conserved."""

from fractions import Fraction
from math import inf
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.sim.transfer import Link

RATE, CAP, LATENCY = 100, 60, Fraction(1, 8)


class Act(NamedTuple):
    after: Fraction
    kind: str
    id: int
    bytes: int


acts = st.lists(
    st.builds(
        Act,
        st.fractions(0, 3, max_denominator=16),
        st.sampled_from(["add", "add", "add", "cancel", "advance"]),
        st.integers(0, 5),
        st.integers(0, 400),
    ),
    max_size=25,
)


class Slow:
    """The same in fractions: what is left of each transfer, and new rates after every event."""

    def __init__(self) -> None:
        self.now = Fraction(0)
        self.left: dict[int, Fraction] = {}
        self.there: list[tuple[Fraction, int]] = []
        self.sent = Fraction(0)

    def flow(self, now: Fraction) -> None:
        while self.left:
            rate = min(Fraction(CAP), Fraction(RATE, len(self.left)))
            first = min(self.left.values()) / rate
            span = min(first, now - self.now)
            for name in self.left:
                self.left[name] -= rate * span
            self.sent += rate * span * len(self.left)
            self.now += span
            for name in [name for name, left in self.left.items() if left == 0]:
                del self.left[name]
                self.there.append((self.now + LATENCY, name))
            if span < first:
                break
        self.now = now


@given(acts)
def test_a_link_agrees_with_exact_fractions_event_by_event(done: list[Act]) -> None:
    link, slow = Link(RATE, float(LATENCY), CAP), Slow()
    now = Fraction(0)
    cancelled = Fraction(0)
    added = 0
    for act in done:
        now += act.after
        slow.flow(now)
        pending = set(slow.left) | {name for _, name in slow.there}
        if act.kind == "add" and act.id not in pending:
            link.add(act.id, act.bytes, float(now))
            added += act.bytes
            if act.bytes:
                slow.left[act.id] = Fraction(act.bytes)
            else:
                slow.there.append((now + LATENCY, act.id))
        elif act.kind == "add":
            continue  # its refusal has a test of its own
        elif act.kind == "cancel":
            assert link.cancel(act.id, float(now)) == (act.id in pending)
            cancelled += slow.left.pop(act.id, Fraction(0))
            slow.there = [(at, name) for at, name in slow.there if name != act.id]
        else:
            compare(link.advance(float(now)), slow, now)
        assert len(link) == len(slow.left) + len(slow.there)
        assert link.sent_bytes == pytest.approx(float(slow.sent), abs=1e-6)
    while (at := link.next_at()) is not None:
        there = link.advance(at)
        assert there, "a time that next_at gives brings something"
        slow.flow(Fraction(at) + Fraction(1, 10**9))
        compare(there, slow, Fraction(at) + Fraction(1, 10**9))
    assert not slow.left
    assert not slow.there
    assert link.sent_bytes == pytest.approx(float(added - cancelled), abs=1e-6)


def compare(there: list[tuple[float, object]], slow: Slow, now: Fraction) -> None:
    """The same transfers at the same times; one that is there within rounding of `now` may be told of or not yet."""
    assert [at for at, _ in there] == sorted(at for at, _ in there)
    expected = {name: at for at, name in slow.there}
    for at, name in there:
        assert at == pytest.approx(float(expected.pop(name)))  # type: ignore[arg-type]
    assert all(at > now - Fraction(1, 10**9) for at in expected.values())
    slow.there = [(at, name) for at, name in slow.there if name in expected]


def test_two_transfers_share_and_the_second_speeds_up_by_hand() -> None:
    link = Link(100.0)
    link.add("a", 100, 0.0)
    link.add("b", 200, 0.5)
    # a has 50 left at 0.5, sent at 50/s: there at 1.5, when b has 150 left, sent at 100/s.
    assert link.next_at() == 1.5
    assert link.advance(10.0) == [(1.5, "a"), (3.0, "b")]
    assert link.next_at() is None


def test_a_cap_binds_a_lone_transfer_and_not_a_crowd() -> None:
    link = Link(100.0, cap_bytes_per_s=40.0)
    link.add(1, 40, 0.0)
    assert link.advance(1.0) == [(1.0, 1)]
    for name in range(4):
        link.add(name, 25, 2.0)
    assert link.next_at() == 3.0


def test_latency_takes_no_bandwidth() -> None:
    link = Link(100.0, latency_s=5.0)
    link.add("a", 100, 0.0)
    link.add("nothing", 0, 1.0)
    link.add("b", 100, 1.0)
    assert link.advance(20.0) == [(6.0, "a"), (6.0, "nothing"), (7.0, "b")]


def test_an_infinite_link_takes_the_latency_only() -> None:
    link = Link(inf, latency_s=0.5)
    link.add("a", 10**12, 1.0)
    assert link.next_at() == 1.5
    assert link.advance(1.5) == [(1.5, "a")]
    assert link.sent_bytes == 10**12


def test_a_cancelled_transfer_leaves_its_share_and_its_id() -> None:
    link = Link(100.0)
    link.add("a", 1000, 0.0)
    link.add("b", 100, 0.0)
    assert link.cancel("a", 1.0)
    assert not link.cancel("a", 1.0)
    assert link.next_at() == 1.5
    link.add("a", 25, 1.0)
    assert link.advance(9.0) == [(1.5, "a"), (1.75, "b")]
    assert link.sent_bytes == 175.0


def test_bad_input_is_refused() -> None:
    for build, said in (
        (lambda: Link(0.0), "bandwidth is above 0, not 0.0"),
        (lambda: Link(1.0, cap_bytes_per_s=float("nan")), "bandwidth is above 0"),
        (lambda: Link(1.0, latency_s=-1.0), "latency is a number of seconds from 0 on"),
        (lambda: Link(1.0).add("a", -1, 0.0), "bytes from 0 on, not -1"),
    ):
        with pytest.raises(ValueError, match=said):
            build()
    link = Link(1.0, latency_s=1.0)
    link.add("a", 1, 5.0)
    with pytest.raises(ValueError, match="time does not go back"):
        link.advance(4.0)
    for now in (5.5, 6.5):
        with pytest.raises(ValueError, match="'a' is under way"):
            link.add("a", 1, now)
