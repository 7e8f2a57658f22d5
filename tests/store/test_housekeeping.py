"""Rows that have expired go with their blobs, and blobs without a row go once they have been alone for long."""

import asyncio

import pytest

from fakeai.core.clock import WallClock
from fakeai.core.errors import StorageUnavailable
from fakeai.store import housekeeping
from fakeai.store.base import Blobs
from fakeai.store.housekeeping import Housekeeping
from fakeai.store.local import MemoryBlobs
from fakeai.store.objects import Collection
from fakeai.store.sql import Sql, SqlDatabase

THINGS = Collection("thing")
NOW = 1_760_000_000.0


async def names(blobs: Blobs) -> list[str]:
    return sorted(key for key, _ in await blobs.keys())


async def test_what_has_expired_goes_with_its_blobs(db: SqlDatabase, blobs: Blobs) -> None:
    for name, expires in (("old", NOW - 1), ("new", NOW + 3_600), ("always", None)):
        await blobs.put(f"blob-{name}", b"x")
        row = {"id": name, "_blobs": [f"blob-{name}"]}
        await db.run(lambda tx, row=row, expires=expires: THINGS.add(tx, "us", row, expires=expires))
    kept = Housekeeping(db, blobs)
    assert await kept.purge() == 1
    assert await kept.purge() == 0
    assert await names(blobs) == ["blob-always", "blob-new"]


async def test_more_than_go_at_once_all_go(db: SqlDatabase, monkeypatch: pytest.MonkeyPatch, clock: WallClock) -> None:
    monkeypatch.setattr(housekeeping, "_MOST", 10)

    def add(tx) -> None:
        for number in range(35):
            THINGS.add(tx, "us", {"id": str(number)}, expires=NOW - 1)

    await db.run(add)
    assert await Housekeeping(db, MemoryBlobs().at(clock)).purge() == 35


async def test_blobs_that_no_row_owns_go_after_an_hour(
    db: SqlDatabase, blobs: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("blob-owned", "blob-alone"):
        await blobs.put(key, b"x")
    await db.run(lambda tx: THINGS.add(tx, "us", {"id": "a", "_blobs": ["blob-owned"]}))
    kept = Housekeeping(db, blobs)
    if not isinstance(blobs, type(MemoryBlobs().at(WallClock()))):  # whose Clock is a year behind
        assert await kept.collect() == 0
    monkeypatch.setattr(housekeeping, "COLLECT_S", -1e9)
    assert await kept.collect() == 1
    assert await names(blobs) == ["blob-owned"]


async def test_what_cannot_be_deleted_waits_for_the_next_time(
    clock: WallClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "COLLECT_S", -1e9)
    blobs = MemoryBlobs().at(clock)
    await blobs.put("blob-1", b"x")

    class Locked(type(blobs)):  # type: ignore[misc]
        async def delete(self, key: str) -> None:
            raise StorageUnavailable

    sql = Sql()
    kept = Housekeeping(SqlDatabase(sql, clock), Locked(blobs._blobs, clock))
    assert await kept.collect() == 1
    assert await names(blobs) == ["blob-1"]
    sql.close()


async def test_nothing_is_opened_where_nothing_is_kept(monkeypatch: pytest.MonkeyPatch, clock: WallClock) -> None:
    monkeypatch.setattr(housekeeping, "_PURGE_S", 0.001)
    sql = Sql()
    db = SqlDatabase(sql, clock)
    kept = Housekeeping(db, MemoryBlobs().at(clock))
    kept.begin()
    await asyncio.sleep(0.05)
    assert not sql.opened
    await db.run(lambda tx: THINGS.add(tx, "us", {"id": "a"}, expires=NOW - 1))

    async def gone() -> bool:
        return await db.read(lambda tx: tx.exec_driver_sql("SELECT count(*) FROM objects").scalar()) == 0

    async with asyncio.timeout(20):
        while not await gone():
            await asyncio.sleep(0.01)
    await kept.stop()
    await kept.stop()
    sql.close()
