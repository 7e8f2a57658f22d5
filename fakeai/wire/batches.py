"""Batches: their creation, and what is told of them."""

from typing import Literal, NotRequired, TypeAlias

from typing_extensions import TypedDict

from fakeai.wire.base import Metadata, Omittable, Wire
from fakeai.wire.files import ExpiresAfter

BatchEndpoint: TypeAlias = Literal[
    "/v1/responses",
    "/v1/chat/completions",
    "/v1/embeddings",
    "/v1/completions",
    "/v1/moderations",
    "/v1/images/generations",
    "/v1/images/edits",
    "/v1/videos",
]
BatchStatus: TypeAlias = Literal[
    "validating", "failed", "in_progress", "finalizing", "completed", "expired", "cancelling", "cancelled"
]


class BatchCreate(Wire):
    """Body of `POST /batches`."""

    input_file_id: str
    endpoint: BatchEndpoint
    completion_window: Literal["24h"]
    metadata: Metadata | None = None
    output_expires_after: Omittable[ExpiresAfter] = None


class BatchError(TypedDict):
    """Why a batch cannot be worked on; `line` counts from one."""

    code: str
    line: int | None
    message: str
    param: str | None


class BatchErrors(TypedDict):
    """All of them that are told."""

    object: Literal["list"]
    data: list[BatchError]


class RequestCounts(TypedDict):
    """How far a batch is."""

    total: int
    completed: int
    failed: int


class InputDetails(TypedDict):
    """Of the input tokens, those found in a cache."""

    cached_tokens: int


class OutputDetails(TypedDict):
    """Of the output tokens, those nobody sees."""

    reasoning_tokens: int


class BatchUsage(TypedDict):
    """Tokens of all lines together."""

    input_tokens: int
    input_tokens_details: InputDetails
    output_tokens: int
    output_tokens_details: OutputDetails
    total_tokens: int


class Batch(TypedDict):
    """A batch; the times are those at which it came to a status."""

    id: str
    object: Literal["batch"]
    endpoint: str
    model: str | None
    errors: BatchErrors | None
    input_file_id: str
    completion_window: str
    status: BatchStatus
    output_file_id: str | None
    error_file_id: str | None
    created_at: int
    in_progress_at: int | None
    expires_at: int | None
    finalizing_at: int | None
    completed_at: int | None
    failed_at: int | None
    expired_at: int | None
    cancelling_at: int | None
    cancelled_at: int | None
    request_counts: RequestCounts
    usage: NotRequired[BatchUsage]
    metadata: dict[str, str] | None
