"""A database in memory, and a clock to go with it."""

from collections.abc import Iterator

import pytest

from fakeai.core.clock import WallClock
from fakeai.store.sql import Sql, SqlDatabase


@pytest.fixture
def clock() -> WallClock:
    return WallClock(epoch=1_760_000_000.0)


@pytest.fixture
def db(clock: WallClock) -> Iterator[SqlDatabase]:
    sql = Sql()
    yield SqlDatabase(sql, clock)
    sql.close()
