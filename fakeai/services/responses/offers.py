"""The tools of a request as they are offered to a model, and what becomes of the model's calls of them.

The model knows every tool as a function or a custom tool with a name; which item a call becomes, and who carries it out,
is known here.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest
from fakeai.core.generation import JsonObject, Tool, ToolChoice, ToolStart
from fakeai.services.responses.calls import CallItem, function_item
from fakeai.services.responses.response import tool_echo

HOSTED_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "web_search": "web_search",
        "web_search_2025_08_26": "web_search",
        "web_search_preview": "web_search",
        "web_search_preview_2025_03_11": "web_search",
        "computer": "computer",
        "computer_use": "computer",
        "computer_use_preview": "computer",
    }
)
"""Types of tools that the model knows by another name than their type."""


class Offer(NamedTuple):
    """A tool, and what makes an item of a call of it."""

    tool: Tool
    opens: Callable[[ToolStart], CallItem]
    type: str = "function"
    hosted: bool = False
    """Whether the platform carries its calls out."""
    server: str = ""
    """The MCP server that it belongs to."""


class Offers:
    """All tools of a request."""

    def __init__(self, offers: Sequence[Offer], echoes: Sequence[JsonObject] = ()) -> None:
        self._by_name = {offer.tool.name: offer for offer in offers}
        self.echoes = list(echoes)
        """The tools as the response tells of them."""

    @property
    def any_hosted(self) -> bool:
        """Whether there are tools that the platform carries out."""
        return any(offer.hosted for offer in self._by_name.values())

    def tools(self, *, hosted: bool = True) -> tuple[Tool, ...]:
        """The tools that a model is offered; without the hosted ones where no more calls of those are wanted."""
        return tuple(offer.tool for offer in self._by_name.values() if hosted or not offer.hosted)

    def open(self, start: ToolStart) -> CallItem:
        """The item of a call that begins."""
        return self._by_name[start.name].opens(start)

    def choice(self, wanted: Any) -> ToolChoice:
        """What `tool_choice` asks for. Raises BadRequest for a tool that is not offered. Any: a union of wire types."""
        if wanted is None or isinstance(wanted, str):
            return ToolChoice(wanted or "auto")  # type: ignore[arg-type]  # the wire type lists the same words
        if wanted.type == "allowed_tools":
            return ToolChoice(wanted.mode, tuple(name for tool in wanted.tools for name in self._named(tool)))
        names = self._named(wanted.model_dump(exclude_none=True))
        if not names:
            raise BadRequest(f"Tool choice '{wanted.type}' not found in 'tools' parameter.", param="tool_choice")
        return ToolChoice("required", tuple(names))

    def _named(self, tool: Mapping[str, Any]) -> list[str]:
        """The names of the tools that a choice names."""
        kind, name = str(tool.get("type", "function")), tool.get("name")
        if kind in ("function", "custom"):
            return [str(name)] if name in self._by_name else []
        if kind == "mcp":
            label = str(tool.get("server_label", ""))
            of = [known for known, offer in self._by_name.items() if offer.server == label]
            return [known for known in of if name is None or known == f"{label}.{name}"]
        kind = HOSTED_TYPES.get(kind, kind)
        return [known for known, offer in self._by_name.items() if offer.type == kind]


def own_tools(tool: Any, ids: Ids, namespace: str | None = None) -> list[Offer]:
    """The offers of a function or a custom tool of the caller's, or of a name space of such. Any: a union of wire types."""
    if tool.type == "namespace":
        return [offer for one in tool.tools for offer in own_tools(one, ids, tool.name)]
    name = tool.name if namespace is None else f"{namespace}.{tool.name}"
    opens = partial(_own, ids, namespace, tool.name)
    if tool.type == "custom":
        grammar = None
        if tool.format is not None and tool.format.type == "grammar":
            grammar = (tool.format.syntax, tool.format.definition)
        return [Offer(Tool(name, tool.description or "", "custom", grammar=grammar), opens)]
    schema = tool.parameters if tool.parameters is not None else {"type": "object", "properties": {}}
    return [Offer(Tool(name, tool.description or "", "function", schema, bool(tool.strict)), opens)]


def _own(ids: Ids, namespace: str | None, name: str, start: ToolStart) -> CallItem:
    prefix = "ctc_" if start.kind == "custom" else "fc_"
    return function_item(ids.make(prefix), start, namespace, name)


def echoes(tools: Sequence[Any]) -> list[JsonObject]:
    """The tools as a response tells of them. Any: a union of wire types."""
    return [tool_echo(tool) for tool in tools]
