"""What admin services change and what they tell of it is one transaction."""

from collections.abc import Callable

import pytest

from fakeai.core.call import Call, Endpoint, Principal
from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest, NotFound
from fakeai.services.admin import AdminObjects, Told, by_id, next_page
from fakeai.services.audit import Audit
from fakeai.store.base import Object, Tx
from fakeai.store.sql import SqlDatabase
from fakeai.wire.groups import Group
from fakeai.wire.listing import ListQuery

ROW = Endpoint("GET", "/organization/groups", "list", "")
CALL = Call("1", ROW, ROW.path, {}, principal=Principal("org-a"))
TOLD = Told("group.created", by_id)


def refuse(_: Tx, __: Object) -> None:
    raise BadRequest("no")


async def test_what_is_refused_is_neither_done_nor_told(db: SqlDatabase, ids: Ids) -> None:
    audit = Audit(db, ids, synthesize=False)
    things = AdminObjects(db, audit, "group", Group, "Group", synthesize=False)
    kept = await things.add(CALL, {"id": "group_1", "name": "a"}, TOLD)
    attempts: tuple[Callable[[], object], ...] = (
        lambda: things.add(CALL, {"id": "group_2"}, TOLD, also=refuse),
        lambda: things.change(CALL, "group_1", lambda group: {**group, "name": "b"}, TOLD, also=refuse),
        lambda: things.remove(CALL, "group_1", TOLD, also=refuse),
    )
    for attempt in attempts:
        with pytest.raises(BadRequest):
            await attempt()  # type: ignore[misc]
    assert (await things.page(CALL, ListQuery()))["data"] == [kept]
    assert len((await audit.list(CALL)).body["data"]) == 1


async def test_ids_that_name_nothing_are_told_by_their_noun(db: SqlDatabase, ids: Ids) -> None:
    things = AdminObjects(db, Audit(db, ids, synthesize=False), "group", Group, "Group", synthesize=False)
    with pytest.raises(NotFound, match="Group with id 'x' not found"):
        await things.get(CALL, "x")
    with pytest.raises(NotFound, match="Group with id 'x' not found"):
        await db.read(lambda tx: things.known(CALL, tx, "x"))


def test_the_last_page_has_no_next() -> None:
    page = {"data": [{"id": "a"}], "last_id": "a", "has_more": True}
    assert next_page(page)["next"] == "a"
    assert next_page({**page, "has_more": False})["next"] is None
