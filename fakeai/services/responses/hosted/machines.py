"""Screens, shells, patches and searches for tools: calls that the caller carries out, and commands in a container, which
are made up here."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from fakeai.content.doings import run_command
from fakeai.core.generation import JsonObject, Tool, ToolStart
from fakeai.services.responses.calls import CallItem, Event, HostedCall
from fakeai.services.responses.hosted.interpreter import Desk
from fakeai.services.responses.offers import Offer
from fakeai.wire.responses.tools import ToolSearchTool

_MOST_COMMANDS = 20
_COMMANDS: JsonObject = {
    "type": "object",
    "properties": {"commands": {"type": "array", "items": {"type": "string"}, "description": "Command lines."}},
    "required": ["commands"],
    "additionalProperties": False,
}
_COMMAND: JsonObject = {
    "type": "object",
    "properties": {"command": {"type": "array", "items": {"type": "string"}}},
    "required": ["command"],
    "additionalProperties": False,
}
_OPERATION: JsonObject = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "enum": ["create_file", "update_file", "delete_file"]},
        "path": {"type": "string"},
        "diff": {"type": "string"},
    },
    "required": ["type", "path"],
}
_GOAL: JsonObject = {
    "type": "object",
    "properties": {"goal": {"type": "string", "description": "What is to be done."}},
    "required": ["goal"],
    "additionalProperties": False,
}
_ACTION: JsonObject = {
    "type": "object",
    "properties": {"type": {"type": "string", "enum": ["screenshot", "click", "type", "scroll", "keypress", "wait"]}},
    "required": ["type"],
}
_COMPUTER = Tool("computer", "Look at a computer's screen, click, type and browse.", schema=_ACTION, takes="screen")
_SHELL = Tool("shell", "Run shell commands: list files, install, test.", schema=_COMMANDS, takes="shell")
_LOCAL = Tool("local_shell", "Run a command on the user's machine.", schema=_COMMAND, takes="local_shell")
_PATCH = Tool("apply_patch", "Create, change and delete files of code.", schema=_OPERATION, takes="patch")

MakeId = Callable[[], str]


def computer(make_id: MakeId, *, many: bool) -> Offer:
    """A computer that the caller looks after; `many`: its calls hold lists of actions."""
    return Offer(_COMPUTER, lambda start: _Screen(make_id(), start, many), "computer")


def local_shell(make_id: MakeId) -> Offer:
    """A shell of the caller's, as it was first offered."""
    return Offer(_LOCAL, lambda start: _Local(make_id(), start), "local_shell")


def shell(make_id: MakeId, desk: Desk | None) -> Offer:
    """A shell: of the caller's, or in a container."""
    if desk is None:
        return Offer(_SHELL, lambda start: _Shell(make_id(), start), "shell")
    return Offer(_SHELL, lambda start: _Hosted(make_id(), start, desk, make_id), "shell", hosted=True)


def apply_patch(make_id: MakeId) -> Offer:
    """Changes to files, which the caller makes."""
    return Offer(_PATCH, lambda start: _Patch(make_id(), start), "apply_patch")


def tool_search(make_id: MakeId, wanted: ToolSearchTool) -> Offer:
    """A search for tools that the caller carries out."""
    schema = wanted.parameters or _GOAL
    tool = Tool("tool_search", wanted.description or "Find the tools that the task needs.", schema=schema)
    return Offer(tool, lambda start: _ToolSearch(make_id(), start), "tool_search")


class _Written(CallItem):
    """A call whose item holds its arguments as they are read."""

    def __init__(self, id: str, start: ToolStart, type: str, field: str, empty: JsonObject) -> None:
        super().__init__({"id": id, "type": type, "status": "in_progress", "call_id": start.id, field: empty})
        self._field = field

    def closed(self, text: str, *, complete: bool) -> list[Event]:
        super().closed(text, complete=complete)
        self.item[self._field] = self.read(_object(text))
        return []

    def read(self, given: JsonObject) -> Any:
        """What the item holds of the arguments. Any: of many shapes."""
        return given


