"""What keeps things, of each technology in turn, and a clock to go with it."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from technologies import bucket, emptied

from fakeai.core.clock import WallClock
from fakeai.store.base import Blobs, KeyValue
from fakeai.store.local import LocalBlobs, MemoryBlobs
from fakeai.store.memory import MemoryValues
from fakeai.store.redis import RedisValues
from fakeai.store.s3 import S3Blobs
from fakeai.store.sql import Sql, SqlDatabase


@pytest.fixture
def clock() -> WallClock:
    return WallClock(epoch=1_760_000_000.0)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that is empty."""
    if request.param == "memory":
        return "sqlite://"
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'kept.db'}"
    return emptied(request.getfixturevalue("postgresql"))


@pytest.fixture
def sql(url: str) -> Iterator[Sql]:
    made = Sql(url)
    yield made
    made.close()


@pytest.fixture
def db(sql: Sql, clock: WallClock) -> SqlDatabase:
    return SqlDatabase(sql, clock)


@pytest.fixture(params=["memory", "directory", "s3"])
def blobs(
    request: pytest.FixtureRequest, tmp_path: Path, clock: WallClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Blobs]:
    if request.param == "memory":
        yield MemoryBlobs().at(clock)
    elif request.param == "directory":
        yield LocalBlobs(tmp_path)
    else:
        server = request.getfixturevalue("s3")
        made = S3Blobs(bucket(server, monkeypatch))
        yield made
        made.close()


@pytest.fixture(params=["memory", "redis"])
async def values(request: pytest.FixtureRequest, clock: WallClock) -> AsyncIterator[KeyValue]:
    if request.param == "memory":
        yield MemoryValues().at(clock)
        return
    made = RedisValues(request.getfixturevalue("redis_server"), clock, prefix=f"{os.urandom(6).hex()}:")
    yield made
    await made.close()
