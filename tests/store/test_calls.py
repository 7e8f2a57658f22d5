"""Calls are found by all that is asked for together, add up by model and key, and the oldest go."""

from fakeai.core.clock import WallClock
from fakeai.store import calls
from fakeai.store.calls import CallRow, CallSum, Wanted
from fakeai.store.sql import SqlDatabase

ONE = CallRow(100.0, "org", "key_a", "req_1", "/chat/completions", "gpt-4o", "{}", None, None, 5, 7, 11, False, 200, "")


async def add(db: SqlDatabase, *rows: CallRow, limit: int = 100) -> None:
    await db.run(lambda tx: calls.add(tx, rows, limit))


async def ids(db: SqlDatabase, wanted: Wanted) -> list[str]:
    rows, total = await db.read(lambda tx: calls.page(tx, wanted, 100, 0))
    assert total == len(rows)
    return [row.request_id for _, row in rows]


async def test_a_row_comes_back_as_it_was(db: SqlDatabase) -> None:
    row = ONE._replace(prompt="hi", output="hello", params='{"n":1}', cached=True, status=500, error="server_error")
    await add(db, row)
    assert [kept for _, kept in (await db.read(lambda tx: calls.page(tx, Wanted("org"), 10, 0)))[0]] == [row]


async def test_filters_count_together_and_others_see_nothing(db: SqlDatabase) -> None:  # gateway 96
    await add(
        db,
        ONE,
        ONE._replace(request_id="req_2", key="key_b", at=200.0, model="o1"),
        ONE._replace(request_id="req_3", at=300.0, cached=True, status=429, error="x", route="/embeddings"),
        ONE._replace(request_id="req_4", organization="other"),
    )
    whole = Wanted("org")
    assert await ids(db, whole) == ["req_3", "req_2", "req_1"]
    assert await ids(db, whole._replace(key="key_a")) == ["req_3", "req_1"]
    assert await ids(db, whole._replace(key="key_a", cached=False)) == ["req_1"]
    assert await ids(db, whole._replace(model="o1", status=429)) == []
    assert await ids(db, whole._replace(route="/embeddings", status=429)) == ["req_3"]
    assert await ids(db, whole._replace(start=100, end=300)) == ["req_2", "req_1"]


async def test_sums_are_by_model_and_key(db: SqlDatabase) -> None:  # gateway 97
    await add(db, ONE, ONE._replace(cached=True), ONE._replace(status=500, error="x"), ONE._replace(model="o1"))
    assert await db.read(lambda tx: calls.sums(tx, Wanted("org"))) == [
        CallSum("gpt-4o", "key_a", 3, 1, 1, 21, 33, 15),
        CallSum("o1", "key_a", 1, 0, 0, 7, 11, 5),
    ]
    assert await db.read(lambda tx: calls.sums(tx, Wanted("nobody"))) == []


async def test_the_oldest_go(db: SqlDatabase, clock: WallClock) -> None:
    for n in range(7):
        await add(db, ONE._replace(request_id=f"req_{n}", at=100.0 + n), limit=3)
    assert await ids(db, Wanted("org")) == ["req_6", "req_5", "req_4"]
