"""Files are read once, whatever happens meanwhile."""

import asyncio

import pytest

from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.services import vector_store_reading
from fakeai.store.chunks import indexed, text
from fakeai.store.sql import SqlDatabase
from tests.services.shelves import OWNER, Shelf, file, store

LONG = " ".join(f"Sentence {n} is about whales." for n in range(2_000))


@pytest.fixture
def shelf(db: SqlDatabase, clock: WallClock, ids: Ids) -> Shelf:
    return Shelf(db, clock, ids)


async def test_a_long_file_is_kept_in_passages(shelf: Shelf) -> None:
    await shelf.fill("vs", {"a.txt": LONG})
    (row,) = await shelf.attached("vs")
    assert (row["status"], row["usage_bytes"] > len(LONG)) == ("completed", True)
    passages = await shelf.db.read(lambda tx: indexed(tx, "vs"))
    assert len(passages) > 20 and [one.number for one in passages] == list(range(len(passages)))
    assert await shelf.db.read(lambda tx: "".join(text(tx, "vs", row["id"]))) == LONG


async def test_a_job_done_twice_doubles_nothing(shelf: Shelf) -> None:
    await shelf.fill("vs", {"a.txt": LONG})
    (row,) = await shelf.attached("vs")
    before = await shelf.db.read(lambda tx: indexed(tx, "vs"))
    again = {"store": "vs", "file": row["id"]}
    for key in (row["_job"], "vsjob_stale"):
        await shelf.db.run(lambda tx, key=key: shelf.jobs.add(tx, vector_store_reading.JOB, key, OWNER, again))  # type: ignore[misc]
    await shelf.read("vs")
    assert await shelf.db.read(lambda tx: indexed(tx, "vs")) == before
    assert await shelf.attached("vs") == [row]


async def test_a_file_that_is_gone_or_damaged_fails_with_a_reason(shelf: Shelf) -> None:
    await shelf.db.run(lambda tx: shelf.rows.stores.rows.add(tx, OWNER, store("vs")))
    gone, damaged = await shelf.upload("a.txt", "x"), await shelf.upload("b.txt", "y")
    row = await shelf.files.find(OWNER, damaged)
    assert row is not None
    await shelf.db.run(lambda tx: shelf.files._files.rows.delete(tx, OWNER, gone))
    await shelf.files._blobs.put(row["_blobs"][0], b"z")
    await shelf.db.run(lambda tx: shelf.rows.attach(tx, OWNER, "vs", [file(gone), file(damaged)]))
    await shelf.read("vs")
    errors = [(one["status"], one["last_error"]["code"]) for one in await shelf.attached("vs")]
    assert errors == [("failed", "invalid_file"), ("failed", "server_error")]


async def test_what_breaks_for_good_is_the_servers_fault(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(vector_store_reading, "read", broken)
    monkeypatch.setattr("fakeai.store.jobs._BACK_OFF_S", 0.0)
    await shelf.fill("vs", {"a.txt": "x"})
    (row,) = await shelf.attached("vs")
    assert row["last_error"] == {"code": "server_error", "message": "The file could not be processed."}


async def test_files_detached_or_cancelled_while_they_are_read_stay_so(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def change(text: str, sizes: object) -> None:
        await shelf.db.run(lambda tx: (shelf.rows.touch(tx, OWNER, "vs"), shelf.rows.detach(tx, OWNER, "vs", name)))

    await shelf.db.run(lambda tx: shelf.rows.stores.rows.add(tx, OWNER, store("vs")))
    name = await shelf.upload("a.txt", LONG)
    cut = vector_store_reading._cut
    loop = asyncio.get_running_loop()

    def meanwhile(text: str, sizes: object) -> object:
        asyncio.run_coroutine_threadsafe(change(text, sizes), loop).result()
        return cut(text, sizes)  # type: ignore[arg-type]

    monkeypatch.setattr(vector_store_reading, "_cut", meanwhile)
    await shelf.db.run(lambda tx: shelf.rows.attach(tx, OWNER, "vs", [file(name)]))
    await shelf.read("vs")
    await shelf.jobs.stop()
    assert await shelf.attached("vs") == []
    assert await shelf.db.read(lambda tx: indexed(tx, "vs")) == []
