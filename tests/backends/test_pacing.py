"""One timer serves all deadlines: none early, none lost, in order, and lateness does not add up."""

import asyncio
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.backends.pacing import Pacer
from fakeai.core.clock import VirtualLoop, WallClock


def run_virtual(main):
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


class Item:
    """Notes when it is advanced, and names its next deadline."""

    def __init__(self, name: str, log: list, deadlines: list[float]) -> None:
        self.name = name
        self.log = log
        self.deadlines = list(deadlines)

    def advance(self, now: float) -> float | None:
        self.log.append((self.name, now))
        return self.deadlines.pop(0) if self.deadlines else None


def test_each_item_advances_at_its_deadline() -> None:
    log: list[tuple[str, float]] = []

    async def main() -> None:
        clock = WallClock()
        pacer = Pacer(clock)
        pacer.add(3.0, Item("late", log, []))
        pacer.add(1.0, Item("early", log, []))
        pacer.add(2.0, Item("middle", log, []))
        await clock.sleep_until(5.0)

    run_virtual(main())
    assert [name for name, _ in log] == ["early", "middle", "late"]
    assert [at for _, at in log] == pytest.approx([1.0, 2.0, 3.0])


def test_items_due_at_once_go_in_the_order_they_were_added() -> None:
    log: list[tuple[str, float]] = []

    async def main() -> None:
        clock = WallClock()
        pacer = Pacer(clock)
        for name in "cab":
            pacer.add(1.0, Item(name, log, [2.0]))
        await clock.sleep_until(3.0)

    run_virtual(main())
    assert [name for name, _ in log] == ["c", "a", "b", "c", "a", "b"]


def test_what_is_due_already_is_done_as_soon_as_the_loop_turns() -> None:
    log: list[tuple[str, float]] = []

    async def main() -> None:
        clock = WallClock()
        await clock.sleep_until(10.0)
        Pacer(clock).add(4.0, Item("overdue", log, []))
        assert log == []
        await clock.sleep(0.001)

    run_virtual(main())
    assert log == [("overdue", pytest.approx(10.0))]


def test_an_earlier_deadline_takes_the_timer_and_gives_it_back() -> None:
    log: list[tuple[str, float]] = []

    async def main() -> None:
        clock = WallClock()
        pacer = Pacer(clock)
        pacer.add(10.0, Item("first", log, []))
        await clock.sleep_until(1.0)
        pacer.add(2.0, Item("second", log, []))
        await clock.sleep_until(11.0)

    run_virtual(main())
    assert [(name, round(at, 6)) for name, at in log] == [("second", 2.0), ("first", 10.0)]


def test_an_item_may_add_others_while_it_advances() -> None:
    log: list[tuple[str, float]] = []

    async def main() -> None:
        clock = WallClock()
        pacer = Pacer(clock)

        class Parent(Item):
            def advance(self, now: float) -> float | None:
                pacer.add(now + 1.0, Item("child", log, []))
                pacer.add(now, Item("twin", log, []))
                return super().advance(now)

        pacer.add(1.0, Parent("parent", log, []))
        await clock.sleep_until(5.0)

    run_virtual(main())
    assert [(name, round(at, 6)) for name, at in log] == [("parent", 1.0), ("twin", 1.0), ("child", 2.0)]


def test_deadlines_are_absolute_so_a_thousand_steps_do_not_drift() -> None:
    log: list[tuple[str, float]] = []
    deadlines = [step * 0.0333 for step in range(1, 1001)]

    async def main() -> None:
        clock = WallClock()
        Pacer(clock).add(deadlines[0], Item("stream", log, deadlines[1:]))
        await clock.sleep_until(60.0)

    run_virtual(main())
    assert len(log) == 1000
    assert max(abs(at - due) for (_, at), due in zip(log, deadlines, strict=True)) < 1e-6


def test_a_pacer_that_ran_dry_starts_again() -> None:
    log: list[tuple[str, float]] = []

    async def main() -> None:
        clock = WallClock()
        pacer = Pacer(clock)
        pacer.add(1.0, Item("one", log, []))
        await clock.sleep_until(5.0)
        pacer.add(6.0, Item("two", log, []))
        await clock.sleep_until(7.0)

    run_virtual(main())
    assert [name for name, _ in log] == ["one", "two"]


