"""Passages put in order for a query: what all rerank endpoints share, and NVIDIA NIM's `/ranking`."""

from collections.abc import Sequence

from fakeai.backends.base import Ranking, Ranks
from fakeai.content.ranking import order
from fakeai.content.tokens import INLINE_LIMIT, encoding
from fakeai.content.vocabulary import EncodingName
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.catalog import ModelCard
from fakeai.core.clock import off_loop
from fakeai.core.errors import BadRequest
from fakeai.core.generation import Timing, Usage
from fakeai.services.base import lenient, timing
from fakeai.services.directory import ModelDirectory
from fakeai.services.inputs import Input
from fakeai.wire import ranking as wire
from fakeai.wire import wording

MAX_REQUEST_TOKENS = 1_000_000
"""Tokens of one request's passages: some seconds of a thread's time."""

_CHARACTERS_PER_TOKEN = 16
"""No token of ordinary text is longer, so a text longer than this many times a limit is cut before it is counted."""


class NotForRanking(BadRequest):
    """The model does not rank."""

    param = "model"


class Judge:
    """Counts, checks and judges, for the services that rank."""

    def __init__(self, ranker: Ranks, directory: ModelDirectory) -> None:
        self._ranker = ranker
        self._directory = directory

    def card(self, call: Call, model: str | None, *, easy: bool) -> ModelCard:
        """The model's card. Raises ModelNotFound, and NotForRanking for one of the catalog that does something else."""
        card = self._directory.card(model)
        if card.known and card.family not in ("rerank", "embedding") and not easy and model:
            raise NotForRanking(f"The model '{card.id}' is not a reranker and cannot be used with this endpoint.")
        call.model = card.id
        return card

    async def judge(self, model: ModelCard, rankings: Sequence[Ranking], when: Timing) -> list[list[float]]:
        """A logit for each passage of each ranking. Raises BadRequest for a latency that cannot be read."""
        try:
            return await self._ranker.rank(model, rankings, when)
        except ValueError as error:
            raise BadRequest(str(error), code="invalid_value") from error


async def counted(texts: Sequence[str], name: EncodingName, most: int) -> list[Input]:
    """The texts with their numbers of tokens, each cut to `most` tokens. Raises BadRequest if they are too many together."""
    if sum(map(len, texts)) > INLINE_LIMIT:
        found = await off_loop(_counted, texts, name, most)
    else:
        found = _counted(texts, name, most)
    total = sum(text.tokens for text in found)
    if total > MAX_REQUEST_TOKENS:
        raise BadRequest(
            f"Requested {total} tokens, max {MAX_REQUEST_TOKENS} tokens per request", code="max_tokens_per_request"
        )
    return found


def _counted(texts: Sequence[str], name: EncodingName, most: int) -> list[Input]:
    enc = encoding(name)
    found = []
    for text in texts:
        short = text[: most * _CHARACTERS_PER_TOKEN]
        tokens = enc.count(short)
        if tokens > most:
            short, tokens = enc.decode(enc.encode(short)[:most]), most
        found.append(Input(short, tokens))
    return found


def _row(path: str, whose: str) -> Endpoint:
    summary = f"Put passages in order for a query ({whose})"
    return Endpoint("POST", path, "rank", summary, body=wire.RankingRequest, tag="Rerank", usage="embeddings")


class RankingService:
    """`POST /ranking`, and the paths that NVIDIA's API catalog has for each model: the body names it there, too."""

    ENDPOINTS = (
        _row("/ranking", "NVIDIA NIM"),
        _row("/retrieval/{publisher}/reranking", "NVIDIA's API catalog"),
        _row("/retrieval/{publisher}/{name}/reranking", "NVIDIA's API catalog"),
    )

    def __init__(self, ranker: Ranks, directory: ModelDirectory, *, lenient: bool) -> None:
        self._judge = Judge(ranker, directory)
        self._lenient = lenient

    async def rank(self, call: Call) -> Reply:
        """The passages' logits, the best first. Raises BadRequest, ModelNotFound."""
        body: wire.RankingRequest = call.body
        easy = lenient(call, self._lenient)
        if not body.model and not easy:
            raise BadRequest(wording.NO_MODEL)
        card = self._judge.card(call, body.model, easy=easy)
        given = [body.query.text, *(passage.text for passage in body.passages)]
        ends = body.truncate == "END"
        query, *passages = await counted(given, card.encoding, card.context_window if ends else MAX_REQUEST_TOKENS)
        if not ends and not easy:
            _check_lengths(card, query, passages)
        ranking = Ranking(query.text, [passage.text for passage in passages])
        (logits,) = await self._judge.judge(card, [ranking], timing(call))
        tokens = query.tokens * len(passages) + sum(passage.tokens for passage in passages)
        ranked: list[wire.Rank] = [{"index": number, "logit": logits[number]} for number in order(logits)]
        reply: wire.Rankings = {
            "rankings": ranked,
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }
        return Reply(reply, usage=Usage(tokens, 0))


def _check_lengths(card: ModelCard, query: Input, passages: Sequence[Input]) -> None:
    """A query and its passage are read together."""
    longest = query.tokens + max(passage.tokens for passage in passages)
    if card.known and longest > card.context_window:
        raise BadRequest(
            f"Input length {longest} exceeds maximum allowed token size {card.context_window}",
            param="passages",
            code="context_length_exceeded",
        )
