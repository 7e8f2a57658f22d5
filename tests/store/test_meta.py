"""How often servers have begun on a database, and that it can be written to."""

from fakeai.store.meta import begin, touch
from fakeai.store.sql import SqlDatabase


async def test_each_start_is_told_how_many_there_were_before(db: SqlDatabase) -> None:
    assert [await db.run(begin) for _ in range(3)] == [0, 1, 2]


async def test_touching_is_no_start(db: SqlDatabase) -> None:
    for _ in range(2):
        await db.run(touch)
    assert await db.run(begin) == 0
