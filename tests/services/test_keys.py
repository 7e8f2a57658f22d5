"""Keys are given out once; what is kept of them lets nobody make one, and finds them again."""

import orjson
import pytest

from fakeai.services.fresh import Changes
from fakeai.services.keys import LONGEST, Keys
from fakeai.store import state
from fakeai.store.sql import SqlDatabase


@pytest.fixture
def keys(db: SqlDatabase) -> Keys:
    return Keys(db, b"pepper", Changes())


async def test_a_key_is_found_by_its_value_only(db: SqlDatabase, keys: Keys) -> None:
    made = await db.run(lambda tx: keys.issue(tx, id="key_1", prefix="sk-proj-", organization="org-a", user="u"))
    found = await keys.find(made.value)
    assert found is not None
    assert (found.id, found.organization, found.user, found.access) == ("key_1", "org-a", "u", "all")
    for other in (made.value[:-1], made.value.upper(), made.redacted, found.digest, "", "ü\ud800", "x" * (LONGEST + 1)):
        assert await keys.find(other) is None


async def test_no_value_is_kept_and_none_is_like_another(db: SqlDatabase, keys: Keys) -> None:
    made = [
        await db.run(lambda tx, n=n: keys.issue(tx, id=f"key_{n}", prefix="sk-admin-", organization="o"))
        for n in range(20)
    ]
    assert len({secret.value for secret in made}) == 20
    assert all(len(secret.value) > 60 for secret in made)
    kept = await db.read(lambda tx: b"".join(line for some in state.dump(tx, "keys") for line in some))
    assert len(orjson.loads(kept.split(b"}")[0] + b"}")["digest"]) == 64
    assert not any(secret.value.encode() in kept or secret.value[9:40].encode() in kept for secret in made)


async def test_with_another_secret_of_the_server_nothing_is_found(db: SqlDatabase, keys: Keys) -> None:
    made = await db.run(lambda tx: keys.issue(tx, id="key_1", prefix="sk-", organization="o"))
    assert await Keys(db, b"another", Changes()).find(made.value) is None


async def test_keys_are_revoked_one_by_one_and_all_of_a_user(db: SqlDatabase, keys: Keys) -> None:
    made = {}
    for name, project, user in (("key_1", "p", "u"), ("key_2", "p", "u"), ("key_3", "p", "v"), ("key_4", "q", "u")):
        made[name] = await db.run(
            lambda tx, name=name, project=project, user=user: keys.issue(
                tx, id=name, prefix="sk-", organization="o", project=project, user=user
            )
        )

    async def counting() -> list[str]:
        found = [await keys.find(secret.value) for secret in made.values()]
        return [key.id for key in found if key is not None and key.counts(db.now())]

    await db.run(lambda tx: keys.revoke(tx, "o", "key_1"))
    await db.run(lambda tx: keys.revoke(tx, "another", "key_2"))
    assert await counting() == ["key_2", "key_3", "key_4"]
    await db.run(lambda tx: keys.revoke_all(tx, "o", project="p", user="u"))
    assert await counting() == ["key_3", "key_4"]
    await db.run(lambda tx: keys.revoke_all(tx, "o", project="q"))
    assert await counting() == ["key_3"]


async def test_a_key_is_given_another_expiry_or_access(db: SqlDatabase, keys: Keys) -> None:
    made = await db.run(lambda tx: keys.issue(tx, id="key_1", prefix="sk-", organization="o", expires=9e9))
    await db.run(lambda tx: keys.change(tx, "key_1"))
    await db.run(lambda tx: keys.change(tx, "key_1", access="read"))
    found = await keys.find(made.value)
    assert found is not None
    assert (found.access, found.expires) == ("read", 9e9)


async def test_a_use_is_noted_once_a_minute(db: SqlDatabase, keys: Keys) -> None:
    made = await db.run(lambda tx: keys.issue(tx, id="key_1", prefix="sk-", organization="o"))
    found = await keys.find(made.value)
    assert found is not None
    await keys.note_use(found)
    again = await keys.find(made.value)
    assert again is not None and again.used is not None
    assert await db.read(lambda tx: keys.last_used(tx, ["key_1", "key_9"])) == {"key_1": int(again.used)}
    await keys.note_use(again._replace(used=again.used))
    assert await keys.find(made.value) == again
