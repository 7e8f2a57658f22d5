"""Objects are found, changed, removed and listed within their owner's; ids that name nothing are refused or made up."""

from typing import Any

import pytest
from typing_extensions import TypedDict

from fakeai.core.call import ANYONE, Call, Endpoint, Principal
from fakeai.core.errors import ApiError, BadRequest, NotFound
from fakeai.services.resource import Resource, deleted
from fakeai.store.base import Object
from fakeai.store.sql import SqlDatabase
from fakeai.wire.listing import ListQuery

STRANGER = Principal(project="proj_other")
SYNTHESIZE = {"x-fakeai-unknown-ids": "synthesize"}


class Thing(TypedDict):
    id: str
    box_id: str
    created_at: int


def call(principal: Principal = ANYONE, headers: dict[str, str] | None = None, **params: str) -> Call:
    return Call(
        "req_1", Endpoint("GET", "/things", "x", "x"), "/things", headers or {}, params=params, principal=principal
    )


def missing(id: str) -> ApiError:
    return NotFound(f"No such thing: {id}", param="id")


@pytest.fixture
def things(db: SqlDatabase) -> Resource:
    return Resource(db, "thing", Thing, missing, synthesize=False)


@pytest.fixture
def add(db: SqlDatabase, things: Resource) -> Any:
    async def add(*ids: str, principal: Principal = ANYONE, parent: str = "") -> None:
        for name in ids:
            row = {"id": name, "n": len(name), "_blobs": ["k"]}
            await db.run(lambda tx, row=row: things.rows.add(tx, principal.owner, row, parent=parent))

    return add


async def test_strangers_get_the_answer_of_a_missing_id(things: Resource, add: Any) -> None:
    await add("a")
    assert await things.get(call(), "a") == {"id": "a", "n": 1, "_blobs": ["k"]}
    refusals = set()
    for who, name in ((STRANGER, "a"), (ANYONE, "b"), (STRANGER, "b")):
        for verb in (things.get, things.remove, lambda c, i: things.change(c, i, lambda item: item)):
            with pytest.raises(NotFound) as refused:
                await verb(call(who), name)  # type: ignore[operator]
            refusals.add(
                (refused.value.message.replace("thing: b", "thing: a"), refused.value.param, refused.value.status)
            )
    assert refusals == {("No such thing: a", "id", 404)}


async def test_a_change_that_is_refused_changes_nothing(things: Resource, add: Any) -> None:
    def refuse(item: Object) -> Object:
        raise BadRequest("no")

    await add("a")
    with pytest.raises(BadRequest):
        await things.change(call(), "a", refuse)
    assert (await things.change(call(), "a", lambda item: {**item, "n": 7}))["n"] == 7
    assert (await things.remove(call(), "a"))["n"] == 7
    with pytest.raises(NotFound):
        await things.get(call(), "a")


async def test_pages_show_no_private_keys_and_nobody_elses(things: Resource, add: Any) -> None:
    await add("a", "b", "c")
    await add("x", principal=STRANGER)
    await add("child", parent="a")
    assert await things.page(call(), ListQuery(limit=2)) == {
        "object": "list",
        "data": [{"id": "c", "n": 1}, {"id": "b", "n": 1}],
        "first_id": "c",
        "last_id": "b",
        "has_more": True,
    }
    assert [row["id"] for row in (await things.page(call(), ListQuery(), parent="a"))["data"]] == ["child"]
    for query in (ListQuery(after="x"), ListQuery(before="nothing"), ListQuery(after="child")):
        with pytest.raises(BadRequest, match="there is no object with id"):
            await things.page(call(), query)
    everything = await things.page(call(headers=SYNTHESIZE), ListQuery(after="nothing"))
    assert [row["id"] for row in everything["data"]] == ["c", "b", "a"]


async def test_an_object_that_is_made_up_is_never_kept(things: Resource) -> None:
    wanting = call(headers=SYNTHESIZE, box_id="box_1", thing_id="t")
    made = await things.get(wanting, "t")
    assert made == {"id": "t", "box_id": "box_1", "created_at": made["created_at"], "_synthesized": True}
    assert (await things.change(wanting, "t", lambda item: {**item, "n": 1}))["n"] == 1
    assert (await things.remove(wanting, "t"))["id"] == "t"
    with pytest.raises(NotFound):
        await things.get(call(), "t")
    assert (await things.page(wanting, ListQuery()))["data"] == []


def test_the_answer_to_a_delete() -> None:
    assert deleted("a", "thing.deleted") == {"id": "a", "object": "thing.deleted", "deleted": True}
