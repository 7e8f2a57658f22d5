"""A database whose log was cut is found out, and one that a crash has ended is not taken for such."""

import logging
import shutil
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
        with pytest.raises(ValueError, match=r"lacks the last \d+ changes .* damaged.* delete '.*x\.db-mark'"):
            count(left)
    (left / "x.db-mark").unlink()
    assert 0 < count(left) < 40
    assert count(left) < 40


def test_after_power_was_lost_it_is_said_and_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "x.db"
    before = Mark(path, b"one")
    before.check(0)
    before.put(7)
    before.close()
    with caplog.at_level(logging.WARNING):
        after = Mark(path, b"two")
        after.check(5)
        after.close()
    assert "lost its last 2 changes" in caplog.text
    again = Mark(path, b"two")
    again.check(5)
    with pytest.raises(ValueError, match="lacks the last 1 changes"):
        again.check(4)
    again.close()
