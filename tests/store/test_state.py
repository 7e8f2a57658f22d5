"""All rows come back as they were, in any database, and numbers go on behind them."""

from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Float, Integer, LargeBinary, insert, select

from fakeai.core.call import Principal
from fakeai.core.clock import WallClock
from fakeai.store import job_rows, state
from fakeai.store.base import Tx
from fakeai.store.objects import Collection
from fakeai.store.sql import Sql, SqlDatabase
from fakeai.store.tables import META, METADATA
from fakeai.store.usage import Meter, Tally

THINGS = Collection("thing")
Dumped = dict[str, list[bytes]]


async def stored(db: SqlDatabase, clock: WallClock) -> None:
    def work(tx: Tx) -> None:
        for number in range(1_200):
            THINGS.add(tx, "us", {"id": str(number), "text": "\0\u2028é"}, tag="\0", expires=2e9)
        THINGS.add(tx, "us", {"id": "owner", "_blobs": ["blob-a", "blob-b"]}, parent="p")

    await db.run(work)
    meter = Meter(Tally(), db, clock)
    meter.count(Principal(), "completions", "m", (1, 2, 3, 4, 5, 6, 7), True)
    await meter.flush()


def dumped(tx: Tx) -> Dumped:
    return {table: [line for lines in state.dump(tx, table) for line in lines] for table in state.tables()}


def filled(tx: Tx, rows: Dumped) -> None:
    for table, lines in rows.items():
        state.fill(tx, table, lines, str)
    state.go_on(tx)


def test_all_tables_but_the_databases_own_are_the_state() -> None:
    assert set(state.tables()) == set(METADATA.tables) - {META.name}


async def test_rows_come_back_as_they_were_and_new_ones_behind_them(db: SqlDatabase, clock: WallClock) -> None:
    await stored(db, clock)
    before = await db.read(dumped)
    assert len(before["objects"]) == 1_201
    assert await db.read(state.blob_keys) == {"blob-a", "blob-b"}
    await db.run(state.clear)
    assert not any((await db.read(dumped)).values())
    await db.run(lambda tx: filled(tx, before))
    assert await db.read(dumped) == before
    await db.run(lambda tx: THINGS.add(tx, "us", {"id": "new"}))
    page = await db.read(lambda tx: THINGS.page(tx, "us", limit=2))
    assert [item["id"] for item in page.data] == ["new", "1199"]


def some(column: Column[Any], number: int) -> Any:
    """A value that a column may have; of every kind the hardest."""
    kind = column.type
    if isinstance(kind, LargeBinary):
        return bytes(range(256)) + bytes([number])
    if isinstance(kind, Boolean):
        return bool(number % 2)
    if isinstance(kind, Integer):
        return 2**31 - 10 + number
    if isinstance(kind, Float):
        return number / 3
    return f'"{number}\u2028\U0001f600"'


async def test_a_row_of_any_table_comes_back_as_it_was(db: SqlDatabase) -> None:
    def work(tx: Tx) -> None:
        for table in METADATA.sorted_tables:
            if table is not META:
                tx.execute(insert(table), [{str(c.name): some(c, n) for c in table.columns} for n in range(3)])

    await db.run(work)
    before = await db.read(dumped)
    assert {len(lines) for lines in before.values()} == {3}
    kept = await db.read(lambda tx: [list(tx.execute(select(table))) for table in METADATA.sorted_tables])
    await db.run(state.clear)

    def fill(tx: Tx) -> None:
        for table, lines in before.items():
            state.fill(tx, table, lines, str)

    await db.run(fill)
    assert await db.read(lambda tx: [list(tx.execute(select(table))) for table in METADATA.sorted_tables]) == kept


async def test_a_state_moves_from_one_database_to_another(db: SqlDatabase, clock: WallClock) -> None:
    sql = Sql()
    memory = SqlDatabase(sql, clock)
    await stored(memory, clock)
    rows = await memory.read(dumped)
    await db.run(lambda tx: filled(tx, rows))
    assert await db.read(dumped) == rows
    sql.close()


async def test_jobs_are_free_for_whoever_comes_first(db: SqlDatabase) -> None:
    await db.run(lambda tx: job_rows.add(tx, "kind", "key", "us", {}, 0.0))
    (claimed,) = await db.run(lambda tx: job_rows.claim(tx, ["kind"], "worker", 1.0, 1.0, 1e9, 1))
    rows = await db.read(dumped)
    await db.run(state.clear)
    await db.run(lambda tx: filled(tx, rows))
    assert not await db.run(lambda tx: job_rows.held(tx, claimed.seq, claimed.fence)), (
        "whoever was at it is not to go on"
    )
    (again,) = await db.run(lambda tx: job_rows.claim(tx, ["kind"], "other", 1.0, 1.0, 1e9, 1))
    assert again.fence > claimed.fence


async def test_an_empty_database_goes_on_with_its_first_number(db: SqlDatabase) -> None:
    await db.run(state.go_on)
    await db.run(lambda tx: THINGS.add(tx, "us", {"id": "a"}))
    assert await db.read(lambda tx: THINGS.count(tx, "us")) == 1


@pytest.mark.parametrize(
    "line",
    [b"[]", b"{}", b"{", b'{"seq":1}', b'"x"', b"", b'{"name":"starts","value":"9"}'],
)
async def test_lines_that_are_no_rows_are_refused_and_change_nothing(db: SqlDatabase, line: bytes) -> None:
    await db.run(lambda tx: THINGS.add(tx, "us", {"id": "a"}))

    def work(tx: Tx) -> None:
        state.clear(tx)
        state.fill(tx, "objects", [line], str)

    with pytest.raises(ValueError):
        await db.run(work)
    assert await db.read(lambda tx: THINGS.known(tx, "us", "a"))


@pytest.mark.parametrize("value", ['"x"', "null", "{}", "[1]", '"{"'])
async def test_values_that_do_not_fit_are_refused(db: SqlDatabase, value: str) -> None:
    row = {"seq": "1", "kind": '"thing"', "owner": '"us"', "parent": '""', "id": '"a"', "tag": '""', "expires": "null"}
    line = "{" + ",".join(f'"{name}":{text}' for name, text in {**row, "data": value}.items()) + "}"
    with pytest.raises(ValueError):
        await db.run(lambda tx: state.fill(tx, "objects", [line.encode()], str))


async def test_objects_are_renamed_on_the_way(db: SqlDatabase, clock: WallClock) -> None:
    await db.run(lambda tx: THINGS.add(tx, "us", {"id": "a", "_blobs": ["old"]}))
    rows = await db.read(dumped)
    await db.run(state.clear)
    await db.run(lambda tx: state.fill(tx, "objects", rows["objects"], lambda data: data.replace("old", "new")))
    assert await db.read(state.blob_keys) == {"new"}
