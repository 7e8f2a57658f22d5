"""How often servers have begun on a database."""

from fakeai.store.meta import begin
from fakeai.store.sql import SqlDatabase


async def test_each_start_is_told_how_many_there_were_before(db: SqlDatabase) -> None:
    assert [await db.run(begin) for _ in range(3)] == [0, 1, 2]
