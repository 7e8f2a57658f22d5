"""Pages of an organization's usage and costs, as the admin API tells them; and the queries that ask for them."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from typing import Literal, NotRequired

from typing_extensions import TypedDict

from fakeai.core.errors import BadRequest


class _Requests(TypedDict):
    num_model_requests: int
    project_id: str | None
    user_id: str | None
    api_key_id: str | None
    model: str | None


class CompletionsUsed(_Requests):
    """Of models that generate text, decisions included."""

    object: Literal["organization.usage.completions.result", "organization.usage.decisions.result"]
    input_tokens: int
    output_tokens: int
    input_cached_tokens: int
    input_uncached_tokens: int
    input_text_tokens: int
    input_cached_text_tokens: int
    input_audio_tokens: int
    input_cached_audio_tokens: int
    input_image_tokens: int
    input_cached_image_tokens: int
    input_cache_write_tokens: int
    input_cache_write_30m_tokens: int
    input_cache_write_12h_tokens: int
    output_text_tokens: int
    output_audio_tokens: int
    output_image_tokens: int
    batch: bool | None
    service_tier: str | None
    api_source: str | None


class TokensUsed(_Requests):
    """Of models that read text."""

    object: Literal["organization.usage.embeddings.result", "organization.usage.moderations.result"]
    input_tokens: int


class ImagesUsed(_Requests):
    """Of models that draw."""

    object: Literal["organization.usage.images.result"]
    images: int
    size: str | None
    source: str | None


class SpeechesUsed(_Requests):
    """Of models that speak."""

    object: Literal["organization.usage.audio_speeches.result"]
    characters: int


class TranscriptionsUsed(_Requests):
    """Of models that listen."""

    object: Literal["organization.usage.audio_transcriptions.result"]
    seconds: int


class VectorStoresUsed(TypedDict):
    """Bytes in vector stores at the end of the bucket."""

    object: Literal["organization.usage.vector_stores.result"]
    usage_bytes: int
    project_id: str | None


class SessionsUsed(TypedDict):
    """Sessions of the code interpreter."""

    object: Literal["organization.usage.code_interpreter_sessions.result"]
    num_sessions: int
    project_id: str | None


class FileSearchesUsed(TypedDict):
    """Searches in vector stores."""

    object: Literal["organization.usage.file_searches.result"]
    num_requests: int
    project_id: str | None
    user_id: str | None
    api_key_id: str | None
    vector_store_id: str | None


class WebSearchesUsed(_Requests):
    """Searches of the web."""

    object: Literal["organization.usage.web_searches.result"]
    num_requests: int
    context_level: str | None
    api_source: str | None


class Amount(TypedDict):
    """Money."""

    value: float
    currency: Literal["usd"]


class Costs(TypedDict):
    """What it cost."""

    object: Literal["organization.costs.result"]
    amount: Amount
    line_item: str | None
    project_id: str | None
    user_id: str | None
    api_key_id: str | None
    api_source: str | None
    quantity: float | None
    quantity_unit: str | None


Result = (
    CompletionsUsed
    | TokensUsed
    | ImagesUsed
    | SpeechesUsed
    | TranscriptionsUsed
    | VectorStoresUsed
    | SessionsUsed
    | FileSearchesUsed
    | WebSearchesUsed
    | Costs
)


class Bucket(TypedDict):
    """A stretch of time, and what was used in it."""

    object: Literal["bucket"]
    start_time: int
    end_time: int
    results: list[Result]


class UsagePage(TypedDict):
    """Some buckets in order."""

    object: Literal["page"]
    data: list[Bucket]
    has_more: bool
    next_page: NotRequired[str | None]


_MARK = "page_"
_PACKED = struct.Struct(">Q")


def page_of(start: int) -> str:
    """The cursor of the page that begins with the bucket at `start` (epoch seconds)."""
    return _MARK + urlsafe_b64encode(_PACKED.pack(start)).decode()


def start_of(page: str) -> int:
    """The start that a cursor stands for. Raises BadRequest for what is no cursor of ours."""
    try:
        if page.startswith(_MARK):
            found: int = _PACKED.unpack(urlsafe_b64decode(page[len(_MARK) :]))[0]
            if found < 2**40:
                return found
    except (ValueError, Error, struct.error):
        pass
    raise BadRequest("Invalid 'page': it should be the 'next_page' of an earlier answer.", param="page")
