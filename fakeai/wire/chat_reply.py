"""What chat endpoints answer with: the completion, its chunks, the stored completion and its messages.

Shapes only; `services/chat.py` fills them.
"""

from typing import Literal, NotRequired, TypeAlias

from typing_extensions import TypedDict

from fakeai.core.generation import FinishReason, JsonObject
from fakeai.wire.usage import Usage

ServedTier = Literal["default", "flex", "priority", "scale"]


class TopLogprob(TypedDict):
    """An alternative token; `bytes` is its UTF-8, None when it has none."""

    token: str
    logprob: float
    bytes: list[int] | None


class TokenLogprob(TypedDict):
    """A token of the answer and its alternatives."""

    token: str
    logprob: float
    bytes: list[int] | None
    top_logprobs: list[TopLogprob]


class ChoiceLogprobs(TypedDict):
    """Log probabilities of one choice's answer or refusal."""

    content: list[TokenLogprob] | None
    refusal: list[TokenLogprob] | None


class FunctionUse(TypedDict):
    """A function and its arguments, a JSON text."""

    name: str
    arguments: str


class FunctionToolCall(TypedDict):
    """A call of a function."""

    id: str
    type: Literal["function"]
    function: FunctionUse


class CustomUse(TypedDict):
    """A custom tool and its input."""

    name: str
    input: str


class CustomToolCall(TypedDict):
    """A call of a custom tool."""

    id: str
    type: Literal["custom"]
    custom: CustomUse


ToolCall: TypeAlias = FunctionToolCall | CustomToolCall


class UrlCitation(TypedDict):
    """Where a stretch of the text comes from; indices are characters."""

    start_index: int
    end_index: int
    title: str
    url: str


class Annotation(TypedDict):
    """A citation of a web search."""

    type: Literal["url_citation"]
    url_citation: UrlCitation


class SpokenAnswer(TypedDict):
    """A spoken answer: base64 sound, the words, and the epoch second after which its id no longer works."""

    id: str
    data: str
    expires_at: int
    transcript: str


class AnswerMessage(TypedDict):
    """What the assistant says."""

    role: Literal["assistant"]
    content: str | None
    refusal: str | None
    annotations: NotRequired[list[Annotation]]
    audio: NotRequired[SpokenAnswer | None]
    tool_calls: NotRequired[list[ToolCall]]
    function_call: NotRequired[FunctionUse]
    reasoning_content: NotRequired[str]
    """Visible reasoning, of DeepSeek-style models."""


class Choice(TypedDict):
    """One of `n` answers."""

    index: int
    message: AnswerMessage
    logprobs: ChoiceLogprobs | None
    finish_reason: FinishReason


class ChatCompletion(TypedDict):
    """The whole answer."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    service_tier: NotRequired[ServedTier]
    system_fingerprint: str | None
    moderation: NotRequired[JsonObject]


class StoredCompletion(ChatCompletion):
    """A completion as lists and retrievals show it: with what was asked."""

    metadata: dict[str, str] | None
    request_id: NotRequired[str]
    tool_choice: NotRequired[object]
    tools: NotRequired[list[JsonObject] | None]
    seed: NotRequired[int | None]
    temperature: NotRequired[float | None]
    top_p: NotRequired[float | None]
    presence_penalty: NotRequired[float | None]
    frequency_penalty: NotRequired[float | None]
    response_format: NotRequired[JsonObject | None]
    input_user: NotRequired[str | None]


class StoredMessage(TypedDict):
    """One message of a stored completion's prompt."""

    id: str
    role: str
    content: str | None
    name: NotRequired[str | None]
    content_parts: list[JsonObject] | None


# -- chunks


class FunctionPiece(TypedDict, total=False):
    """The name, in the first piece, and a piece of the arguments."""

    name: str
    arguments: str


class CustomPiece(TypedDict, total=False):
    """The name, in the first piece, and a piece of the input."""

    name: str
    input: str


class ToolCallPiece(TypedDict):
    """A piece of the tool call numbered `index`; `id` and `type` come with the first piece only."""

    index: int
    id: NotRequired[str]
    type: NotRequired[Literal["function", "custom"]]
    function: NotRequired[FunctionPiece]
    custom: NotRequired[CustomPiece]


class SpokenPiece(TypedDict, total=False):
    """A piece of a spoken answer."""

    id: str
    data: str
    expires_at: int
    transcript: str


class Delta(TypedDict, total=False):
    """What one chunk adds."""

    role: Literal["assistant"]
    content: str | None
    refusal: str | None
    annotations: list[Annotation]
    audio: SpokenPiece
    tool_calls: list[ToolCallPiece]
    function_call: FunctionPiece
    reasoning_content: str


class ChunkChoice(TypedDict):
    """What one chunk adds to one choice."""

    index: int
    delta: Delta
    logprobs: ChoiceLogprobs | None
    finish_reason: FinishReason | None


class ChatCompletionChunk(TypedDict):
    """One event of a stream. `usage` is there when it was asked for: None until the last chunk, whose choices are []."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    choices: list[ChunkChoice]
    service_tier: NotRequired[ServedTier]
    system_fingerprint: str | None
    usage: NotRequired[Usage | None]
    obfuscation: NotRequired[str]
    moderation: NotRequired[JsonObject]
