"""Threads are their user's, and items their thread's."""

from typing import Any

import pytest

from fakeai.core.errors import NotFound
from fakeai.services.chatkit.said import hidden
from fakeai.services.chatkit.threads import ChatKitThreads
from fakeai.services.chatkit.views import AT
from fakeai.store.sql import SqlDatabase
from fakeai.wire.listing import ListQuery
from services.conftest import MakeCall

OURS = "org-fakeai/proj_fakeai"


def thread(id: str, user: str = "u") -> dict[str, Any]:
    shown = {"object": "chatkit.thread", "created_at": 1, "status": {"type": "active"}, "title": None}
    return {**shown, "id": id, "user": user, AT: 1.0}


def item(id: str, thread: str) -> dict[str, Any]:
    return {"id": id, "thread_id": thread, "type": "chatkit.assistant_message", "content": [], AT: 1.0}


@pytest.fixture
async def threads(db: SqlDatabase) -> ChatKitThreads:
    made = ChatKitThreads(db, synthesize=False)

    def add(tx: Any) -> None:
        for name, user in (("cthr_1", "u"), ("cthr_2", "u"), ("cthr_3", "v")):
            made.add(tx, OURS, thread(name, user))
        for number in range(3):
            made.add_item(tx, OURS, item(f"cti_{number}", "cthr_1"))
        made.add_item(tx, OURS, hidden("cti_h", "cthr_1", 1.0, "psst"))

    await db.run(add)
    return made


async def test_a_user_has_his_own_threads(threads: ChatKitThreads, db: SqlDatabase) -> None:
    assert (await db.read(lambda tx: threads.of_user(tx, OURS, "u", "cthr_1")))["id"] == "cthr_1"
    for owner, user, name in ((OURS, "v", "cthr_1"), ("o/p", "u", "cthr_1"), (OURS, "u", "cthr_9")):
        with pytest.raises(NotFound):
            await db.read(lambda tx, a=owner, b=user, c=name: threads.of_user(tx, a, b, c))  # type: ignore[misc]
    page = await db.read(lambda tx: threads.page(tx, OURS, "u", ListQuery(limit=1)))
    assert ([one["id"] for one in page.data], page.has_more) == (["cthr_2"], True)


async def test_what_is_hidden_is_shown_to_nobody_but_the_model(
    threads: ChatKitThreads, db: SqlDatabase, make_call: MakeCall
) -> None:
    call = make_call(threads, "items", params={"thread_id": "cthr_1"}, query={"order": ["asc"]})
    assert [one["id"] for one in (await threads.items(call)).body["data"]] == ["cti_0", "cti_1", "cti_2"]
    page = await db.read(lambda tx: threads.items_page(tx, OURS, "cthr_1", ListQuery()))
    assert [one["id"] for one in page.data] == ["cti_2", "cti_1", "cti_0"]
    everything = await db.read(lambda tx: threads.all_items(tx, OURS, "cthr_1"))
    assert [one["id"] for one in everything] == ["cti_0", "cti_1", "cti_2", "cti_h"]


async def test_a_thread_goes_with_its_items(threads: ChatKitThreads, db: SqlDatabase, make_call: MakeCall) -> None:
    gone = (await threads.delete(make_call(threads, "delete", params={"thread_id": "cthr_1"}))).body
    assert gone == {"id": "cthr_1", "object": "chatkit.thread.deleted", "deleted": True}
    assert await db.read(lambda tx: threads.all_items(tx, OURS, "cthr_1")) == []
    with pytest.raises(NotFound):
        await threads.retrieve(make_call(threads, "retrieve", params={"thread_id": "cthr_1"}))
    listed = (await threads.list(make_call(threads, "list", query={"user": ["u"]}))).body["data"]
    assert [one["id"] for one in listed] == ["cthr_2"] and not any(name.startswith("_") for name in listed[0])
