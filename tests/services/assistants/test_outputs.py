"""A run takes the outputs that it waits for, all of them and no others."""

from typing import Any

import pytest

from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest
from fakeai.services.assistants.outputs import LONGEST, answered
from fakeai.services.assistants.thread_rows import ThreadRows
from fakeai.store.sql import SqlDatabase
from fakeai.wire.assistants.runs import ToolOutput

US = "o/p"


def run(*calls: str, status: str = "requires_action") -> dict[str, Any]:
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [{"id": name} for name in calls]}}
    return {"id": "run_1", "thread_id": "thread_1", "status": status, "required_action": action}


@pytest.fixture
async def rows(db: SqlDatabase, ids: Ids) -> ThreadRows:
    made = ThreadRows(db, ids, synthesize=False)
    calls = [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}", "output": None}},
        {"id": "s", "type": "file_search", "file_search": {}},
    ]
    step = {
        "id": "step_1",
        "status": "in_progress",
        "step_details": {"type": "tool_calls", "tool_calls": calls},
        "_usage": {"total_tokens": 1},
    }

    def fill(tx: Any) -> None:
        made.threads.rows.add(tx, US, {"id": "thread_1", "_run": None})
        made.occupy(tx, US, "thread_1", run("a"))
        made.steps.rows.add(tx, US, step, parent="run_1")

    await db.run(fill)
    return made


async def test_the_step_is_complete_and_the_run_queued(db: SqlDatabase, rows: ThreadRows) -> None:
    given = [ToolOutput(tool_call_id="a", output="x")]
    told = await db.run(lambda tx: answered(tx, rows, US, run("a"), given, 5.0))
    assert [name for name, _ in told] == ["thread.run.step.completed", "thread.run.queued"]
    step, queued = (data for _, data in told)
    assert step["step_details"]["tool_calls"][0]["function"]["output"] == "x"
    assert (step["usage"], step["completed_at"]) == ({"total_tokens": 1}, 5)
    assert (queued["status"], queued["required_action"]) == ("queued", None)


@pytest.mark.parametrize(
    "given",
    [
        [],
        [ToolOutput(tool_call_id="b", output="x")],
        [ToolOutput(output="x")],
        [ToolOutput(tool_call_id="a", output="x")] * 2,
        [ToolOutput(tool_call_id="a", output="x" * (LONGEST + 1))],
    ],
)
async def test_anything_else_is_refused(db: SqlDatabase, rows: ThreadRows, given: list[ToolOutput]) -> None:
    with pytest.raises(BadRequest):
        await db.run(lambda tx: answered(tx, rows, US, run("a"), given, 5.0))


async def test_a_run_that_waits_for_nothing_takes_nothing(db: SqlDatabase, rows: ThreadRows) -> None:
    with pytest.raises(BadRequest, match="do not accept tool outputs"):
        await db.run(lambda tx: answered(tx, rows, US, run("a", status="expired"), [], 5.0))
