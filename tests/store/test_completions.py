"""Answers are kept until they expire, one a question, and are cleared by whose, of what model and how old they are."""

from fakeai.core.clock import WallClock
from fakeai.store import completions
from fakeai.store.sql import Sql, SqlDatabase


def at(sql: Sql, now: float) -> SqlDatabase:
    """The database as it is seen at an epoch second."""
    return SqlDatabase(sql, WallClock(epoch=now, speed=0.001))


async def keep(db: SqlDatabase, key: str, organization: str = "org", model: str = "m", ttl: float = 1_000.0) -> None:
    await db.run(lambda tx: completions.put(tx, key, organization, model, b"\x00 answer", ttl))


async def there(db: SqlDatabase, *keys: str) -> list[bool]:
    return await db.read(lambda tx: [completions.get(tx, key) is not None for key in keys])


async def test_an_answer_is_there_until_it_expires(sql: Sql) -> None:  # gateway 55
    await keep(at(sql, 100.0), "a")
    row = await at(sql, 200.0).read(lambda tx: completions.get(tx, "a"))
    assert row is not None and row.data == b"\x00 answer"
    assert await there(at(sql, 1_098.0), "a", "b") == [True, False]
    assert await there(at(sql, 1_101.0), "a") == [False]
    await keep(at(sql, 1_200.0), "a")
    assert await there(at(sql, 1_201.0), "a") == [True], "it is written again, in its old place"


async def test_they_are_cleared_by_whose_what_and_how_old(sql: Sql) -> None:  # gateway 61
    await keep(at(sql, 100.0), "old")
    await keep(at(sql, 500.0), "new")
    await keep(at(sql, 500.0), "other model", model="n")
    await keep(at(sql, 500.0), "other organization", "else")
    db = at(sql, 600.0)
    assert await db.read(lambda tx: completions.count(tx, "org")) == {"m": 2, "n": 1}
    assert await db.run(lambda tx: completions.clear(tx, "org", None, 300.0)) == ["old"]
    assert await db.run(lambda tx: completions.clear(tx, "org", "n", None)) == ["other model"]
    assert await db.run(lambda tx: completions.clear(tx, "org", None, None)) == ["new"]
    assert await db.read(lambda tx: completions.count(tx, None)) == {"m": 1}
    assert await db.run(lambda tx: completions.clear(tx, None, None, None)) == ["other organization"]


async def test_only_the_newest_stay_when_there_are_many(sql: Sql) -> None:
    for second in range(4):
        await keep(at(sql, 100.0 + second), f"k{second}", ttl=1_000.0 if second else 1.0)
    db = at(sql, 150.0)
    await db.run(lambda tx: completions.trim(tx, 5))
    assert await there(db, "k0", "k1", "k2", "k3") == [False, True, True, True]
    await db.run(lambda tx: completions.trim(tx, 2))
    assert await there(db, "k1", "k2", "k3") == [False, True, True]
