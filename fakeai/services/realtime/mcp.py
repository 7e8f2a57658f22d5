"""Servers of tools (MCP) as a session sees them. None is ever called: the tools are simulated, and so is what they give."""

from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import urlsplit

import orjson

from fakeai.core.generation import JsonObject
from fakeai.services.realtime.conversation import Add, Entry, Event

_USUAL = ("search", "fetch")
"""Tools of a server that nobody says more of."""


def tools(server: JsonObject) -> list[JsonObject]:
    """The server's tools: those that are allowed by name, else the usual two; none of a server that cannot be reached."""
    if unreachable(server):
        return []
    allowed = server.get("allowed_tools")
    names = allowed.get("tool_names") if isinstance(allowed, dict) else allowed
    return [_tool(str(name), server) for name in dict.fromkeys(names or _USUAL)]


def unreachable(server: JsonObject) -> bool:
    """Whether nobody could ever reach it: names below `.invalid` are nobody's (RFC 2606)."""
    try:
        host = urlsplit(server.get("server_url") or "").hostname
    except ValueError:
        return True
    return host is not None and host.endswith(".invalid")


def _tool(name: str, server: JsonObject) -> JsonObject:
    about = server.get("server_description") or f"the server {server['server_label']}"
    argument = "id" if name == "fetch" else "query"
    return {
        "name": name,
        "description": f"{name.replace('_', ' ').capitalize()}: a tool of {about}.",
        "input_schema": {
            "type": "object",
            "properties": {argument: {"type": "string"}},
            "required": [argument],
            "additionalProperties": False,
        },
        "annotations": {"read_only": name in _USUAL},
    }


def asks(server: JsonObject, name: str) -> bool:
    """Whether a person has to approve a use of the tool: always, unless the server's settings say otherwise."""
    rule: Any = server.get("require_approval")  # a word, or two lists of names
    if isinstance(rule, dict):
        never = (rule.get("never") or {}).get("tool_names") or ()
        always = (rule.get("always") or {}).get("tool_names")
        return bool(name not in never and (always is None or name in always))
    return bool(rule != "never")


def listed(server: JsonObject, id: str, add: Add) -> Iterator[Event]:
    """The server tells its tools."""
    entry = Entry({"id": id, "type": "mcp_list_tools", "server_label": server["server_label"], "tools": []})
    previous = add(entry)
    yield {"type": "conversation.item.added", "previous_item_id": previous, "item": dict(entry.item)}
    yield {"type": "mcp_list_tools.in_progress", "item_id": id}
    entry.item["tools"] = tools(server)
    yield {"type": "mcp_list_tools.failed" if unreachable(server) else "mcp_list_tools.completed", "item_id": id}
    yield {"type": "conversation.item.done", "previous_item_id": previous, "item": dict(entry.item)}


def approved(request: Entry, id: str, add: Add, servers: Collection[str]) -> Iterator[Event]:
    """The use of a tool that somebody has asked for, and somebody has approved. It fails for a server that is not there."""
    names = {name: request.item[name] for name in ("server_label", "name", "arguments")}
    entry = Entry({"id": id, "type": "mcp_call", **names, "approval_request_id": request.id})
    previous = add(entry)
    yield {"type": "conversation.item.added", "previous_item_id": previous, "item": dict(entry.item)}
    yield from used(entry, 0, known=names["server_label"] in servers)
    yield {"type": "conversation.item.done", "previous_item_id": previous, "item": dict(entry.item)}


def used(call: Entry, output_index: int, *, known: bool = True) -> Iterator[Event]:
    """A server's tool is used; that fails unless the server is `known`."""
    item, place = call.item, {"item_id": call.id, "output_index": output_index}
    yield {"type": "response.mcp_call.in_progress", **place}
    if known:
        item["output"] = output(item["server_label"], item["name"], item["arguments"])
        yield {"type": "response.mcp_call.completed", **place}
    else:
        message = f"The session has no server '{item['server_label'][:100]}'."
        item["error"] = {"type": "tool_execution_error", "message": message}
        yield {"type": "response.mcp_call.failed", **place}


def output(label: str, name: str, arguments: str) -> str:
    """What the tool gives."""
    try:
        given = orjson.loads(arguments)
    except orjson.JSONDecodeError:
        given = arguments
    found = {"server": label, "tool": name, "arguments": given, "result": f"{name} found 1 entry on {label}."}
    return orjson.dumps(found).decode()
