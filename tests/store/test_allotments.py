"""Quotas are taken exactly, by as many as come, and begin anew once when their period is over."""

import asyncio

from fakeai.core.clock import WallClock
from fakeai.store import allotments
from fakeai.store.allotments import Allotment, Use
from fakeai.store.sql import Sql, SqlDatabase

ENDS = 10_000.0


def at(sql: Sql, now: float) -> SqlDatabase:
    """The database as it is seen at an epoch second."""
    return SqlDatabase(sql, WallClock(epoch=now))


async def take(db: SqlDatabase, *uses: Use, key: str = "key", resets: float = ENDS) -> tuple[list[bool], Allotment]:
    return await db.run(lambda tx: allotments.take(tx, key, uses, resets))


async def test_what_fits_is_taken_and_what_does_not_is_not(sql: Sql) -> None:
    db = at(sql, 100.0)
    one = Use(1, quota=3)
    fits, now = await take(db, one, one, one, one)
    assert (fits, now) == ([True, True, True, False], Allotment(3, 0, ENDS))
    assert (await take(db, one))[0] == [False]
    assert (await take(db, one, key="other"))[0] == [True]


async def test_a_hundred_at_once_are_as_many_as_may(sql: Sql) -> None:  # gateway 33
    dbs = [at(sql, 100.0) for _ in range(2)]
    taken = await asyncio.gather(*(take(dbs[n % 2], Use(1, quota=30)) for n in range(100)))
    assert sum(fits[0] for fits, _ in taken) == 30
    assert (await dbs[0].read(lambda tx: allotments.look(tx, "key"))).used == 30


async def test_what_was_not_used_is_given_back_and_never_more(sql: Sql) -> None:
    db = at(sql, 100.0)
    await take(db, Use(2, 500, quota=2))
    assert (await take(db, Use(-1, -900)))[1] == Allotment(1, 0, ENDS)


async def test_units_that_are_known_later_need_something_to_be_left(sql: Sql) -> None:
    db = at(sql, 100.0)
    assert (await take(db, Use(0, quota=10), Use(25), Use(0, quota=10)))[0] == [True, True, False]
    assert (await take(db, Use(0, quota=0), key="none"))[0] == [False]
    assert (await take(db, Use(0, 0, None, 5), Use(0, 5), Use(0, 0, None, 5), key="paid"))[0] == [True, True, False]


async def test_a_period_begins_anew_when_it_is_over_and_not_before(sql: Sql) -> None:  # gateway 29, 30, 31
    full = Use(1, quota=1)
    assert (await take(at(sql, 100.0), full))[0] == [True]
    assert (await take(at(sql, ENDS - 1), full, resets=99_999.0))[0] == [False]
    fits, now = await take(at(sql, ENDS), full, resets=99_999.0)
    assert (fits, now) == ([True], Allotment(1, 0, 99_999.0))
    assert (await take(at(sql, ENDS + 1), full, resets=55_555.0)) == ([False], now), "it was reset once"


async def test_what_is_over_counts_for_nothing_and_can_be_forgotten(sql: Sql) -> None:
    await take(at(sql, 100.0), Use(5))
    assert await at(sql, ENDS).read(lambda tx: allotments.look(tx, "key")) == Allotment()
    await at(sql, 100.0).run(lambda tx: allotments.forget(tx, "key"))
    assert await at(sql, 100.0).read(lambda tx: allotments.look(tx, "key")) == Allotment()
