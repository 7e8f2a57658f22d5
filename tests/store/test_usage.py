"""Counts are told to the database once, whatever happens in between, and never take much memory."""

import asyncio
import threading

import pytest

from fakeai.core.call import Principal
from fakeai.core.clock import VirtualLoop, WallClock
from fakeai.core.errors import StorageUnavailable
from fakeai.store.sql import Sql, SqlDatabase
from fakeai.store.usage import Amounts, Asked, Meter, Tally, Used, sums

US = Principal("org-us", "proj_a", "key_1", "user_1")
ALWAYS = Asked("org-us", ("completions",), 0, 2**31 - 1, 2**31 - 1)


async def total(db: SqlDatabase) -> Amounts:
    found = await db.read(lambda tx: list(sums(tx, ALWAYS)))
    return found[0].amounts if found else Amounts(0)


async def test_counts_are_added_up_and_kept_once(db: SqlDatabase, clock: WallClock) -> None:
    meter = Meter(Tally(), db, clock)
    for _ in range(3):
        meter.count(US, "completions", "m", (1, 10, 2, 5, 1, 1, 0))
    await meter.flush()
    await meter.flush()
    meter.count(US, "completions", "m", (1, 10, 2, 5, 1, 1, 0))
    await meter.close()
    await meter.flush()
    assert await total(db) == Amounts(4, 40, 8, 20, 4, 4, 0)


def test_a_count_is_of_the_minute_it_is_told_of() -> None:
    async def scenario() -> None:
        clock = WallClock(epoch=60_000.0)
        db = SqlDatabase(sql, clock)
        meter = Meter(Tally(), db, clock)
        await clock.sleep(150.0)
        meter.count(US, "completions", "m", at=59.0)
        meter.count(US, "completions", "m", at=60.0)
        meter.count(US, "completions", "m")
        await meter.flush()
        by_minute = ALWAYS._replace(width=1)
        found = await db.read(lambda tx: [(one.bucket, one.amounts.requests) for one in sums(tx, by_minute)])
        assert found == [(1_000, 1), (1_001, 1), (1_002, 1)]

    sql = Sql()
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(scenario())
    sql.close()


async def test_what_cannot_be_kept_is_told_the_next_time(
    db: SqlDatabase, clock: WallClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter = Meter(Tally(), db, clock)
    meter.count(US, "completions", "m")
    run = db.run

    async def fail(work: object) -> None:
        meter.count(US, "completions", "m")
        raise StorageUnavailable

    monkeypatch.setattr(db, "run", fail)
    with pytest.raises(StorageUnavailable):
        await meter.flush()
    monkeypatch.setattr(db, "run", run)
    await meter.flush()
    assert (await total(db)).requests == 2


def test_what_is_kept_is_written_within_a_second_and_then_nothing_waits(tmp_path) -> None:
    async def scenario() -> tuple[float, int]:
        clock = WallClock(epoch=1_760_000_000.0)
        db = SqlDatabase(sql, clock)
        meter = Meter(Tally(), db, clock)
        meter.count(US, "completions", "m")
        await clock.sleep(1.5)
        kept = (await total(db)).requests
        assert meter._timer is None
        return clock.now(), kept

    sql = Sql(f"sqlite:///{tmp_path / 'kept.db'}")
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(scenario()) == (1.5, 1)
    sql.close()


def test_a_database_in_memory_is_not_opened_before_somebody_asks() -> None:
    async def scenario() -> None:
        clock = WallClock()
        meter = Meter(Tally(), SqlDatabase(sql, clock), clock)
        meter.count(US, "completions", "m")
        await clock.sleep(60)
        await meter.close()

    sql = Sql()
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(scenario())
    assert sql._engine is None


def test_threads_that_share_a_tally_lose_nothing() -> None:
    tally, used = Tally(), Used("o", "completions", 1, "p", "", "", "m", False, "", "", "")
    threads = [
        threading.Thread(target=lambda: [tally.add(used, (1, 2, 0, 0, 0, 0, 0)) for _ in range(5_000)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tally.take() == {used: (20_000, 40_000, 0, 0, 0, 0, 0)}


async def test_any_number_of_models_takes_no_more_than_so_much_memory_and_nothing_is_lost(
    db: SqlDatabase, clock: WallClock
) -> None:
    tally = Tally()
    meter = Meter(tally, db, clock)
    for number in range(12_000):
        meter.count(US, "completions", f"{number}" + "x" * 1_000)
    assert len(tally) <= 10_001
    await meter.flush()
    assert (await total(db)).requests == 12_000
