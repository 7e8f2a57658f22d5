"""A probe says why nothing can be kept, and asks no more often than once a second."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from fakeai.core.clock import WallClock
from fakeai.store import probe
from fakeai.store.probe import Probe
from fakeai.store.sql import Sql, SqlDatabase


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
    assert await Probe(db, None).reason() is None
    assert db.sql._engine is None


async def test_a_locked_database_is_told_and_is_ready_again_by_itself(kept, tmp_path: Path, time) -> None:
    asked = Probe(kept, tmp_path)
    assert await asked.reason() is None
    other = sqlite3.connect(tmp_path / "kept.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert await asked.reason() is None, "an answer is good for a second"
    time.s = 1.0
    assert await asked.reason() == "the database does not answer"
    other.execute("ROLLBACK")
    other.close()
    time.s = 2.0
    assert await asked.reason() is None


async def test_a_full_disk_is_told(kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "disk_usage", lambda path: SimpleNamespace(free=1_000))
    assert await Probe(kept, tmp_path).reason() == "the storage is full"
