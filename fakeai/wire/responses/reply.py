"""What the Responses API replies with. Items are told apart by their `type`; the events of a stream hold them, too."""

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from fakeai.core.generation import JsonObject


class InputDetails(TypedDict):
    """What of the input was cached."""

    cached_tokens: int
    cache_write_tokens: int


class OutputDetails(TypedDict):
    """What of the output was thought."""

    reasoning_tokens: int


class ResponseUsage(TypedDict):
    """Tokens of a response, those of all turns of the model together."""

    input_tokens: int
    input_tokens_details: InputDetails
    output_tokens: int
    output_tokens_details: OutputDetails
    total_tokens: int


class ResponseFailure(TypedDict):
    """Why a response has failed."""

    code: str
    message: str


class Incomplete(TypedDict):
    """Why a response is not whole."""

    reason: Literal["max_output_tokens", "content_filter", "max_messages", "steered"]


class ConversationOf(TypedDict):
    """The conversation that a response belongs to."""

    id: str


class Response(TypedDict):
    """A response. Any: tools, choices and items are of many shapes, and echo what was asked."""

    id: str
    object: Literal["response"]
    created_at: int
    status: Literal["completed", "failed", "in_progress", "cancelled", "queued", "incomplete"]
    background: bool
    completed_at: int | None
    conversation: NotRequired[ConversationOf | None]
    error: ResponseFailure | None
    incomplete_details: Incomplete | None
    instructions: str | list[JsonObject] | None
    max_output_tokens: int | None
    max_tool_calls: int | None
    model: str
    output: list[JsonObject]
    parallel_tool_calls: bool
    previous_response_id: str | None
    prompt: NotRequired[JsonObject | None]
    prompt_cache_key: str | None
    prompt_cache_options: NotRequired[JsonObject]
    prompt_cache_retention: Literal["in_memory", "24h"] | None
    reasoning: JsonObject
    safety_identifier: str | None
    service_tier: str
    store: bool
    temperature: float | None
    text: JsonObject
    tool_choice: Any
    tools: list[JsonObject]
    top_logprobs: int
    top_p: float | None
    truncation: Literal["auto", "disabled"]
    usage: NotRequired[ResponseUsage]
    """Once it is known."""
    user: NotRequired[str]
    metadata: dict[str, str]


class InputTokens(TypedDict):
    """How many tokens an input has."""

    object: Literal["response.input_tokens"]
    input_tokens: int


class Compacted(TypedDict):
    """A conversation made short: what of it is kept as it was, and the rest sealed."""

    id: str
    object: Literal["response.compaction"]
    created_at: int
    output: list[JsonObject]
    usage: ResponseUsage
