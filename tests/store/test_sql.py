"""Transactions last or leave nothing, writers take turns, and a database that cannot is told as one."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakeai.core.clock import WallClock
from fakeai.core.errors import StorageFull, StorageUnavailable
from fakeai.store.objects import Collection
from fakeai.store.sql import Sql, SqlDatabase, now_of

THINGS = Collection("thing")


@pytest.fixture
def file(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'kept.db'}"


@pytest.fixture
def sql(file: str) -> Iterator[Sql]:
    made = Sql(file, busy_s=0.3)
    yield made
    made.close()


@pytest.fixture
def kept(sql: Sql, clock: WallClock) -> SqlDatabase:
    return SqlDatabase(sql, clock)


async def test_what_was_written_is_there_after_a_restart(kept: SqlDatabase, file: str, clock: WallClock) -> None:
    await kept.run(lambda tx: THINGS.add(tx, "us", {"id": "a"}))
    again = Sql(file)
    assert await SqlDatabase(again, clock).read(lambda tx: THINGS.get(tx, "us", "a")) == {"id": "a"}
    again.close()


async def test_a_transaction_knows_the_apps_time(kept: SqlDatabase, clock: WallClock) -> None:
    before = clock.unix()
    assert before <= await kept.run(now_of) <= kept.now()


def test_starts_are_counted_where_they_are_kept(file: str) -> None:
    counts = []
    for _ in range(3):
        sql = Sql(file)
        counts.append(sql.open())
        sql.close()
    assert counts == [0, 1, 2]
    assert Sql().open() == 0


async def test_reading_does_not_wait_for_a_writer(kept: SqlDatabase, tmp_path: Path) -> None:
    await kept.run(lambda tx: THINGS.add(tx, "us", {"id": "a"}))
    other = sqlite3.connect(tmp_path / "kept.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert await kept.read(lambda tx: THINGS.known(tx, "us", "a"))
    with pytest.raises(StorageUnavailable) as refused:
        await kept.run(lambda tx: THINGS.add(tx, "us", {"id": "b"}))
    assert (refused.value.status, refused.value.retry_after) == (503, 1.0)
    other.execute("COMMIT")
    await kept.run(lambda tx: THINGS.add(tx, "us", {"id": "b"}))
    other.close()


async def test_a_full_database_is_told_as_one(kept: SqlDatabase) -> None:
    def fill(tx) -> None:
        tx.exec_driver_sql(f"PRAGMA max_page_count = {tx.exec_driver_sql('PRAGMA page_count').scalar()}")
        for number in range(100):
            THINGS.add(tx, "us", {"id": str(number), "text": "x" * 4_000})

    with pytest.raises(StorageFull) as refused:
        await kept.run(fill)
    assert (refused.value.status, refused.value.retry_after) == (507, 5.0)
    assert await kept.read(lambda tx: THINGS.count(tx, "us")) == 0


def test_a_database_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"this is no database" * 100)
    for url in (f"sqlite:///{broken}", f"sqlite:///{tmp_path}/no/such/place.db", "nonsense+driver://x:secret@y/z"):
        sql = Sql(url)
        with pytest.raises(ValueError, match=r"^store\.database: .* cannot be used") as refused:
            sql.open()
        assert "secret" not in str(refused.value)
        sql.close()
