"""Search in vector stores: passages for the model to answer from, and citations of the files that they are from."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from fakeai.content.excerpts import excerpt
from fakeai.core.generation import JsonObject, Tool, ToolStart
from fakeai.services.responses.calls import Event, HostedCall
from fakeai.services.responses.hosted.web import asked
from fakeai.services.responses.offers import Offer
from fakeai.services.vector_store_search import Passage

NAME = "file_search"
_SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"query": {"type": "string", "description": "What to look for."}},
    "required": ["query"],
    "additionalProperties": False,
}
_TOOL = Tool(NAME, "Search the user's files, documents and knowledge base.", schema=_SCHEMA)
_TOLD = 3
"""Passages that the model is told of."""

Search = Callable[[str], Awaitable[Sequence[Passage]]]


def offer(make_id: Callable[[], str], search: Search, *, results: bool) -> Offer:
    """The tool; with `results`, calls tell what was found."""
    return Offer(_TOOL, lambda start: _Search(make_id(), start, search, results), NAME, hosted=True)


class _Search(HostedCall):
    def __init__(self, id: str, start: ToolStart, search: Search, results: bool) -> None:
        item: JsonObject = {
            "id": id,
            "type": "file_search_call",
            "status": "in_progress",
            "queries": [],
            "results": None,
        }
        super().__init__(item, start.id)
        self._search = search
        self._results = results

    def opened(self) -> list[Event]:
        return [{"type": "response.file_search_call.in_progress"}]

    async def work(self) -> AsyncIterator[list[Event]]:
        query = asked(self.arguments, "query")
        self.item["status"] = "searching"
        yield [{"type": "response.file_search_call.searching"}]
        found = await self._search(query)
        self.item["queries"] = [query]
        if self._results:
            self.item["results"] = [_told(passage) for passage in found]
        self.result = "\n\n".join(excerpt(passage.text, query) for passage in found[:_TOLD])
        files = {passage.file_id: passage.filename for passage in found[:_TOLD]}
        self.citations = [
            {"type": "file_citation", "index": 0, "file_id": name, "filename": filename}
            for name, filename in files.items()
        ]
        self.item["status"] = "completed"
        yield [{"type": "response.file_search_call.completed"}]


def _told(passage: Passage) -> JsonObject:
    return {
        "file_id": passage.file_id,
        "filename": passage.filename,
        "score": passage.score,
        "attributes": passage.attributes or {},
        "text": passage.text,
    }
