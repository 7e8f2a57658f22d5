"""Bytes go with a row that is refused, and stay where nobody knows whether it is there."""

import asyncio
import threading
from contextlib import suppress
from typing import Any

import pytest

from fakeai.core.clock import WallClock
from fakeai.core.errors import BadRequest, StorageFull, StorageUnavailable
from fakeai.services.blob_rows import run_with_blob
from fakeai.store.local import MemoryBlobs
from fakeai.store.sql import SqlDatabase


async def left(db: SqlDatabase, clock: WallClock, error: BaseException | None) -> int:
    blobs = MemoryBlobs().at(clock)
    await blobs.put("blob-1", b"x")

    def work(tx: Any) -> str:
        if error is not None:
            raise error
        return "done"

    if error is None:
        assert await run_with_blob(db, blobs, "blob-1", work) == "done"
    else:
        with pytest.raises(type(error)):
            await run_with_blob(db, blobs, "blob-1", work)
    return len(await blobs.keys())


@pytest.mark.parametrize("error", [BadRequest("no"), StorageFull(), KeyError("taken")])
async def test_a_refused_row_takes_its_bytes_along(db: SqlDatabase, clock: WallClock, error: Exception) -> None:
    assert await left(db, clock, error) == 0


@pytest.mark.parametrize("error", [None, StorageUnavailable()])
async def test_bytes_stay_with_a_row_that_is_or_may_be_there(db: SqlDatabase, clock: WallClock, error: Any) -> None:
    assert await left(db, clock, error) == 1


async def test_bytes_stay_when_the_caller_leaves_while_the_row_is_written(db: SqlDatabase, clock: WallClock) -> None:
    blobs = MemoryBlobs().at(clock)
    await blobs.put("blob-1", b"x")
    begun, go, done = threading.Event(), threading.Event(), threading.Event()

    def work(tx: Any) -> None:
        begun.set()
        go.wait()
        done.set()

    task = asyncio.ensure_future(run_with_blob(db, blobs, "blob-1", work))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    go.set()
    await asyncio.to_thread(done.wait)
    assert len(await blobs.keys()) == 1
