"""A thread has one active run at most, and takes all that it has along."""

from typing import Any

import pytest

from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest, NotFound
from fakeai.services.assistants import thread_rows
from fakeai.services.assistants.thread_rows import ThreadRows
from fakeai.store.sql import SqlDatabase
from fakeai.wire.assistants.messages import MessageCreate

US = "o/p"


@pytest.fixture
async def rows(db: SqlDatabase, ids: Ids) -> ThreadRows:
    made = ThreadRows(db, ids, synthesize=False)
    await db.run(lambda tx: made.threads.rows.add(tx, US, {"id": "thread_1", "_run": None}))
    return made


def run(name: str, status: str = "queued") -> dict[str, Any]:
    return {"id": name, "thread_id": "thread_1", "status": status}


async def test_a_second_run_waits_until_the_first_is_over(db: SqlDatabase, rows: ThreadRows) -> None:
    await db.run(lambda tx: rows.occupy(tx, US, "thread_1", run("run_1")))
    with pytest.raises(BadRequest, match="already has an active run run_1"):
        await db.run(lambda tx: rows.occupy(tx, US, "thread_1", run("run_2")))
    with pytest.raises(BadRequest, match="while a run run_1 is active"):
        await db.read(lambda tx: rows.check_idle(tx, US, "thread_1"))
    await db.run(lambda tx: rows.settle(tx, US, run("run_1", "requires_action")))
    with pytest.raises(BadRequest):
        await db.read(lambda tx: rows.check_idle(tx, US, "thread_1"))
    await db.run(lambda tx: rows.settle(tx, US, run("run_1", "completed")))
    await db.read(lambda tx: rows.check_idle(tx, US, "thread_1"))
    await db.run(lambda tx: rows.occupy(tx, US, "thread_1", run("run_2")))


async def test_a_thread_of_nobody_takes_no_run(db: SqlDatabase, rows: ThreadRows) -> None:
    with pytest.raises(NotFound, match="No thread found with id 'thread_1'"):
        await db.run(lambda tx: rows.occupy(tx, "o/q", "thread_1", run("run_1")))
    with pytest.raises(NotFound):
        await db.read(lambda tx: rows.check_idle(tx, "o/q", "thread_1"))


async def test_a_thread_takes_all_that_it_has_along(db: SqlDatabase, rows: ThreadRows) -> None:
    def fill(tx: Any) -> None:
        rows.occupy(tx, US, "thread_1", run("run_1"))
        rows.steps.rows.add(tx, US, {"id": "step_1"}, parent="run_1")
        rows.messages.rows.add(tx, US, {"id": "msg_1"}, parent="thread_1")

    await db.run(fill)
    assert (await db.run(lambda tx: rows.drop(tx, US, "thread_1"))) is not None
    assert await db.run(lambda tx: rows.drop(tx, US, "thread_1")) is None
    for kind, parent in ((rows.runs, "thread_1"), (rows.steps, "run_1"), (rows.messages, "thread_1")):
        assert await db.read(lambda tx, kind=kind, parent=parent: kind.rows.count(tx, US, parent=parent)) == 0


async def test_a_thread_has_room_for_so_many_messages(
    db: SqlDatabase, rows: ThreadRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread_rows, "MOST_MESSAGES", 2)
    await db.run(lambda tx: rows.messages.rows.add(tx, US, {"id": "msg_1"}, parent="thread_1"))
    await db.read(lambda tx: rows.check_room(tx, US, "thread_1", 1))
    with pytest.raises(BadRequest):
        await db.read(lambda tx: rows.check_room(tx, US, "thread_1", 2))


async def test_a_message_is_told_as_content_parts(rows: ThreadRows) -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}]
    message = rows.message("thread_1", MessageCreate.model_validate({"role": "user", "content": parts}))
    assert message["content"] == [
        {"type": "text", "text": {"value": "a", "annotations": []}},
        {"type": "image_url", "image_url": {"url": "https://a.example/b.png", "detail": "auto"}},
    ]
