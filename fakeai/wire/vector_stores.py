"""Vector stores, the files attached to them, batches of those, and searches."""

from typing import Annotated, Literal, NotRequired, TypeAlias

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import Field
from typing_extensions import TypedDict

from fakeai.wire.base import Called, FailFast, FirstOf, Integer, Items, Metadata, Omittable, Wire

Attributes: TypeAlias = Annotated[
    dict[Annotated[str, MaxLen(64)], Annotated[Annotated[str, MaxLen(512)] | bool | Integer | float, FirstOf()]],
    FailFast(),
    MaxLen(16),
    Called("attributes object"),
]
FileStatus: TypeAlias = Literal["in_progress", "completed", "failed", "cancelled"]


class ExpiresAfter(Wire):
    """How many days after its last use a store expires."""

    anchor: Literal["last_active_at"]
    days: Annotated[int, Ge(1), Le(365)]


class StaticSizes(Wire):
    """Tokens of a chunk, and how many of them it repeats."""

    max_chunk_size_tokens: Annotated[int, Ge(100), Le(4_096)]
    chunk_overlap_tokens: Annotated[int, Ge(0)]


class AutoChunking(Wire):
    """As the server likes."""

    type: Literal["auto"]


class StaticChunking(Wire):
    """As the caller says."""

    type: Literal["static"]
    static: StaticSizes


Chunking: TypeAlias = Annotated[AutoChunking | StaticChunking, Field(discriminator="type")]


class VectorStoreCreate(Wire):
    """Body of `POST /vector_stores`."""

    name: str | None = None
    description: str | None = None
    file_ids: Omittable[Annotated[Items[str], MaxLen(500)]] = None
    chunking_strategy: Omittable[Chunking] = None
    expires_after: Omittable[ExpiresAfter] = None
    metadata: Metadata | None = None


class VectorStoreUpdate(Wire):
    """Body of `POST /vector_stores/{id}`: what is given is changed."""

    name: str | None = None
    expires_after: ExpiresAfter | None = None
    metadata: Metadata | None = None


class VectorStoreFileCreate(Wire):
    """Body of `POST /vector_stores/{id}/files`; an item of a batch's `files`."""

    file_id: str
    attributes: Attributes | None = None
    chunking_strategy: Omittable[Chunking] = None


class VectorStoreFileUpdate(Wire):
    """Body of `POST /vector_stores/{id}/files/{file_id}`: the attributes take the place of those before."""

    attributes: Attributes | None


class FileBatchCreate(Wire):
    """Body of `POST /vector_stores/{id}/file_batches`: either ids, or files that each have attributes of their own."""

    file_ids: Omittable[Annotated[Items[str], MaxLen(2_000)]] = None
    files: Omittable[Annotated[Items[VectorStoreFileCreate], MaxLen(2_000)]] = None
    attributes: Attributes | None = None
    chunking_strategy: Omittable[Chunking] = None


class ComparisonFilter(Wire):
    """A file's attribute compared to a value."""

    type: Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"]
    key: str
    value: Annotated[
        str | bool | Integer | float | Items[Annotated[str | bool | Integer | float, FirstOf()]], FirstOf()
    ]


class CompoundFilter(Wire):
    """All of some filters, or any of them."""

    type: Literal["and", "or"]
    filters: "Items[Filter]"


Filter: TypeAlias = Annotated[ComparisonFilter | CompoundFilter, Field(discriminator="type")]


class HybridSearch(Wire):
    """What the meaning (embeddings) and the words (text) of a passage count."""

    embedding_weight: Annotated[float, Ge(0)]
    text_weight: Annotated[float, Ge(0)]


class RankingOptions(Wire):
    """Which scores count, and how they are made."""

    ranker: Omittable[Literal["none", "auto", "default-2024-11-15", "default-2024-08-21"]] = None
    score_threshold: Omittable[Annotated[float, Ge(0), Le(1)]] = None
    hybrid_search: Omittable[HybridSearch] = None


class VectorStoreSearch(Wire):
    """Body of `POST /vector_stores/{id}/search`."""

    query: Annotated[
        Annotated[str, MinLen(1)] | Annotated[Items[Annotated[str, MinLen(1)]], MinLen(1), MaxLen(10)], FirstOf()
    ]
    filters: Omittable[Filter] = None
    max_num_results: Omittable[Annotated[int, Ge(1), Le(50)]] = None
    ranking_options: Omittable[RankingOptions] = None
    rewrite_query: Omittable[bool] = None


class FileCounts(TypedDict):
    """Files by what has become of them."""

    in_progress: int
    completed: int
    failed: int
    cancelled: int
    total: int


class StoreExpiry(TypedDict):
    """When a store expires."""

    anchor: Literal["last_active_at"]
    days: int


class VectorStore(TypedDict):
    """A vector store."""

    id: str
    object: Literal["vector_store"]
    created_at: int
    name: str
    description: NotRequired[str | None]
    usage_bytes: int
    file_counts: FileCounts
    status: Literal["expired", "in_progress", "completed"]
    expires_after: NotRequired[StoreExpiry]
    expires_at: NotRequired[int | None]
    last_active_at: int | None
    metadata: dict[str, str] | None


class LastError(TypedDict):
    """Why a file could not be read."""

    code: Literal["server_error", "unsupported_file", "invalid_file"]
    message: str


class ChunkSizes(TypedDict):
    """Tokens of a chunk, and how many of them it repeats."""

    max_chunk_size_tokens: int
    chunk_overlap_tokens: int


class ChunkingStrategy(TypedDict):
    """How a file was cut."""

    type: Literal["static"]
    static: ChunkSizes


class VectorStoreFile(TypedDict):
    """A file attached to a vector store."""

    id: str
    object: Literal["vector_store.file"]
    created_at: int
    usage_bytes: int
    vector_store_id: str
    status: FileStatus
    last_error: LastError | None
    chunking_strategy: NotRequired[ChunkingStrategy]
    attributes: NotRequired[dict[str, str | float | bool] | None]


class FileBatch(TypedDict):
    """Files that were attached together."""

    id: str
    object: Literal["vector_store.files_batch"]
    created_at: int
    vector_store_id: str
    status: FileStatus
    file_counts: FileCounts


class Content(TypedDict):
    """Some text."""

    type: Literal["text"]
    text: str


class FileContent(TypedDict):
    """The text of a file, as it was read."""

    object: Literal["vector_store.file_content.page"]
    data: list[Content]
    has_more: bool
    next_page: str | None


class SearchResult(TypedDict):
    """A passage that was found."""

    file_id: str
    filename: str
    score: float
    attributes: dict[str, str | float | bool] | None
    content: list[Content]


class SearchResults(TypedDict):
    """The best passages, the best first."""

    object: Literal["vector_store.search_results.page"]
    search_query: list[str]
    data: list[SearchResult]
    has_more: bool
    next_page: str | None
