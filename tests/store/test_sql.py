"""Transactions last or leave nothing, writers take turns, and a database that cannot is told as one."""

import asyncio
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from technologies import Postgresql, running_postgresql

from fakeai.core.clock import WallClock, stopwatch
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


@pytest.fixture
def server(given: dict[str, str]) -> Iterator[Postgresql]:
    """A PostgreSQL to be mistreated."""
    with running_postgresql(given) as found:
        yield found


@pytest.fixture
def remote(server: Postgresql, clock: WallClock) -> Iterator[SqlDatabase]:
    sql = Sql(server.url, busy_s=2.0)
    assert sql.open() == 0
    yield SqlDatabase(sql, clock)
    sql.close()


async def test_postgresql_that_crashes_loses_nothing_it_has_said_yes_to(
    server: Postgresql, remote: SqlDatabase
) -> None:
    kept: list[str] = []
    refused = 0
    stop = asyncio.Event()

    async def write(worker: int) -> None:
        nonlocal refused
        number = 0
        while not stop.is_set():
            name, number = f"{worker}-{number}", number + 1
            try:
                await remote.run(lambda tx, name=name: THINGS.add(tx, "us", {"id": name}))
                kept.append(name)
            except StorageUnavailable:
                refused += 1
                await asyncio.sleep(0.05)

    async def until_more_than(count: int) -> None:
        async with asyncio.timeout(60):
            while len(kept) <= count:
                await asyncio.sleep(0.01)

    writers = [asyncio.ensure_future(write(number)) for number in range(16)]
    await until_more_than(100)
    await asyncio.to_thread(server.crash)
    await asyncio.to_thread(server.start)
    await until_more_than(len(kept) + 100)
    stop.set()
    await asyncio.gather(*writers)
    found = await remote.read(lambda tx: {item["id"] for item in THINGS.every(tx, "us")})
    assert set(kept) <= found
    assert refused > 0


async def test_postgresql_that_is_frozen_holds_nobody_for_long(server: Postgresql, remote: SqlDatabase) -> None:
    await remote.run(lambda tx: THINGS.add(tx, "us", {"id": "a"}))
    server.signal(signal.SIGSTOP)
    began = stopwatch()
    asked = [remote.read(lambda tx: THINGS.known(tx, "us", "a")) for _ in range(30)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(answer) for answer in answers} == {StorageUnavailable}
    assert stopwatch() - began < 30, "far less than thirty one after another"
    server.signal(signal.SIGCONT)

    async with asyncio.timeout(60):
        while True:
            try:
                assert await remote.read(lambda tx: THINGS.known(tx, "us", "a"))
                break
            except StorageUnavailable:
                pass
