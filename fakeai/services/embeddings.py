"""Embeddings: from texts or token ids to vectors, as numbers or base64.

The reply is written by hand, row by row: 2,048 vectors are three million numbers. Who asks for the document's rules
only gets numbers only, whatever the format: the document's reply knows no base64, and the SDK's strict clients, which
ask for it of their own accord, refuse it.
"""

from base64 import b64encode
from typing import TYPE_CHECKING

import orjson

from fakeai.backends.base import Embeds
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.catalog import ModelCard
from fakeai.core.clock import off_loop
from fakeai.core.errors import ApiError, BadRequest
from fakeai.core.generation import Usage
from fakeai.services.base import lenient, timing
from fakeai.services.directory import ModelDirectory
from fakeai.services.inputs import Input, read, unread
from fakeai.wire import embeddings as wire

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_REQUEST_TOKENS = 300_000
"""Tokens of all inputs together (platform.openai.com/docs/api-reference/embeddings/create)."""

_DEFAULT_DIMENSIONS = 1_536
_MOST_DIMENSIONS = 8_192
"""What a model we do not know may be asked for."""

_INLINE_NUMBERS = 16_384
"""Numbers written on the event loop: about 1 ms; more go to a thread."""


_NUMPY = orjson.OPT_SERIALIZE_NUMPY


class NotForEmbedding(ApiError):
    """The model does not make embeddings."""

    status = 403
    type = "invalid_request_error"


class TooManyTokens(BadRequest):
    """All inputs together are too long."""

    type = "max_tokens_per_request"
    code = "max_tokens_per_request"


class Embeddings:
    """`POST /embeddings`."""

    ENDPOINTS = (
        Endpoint(
            "POST",
            "/embeddings",
            "create",
            "Turn texts into vectors",
            body=wire.EmbeddingRequest,
            tag="Embeddings",
            usage="embeddings",
        ),
    )

    def __init__(self, embedder: Embeds, directory: ModelDirectory, *, lenient: bool) -> None:
        self._embedder = embedder
        self._directory = directory
        self._lenient = lenient

    async def create(self, call: Call) -> Reply:
        """A vector for each input. Raises BadRequest, ModelNotFound, NotForEmbedding, TooManyTokens."""
        body: wire.EmbeddingRequest = call.body
        easy = lenient(call, self._lenient)
        if not easy:
            wire.check(body)
        card = self._directory.card(body.model)
        call.model = card.id
        dimensions = _dimensions(card, body.dimensions, easy=easy)
        inputs = unread(body.input) if card.own_tokens else await read(body.input, card.encoding, "input")
        if not easy:
            _check_lengths(card, inputs)
        try:
            texts = [given.text if given.ids is None else given.ids for given in inputs]
            vectors, counted = await self._embedder.embed(card, texts, dimensions, timing(call))
        except ValueError as error:
            raise BadRequest(str(error), code="invalid_value") from error
        tokens = sum([given.tokens for given in inputs]) if counted is None else counted
        tail: dict[str, object] = {"model": card.id, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}
        packed = body.encoding_format == "base64" and not easy
        if vectors.size <= _INLINE_NUMBERS:
            written = _written(vectors, tail, packed)
        else:
            written = await off_loop(_written, vectors, tail, packed)
        return Reply(written, usage=Usage(tokens, 0))


def _dimensions(card: ModelCard, asked: int | None, *, easy: bool) -> int:
    """The size of the vectors. Raises NotForEmbedding and, for a size the model does not have, BadRequest."""
    if card.known and card.family != "embedding" and not easy:
        raise NotForEmbedding("You are not allowed to generate embeddings from this model")
    full = card.dimensions or _DEFAULT_DIMENSIONS
    if asked is None:
        return full
    if card.known and not card.shortens and not easy:
        raise BadRequest("This model does not support specifying dimensions.")
    most = full if card.known else _MOST_DIMENSIONS
    if asked > most:
        raise BadRequest(
            f"Invalid value for 'dimensions' = {asked}. Must be less than or equal to {most}.",
            param="dimensions",
            code="invalid_value",
        )
    return asked


def _check_lengths(card: ModelCard, inputs: list[Input]) -> None:
    longest = max([given.tokens for given in inputs])
    if card.known and longest > card.context_window:
        raise BadRequest(
            f"This model's maximum context length is {card.context_window} tokens, however you requested {longest} "
            f"tokens ({longest} in your prompt; 0 for the completion). Please reduce your prompt; or completion length."
        )
    total = sum([given.tokens for given in inputs])
    if total > MAX_REQUEST_TOKENS:
        raise TooManyTokens(f"Requested {total} tokens, max {MAX_REQUEST_TOKENS} tokens per request")


def _written(vectors: "NDArray[np.float32]", tail: dict[str, object], packed: bool) -> bytes:
    """The reply's JSON. Row by row, so that a thread writing millions of numbers lets the event loop in between."""
    parts = [b'{"object":"list","data":[']
    for index, vector in enumerate(vectors.astype("<f4", copy=False)):
        value = b'"%b"' % b64encode(vector.tobytes()) if packed else orjson.dumps(vector, option=_NUMPY)
        comma = b"," if index else b""
        parts.append(b'%b{"object":"embedding","index":%d,"embedding":%b}' % (comma, index, value))
    parts.append(b"]," + orjson.dumps(tail)[1:])
    return b"".join(parts)
