"""What is held in memory follows the rules of what is kept in rows."""

from threading import Thread

from fakeai.core.clock import WallClock
from fakeai.store import allotments
from fakeai.store.allotments import Allotment, Use
from fakeai.store.held import HeldAllotments
from fakeai.store.sql import Sql, SqlDatabase

ENDS = 10_000.0
FULL = Use(1, quota=1)


def holding(now: Allotment = Allotment()) -> HeldAllotments:  # noqa: B008  # cannot be changed
    held = HeldAllotments()
    held.hold("key", now, 0)
    return held


def ends(now: float) -> float:
    return now + ENDS


async def test_the_same_uses_leave_the_same_as_in_rows(db: SqlDatabase) -> None:
    uses = (Use(1, quota=3), Use(3, quota=3), Use(2, 5, quota=3, budget=5), Use(0, 0, budget=5), Use(-9, -2), Use(7, 9))
    held, now, found = holding(), db.now(), []
    for use in uses:
        taken = held.take("key", use, now, lambda _: now + ENDS)
        assert taken is not None
        found.append(taken[0])
    fits, kept = await db.run(lambda tx: allotments.take(tx, "key", uses, now + ENDS))
    assert fits == found == [True, False, True, False, True, True]
    assert held.look("key", now) == kept


def test_a_period_begins_anew_at_its_end_and_not_a_second_before() -> None:  # gateway 29, 30, 31
    held = holding(Allotment(1, 7, ENDS))
    assert held.take("key", FULL, ENDS - 1, ends) == (False, Allotment(1, 7, ENDS))
    assert held.look("key", ENDS) == Allotment()
    assert held.take("key", FULL, ENDS, ends) == (True, Allotment(1, 0, 2 * ENDS))
    assert held.take("key", FULL, ENDS + 1, ends) == (False, Allotment(1, 0, 2 * ENDS)), "it was reset once"


def test_a_key_that_was_never_looked_up_is_not_held() -> None:
    held = HeldAllotments()
    assert held.take("key", FULL, 0.0, ends) is None and held.look("key", 0.0) is None


def test_what_was_looked_up_before_all_was_forgotten_is_not_held() -> None:
    held, age = holding(), 0
    held.forget()
    held.hold("key", Allotment(5, 0, ENDS), age)
    assert held.look("key", 1.0) is None
    held.hold("key", Allotment(2, 0, ENDS), held.age)
    held.hold("key", Allotment(9, 0, ENDS), held.age)
    assert held.look("key", 1.0) == Allotment(2, 0, ENDS), "what is held already counts"


def test_threads_together_take_as_much_as_there_is() -> None:  # gateway 33
    held, fits = holding(), []

    def ask() -> None:
        for _ in range(2_000):
            taken = held.take("key", Use(1, quota=5_000), 1.0, ends)
            assert taken is not None
            fits.append(taken[0])

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sum(fits), len(fits)) == (5_000, 8_000)


async def test_rows_are_told_what_is_held_and_nothing_of_keys_that_used_nothing() -> None:
    db = SqlDatabase(Sql(), WallClock(epoch=100.0))
    held = holding(Allotment(3, 4, ENDS))
    held.hold("unused", Allotment(), 0)
    for _ in range(2):
        await db.run(held.keep)
    assert await db.read(lambda tx: allotments.look(tx, "key")) == Allotment(3, 4, ENDS)
    assert await db.read(lambda tx: allotments.look(tx, "unused")) == Allotment()
