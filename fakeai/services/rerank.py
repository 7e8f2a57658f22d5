"""Reranking for clients of Cohere, Jina, vLLM and Text Embeddings Inference, and vLLM's scores of pairs."""

from collections.abc import Sequence
from typing import Any

from fakeai.backends.base import Ranking, Ranks
from fakeai.content.ranking import order, relevance
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import Clock
from fakeai.core.generation import Usage
from fakeai.services.base import lenient, timing
from fakeai.services.directory import ModelDirectory
from fakeai.services.inputs import Input
from fakeai.services.ranking import Judge, counted
from fakeai.wire import rerank as wire
from fakeai.wire.base import Wire

DEFAULT_MODEL = "BAAI/bge-reranker-v2-m3"
"""Whose a server of Text Embeddings Inference might be: its clients name none."""

_DIGITS = 7
_CHUNK_TOKENS = 500
_CHUNKS_PER_UNIT = 100


def _row(path: str, handler: str, summary: str, body: type[Wire], *, root: bool = False) -> Endpoint:
    return Endpoint("POST", path, handler, summary, body=body, tag="Rerank", root=root, usage="embeddings")


class Rerank:
    """`POST /rerank`, also as Cohere's `/v2/rerank`, and `POST /score`."""

    ENDPOINTS = (
        _row("/rerank", "rerank", "Put documents in order for a query (Cohere, Jina, vLLM)", wire.RerankRequest),
        _row("/v2/rerank", "rerank", "Put documents in order for a query (Cohere)", wire.RerankRequest, root=True),
        _row("/score", "score", "Score pairs of texts (vLLM)", wire.ScoreRequest),
    )

    def __init__(self, ranker: Ranks, directory: ModelDirectory, ids: Ids, clock: Clock, *, lenient: bool) -> None:
        self._judge = Judge(ranker, directory)
        self._ids = ids
        self._clock = clock
        self._lenient = lenient

    async def rerank(self, call: Call) -> Reply:
        """The documents by relevance, `top_n` of them. Raises BadRequest, ModelNotFound."""
        body: wire.RerankRequest = call.body
        easy = lenient(call, self._lenient)
        if not easy:
            wire.check(body)
        card = self._judge.card(call, body.model or (DEFAULT_MODEL if body.texts else None), easy=easy)
        texts = wire.texts_of(body)
        most = min(body.max_tokens_per_doc or card.context_window, card.context_window)
        query, *documents = await counted([body.query, *texts], card.encoding, most)
        ranking = Ranking(query.text, [document.text for document in documents])
        (logits,) = await self._judge.judge(card, [ranking], timing(call))
        first = order(logits)[: body.top_n]
        tokens = query.tokens * len(documents) + sum(document.tokens for document in documents)
        usage = Usage(tokens, 0)
        if body.texts is not None:
            return Reply(_bare(body, texts, first, logits), usage=usage)
        reply: wire.Reranked = {
            "id": (call.ids or self._ids).make("rerank-"),
            "object": "list",
            "model": card.id,
            "results": [_result(body, number, logits[number]) for number in first],
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
            "meta": {
                "api_version": {"version": "2", "is_experimental": False},
                "billed_units": {"search_units": _units(body, query, documents)},
                "tokens": {"input_tokens": tokens, "output_tokens": 0},
            },
        }
        return Reply(reply, usage=usage)

    async def score(self, call: Call) -> Reply:
        """A score for each pair, in their order. Raises BadRequest, ModelNotFound."""
        body: wire.ScoreRequest = call.body
        easy = lenient(call, self._lenient)
        if not easy:
            wire.check(body)
        left, right = body.sides()
        card = self._judge.card(call, body.model, easy=easy)
        given = await counted([*left, *right], card.encoding, card.context_window)
        firsts, seconds = given[: len(left)], given[len(left) :]
        if len(firsts) == 1:
            firsts = firsts * len(seconds)
        pairs = list(zip(firsts, seconds, strict=True))
        logits = await self._judge.judge(card, [Ranking(one.text, [two.text]) for one, two in pairs], timing(call))
        tokens = sum(one.tokens + two.tokens for one, two in pairs)
        reply: wire.Scores = {
            "id": (call.ids or self._ids).make("score-"),
            "object": "list",
            "created": int(self._clock.unix()) if call.created is None else call.created,
            "model": card.id,
            "data": [
                {"index": number, "object": "score", "score": _rounded(logit)} for number, (logit,) in enumerate(logits)
            ],
            "usage": {
                "prompt_tokens": tokens,
                "total_tokens": tokens,
                "completion_tokens": 0,
                "prompt_tokens_details": None,
            },
        }
        return Reply(reply, usage=Usage(tokens, 0))


def _rounded(logit: float) -> float:
    return round(relevance(logit), _DIGITS)


def _result(body: wire.RerankRequest, number: int, logit: float) -> wire.RerankResult:
    found: wire.RerankResult = {"index": number, "relevance_score": _rounded(logit)}
    if body.return_documents is not False and body.documents is not None:
        document: Any = body.documents[number]  # Any: JSON, as it was given
        found["document"] = {"text": document} if isinstance(document, str) else document
    return found


def _bare(
    body: wire.RerankRequest, texts: Sequence[str], first: Sequence[int], logits: Sequence[float]
) -> list[wire.TeiRank]:
    """The list that Text Embeddings Inference answers with."""
    found: list[wire.TeiRank] = []
    for number in first:
        one: wire.TeiRank = {"index": number, "score": logits[number] if body.raw_scores else _rounded(logits[number])}
        if body.return_text:
            one["text"] = texts[number]
        found.append(one)
    return found


def _units(body: wire.RerankRequest, query: Input, documents: Sequence[Input]) -> int:
    """What Cohere charges for (docs.cohere.com/docs/rerank#pricing)."""
    most = body.max_chunks_per_doc or 2**31
    chunks = sum(min(most, -(-(document.tokens + query.tokens) // _CHUNK_TOKENS)) or 1 for document in documents)
    return -(-chunks // _CHUNKS_PER_UNIT)
