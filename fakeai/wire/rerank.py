"""`POST /rerank` in the shapes of all who have one, and `POST /score`: bodies, rules, and what they answer with.

Cohere (docs.cohere.com/reference/rerank, v1 and v2), Jina (api.jina.ai/redoc#tag/rerank) and vLLM (`RerankRequest`, `ScoreRequest`,
docs.vllm.ai "Re-rank API", "Score API") differ in what they add to the same reply, so one reply has all of it. Text
Embeddings Inference (`texts` for `documents`, huggingface.github.io/text-embeddings-inference) answers with a bare list.
"""

from typing import Annotated, Any, Literal, NotRequired, TypeAlias

from annotated_types import Ge, Le, MaxLen, MinLen
from typing_extensions import TypedDict

from fakeai.core.errors import BadRequest
from fakeai.wire import wording
from fakeai.wire.base import FirstOf, Items, Omittable, Wire, shown_as

MOST_DOCUMENTS = 1_000
"""As Cohere has it."""

Count: TypeAlias = Annotated[int, Ge(1), Le(2**31 - 1)]
Document: TypeAlias = Annotated[str | dict[str, Any], FirstOf()]
Texts: TypeAlias = Annotated[str | Annotated[Items[str], MinLen(1), MaxLen(MOST_DOCUMENTS)], FirstOf()]


class RerankRequest(Wire):
    """A query, and documents to be put in order: texts, or objects with texts in them."""

    model_config = shown_as(
        {"model": "rerank-v3.5", "query": "tides", "documents": ["The moon pulls the sea.", "Wind is moving air."]}
    )

    model: str | None = None
    query: Annotated[str, MinLen(1)]
    documents: Omittable[Annotated[Items[Document], MinLen(1), MaxLen(MOST_DOCUMENTS)]] = None
    texts: Omittable[Annotated[Items[str], MinLen(1), MaxLen(MOST_DOCUMENTS)]] = None
    top_n: Count | None = None
    return_documents: bool | None = None
    return_text: bool | None = None
    raw_scores: bool | None = None
    rank_fields: list[str] | None = None
    max_chunks_per_doc: Count | None = None
    max_tokens_per_doc: Count | None = None
    truncate: Annotated[bool | str, FirstOf()] | None = None
    truncate_prompt_tokens: int | None = None
    priority: int | None = None
    user: str | None = None


class ScoreRequest(Wire):
    """Pairs of texts: one and one, one and several, or as many as there are of the others."""

    model_config = shown_as(
        {"model": "BAAI/bge-reranker-v2-m3", "text_1": "tides", "text_2": ["The moon pulls the sea.", "Wind is air."]}
    )

    model: str | None = None
    text_1: Omittable[Texts] = None
    text_2: Omittable[Texts] = None
    queries: Omittable[Texts] = None
    documents: Omittable[Texts] = None
    truncate_prompt_tokens: int | None = None
    priority: int | None = None
    user: str | None = None

    def sides(self) -> tuple[list[str], list[str]]:
        """Both sides, under either of their names. Raises BadRequest for one that lacks, and for sizes that do not pair."""
        first = self.text_1 if self.text_1 is not None else self.queries
        second = self.text_2 if self.text_2 is not None else self.documents
        if first is None or second is None:
            name = "text_1" if first is None else "text_2"
            raise BadRequest(f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter")
        left, right = ([side] if isinstance(side, str) else side for side in (first, second))
        if len(left) not in (1, len(right)):
            raise BadRequest("Input lengths must be either 1:1, 1:N or N:N", param="text_1", code="invalid_value")
        return left, right


def check(body: RerankRequest | ScoreRequest) -> None:
    """Refuse a request without a model, which Text Embeddings Inference alone does without."""
    if not body.model and not (isinstance(body, RerankRequest) and body.texts is not None):
        raise BadRequest(wording.NO_MODEL)


def texts_of(body: RerankRequest) -> list[str]:
    """What is read of each document. Raises BadRequest if there are none, or one has no text."""
    if body.texts is not None:
        return body.texts
    if body.documents is None:
        raise BadRequest(
            "Missing required parameter: 'documents'.", param="documents", code="missing_required_parameter"
        )
    return [
        document if isinstance(document, str) else _text(document, body.rank_fields, number)
        for number, document in enumerate(body.documents)
    ]


def _text(document: dict[str, Any], fields: list[str] | None, number: int) -> str:
    """The fields asked for, else the text, else every text there is (which several are named beside)."""
    if fields:
        found = [(name, document[name]) for name in fields if isinstance(document.get(name), str)]
    elif isinstance(document.get("text"), str):
        found = [("text", document["text"])]
    else:
        found = [(name, value) for name, value in document.items() if isinstance(value, str)]
    if not found:
        where = f"documents[{number}]"
        lacks = f"none of the fields {', '.join(fields)[:200]}" if fields else "no field 'text'"
        raise BadRequest(f"Invalid '{where}': it has {lacks}.", param=where, code="invalid_value")
    return found[0][1] if len(found) == 1 else "\n".join(f"{name}: {value}" for name, value in found)


class RerankResult(TypedDict):
    """One document's place: the list is in order of relevance, which is from 0 to 1."""

    index: int
    relevance_score: float
    document: NotRequired[dict[str, Any]]
    """As it was given; one that was a text is the `text` of an object. Any: JSON."""


class RerankUsage(TypedDict):
    """Tokens read: the query is read with each document."""

    prompt_tokens: int
    total_tokens: int


class ApiVersion(TypedDict):
    """Cohere's."""

    version: str
    is_experimental: bool


class BilledUnits(TypedDict):
    """A unit is a query with up to 100 documents; of a document over 500 tokens, each 500 count as one."""

    search_units: int


class MetaTokens(TypedDict):
    """Tokens read."""

    input_tokens: int
    output_tokens: int


class RerankMeta(TypedDict):
    """What Cohere tells beside the results."""

    api_version: ApiVersion
    billed_units: BilledUnits
    tokens: MetaTokens


class Reranked(TypedDict):
    """The reply to all but Text Embeddings Inference's clients."""

    id: str
    object: Literal["list"]
    model: str
    results: list[RerankResult]
    usage: RerankUsage
    meta: RerankMeta


class TeiRank(TypedDict):
    """One text's place, for a client of Text Embeddings Inference."""

    index: int
    score: float
    text: NotRequired[str]


class Score(TypedDict):
    """How well one pair fits, from 0 to 1."""

    index: int
    object: Literal["score"]
    score: float


class ScoreUsage(TypedDict):
    """Tokens of all pairs."""

    prompt_tokens: int
    total_tokens: int
    completion_tokens: int
    prompt_tokens_details: None


class Scores(TypedDict):
    """vLLM's reply to `/score`."""

    id: str
    object: Literal["list"]
    created: int
    model: str
    data: list[Score]
    usage: ScoreUsage
