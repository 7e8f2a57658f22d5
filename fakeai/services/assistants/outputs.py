"""Outputs of functions that a run has asked for: taken if they are what it waits for."""

from collections.abc import Sequence

from fakeai.core.errors import BadRequest
from fakeai.services.assistants.endings import Told
from fakeai.services.assistants.thread_rows import ThreadRows
from fakeai.store.base import Object, Tx
from fakeai.wire.assistants.runs import ToolOutput

LONGEST = 1_048_576


def answered(tx: Tx, rows: ThreadRows, owner: str, run: Object, outputs: Sequence[ToolOutput], now: float) -> Told:
    """Give a run what it waits for; from then on it is queued. Returns the events, the run's last. Raises BadRequest."""
    if run["status"] != "requires_action":
        raise BadRequest(f'Runs in status "{run["status"]}" do not accept tool outputs.')
    given = _by_id(run, outputs)
    told: Told = []
    for step in list(rows.steps.rows.every(tx, owner, parent=run["id"])):
        if step["status"] == "in_progress":
            calls = [_with(call, given) for call in step["step_details"]["tool_calls"]]
            over = {"status": "completed", "completed_at": int(now), "usage": step["_usage"]}
            step = {**step, **over, "step_details": {"type": "tool_calls", "tool_calls": calls}}
            rows.steps.rows.replace(tx, owner, step, parent=run["id"])
            told.append(("thread.run.step.completed", step))
    run = {**run, "status": "queued", "required_action": None}
    rows.settle(tx, owner, run)
    return [*told, ("thread.run.queued", run)]


def _by_id(run: Object, outputs: Sequence[ToolOutput]) -> dict[str, str]:
    wanted = [call["id"] for call in run["required_action"]["submit_tool_outputs"]["tool_calls"]]
    got = [output.tool_call_id or "" for output in outputs[:128]]
    if len(outputs) > len(wanted) or sorted(got) != sorted(wanted):
        raise BadRequest(f"Expected tool outputs for call_ids {wanted}, got {[name[:64] for name in got]}")
    for number, output in enumerate(outputs):
        if len(output.output or "") > LONGEST:
            raise BadRequest(
                f"Tool outputs may have {LONGEST} characters at most.", param=f"tool_outputs[{number}].output"
            )
    return {output.tool_call_id or "": output.output or "" for output in outputs}


def _with(call: Object, given: dict[str, str]) -> Object:
    if call["type"] != "function":
        return call
    return {**call, "function": {**call["function"], "output": given[call["id"]]}}