class _Screen(_Written):
    def __init__(self, id: str, start: ToolStart, many: bool) -> None:
        super().__init__(id, start, "computer_call", "action", {"type": "screenshot"})
        self.item["pending_safety_checks"] = []
        self._many = many

    def closed(self, text: str, *, complete: bool) -> list[Event]:
        super().closed(text, complete=complete)
        if self._many:
            self.item["actions"] = [self.item.pop("action")]
        return []

    def read(self, given: JsonObject) -> JsonObject:
        return given if isinstance(given.get("type"), str) else {"type": "screenshot"}


class _Local(_Written):
    def __init__(self, id: str, start: ToolStart) -> None:
        super().__init__(id, start, "local_shell_call", "action", {"type": "exec", "command": [], "env": {}})

    def read(self, given: JsonObject) -> JsonObject:
        return {"type": "exec", "command": _texts(given.get("command")), "env": {}}


class _Shell(_Written):
    def __init__(self, id: str, start: ToolStart) -> None:
        super().__init__(id, start, "shell_call", "action", _action(()))
        self.item["environment"] = {"type": "local"}

    def opened(self) -> list[Event]:
        return []

    def closed(self, text: str, *, complete: bool) -> list[Event]:
        super().closed(text, complete=complete)
        return commands_told(self.item["action"]["commands"])

    def read(self, given: JsonObject) -> JsonObject:
        return _action(_texts(given.get("commands")))


class _ToolSearch(_Written):
    def __init__(self, id: str, start: ToolStart) -> None:
        super().__init__(id, start, "tool_search_call", "arguments", {})
        self.item["execution"] = "client"


class _Patch(_Written):
    def __init__(self, id: str, start: ToolStart) -> None:
        empty = {"type": "update_file", "path": "", "diff": ""}
        super().__init__(id, start, "apply_patch_call", "operation", empty)

    def closed(self, text: str, *, complete: bool) -> list[Event]:
        super().closed(text, complete=complete)
        self.item["status"] = "completed" if complete else "in_progress"
        return []

    def read(self, given: JsonObject) -> JsonObject:
        kind = given.get("type")
        told: JsonObject = {"type": kind, "path": str(given.get("path", ""))}
        if kind not in ("create_file", "update_file", "delete_file"):
            told["type"] = kind = "update_file"
        if kind != "delete_file":
            told["diff"] = str(given.get("diff", ""))
        return told


class _Hosted(HostedCall):
    """Commands in a container."""

    def __init__(self, id: str, start: ToolStart, desk: Desk, make_id: MakeId) -> None:
        item: JsonObject = {
            "id": id,
            "type": "shell_call",
            "status": "in_progress",
            "call_id": start.id,
            "action": _action(()),
            "environment": {"type": "container_reference", "container_id": desk.container},
        }
        super().__init__(item, start.id)
        self._make_id = make_id
        self._desk = desk
        self._output: JsonObject = {}

    def closed(self, text: str, *, complete: bool) -> list[Event]:
        super().closed(text, complete=complete)
        commands = _texts(_object(text).get("commands"))
        self.item["action"] = _action(commands)
        return commands_told(commands)

    async def work(self) -> AsyncIterator[list[Event]]:
        await self._desk.ready()
        ran = [run_command(command) for command in self.item["action"]["commands"][:_MOST_COMMANDS]]
        self.result = "\n".join(f"{one.stdout}{one.stderr}" for one in ran)
        self.item["status"] = "completed"
        output = [
            {"stdout": one.stdout, "stderr": one.stderr, "outcome": {"type": "exit", "exit_code": one.code}}
            for one in ran
        ]
        self._output = {
            "id": self._make_id(),
            "type": "shell_call_output",
            "status": "completed",
            "call_id": self.call_id,
            "output": output,
            "max_output_length": None,
        }
        yield []

    def after(self) -> list[JsonObject]:
        return [self._output]


def commands_told(commands: list[str]) -> list[Event]:
    """What is told of commands that have been written."""
    told: list[Event] = []
    for index, command in enumerate(commands):
        told += [
            {"type": "response.shell_call_command.added", "command_index": index, "command": ""},
            {"type": "response.shell_call_command.delta", "command_index": index, "delta": command},
            {"type": "response.shell_call_command.done", "command_index": index, "command": command},
        ]
    return told


def _action(commands: Any) -> JsonObject:
    return {"commands": list(commands), "max_output_length": None, "timeout_ms": None}


def _texts(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _object(text: str) -> JsonObject:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}
