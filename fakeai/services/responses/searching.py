"""Tools that are looked for when they are needed: which of them wait to be found, and the items that tell of a search.

The model knows all tools; whose call is its first use of one that waits is told to have searched for it before. Where the
caller searches himself, what waits is not offered before he has found it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from pydantic import ValidationError

from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest
from fakeai.core.generation import JsonObject, ToolStart
from fakeai.services.responses.calls import CallItem
from fakeai.services.responses.offers import Offer
from fakeai.services.responses.response import tool_echo
from fakeai.wire.responses.tools import ToolList

NAME = "tool_search"
_ADDED = "additional_tools"
_OUTPUT = "tool_search_output"


class Searches:
    """The searches of one response. `tools` are those of its request (Any: a union of wire types)."""

    def __init__(self, tools: Sequence[Any], context: Sequence[JsonObject], ids: Ids) -> None:
        wanted = next((tool for tool in tools if tool.type == NAME), None)
        self._wanted = wanted is not None
        self._by_caller = wanted is not None and wanted.execution == "client"
        self._ids = ids
        self._found = {
            _path(tool) for item in context if item.get("type") == _OUTPUT for tool in item.get("tools") or ()
        }

    def offered(self, tool: Any, offers: Sequence[Offer]) -> list[Offer]:
        """The offers of a tool of the request, with what has to be found. Any: a union of wire types."""
        names = _deferred(tool, offers) if self._wanted else frozenset()
        if not names:
            return list(offers)
        if self._by_caller:
            return [offer for offer in offers if offer.tool.name not in names]
        told = _told(tool)
        return [
            offer._replace(opens=partial(self._open, offer.opens, told)) if offer.tool.name in names else offer
            for offer in offers
        ]

    def _open(self, opens: Callable[[ToolStart], CallItem], told: JsonObject, start: ToolStart) -> CallItem:
        call = opens(start)
        path = _path(told)
        if path not in self._found:
            self._found.add(path)
            same: JsonObject = {"execution": "server", "call_id": None, "status": "completed"}
            call.ahead = [
                {"id": self._ids.make("tsc_"), "type": "tool_search_call", **same, "arguments": {"paths": [path]}},
                {"id": self._ids.make("tso_"), "type": _OUTPUT, **same, "tools": [told]},
            ]
        return call


def found(context: Iterable[JsonObject]) -> Iterator[Any]:
    """The tools that a conversation brings along: a caller's search has found them, or somebody has added them.

    Raises BadRequest for what is no tool. Any: a union of wire types.
    """
    for item in context:
        kind = item.get("type")
        if kind == _ADDED or (kind == _OUTPUT and item.get("execution") == "client"):
            try:
                yield from ToolList.model_validate({"tools": item.get("tools")}).tools
            except ValidationError as error:
                raise BadRequest(f"Invalid 'tools' in an item of type '{kind}'.", param="input") from error


def is_answered(context: Sequence[JsonObject]) -> bool:
    """Whether the caller has searched since a user has last said something."""
    for item in reversed(context):
        if item.get("type") == _OUTPUT:
            return True
        if item.get("role") == "user":
            return False
    return False


def _deferred(tool: Any, offers: Sequence[Offer]) -> frozenset[str]:
    """Names of the offers that wait. Any: a union of wire types."""
    if tool.type == "namespace":
        return frozenset(f"{tool.name}.{one.name}" for one in tool.tools if one.defer_loading)
    return frozenset(offer.tool.name for offer in offers) if getattr(tool, "defer_loading", None) else frozenset()


def _told(tool: Any) -> JsonObject:
    """A tool as it is found: of a name space, what waits in it. Any: a union of wire types."""
    told = tool_echo(tool)
    if tool.type == "namespace":
        told["tools"] = [one for one in told["tools"] if one.get("defer_loading")]
    return told


def _path(tool: JsonObject) -> str:
    return str(tool.get("name") or tool.get("server_label") or "")
