"""Web search, without a web: what is found is what the model would say of the query, on the reserved example domains."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from fakeai.content import websearch
from fakeai.core.generation import JsonObject, Tool, ToolStart
from fakeai.services.responses.calls import Event, HostedCall
from fakeai.services.responses.offers import Offer

NAME = "web_search"
_SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"query": {"type": "string", "description": "What to search for."}},
    "required": ["query"],
    "additionalProperties": False,
}
_TOOL = Tool(NAME, "Search the web for current information, news, prices, weather and facts.", schema=_SCHEMA)

Find = Callable[[str], websearch.Found]
"""What a search for a query finds."""


def offer(make_id: Callable[[], str], find: Find, count: Callable[[], None], *, sources: bool) -> Offer:
    """The tool; with `sources`, calls tell where things were found. `count` is called for each search."""
    return Offer(_TOOL, lambda start: _Search(make_id(), start, find, count, sources), NAME, hosted=True)


class _Search(HostedCall):
    def __init__(self, id: str, start: ToolStart, find: Find, count: Callable[[], None], sources: bool) -> None:
        action: JsonObject = {"type": "search", "query": "", "queries": []}
        super().__init__({"id": id, "type": "web_search_call", "status": "in_progress", "action": action}, start.id)
        self._find = find
        self._count = count
        self._sources = sources

    def opened(self) -> list[Event]:
        return [{"type": "response.web_search_call.in_progress"}]

    async def work(self) -> AsyncIterator[list[Event]]:
        query = asked(self.arguments, "query")
        self.item["status"] = "searching"
        yield [{"type": "response.web_search_call.searching"}]
        found = self._find(query)
        self._count()
        self.result = found.text
        self.item["action"] = {"type": "search", "query": query, "queries": [query]}
        if self._sources:
            self.item["action"]["sources"] = [{"type": "url", "url": page.url} for page in found.pages]
        self.item["status"] = "completed"
        yield [{"type": "response.web_search_call.completed"}]


def asked(arguments: str, field: str) -> str:
    """A text among the arguments that a model has written; all of them where they are no JSON."""
    try:
        given: Any = json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
    value = given.get(field, "") if isinstance(given, dict) else ""
    return value if isinstance(value, str) else json.dumps(value)
