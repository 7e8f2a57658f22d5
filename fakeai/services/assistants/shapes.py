"""What a run asks its model with, and the rows that it begins with."""

from collections.abc import Mapping, Sequence
from typing import Any

from fakeai.core.generation import Tool, ToolChoice
from fakeai.services.assistants.hosted import CODE
from fakeai.store.base import Object


def offered(tools: Sequence[Object], hosted: Mapping[str, Tool]) -> tuple[Tool, ...]:
    """A run's tools as the model has them; `hosted` are those that the run uses itself, by their types."""
    found: list[Tool] = []
    for tool in tools:
        if tool["type"] in hosted:
            found.append(hosted[tool["type"]])
        else:
            function = tool["function"]
            schema, strict = function.get("parameters"), bool(function.get("strict"))
            found.append(Tool(function["name"], function.get("description") or "", "function", schema, strict))
    return tuple(found)


def choice(wanted: Any, *, used: bool) -> ToolChoice:
    """Which tools may be called; what was to be used once need not be used again. Any: JSON."""
    if used and wanted != "none":
        return ToolChoice()
    if isinstance(wanted, str):
        return ToolChoice(wanted)  # type: ignore[arg-type]  # the wire type lists the same words
    name = wanted["function"]["name"] if wanted["type"] == "function" else wanted["type"]
    return ToolChoice("required", (name,))


def form(wanted: Any) -> tuple[Any, bool]:
    """The schema of an answer, and whether it is to be JSON at all. Any: JSON."""
    if isinstance(wanted, str) or wanted["type"] == "text":
        return None, False
    if wanted["type"] == "json_object":
        return None, True
    return wanted["json_schema"].get("schema") or {"type": "object"}, False


def marks_of(steps: Sequence[Object]) -> dict[str, Object]:
    """What in a text stands for what of the steps that a model was told of."""
    kept = [beside for step in steps for beside in step.get("_calls", {}).values()]
    return {mark: about for beside in kept for mark, about in beside["marks"].items() if mark in beside["told"]}


def images_of(steps: Sequence[Object]) -> Sequence[str]:
    """The files of images that programs have shown since the last message."""
    found: list[str] = []
    for step in steps:
        calls = step["step_details"].get("tool_calls")
        if calls is None:
            found = []
        for call in calls or ():
            outputs = call[CODE]["outputs"] if call["type"] == CODE else ()
            found += [output["image"]["file_id"] for output in outputs if output["type"] == "image"]
    return found


def has_program(steps: Sequence[Object]) -> bool:
    """Whether a program was run in one of these steps."""
    calls = [call for step in steps for call in step["step_details"].get("tool_calls", ())]
    return any(call["type"] == CODE for call in calls)


def new_message(name: str, run: Object, now: int) -> Object:
    """A message that a run begins to write."""
    return {
        "id": name,
        "object": "thread.message",
        "created_at": now,
        "thread_id": run["thread_id"],
        "status": "in_progress",
        "incomplete_details": None,
        "completed_at": None,
        "incomplete_at": None,
        "role": "assistant",
        "content": [],
        "assistant_id": run["assistant_id"],
        "run_id": run["id"],
        "attachments": [],
        "metadata": {},
    }


def new_step(name: str, run: Object, now: int, kind: str, details: Object) -> Object:
    """A step that a run begins."""
    return {
        "id": name,
        "object": "thread.run.step",
        "created_at": now,
        "assistant_id": run["assistant_id"],
        "thread_id": run["thread_id"],
        "run_id": run["id"],
        "type": kind,
        "status": "in_progress",
        "step_details": details,
        "last_error": None,
        "expired_at": None,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "metadata": {},
        "usage": None,
    }
