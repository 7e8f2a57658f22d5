"""Keys are found by digest, with all that is known of them, and stay known once they are revoked."""

from fakeai.store import keys
from fakeai.store.keys import Key
from fakeai.store.sql import SqlDatabase

ONE = Key("key_1", "aa", "org-a", "proj_1", "user_1", False, "all", None, None, None)


async def test_a_key_is_found_by_its_digest(db: SqlDatabase) -> None:
    await db.run(lambda tx: keys.add(tx, ONE))
    assert await db.read(lambda tx: keys.find(tx, "aa")) == ONE
    assert await db.read(lambda tx: keys.find(tx, "ab")) is None


async def test_revoked_keys_are_known_and_do_not_count(db: SqlDatabase) -> None:
    rows = [
        ONE,
        ONE._replace(id="key_2", digest="bb", user="user_2"),
        ONE._replace(id="key_3", digest="cc", project="p"),
    ]
    foreign = ONE._replace(id="key_4", digest="dd", organization="org-b")

    async def counting() -> list[str]:
        found = [await db.read(lambda tx, digest=row.digest: keys.find(tx, digest)) for row in (*rows, foreign)]
        return [key.id for key in found if key is not None and key.counts(db.now())]

    for row in (*rows, foreign):
        await db.run(lambda tx, row=row: keys.add(tx, row))
    assert await counting() == ["key_1", "key_2", "key_3", "key_4"]
    assert await db.run(lambda tx: keys.revoke(tx, "org-a", project="proj_1", user="user_2")) == 1
    assert await counting() == ["key_1", "key_3", "key_4"]
    assert await db.run(lambda tx: keys.revoke(tx, "org-a", project="proj_1")) == 1
    assert await db.run(lambda tx: keys.revoke(tx, "org-a", id="key_4")) == 0, "another organization's"
    assert await counting() == ["key_3", "key_4"]


async def test_a_key_counts_until_it_expires(db: SqlDatabase) -> None:
    await db.run(lambda tx: keys.add(tx, ONE))
    await db.run(lambda tx: keys.change(tx, ONE.id, expires=100.0, access="read"))
    found = await db.read(lambda tx: keys.find(tx, "aa"))
    assert found is not None
    assert (found.access, found.counts(99.9), found.counts(100.0)) == ("read", True, False)


async def test_the_last_use_is_told_of_keys_that_were_used(db: SqlDatabase) -> None:
    for row in (ONE, ONE._replace(id="key_2", digest="bb")):
        await db.run(lambda tx, row=row: keys.add(tx, row))
    await db.run(lambda tx: keys.note_use(tx, "key_2"))
    told = await db.read(lambda tx: keys.last_used(tx, ["key_1", "key_2", "key_9"]))
    assert list(told) == ["key_2"]
    assert abs(told["key_2"] - db.now()) < 100