def test_an_item_that_fails_is_dropped_and_the_others_go_on(caplog) -> None:
    log: list[tuple[str, float]] = []

    class Broken(Item):
        def advance(self, now: float) -> float | None:
            raise ZeroDivisionError

    async def main() -> None:
        clock = WallClock()
        pacer = Pacer(clock)
        pacer.add(1.0, Broken("broken", log, []))
        pacer.add(1.0, Item("same time", log, []))
        pacer.add(2.0, Item("later", log, []))
        await clock.sleep_until(3.0)

    with caplog.at_level(logging.ERROR, "asyncio"):
        run_virtual(main())
    assert [name for name, _ in log] == ["same time", "later"]
    assert "ZeroDivisionError" in caplog.text


class Ticking(WallClock):
    """A clock in virtual time whose tick is that of real time."""

    def tick(self) -> float:
        return 0.001


def test_a_crowd_waits_for_the_end_of_the_tick_and_few_do_not() -> None:
    crowd, few = [], []

    async def main(log: list, count: int) -> None:
        clock = Ticking()
        pacer = Pacer(clock)
        for number in range(count):
            due = 1.0 + number / 100_000
            pacer.add(due, Item(str(number), log, [due + 0.5]))
        await clock.sleep_until(3.0)

    run_virtual(main(crowd, 90))
    run_virtual(main(few, 9))
    assert [name for name, _ in crowd] == 2 * [str(number) for number in range(90)]
    late = [at - (1.0 + int(name) / 100_000) - 0.5 * (place >= 90) for place, (name, at) in enumerate(crowd)]
    assert all(-1e-6 <= seconds <= 0.001 + 1e-6 for seconds in late)
    assert len({round(at, 9) for _, at in crowd[20:90]}) == 1, "one wake-up serves all of a tick"
    assert [at for _, at in few[:9]] == pytest.approx([1.0 + number / 100_000 for number in range(9)], abs=1e-6)


def test_a_deadline_at_the_end_of_a_tick_is_served_there_however_floats_round() -> None:
    log: list[tuple[str, float]] = []
    start = 5601.872

    async def main() -> None:
        clock = Ticking()
        await clock.sleep_until(start)
        pacer = Pacer(clock)
        for number in range(50):
            due, deadlines = start + 0.2, []
            for _ in range(99):
                due += 0.02
                deadlines.append(due)
            pacer.add(start + 0.2, Item(str(number), log, deadlines))
        await clock.sleep_until(start + 3.0)

    run_virtual(main())
    assert len(log) == 5000
    steps = [(at - start - 0.2) / 0.02 for _, at in log]
    assert max(abs(step - round(step)) for step in steps) < 1e-3


def test_a_crowd_that_has_gone_is_no_crowd() -> None:
    log: list[tuple[str, float]] = []

    async def main() -> None:
        clock = Ticking()
        pacer = Pacer(clock)
        for number in range(90):
            pacer.add(1.0, Item(str(number), log, []))
        await clock.sleep_until(2.0)
        pacer.add(3.00042, Item("last", log, []))
        await clock.sleep_until(4.0)

    run_virtual(main())
    assert log[-1] == ("last", pytest.approx(3.00042, abs=1e-6))


DEADLINES = st.lists(
    st.lists(st.integers(min_value=0, max_value=100_000), min_size=1, max_size=5).map(sorted), min_size=1, max_size=8
)


@settings(max_examples=60, deadline=None)
@given(DEADLINES, st.sampled_from([0.1, 1.0, 3.0, 7.0, 20.0]))
def test_no_deadline_is_early_lost_or_out_of_order_at_any_speed(plan: list[list[int]], speed: float) -> None:
    log: list[tuple[str, float]] = []

    async def main() -> None:
        clock = WallClock(speed)
        pacer = Pacer(clock)
        for number, milliseconds in enumerate(plan):
            deadlines = [ms / 1000.0 for ms in milliseconds]
            pacer.add(deadlines[0], Item(str(number), log, deadlines[1:]))
        await clock.sleep_until(101.0)

    run_virtual(main())
    assert [at for _, at in log] == sorted(at for _, at in log)
    for number, milliseconds in enumerate(plan):
        advanced = [at for name, at in log if name == str(number)]
        assert advanced == pytest.approx([ms / 1000.0 for ms in milliseconds], abs=1e-5)
        assert all(at >= ms / 1000.0 - 1e-6 for at, ms in zip(advanced, milliseconds, strict=True))
