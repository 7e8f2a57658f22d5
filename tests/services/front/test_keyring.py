"""Keys are made once, shown without their values, changed, turned over, and never the last of them by mistake."""

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from fakeai.core import roles
from fakeai.core.chance import Ids
from fakeai.core.errors import Conflict, NotFound, Unprocessable
from fakeai.core.terms import Terms
from fakeai.services.fresh import Changes
from fakeai.services.front.keyring import KIND, KeyRing, terms_of
from fakeai.services.keys import Keys
from fakeai.store.base import Tx
from fakeai.store.objects import Collection
from fakeai.store.sql import SqlDatabase
from fakeai.wire.front.keys import FrontKey, KeyChange, KeyCreate

T = TypeVar("T")
ORG = "org-a"


class Desk:
    def __init__(self, db: SqlDatabase) -> None:
        self.db = db
        self.keys = Keys(db, b"pepper", Changes())
        self.ring = KeyRing(self.keys, Ids(b"1"), roles.load())

    async def do(self, work: Callable[[Tx], T]) -> T:
        return await self.db.run(work)

    async def make(self, label: str = "me", **given: Any) -> FrontKey:
        wanted = KeyCreate(label=label, **given)
        return await self.do(lambda tx: self.ring.create(tx, ORG, "proj_a", wanted, 5))

    async def change(self, key: FrontKey, **given: Any) -> FrontKey:
        return await self.do(lambda tx: self.ring.change(tx, ORG, key["id"], KeyChange(**given)))

    async def counts(self, value: str) -> bool:
        found = await self.keys.find(value)
        return found is not None and found.counts(self.db.now())


@pytest.fixture
def desk(db: SqlDatabase) -> Desk:
    return Desk(db)


async def test_the_value_is_told_once_and_kept_nowhere(desk: Desk) -> None:  # gateway 92
    made = await desk.make(role="free", quota=3, models=["gpt-4o"])
    shown = await desk.do(lambda tx: desk.ring.get(tx, ORG, made["id"]))
    assert shown == {name: value for name, value in made.items() if name != "key"}
    assert made["key"].startswith(shown["prefix"]) and len(shown["prefix"]) < len(made["key"]) / 2
    kept = await desk.do(lambda tx: str(Collection(KIND).get(tx, ORG, made["id"])))
    assert made["key"] not in kept and await desk.counts(made["key"])


async def test_terms_are_those_of_the_key(desk: Desk) -> None:
    made = await desk.make("me", role="free", rpm=1, tpd=4, quota=3, quota_unit="tokens", budget_usd=0.5, models=["m"])
    kept = await desk.do(lambda tx: Collection(KIND).get(tx, ORG, made["id"]))
    assert kept is not None
    assert terms_of(kept) == Terms("me", "free", 1, None, None, 4, 3, "tokens", 0.5, ("m",))


async def test_the_newest_keys_come_first_and_all_are_counted(desk: Desk) -> None:  # gateway 93
    made = [await desk.make(f"k{number}") for number in range(5)]
    pages = [await desk.do(lambda tx, at=at: desk.ring.page(tx, ORG, 2, at)) for at in (0, 2, 4)]
    assert [key["id"] for some, _ in pages for key in some] == [key["id"] for key in reversed(made)]
    assert {total for _, total in pages} == {5}
    assert await desk.do(lambda tx: desk.ring.page(tx, "org-b", 2, 0)) == ([], 0)


async def test_a_value_that_was_chosen_is_given_out_once(desk: Desk) -> None:  # gateway 95
    first = await desk.make("seed", key="sk-chosen-by-me-1234")
    again = await desk.make("seed", key="sk-chosen-by-me-1234")
    assert first["key"] == "sk-chosen-by-me-1234" and "key" not in again
    assert first["id"] == again["id"]


async def test_a_value_that_is_another_kind_of_key_is_refused(desk: Desk) -> None:
    other = await desk.do(lambda tx: desk.keys.issue(tx, id="key_x", prefix="sk-proj-", organization=ORG))
    with pytest.raises(Conflict):
        await desk.make(key=other.value)


async def test_keys_are_disabled_and_let_in_again(desk: Desk) -> None:  # gateway 94
    made = await desk.make()
    assert not (await desk.change(made, active=False))["active"]
    assert not await desk.counts(made["key"])
    assert (await desk.change(made, active=True, label="new"))["label"] == "new"
    assert await desk.counts(made["key"])


async def test_what_is_left_out_of_a_change_stays_and_null_takes_away(desk: Desk) -> None:
    made = await desk.make(rpm=5, quota=3, expires_at=10)
    changed = await desk.change(made, quota=None, expires_at=None)
    assert (changed["rpm"], changed["quota"], changed["expires_at"]) == (5, None, None)


async def test_a_turned_key_has_a_new_value_and_the_old_one_is_none(desk: Desk) -> None:  # gateway 94
    made = await desk.make()
    turned = await desk.do(lambda tx: desk.ring.rotate(tx, ORG, made["id"]))
    assert turned["id"] == made["id"] and turned["key"] != made["key"]
    assert (await desk.counts(turned["key"]), await desk.counts(made["key"])) == (True, False)


@pytest.mark.parametrize("change", [{"role": "free"}, {"active": False}])
async def test_the_last_admin_key_is_only_let_go_of_by_force(desk: Desk, change: dict[str, Any]) -> None:
    admin = await desk.make(role="admin")
    await desk.make()
    with pytest.raises(Conflict, match="last admin key"):
        await desk.change(admin, **change)
    with pytest.raises(Conflict, match="last admin key"):
        await desk.do(lambda tx: desk.ring.delete(tx, ORG, admin["id"], force=False))
    await desk.make(role="admin")
    await desk.change(admin, **change)


async def test_by_force_it_goes(desk: Desk) -> None:  # gateway 98
    admin = await desk.make(role="admin")
    await desk.do(lambda tx: desk.ring.delete(tx, ORG, admin["id"], force=True))
    assert not await desk.counts(admin["key"])
    with pytest.raises(NotFound):
        await desk.do(lambda tx: desk.ring.get(tx, ORG, admin["id"]))


async def test_roles_that_are_not_there_and_keys_of_others_are_refused(desk: Desk) -> None:
    with pytest.raises(Unprocessable, match="'standard'"):
        await desk.make(role="king")
    made = await desk.make()
    for work in (
        lambda tx: desk.ring.get(tx, "org-b", made["id"]),
        lambda tx: desk.ring.change(tx, "org-b", made["id"], KeyChange()),
        lambda tx: desk.ring.rotate(tx, "org-b", made["id"]),
        lambda tx: desk.ring.delete(tx, "org-b", made["id"], force=True),
    ):
        with pytest.raises(NotFound):
            await desk.do(work)
    assert await desk.counts(made["key"])
