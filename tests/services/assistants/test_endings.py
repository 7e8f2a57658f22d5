"""However a run ends, nothing of it stays in progress."""

from typing import Any

import pytest

from fakeai.core.chance import Ids
from fakeai.services.assistants.endings import Ending, end, seen
from fakeai.services.assistants.thread_rows import ThreadRows
from fakeai.store.sql import SqlDatabase
from fakeai.wire.assistants.runs import RESULTS

US = "o/p"
RUN = {"id": "run_1", "thread_id": "thread_1", "status": "in_progress", "_used": [3, 4], "expires_at": 9}


@pytest.fixture
async def rows(db: SqlDatabase, ids: Ids) -> ThreadRows:
    made = ThreadRows(db, ids, synthesize=False)
    details = {"type": "message_creation", "message_creation": {"message_id": "msg_1"}}

    def fill(tx: Any) -> None:
        made.threads.rows.add(tx, US, {"id": "thread_1", "_run": None})
        made.occupy(tx, US, "thread_1", RUN)
        made.messages.rows.add(tx, US, {"id": "msg_1", "status": "in_progress"}, parent="thread_1")
        made.steps.rows.add(tx, US, {"id": "step_1", "status": "in_progress", "step_details": details}, parent="run_1")
        made.steps.rows.add(tx, US, {"id": "step_0", "status": "completed", "step_details": {}}, parent="run_1")

    await db.run(fill)
    return made


@pytest.mark.parametrize(
    ("how", "step", "time"),
    [
        ("cancelled", "cancelled", "cancelled_at"),
        ("failed", "failed", "failed_at"),
        ("expired", "expired", "expired_at"),
    ],
)
async def test_what_was_at_work_ends_as_the_run_does(
    db: SqlDatabase, rows: ThreadRows, how: Ending, step: str, time: str
) -> None:
    told = await db.run(lambda tx: end(tx, rows, US, RUN, how, 7.9))
    assert [name for name, _ in told] == ["thread.message.incomplete", f"thread.run.step.{step}", f"thread.run.{how}"]
    message, done, run = (data for _, data in told)
    assert message["incomplete_details"] == {"reason": f"run_{how}"} and message["incomplete_at"] == 7
    assert (done["status"], done[time]) == (step, 7)
    assert run["usage"] == {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    assert await db.run(lambda tx: end(tx, rows, US, run, "completed", 8)) == []
    thread = await db.read(lambda tx: rows.threads.rows.get(tx, US, "thread_1"))
    assert thread is not None and thread["_run"] is None


def test_texts_of_passages_are_told_to_whoever_asks() -> None:
    found = [{"file_id": "f", "file_name": "a", "score": 0.5}]
    step = {
        "id": "step_1",
        "step_details": {
            "type": "tool_calls",
            "tool_calls": [
                {"id": "c0", "type": "function", "function": {}},
                {"id": "c1", "type": "file_search", "file_search": {"results": found}},
            ],
        },
        "_calls": {"c1": {"texts": ["words"]}},
    }
    assert seen(step, ()) == {name: step[name] for name in ("id", "step_details")}
    function, search = seen(step, [RESULTS])["step_details"]["tool_calls"]
    assert function["type"] == "function"
    assert search["file_search"]["results"] == [{**found[0], "content": [{"type": "text", "text": "words"}]}]
