"""Tools of MCP servers. No server is asked: what tools one has follows from what the request says of it, and so do answers."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, NamedTuple

from fakeai.core.generation import JsonObject, Tool, ToolStart
from fakeai.services.responses.calls import CallItem, Event, HostedCall
from fakeai.services.responses.offers import Offer
from fakeai.wire.responses.tools import Approvals, McpTool, ToolFilter

_QUERY: JsonObject = {
    "type": "object",
    "properties": {"query": {"type": "string", "description": "What to look for."}},
    "required": ["query"],
    "additionalProperties": False,
}
_ONE: JsonObject = {
    "type": "object",
    "properties": {"id": {"type": "string", "description": "The id of what was found."}},
    "required": ["id"],
    "additionalProperties": False,
}
_MOST_TOOLS = 64


class _Known(NamedTuple):
    name: str
    description: str
    schema: JsonObject
    read_only: bool = True


_USUAL = (
    _Known("search", "Search {label}.", _QUERY),
    _Known("fetch", "Get something that was found in {label}.", _ONE),
)


class Server:
    """A server as a request describes it."""

    def __init__(self, wanted: McpTool, make_id: Callable[[str], str], find: Callable[[str], str]) -> None:
        self._wanted = wanted
        self._make_id = make_id
        self._find = find
        self._tools = _tools(wanted)

    def listed(self) -> JsonObject:
        """The item that tells which tools there are."""
        tools = [
            {
                "name": tool.name,
                "description": tool.description,
                "input_schema": tool.schema,
                "annotations": {"read_only": tool.read_only},
            }
            for tool in self._tools
        ]
        label = self._wanted.server_label
        return {"id": self._make_id("mcpl_"), "type": "mcp_list_tools", "server_label": label, "tools": tools}

    def offers(self) -> list[Offer]:
        """The tools that may be called."""
        return [self._offer(tool) for tool in self._tools]

    def approved(self, request: JsonObject) -> "McpCall":
        """A call that was asked for, and has been allowed."""
        start = ToolStart(0, 0, self._make_id("call_"), request["name"], "function")
        call = McpCall(self._make_id("mcp_"), start, self._wanted.server_label, request["name"], self._find)
        call.item["approval_request_id"] = request["id"]
        call.closed(request["arguments"], complete=True)
        return call

    def _offer(self, tool: _Known) -> Offer:
        label = self._wanted.server_label
        offered = Tool(f"{label}.{tool.name}", tool.description, schema=tool.schema)
        if self._asks(tool):
            return Offer(offered, lambda start: _Request(self._make_id("mcpr_"), label, tool.name), "mcp", server=label)

        def opens(start: ToolStart) -> CallItem:
            return McpCall(self._make_id("mcp_"), start, label, tool.name, self._find)

        return Offer(offered, opens, "mcp", hosted=True, server=label)

    def _asks(self, tool: _Known) -> bool:
        """Whether a call of the tool wants an approval first."""
        wish = self._wanted.require_approval
        if not isinstance(wish, Approvals):
            return wish != "never"
        if wish.never is not None and _matches(wish.never, tool):
            return False
        return wish.always is None or _matches(wish.always, tool)


class McpCall(HostedCall):
    """A call of a server's tool."""

    def __init__(self, id: str, start: ToolStart, label: str, name: str, find: Callable[[str], str]) -> None:
        item: JsonObject = {
            "id": id,
            "type": "mcp_call",
            "status": "in_progress",
            "approval_request_id": None,
            "arguments": "",
            "error": None,
            "name": name,
            "output": None,
            "server_label": label,
        }
        super().__init__(item, start.id)
        self._find = find

    def opened(self) -> list[Event]:
        """It has begun."""
        return [{"type": "response.mcp_call.in_progress"}]

    def typed(self, piece: str) -> Event:
        """A piece of its arguments."""
        return {"type": "response.mcp_call_arguments.delta", "delta": piece}

    def closed(self, text: str, *, complete: bool) -> list[Event]:
        """All of its arguments."""
        super().closed(text, complete=complete)
        self.item["arguments"] = text
        return [{"type": "response.mcp_call_arguments.done", "arguments": text}]

    async def work(self) -> AsyncIterator[list[Event]]:
        """What the server's tool gives: words about what was asked."""
        self.item["output"] = self.result = self._find(_words(self.arguments))
        self.item["status"] = "completed"
        yield [{"type": "response.mcp_call.completed"}]


class _Request(CallItem):
    """A call that has to be allowed first."""

    def __init__(self, id: str, label: str, name: str) -> None:
        super().__init__(
            {"id": id, "type": "mcp_approval_request", "arguments": "", "name": name, "server_label": label}
        )

    def closed(self, text: str, *, complete: bool) -> list[Event]:
        self.item["arguments"] = text
        return []


def _tools(wanted: McpTool) -> Sequence[_Known]:
    label = wanted.server_label
    known = [tool._replace(description=tool.description.format(label=label)) for tool in _USUAL]
    allowed = wanted.allowed_tools
    names = allowed if isinstance(allowed, list) else allowed.tool_names if isinstance(allowed, ToolFilter) else None
    if names is None:
        return known
    by_name = {tool.name: tool for tool in known}
    about = wanted.server_description or f"A tool of {label}."
    return [
        by_name.get(name) or _Known(name, f"{name.replace('_', ' ')}. {about}", _QUERY) for name in names[:_MOST_TOOLS]
    ]


def _matches(some: ToolFilter, tool: _Known) -> bool:
    named = some.tool_names is None or tool.name in some.tool_names
    return named and (some.read_only is None or some.read_only == tool.read_only)


def _words(arguments: str) -> str:
    try:
        given: Any = json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
    if not isinstance(given, dict):
        return arguments
    return " ".join(value if isinstance(value, str) else json.dumps(value) for value in given.values())
