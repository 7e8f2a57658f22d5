"""How often servers have begun on a database, that it can be written to, and whose keys are in it."""

from fakeai.store.meta import begin, peppers, set_peppers, touch
from fakeai.store.sql import SqlDatabase


async def test_each_start_is_told_how_many_there_were_before(db: SqlDatabase) -> None:
    assert [await db.run(begin) for _ in range(3)] == [0, 1, 2]


async def test_touching_is_no_start(db: SqlDatabase) -> None:
    for _ in range(2):
        await db.run(touch)
    assert await db.run(begin) == 0


async def test_peppers_take_the_place_of_those_before(db: SqlDatabase) -> None:
    assert await db.read(peppers) == []
    for some in ([b"one", b"", b"\xff\0"], [b"two"], []):
        await db.run(lambda tx, some=some: set_peppers(tx, some))  # type: ignore[misc]
        assert await db.read(peppers) == some
    await db.run(begin)
    assert await db.read(peppers) == []
