"""What one transaction does to a store, its files and their passages."""

import pytest

from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.core.errors import NotFound
from fakeai.services.vector_store_rows import count, expiry, strategy
from fakeai.store.chunks import Passage, indexed, put
from fakeai.store.sql import SqlDatabase
from fakeai.wire.vector_stores import AutoChunking, StaticChunking, StaticSizes
from tests.services.shelves import OWNER, file, rows_on, store

PASSAGE = Passage(0, "text", 0, b"v", b"t", b"c", 1)


async def test_what_a_store_comes_to_is_told_by_its_files(db: SqlDatabase, clock: WallClock, ids: Ids) -> None:
    rows = rows_on(db, clock, ids)
    await db.run(lambda tx: rows.stores.rows.add(tx, OWNER, store("vs")))
    made = await db.run(lambda tx: rows.attach(tx, OWNER, "vs", [file("a"), file("b")]))

    async def view() -> dict[str, object]:
        found = await db.read(lambda tx: rows.stores.rows.get(tx, OWNER, "vs"))
        assert found is not None
        return await db.read(lambda tx: rows.view(tx, OWNER, found))

    assert (await view())["status"] == "in_progress"
    for one in made:
        await db.run(
            lambda tx, one=one: (  # type: ignore[misc]
                rows.touch(tx, OWNER, "vs"),
                rows.settle(
                    tx, OWNER, "vs", one["id"], one["_job"], lambda f: {**f, "status": "completed", "usage_bytes": 5}
                ),
            )
        )
    told = await view()
    assert (told["status"], told["usage_bytes"]) == ("completed", 10)
    assert told["file_counts"] == {"in_progress": 0, "completed": 2, "failed": 0, "cancelled": 0, "total": 2}
    assert not any(name.startswith("_") for name in told)


async def test_only_the_job_a_file_waits_for_settles_it_and_once(db: SqlDatabase, clock: WallClock, ids: Ids) -> None:
    rows = rows_on(db, clock, ids)
    await db.run(lambda tx: rows.stores.rows.add(tx, OWNER, store("vs")))
    first = (await db.run(lambda tx: rows.attach(tx, OWNER, "vs", [file("a")])))[0]
    second = (await db.run(lambda tx: rows.attach(tx, OWNER, "vs", [file("a")])))[0]

    async def settle(job: str) -> bool:
        return await db.run(
            lambda tx: rows.settle(tx, OWNER, "vs", "a", job, lambda found: {**found, "status": "completed"})
        )

    assert [await settle(first["_job"]), await settle(second["_job"]), await settle(second["_job"])] == [
        False,
        True,
        False,
    ]


async def test_a_file_is_detached_from_all_stores_of_its_owner_only(
    db: SqlDatabase, clock: WallClock, ids: Ids
) -> None:
    rows = rows_on(db, clock, ids)
    for owner, name in ((OWNER, "one"), (OWNER, "two"), ("org/other", "theirs")):
        await db.run(lambda tx, o=owner, n=name: rows.stores.rows.add(tx, o, store(n)))  # type: ignore[misc]
        await db.run(lambda tx, o=owner, n=name: rows.attach(tx, o, n, [file("a"), file("b")]))  # type: ignore[misc]
        await db.run(lambda tx, n=name: put(tx, n, "a", [PASSAGE]))  # type: ignore[misc]
    await db.run(lambda tx: rows.detach_everywhere(tx, OWNER, "a"))
    for owner, name, left in ((OWNER, "one", 1), (OWNER, "two", 1), ("org/other", "theirs", 2)):
        assert await db.read(lambda tx, o=owner, n=name: rows.files.rows.count(tx, o, parent=n)) == left  # type: ignore[misc]
        assert len(await db.read(lambda tx, n=name: indexed(tx, n))) == left - 1  # type: ignore[misc]


async def test_a_store_is_dropped_with_all_that_is_below_it(db: SqlDatabase, clock: WallClock, ids: Ids) -> None:
    rows = rows_on(db, clock, ids)
    await db.run(lambda tx: rows.stores.rows.add(tx, OWNER, store("vs")))
    await db.run(lambda tx: rows.attach(tx, OWNER, "vs", [file("a")]))
    await db.run(lambda tx: put(tx, "vs", "a", [PASSAGE]))
    await db.run(lambda tx: rows.drop(tx, OWNER, "vs"))
    assert await db.read(lambda tx: rows.files.rows.count(tx, OWNER, parent="vs")) == 0
    assert await db.read(lambda tx: indexed(tx, "vs")) == []
    assert await db.run(lambda tx: rows.drop(tx, OWNER, "vs")) is None
    assert await db.run(lambda tx: rows.touch(tx, OWNER, "vs")) is None
    with pytest.raises(NotFound):
        await db.run(lambda tx: rows.attach(tx, OWNER, "vs", [file("a")]))


def test_files_are_counted_by_status() -> None:
    counts = count([{"status": status} for status in ("failed", "failed", "cancelled", "in_progress")])
    assert counts == {"in_progress": 1, "completed": 0, "failed": 2, "cancelled": 1, "total": 4}


def test_a_store_expires_days_after_its_last_use() -> None:
    assert expiry(store("vs")) is None
    assert expiry(store("vs", expires_after={"anchor": "last_active_at", "days": 2}, last_active_at=100)) == 172_900


def test_cutting_is_told_in_tokens() -> None:
    auto = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
    assert strategy(None) == strategy(AutoChunking(type="auto")) == auto
    own = StaticChunking(type="static", static=StaticSizes(max_chunk_size_tokens=100, chunk_overlap_tokens=7))
    assert strategy(own)["static"] == {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 7}
