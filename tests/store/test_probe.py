"""A probe says why nothing can be kept, or that Redis is away, and asks no more often than once a second."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from fakeai.core.clock import WallClock
from fakeai.store import probe
from fakeai.store.probe import Found, Probe
from fakeai.store.redis import RedisValues
from fakeai.store.sql import Sql, SqlDatabase

AWAY = "the database does not answer"


@pytest.fixture
def kept(tmp_path: Path, clock: WallClock) -> Iterator[SqlDatabase]:
    sql = Sql(f"sqlite:///{tmp_path / 'kept.db'}", busy_s=0.1)
    sql.open()
    yield SqlDatabase(sql, clock)
    sql.close()


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    told = SimpleNamespace(s=0.0)
    monkeypatch.setattr(probe, "stopwatch", lambda: told.s)
    return told


async def test_a_database_in_memory_is_never_opened_for_a_probe(clock: WallClock) -> None:
    db = SqlDatabase(Sql(), clock)
    assert await Probe(db, None).look() == Found("ok", "disabled")
    assert db.sql._engine is None


async def test_a_locked_database_is_told_and_is_ready_again_by_itself(  # gateway 68, 71
    kept: SqlDatabase, tmp_path: Path, time: SimpleNamespace
) -> None:
    asked = Probe(kept, tmp_path)
    assert (await asked.look()).db == "ok"
    other = sqlite3.connect(tmp_path / "kept.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert (await asked.look()).db == "ok", "an answer is good for a second"
    time.s = 1.0
    assert await asked.look() == Found(AWAY, "disabled")
    other.execute("ROLLBACK")
    other.close()
    time.s = 2.0
    assert (await asked.look()).db == "ok"


async def test_a_full_disk_is_told(kept: SqlDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "disk_usage", lambda path: SimpleNamespace(free=1_000))
    assert (await Probe(kept, tmp_path).look()).db == "the storage is full"


async def test_redis_that_answers_is_told_and_one_that_is_away(
    clock: WallClock, redis_server: str
) -> None:  # gateway 69
    there, away = RedisValues(redis_server, clock), RedisValues("redis://127.0.0.1:1", clock)
    assert await Probe(SqlDatabase(Sql(), clock), None, there).look() == Found("ok", "ok")
    assert await Probe(SqlDatabase(Sql(), clock), None, away).look() == Found("ok", "Redis does not answer")
    await there.close()
    await away.close()


async def test_what_hangs_holds_nobody_up(  # gateway 68
    clock: WallClock, time: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hanging(RedisValues):
        async def get(self, key: str) -> bytes | None:
            await asyncio.get_running_loop().create_future()
            return None

    monkeypatch.setattr(probe, "PATIENCE_S", 0.01)
    assert (await Probe(SqlDatabase(Sql(), clock), None, Hanging("", clock)).look()).redis == "Redis does not answer"
