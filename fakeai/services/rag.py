"""Answers from documents, with the numbers of those that they are from (Solido's `/rag/api/prompt`).

What was found is told to the model as the result of a search that it has made, each excerpt with its number; so the answer
quotes it, number and all, streamed or not.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from fakeai.content.excerpts import excerpt
from fakeai.content.tokens import encoding
from fakeai.content.websearch import find
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Ids
from fakeai.core.clock import Clock
from fakeai.core.generation import GenerateRequest, Message, Sampling, ToolUse
from fakeai.services.chunks import usage
from fakeai.services.directory import ModelDirectory
from fakeai.services.plain_answers import PlainAnswer, check_talks, streamed
from fakeai.services.rag_retrieval import Passage, Retriever
from fakeai.services.turns import Asked, Turns
from fakeai.services.vector_stores import VectorStores
from fakeai.store.base import Database
from fakeai.wire import rag as wire

_CALL = "call_retrieval"
_TOLD = 3
"""Passages that the answer is made of; the others are only told of."""
_MARK = re.compile(r"\[(\d{1,2})\]")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_NOTHING = "Nothing was found in the documents."


class Rag:
    """`POST /rag/api/prompt`."""

    ENDPOINTS = (
        Endpoint(
            "POST",
            "/rag/api/prompt",
            "prompt",
            "Answer a question from documents",
            body=wire.RagRequest,
            reply="events",
            tag="RAG",
            root=True,
            usage="completions",
        ),
    )

    def __init__(
        self,
        turns: Turns,
        directory: ModelDirectory,
        db: Database,
        vector_stores: VectorStores,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._turns = turns
        self._directory = directory
        self._retriever = Retriever(db, vector_stores)
        self._clock = clock
        self._ids = ids

    async def prompt(self, call: Call) -> Reply:
        """The answer and its sources, or events of its pieces. Raises BadRequest, NotFound, ContextLengthExceeded."""
        body: wire.RagRequest = call.body
        card = self._directory.card(body.model or body.inference_model or wire.DEFAULT_MODEL)
        call.model = card.id
        check_talks(card)
        query = body.query if isinstance(body.query, str) else "\n".join(body.query)
        alone = await self._request(call, body, card, (Message("user", query),))
        enc = encoding(card.encoding)
        found = await self._retriever.find(call, body, query, enc, lambda: _made_up(query, alone))
        request = await self._request(call, body, card, _conversation(query, found))
        head = {
            "id": (call.ids or self._ids).make("rag-"),
            "object": "rag.answer",
            "created": int(self._clock.unix()) if call.created is None else call.created,
            "inference_model": body.inference_model or body.model or wire.DEFAULT_MODEL,
            "model": card.id,
            "filters": body.filters or {},
        }
        told = _told(found)
        feed = self._turns.generate(request)
        if body.stream:
            first = [told]  # comes with the first piece only
            return streamed(
                feed,
                lambda text: {**head, "content": text, **(first.pop() if first else {})},
                lambda answer: {**head, "content": "", **_end(answer, found)},
            )
        answer = PlainAnswer()
        await feed.drain(answer.take)
        return Reply({**head, "content": answer.text, **told, **_end(answer, found)}, usage=answer.usage)

    async def _request(
        self, call: Call, body: wire.RagRequest, card: ModelCard, messages: tuple[Message, ...]
    ) -> GenerateRequest:
        sampling = Sampling(
            max_tokens=body.max_tokens,
            temperature=1.0 if body.temperature is None else body.temperature,
            seed=body.seed,
        )
        asked = Asked(messages, sampling, streamed=body.stream is True, ids=call.ids)
        return await self._turns.request(card, asked, self._turns.asker(call), "query")


def _conversation(query: str, found: Sequence[Passage]) -> tuple[Message, ...]:
    """The passages whole, as the model reads them, and the search that has found them."""
    passages = "\n\n".join(f"[{number}] {one.title}\n{one.text}" for number, one in enumerate(found, 1))
    quoted = "\n\n".join(f"{_line(one, query)} [{number}]" for number, one in enumerate(found[:_TOLD], 1))
    arguments = orjson.dumps({"query": query}).decode()
    return (
        Message("system", f"Answer from these documents, and name them by their numbers.\n\n{passages}"),
        Message("user", query),
        Message("assistant", tool_calls=(ToolUse(_CALL, "search_documents", arguments),)),
        Message("tool", quoted or _NOTHING, tool_call_id=_CALL),
    )


def _line(passage: Passage, query: str) -> str:
    return " ".join(excerpt(passage.text, query).split())


def _told(found: Sequence[Passage]) -> dict[str, Any]:
    sources: list[wire.Source] = [
        {"number": number, "id": one.id, "title": one.title, "source": one.source, "score": round(one.score, 6)}
        for number, one in enumerate(found, 1)
    ]
    documents: list[wire.RetrievedDocument] = [
        {
            "id": one.id,
            "content": one.text,
            "score": round(one.score, 6),
            "metadata": None if one.metadata is None else dict(one.metadata),
            "source": one.source,
        }
        for one in found
    ]
    return {"sources": sources, "retrieved_docs": documents}


def _end(answer: PlainAnswer, found: Sequence[Passage]) -> Mapping[str, Any]:
    assert answer.usage is not None, "every feed ends with a Finish"
    citations: list[wire.Citation] = []
    for mark in _MARK.finditer(answer.text):
        number = int(mark[1])
        if 0 < number <= len(found):
            citations.append({"number": number, "id": found[number - 1].id, "start": mark.start(), "end": mark.end()})
    return {"citations": citations, "usage": usage(answer.usage)}


def _made_up(query: str, request: GenerateRequest) -> list[Passage]:
    """A few documents that say of the question what the model would, each some of it."""
    said = find(query, request, encoding(request.model.encoding))
    sentences = _SENTENCE.split(" ".join(said.text.split()))
    size = -(-len(sentences) // len(said.pages))
    parts = [" ".join(sentences[at : at + size]) for at in range(0, len(sentences), size)]
    return [
        Passage(f"doc_{number}", page.title, page.url, part)
        for number, (page, part) in enumerate(zip(said.pages, parts, strict=False), 1)
        if part
    ]
