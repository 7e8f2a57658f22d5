"""`POST /rag/api/prompt` (Solido): a question, and where to look for its answer; the answer, and what it is from.

Sources: AIPerf's `SolidoEndpoint` (github.com/ai-dynamo/aiperf: `query`, `filters`, `inference_model` → `content`, `sources`)
and the earlier FakeAI's `SolidoRagRequest` and `RagDocument` (github.com/ajcasagrande/fakeai). What they lack, `documents`
and `citations`, is ours.
"""

from typing import Annotated, Any, TypeAlias

from annotated_types import Ge, Le, MaxLen, MinLen
from typing_extensions import TypedDict

from fakeai.wire.base import FirstOf, Items, Omittable, Wire

DEFAULT_MODEL = "meta-llama/Llama-3.1-70B-Instruct"
DEFAULT_DOCUMENTS = 5
MOST_DOCUMENTS = 1_000
MOST_TEXT = 4_000_000
"""Characters of all documents together: some seconds of a thread's time."""
STORES = ("vector_store_ids", "vector_store_id")
"""Filters that name vector stores; all others are compared with what is known of a document."""


class RagDocument(Wire):
    """A document to answer from. `content` is another name of its `text`. Any: JSON."""

    id: str | None = None
    text: str | None = None
    content: str | None = None
    title: str | None = None
    source: str | None = None
    metadata: dict[str, Any] | None = None


Query: TypeAlias = Annotated[
    Annotated[str, MinLen(1)] | Annotated[Items[Annotated[str, MinLen(1)]], MinLen(1), MaxLen(100)], FirstOf()
]


class RagRequest(Wire):
    """A question, in one text or several."""

    query: Query
    filters: dict[str, Any] | None = None
    inference_model: str | None = None
    model: str | None = None
    documents: Omittable[Annotated[Items[Annotated[str | RagDocument, FirstOf()]], MaxLen(MOST_DOCUMENTS)]] = None
    top_k: Annotated[int, Ge(1), Le(20)] | None = None
    max_tokens: Annotated[int, Ge(1), Le(2**31 - 1)] | None = None
    temperature: Annotated[float, Ge(0), Le(2)] | None = None
    seed: int | None = None
    stream: bool | None = None
    user: str | None = None


class RetrievedDocument(TypedDict):
    """A passage that the question was answered from, the best first; the score is from 0 to 1."""

    id: str
    content: str
    score: float
    metadata: dict[str, Any] | None
    source: str | None


class Source(TypedDict):
    """The number that the answer's text gives a document in brackets, and what the document is."""

    number: int
    id: str
    title: str
    source: str | None
    score: float


class Citation(TypedDict):
    """Where the answer names a source: characters of `content`, the end exclusive."""

    number: int
    id: str
    start: int
    end: int


class RagAnswer(TypedDict):
    """The answer; `usage` is that of chat completions, `filters` are as they were given (Any: JSON)."""

    id: str
    object: str
    created: int
    inference_model: str
    model: str
    filters: dict[str, Any]
    content: str
    sources: list[Source]
    retrieved_docs: list[RetrievedDocument]
    citations: list[Citation]
    usage: dict[str, Any]
