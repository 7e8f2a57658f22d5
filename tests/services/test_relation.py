"""Pairs are forgotten both ways, whichever end goes."""

from fakeai.services.relation import Relation
from fakeai.store.sql import SqlDatabase


async def test_a_pair_is_there_once_and_goes_with_either_end(db: SqlDatabase) -> None:
    pairs = Relation("likes")
    for left, right in (("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")):
        await db.run(lambda tx, left=left, right=right: pairs.add(tx, "org", left, right, {"since": 1}))
    await db.run(lambda tx: pairs.add(tx, "else", "a", "x", {}))
    assert await db.read(lambda tx: pairs.get(tx, "org", "a", "x")) == {"since": 1, "id": "x"}
    assert await db.read(lambda tx: pairs.lefts(tx, "org", "x")) == ["a", "b"]
    assert await db.run(lambda tx: pairs.remove(tx, "org", "a", "x"))
    assert not await db.run(lambda tx: pairs.remove(tx, "org", "a", "x"))
    assert await db.read(lambda tx: pairs.lefts(tx, "org", "x")) == ["b"]
    await db.run(lambda tx: pairs.forget_left(tx, "org", "b"))
    assert await db.read(lambda tx: [pairs.lefts(tx, "org", right) for right in "xy"]) == [[], ["a"]]
    await db.run(lambda tx: pairs.forget_right(tx, "org", "y"))
    assert not await db.read(lambda tx: pairs.has(tx, "org", "a", "y"))
    assert await db.read(lambda tx: pairs.has(tx, "else", "a", "x"))
