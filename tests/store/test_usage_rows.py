"""Sums are right for any bucket, group and filter, and processes that add to one row lose nothing."""

import asyncio
from typing import Any

from fakeai.store.objects import Collection
from fakeai.store.sql import SqlDatabase
from fakeai.store.usage import Amounts, Asked, Used, measure_stores
from fakeai.store.usage_rows import add, sums

BASE = Used("us", "completions", 1_000, "p1", "u1", "k1", "m1", False, "default", "", "")


async def kept(db: SqlDatabase, *rows: Used) -> None:
    await db.run(lambda tx: add(tx, {row: (1, 10**index, 0, 0, 0, 0, 0) for index, row in enumerate(rows)}))


async def asked(db: SqlDatabase, **more: Any) -> list[tuple[int, dict[str, Any], int]]:
    query = Asked("us", ("completions",), 0, 100_000, 100_000)._replace(**more)
    return [(one.bucket, dict(one.of), one.amounts.input) for one in await db.read(lambda tx: list(sums(tx, query)))]


async def test_sums_are_by_bucket_and_group(db: SqlDatabase) -> None:
    await kept(
        db,
        BASE,
        BASE._replace(model="m2"),
        BASE._replace(minute=1_059, batch=True),
        BASE._replace(minute=1_060),
        BASE._replace(organization="them"),
        BASE._replace(kind="embeddings"),
    )
    assert await asked(db) == [(0, {}, 1111)]
    assert await asked(db, width=60) == [(960, {}, 11), (1020, {}, 100 + 1000)]
    assert await asked(db, by=("model",)) == [(0, {"model": "m1"}, 1101), (0, {"model": "m2"}, 10)]
    assert await asked(db, by=("batch",)) == [(0, {"batch": False}, 1011), (0, {"batch": True}, 100)]
    assert await asked(db, start=1_000, end=1_060) == [(0, {}, 111)]
    assert await asked(db, start=1_001, end=1_061) == [(0, {}, 1100)]
    assert await asked(db, only={"model": ["m2", "m3"]}) == [(0, {}, 10)]
    assert await asked(db, only={"batch": [True], "project_id": ["p1"]}) == [(0, {}, 100)]
    assert await asked(db, only={"project_id": ["' OR 1=1 --", "\0"]}) == []


async def test_many_who_add_to_one_row_lose_nothing(db: SqlDatabase) -> None:
    rows = [BASE._replace(model=f"m{number}") for number in range(600)]

    async def once(backwards: bool) -> None:
        counts = dict.fromkeys(reversed(rows) if backwards else rows, (1, 2, 3, 4, 5, 6, 7))
        await db.run(lambda tx: add(tx, counts))

    await asyncio.gather(*(once(bool(number % 2)) for number in range(8)))
    whole = Asked("us", ("completions",), 0, 100_000, 100_000)
    (one,) = await db.read(lambda tx: list(sums(tx, whole)))
    assert one.amounts == Amounts(4_800, 9_600, 14_400, 19_200, 24_000, 28_800, 33_600)


async def test_what_objects_say_they_hold_is_measured_and_told_as_changes(db: SqlDatabase) -> None:
    files = Collection("vector_store.file")

    def put(name: str, size: int, owner: str = "us/p1") -> Any:
        return lambda tx: files.add(tx, owner, {"id": name, "usage_bytes": size, "text": "\0"}, parent="vs_1")

    async def told() -> dict[tuple[str, str], int]:
        await db.run(measure_stores)
        found = {}
        for organization in ("us", "them"):
            query = Asked(organization, ("vector_stores",), 0, 2**31 - 1, 2**31 - 1, ("project_id",))
            for one in await db.read(lambda tx, query=query: list(sums(tx, query))):
                found[organization, one.of["project_id"]] = one.amounts.amount
        return found

    assert await told() == {}
    await db.run(put("a", 1_000))
    await db.run(put("b", 500))
    await db.run(put("c", 7, "them/p1"))
    assert await told() == {("us", "p1"): 1_500, ("them", "p1"): 7}
    assert await db.run(measure_stores) == 0, "nothing has changed"
    await db.run(lambda tx: files.delete(tx, "us/p1", "a", parent="vs_1"))
    await db.run(lambda tx: files.delete(tx, "them/p1", "c", parent="vs_1"))
    assert await told() == {("us", "p1"): 500, ("them", "p1"): 0}


async def test_many_who_measure_at_once_tell_it_once(db: SqlDatabase) -> None:
    row = {"id": "a", "usage_bytes": 100}
    await db.run(lambda tx: Collection("vector_store.file").add(tx, "us/p1", row))
    assert sum(await asyncio.gather(*(db.run(measure_stores) for _ in range(10)))) == 1
