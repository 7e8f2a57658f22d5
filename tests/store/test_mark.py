"""A database whose log was cut is found out, and one that a crash has ended is not taken for such."""

import shutil
import struct
from pathlib import Path

import pytest

from fakeai.core.clock import stopwatch
from fakeai.store.base import Tx
from fakeai.store.mark import Mark
from fakeai.store.objects import Collection
from fakeai.store.sql import Sql

THINGS = Collection("thing")


def written(place: Path, count: int = 40) -> Path:
    """A directory as a process leaves it that was killed: some changes are in the log alone."""
    place.mkdir()
    sql = Sql(f"sqlite:///{place / 'x.db'}")
    sql.open()
    for number in range(count):
        sql.transact(lambda tx, n=number: THINGS.add(tx, "us", {"id": str(n)}), 0.0, True, stopwatch())  # type: ignore[misc]
    left = place.with_name("left")
    shutil.copytree(place, left)
    sql.close()
    return left


def count(place: Path) -> int:
    """The things there are, once a server has begun on it."""
    sql = Sql(f"sqlite:///{place / 'x.db'}")
    try:
        sql.open()

        def work(tx: Tx) -> int:
            return THINGS.count(tx, "us")

        return sql.transact(work, 0.0, False, stopwatch())
    finally:
        sql.close()


def test_what_a_crash_leaves_is_whole(tmp_path: Path) -> None:
    left = written(tmp_path / "kept")
    assert (left / "x.db-wal").stat().st_size > 0
    assert [count(left), count(left)] == [40, 40]


def test_a_log_that_was_cut_stops_the_start_until_somebody_wants_that(tmp_path: Path) -> None:
    left = written(tmp_path / "kept")
    log = left / "x.db-wal"
    log.write_bytes(log.read_bytes()[: log.stat().st_size // 2])
    for _ in range(2):
        with pytest.raises(ValueError, match=r"log is damaged.* delete '.*x\.db-mark'"):
            count(left)
    (left / "x.db-mark").unlink()
    assert 0 < count(left) < 40
    assert count(left) < 40


def test_after_power_was_lost_it_is_said_and_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "x.db"

    def index(frames: int, salts: bytes) -> None:
        (tmp_path / "x.db-shm").write_bytes(bytes(16) + struct.pack("=I", frames) + bytes(12) + salts)

    def looked(boot: bytes) -> str:
        caplog.clear()
        mark = Mark(path, boot)
        try:
            mark.check()
        except ValueError as error:
            return str(error)
        finally:
            mark.close()
        return caplog.text

    index(7, b"12345678")
    assert looked(b"one") == ""
    index(5, b"12345678")
    assert "it ends before the last change" in looked(b"one")
    assert "power was lost" in looked(b"two")
    assert looked(b"two") == ""
    index(9, b"12345678")
    assert looked(b"two") == ""
    index(1, b"87654321")  # begun anew
    assert looked(b"two") == ""
