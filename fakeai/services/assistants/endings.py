"""How runs end: what becomes of the run, and of the steps and messages that it was at."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from fakeai.core.generation import Usage
from fakeai.services.assistants.thread_rows import ThreadRows
from fakeai.store.base import Object, Tx
from fakeai.wire.assistants.runs import ACTIVE, RESULTS

Ending = Literal["completed", "incomplete", "failed", "cancelled", "expired"]
Told = list[tuple[str, Object]]
"""Events: their names, and what they tell."""

_STEPS: Mapping[str, str] = MappingProxyType(
    {"completed": "completed", "incomplete": "completed", "failed": "failed", "cancelled": "cancelled"}
)
_TIMES: Mapping[str, str] = MappingProxyType(
    {"completed": "completed_at", "failed": "failed_at", "cancelled": "cancelled_at", "expired": "expired_at"}
)
USED = "_used"
"""The private key under which a run counts its tokens: of prompts, and of answers."""


def end(tx: Tx, rows: ThreadRows, owner: str, run: Object, how: Ending, now: float, **changed: object) -> Told:
    """End a run that is not over, with all that it was at; `changed` are other fields of it. Returns the events."""
    told: Told = []
    if run["status"] not in ACTIVE:
        return told
    at = int(now)
    for step in list(rows.steps.rows.every(tx, owner, parent=run["id"])):
        if step["status"] == "in_progress":
            _end_step(tx, rows, owner, run, step, how, at, told)
    prompt, completion = run[USED]
    over: Object = {**run, "status": how, "required_action": None, "usage": usage(Usage(prompt, completion)), **changed}
    if how in ("completed", "failed", "cancelled"):
        over[_TIMES[how]] = at
    if how != "expired":
        over["expires_at"] = None
    rows.settle(tx, owner, over)
    told.append((f"thread.run.{how}", over))
    return told


def _end_step(
    tx: Tx, rows: ThreadRows, owner: str, run: Object, step: Object, how: Ending, at: int, told: Told
) -> None:
    details = step["step_details"]
    if details["type"] == "message_creation":
        name = details["message_creation"]["message_id"]
        message = rows.messages.rows.get(tx, owner, name, parent=run["thread_id"])
        if message is not None and message["status"] == "in_progress":
            broken = broken_off(message, f"run_{how}", at)
            rows.messages.rows.replace(tx, owner, broken, parent=run["thread_id"])
            told.append(("thread.message.incomplete", broken))
    status = _STEPS.get(how, "expired")
    ended = {**step, "status": status, _TIMES[status]: at}
    if status == "failed":
        ended["last_error"] = {"code": "server_error", "message": "The run failed."}
    rows.steps.rows.replace(tx, owner, ended, parent=run["id"])
    told.append((f"thread.run.step.{status}", ended))


def broken_off(message: Object, reason: str, at: int) -> Object:
    """A message that ends before it is complete."""
    return {**message, "status": "incomplete", "incomplete_at": at, "incomplete_details": {"reason": reason}}


def usage(used: Usage) -> Object:
    """Tokens as runs and steps tell them."""
    total = used.prompt + used.completion
    return {"prompt_tokens": used.prompt, "completion_tokens": used.completion, "total_tokens": total}


def seen(step: Mapping[str, Any], include: Sequence[str]) -> Object:
    """A row as it is told: of a step with the texts that a search found, if `include` asks for them. Any: JSON."""
    shown = {name: value for name, value in step.items() if not name.startswith("_")}
    kept = step.get("_calls")
    if not kept or RESULTS not in include:
        return shown
    calls = [_with_texts(call, kept.get(call["id"], {}).get("texts")) for call in step["step_details"]["tool_calls"]]
    return {**shown, "step_details": {"type": "tool_calls", "tool_calls": calls}}


def _with_texts(call: Object, texts: list[str] | None) -> Object:
    if not texts:
        return call
    search = call["file_search"]
    results = [
        {**result, "content": [{"type": "text", "text": text}]}
        for result, text in zip(search["results"], texts, strict=True)
    ]
    return {**call, "file_search": {**search, "results": results}}
