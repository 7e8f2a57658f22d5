"""Where a question's answer is looked for: documents given with it, vector stores, or what a search would have found."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from fakeai.content.chunking import chunks
from fakeai.content.search import Index, profile
from fakeai.content.tokens import Encoding
from fakeai.core.call import Call
from fakeai.core.clock import off_loop
from fakeai.core.errors import BadRequest
from fakeai.services.vector_stores import VectorStores
from fakeai.store.base import Database
from fakeai.wire import rag as wire

_MOST_STORES = 20
"""Stores that are looked into where none is named: the newest."""
_CHUNK_TOKENS = 400
_LEAST = 0.15
_LEAST_OF_BEST = 0.5
"""A passage that fits less, or less than this much of what the best does, is none to answer from."""


class Passage(NamedTuple):
    """Some text that may answer the question; the score is from 0 to 1."""

    id: str
    title: str
    source: str | None
    text: str
    metadata: Mapping[str, Any] | None = None
    score: float = 1.0


class Retriever:
    """Finds passages for a caller."""

    def __init__(self, db: Database, vector_stores: VectorStores) -> None:
        self._db = db
        self._stores = vector_stores

    async def find(
        self, call: Call, body: wire.RagRequest, query: str, enc: Encoding, made_up: Callable[[], Sequence[Passage]]
    ) -> list[Passage]:
        """The best passages, the best first. Raises BadRequest, and NotFound for a store that is not the caller's."""
        most = body.top_k or wire.DEFAULT_DOCUMENTS
        wanted = {name: value for name, value in (body.filters or {}).items() if name not in wire.STORES}
        if body.documents is not None:
            return await off_loop(_best, _given(body.documents), wanted, query, most, enc)
        stores = await self._named(call, body.filters or {})
        if stores is None:
            owner = call.principal.owner
            rows = self._stores.rows.stores.rows
            page = await self._db.read(lambda tx: rows.page(tx, owner, limit=_MOST_STORES))
            stores = [store["id"] for store in page.data]
            if not stores:
                return await off_loop(_best, made_up(), {}, query, most, enc)
        found = await self._stores.search(call.principal.owner, stores, query, limit=most)
        passages = [
            Passage(one.file_id, one.filename, one.filename, one.text, one.attributes, one.score) for one in found
        ]
        return _good([one for one in passages if _matches(one.metadata, wanted)])

    async def _named(self, call: Call, filters: Mapping[str, Any]) -> list[str] | None:
        given = next((filters[name] for name in wire.STORES if name in filters), None)
        if given is None:
            return None
        names = [given] if isinstance(given, str) else given
        if not (isinstance(names, list) and len(names) <= _MOST_STORES and all(isinstance(one, str) for one in names)):
            raise BadRequest(
                f"'filters.vector_store_ids' must be up to {_MOST_STORES} ids of vector stores.",
                param="filters.vector_store_ids",
                code="invalid_value",
            )
        return [(await self._stores.get(call, name))["id"] for name in names]


def _given(documents: Sequence[str | wire.RagDocument]) -> list[Passage]:
    """The documents of a body. Raises BadRequest for one without a text, and for too much of it."""
    found = []
    for number, document in enumerate(documents):
        if isinstance(document, str):
            document = wire.RagDocument(text=document)
        text = document.text if document.text is not None else document.content
        if not text:
            where = f"documents[{number}]"
            raise BadRequest(f"Invalid '{where}': it has no text.", param=where, code="invalid_value")
        name = document.id or f"doc_{number + 1}"
        title = document.title or document.source or name
        found.append(Passage(name, title, document.source, text, document.metadata))
    if sum(len(one.text) for one in found) > wire.MOST_TEXT:
        told = f"The documents are longer than {wire.MOST_TEXT} characters together."
        raise BadRequest(told, param="documents", code="string_above_max_length")
    return found


def _best(
    documents: Sequence[Passage], wanted: Mapping[str, Any], query: str, most: int, enc: Encoding
) -> list[Passage]:
    """The best parts of the documents that have what is wanted."""
    parts = [
        document._replace(text=part.text)
        for document in documents
        if _matches(document.metadata, wanted)
        for part in chunks(document.text, enc, _CHUNK_TOKENS, 0)
    ]
    hits = Index([profile(part.text) for part in parts]).search(query, most)
    return _good([parts[hit.number]._replace(score=hit.score) for hit in hits])


def _good(found: Sequence[Passage]) -> list[Passage]:
    least = max(_LEAST, max((one.score for one in found), default=0.0) * _LEAST_OF_BEST)
    return [one for one in found if one.score >= least]


def _matches(known: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> bool:
    """Whether nothing is known that is not as wanted; a list wants any of its values."""
    known = known or {}
    return all(
        known[name] in value if isinstance(value, list) else known[name] == value
        for name, value in wanted.items()
        if name in known
    )
