"""The door is shut by settings or by the first key, and tells who a key belongs to, on what terms."""

from fakeai.core import roles
from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.services.fresh import Changes
from fakeai.services.front.door import Door
from fakeai.services.front.keyring import KeyRing
from fakeai.services.keys import Keys
from fakeai.store.sql import SqlDatabase
from fakeai.wire.front.keys import FrontKey, KeyCreate


class House:
    def __init__(self, db: SqlDatabase, clock: WallClock, *, gateway: bool = False) -> None:
        self.db = db
        changes = Changes()
        self.keys = Keys(db, b"pepper", changes)
        self.ring = KeyRing(self.keys, Ids(b"1"), roles.load())
        self.door = Door(db, clock, self.keys, changes, gateway=gateway)

    async def make(self, **given: str) -> FrontKey:
        wanted = KeyCreate(label="me", **given)
        made = await self.db.run(lambda tx: self.ring.create(tx, "org", "proj", wanted, 1))
        self.keys.changed()
        return made


async def test_the_first_key_shuts_it_and_the_last_opens_it(db: SqlDatabase, clock: WallClock) -> None:
    house = House(db, clock)
    assert not await house.door.is_shut()
    made = await house.make()
    assert await house.door.is_shut()
    await db.run(lambda tx: house.ring.delete(tx, "org", made["id"], force=True))
    house.keys.changed()
    assert not await house.door.is_shut()


async def test_it_is_shut_where_the_settings_say_so(db: SqlDatabase, clock: WallClock) -> None:
    assert await House(db, clock, gateway=True).door.is_shut()


async def test_a_key_is_found_with_its_terms(db: SqlDatabase, clock: WallClock) -> None:
    house = House(db, clock)
    made = await house.make(role="free")
    found = await house.door.find(made["key"])
    assert found is not None
    assert found.terms is not None
    assert (found.key.id, found.terms.role) == (made["id"], "free")
    assert await house.door.find("sk-nobodys") is None


async def test_keys_of_other_kinds_have_no_terms(db: SqlDatabase, clock: WallClock) -> None:
    house = House(db, clock)
    other = await db.run(lambda tx: house.keys.issue(tx, id="key_x", prefix="sk-proj-", organization="org"))
    found = await house.door.find(other.value)
    assert found is not None
    assert found.terms is None
