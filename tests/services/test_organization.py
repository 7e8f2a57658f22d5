"""An organization begins once, however many begin it, and knows its projects."""

from typing import Any

import pytest

from fakeai.core.call import Call, Endpoint, Principal
from fakeai.core.errors import NotFound
from fakeai.services.organization import OWNER, OWNER_ROLE, Organizations, assignment_id, holder
from fakeai.store.sql import SqlDatabase

ROW = Endpoint("GET", "/organization/users", "list", "")


def call(project: str = "proj_fakeai", organization: str = "org-a", **more: Any) -> Call:
    return Call("1", ROW, ROW.path, more, principal=Principal(organization, project))


async def test_an_organization_begins_with_an_owner_and_a_project(db: SqlDatabase) -> None:
    some = Organizations(db, synthesize=False)
    for _ in range(2):
        assert await some.begin(call()) == "org-a"
        await db.run(lambda tx: some.found(tx, "org-a"))
    assert await db.read(lambda tx: [row["id"] for row in some.users.every(tx, "org-a")]) == [OWNER]
    assert await db.read(lambda tx: some.project_name(tx, "org-a", "proj_fakeai")) == "Default project"
    owners = await db.read(lambda tx: some.assignments.lefts(tx, "org-a", assignment_id("", OWNER_ROLE)))
    assert owners == [holder("user", OWNER)]
    assert await db.read(lambda tx: some.users.count(tx, "org-b")) == 0


async def test_a_project_is_one_that_was_made_or_that_the_caller_is_in(db: SqlDatabase) -> None:
    some = Organizations(db, synthesize=False)
    assert await some.check_project(call("proj_named"), "proj_named") == "proj_named"
    assert await some.check_project(call("proj_named"), "proj_fakeai") == "proj_fakeai"
    with pytest.raises(NotFound, match="Project with id 'proj_named' not found"):
        await some.check_project(call(), "proj_named")
    wishes = {"x-fakeai-unknown-ids": "synthesize"}
    assert await some.check_project(call(**wishes), "proj_x") == "proj_x"


async def test_whoever_is_no_more_is_in_no_project(db: SqlDatabase) -> None:
    some = Organizations(db, synthesize=False)
    await some.begin(call())
    joined = some._joined["user"]
    await db.run(lambda tx: joined.add(tx, "org-a", {"id": OWNER}, parent="proj_fakeai"))
    await db.run(lambda tx: some.members.add(tx, "org-a", "group_1", OWNER, {}))
    await db.run(lambda tx: some.forget(tx, "org-a", "user", OWNER))
    assert await db.read(lambda tx: joined.count(tx, "org-a", parent="proj_fakeai")) == 0
    assert not await db.read(lambda tx: some.members.has(tx, "org-a", "group_1", OWNER))
