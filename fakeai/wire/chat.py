"""The body of `POST /chat/completions`: fields, types and bounds of OpenAI's document.

What the document cannot say (which fields go together, what must answer what) is in `wire.chat_rules`; the reply
is in `wire.chat_reply`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeAlias

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import Field

from fakeai.core.errors import ApiError, BadRequest
from fakeai.core.generation import ReasoningEffort
from fakeai.wire.base import FailFast, FirstOf, Integer, Items, Metadata, Omittable, Only, Wire
from fakeai.wire.errors import Refusal
from fakeai.wire.messages import Message, TextContent
from fakeai.wire.tools import FunctionCallOption, LegacyFunctions, Schema, Tool, ToolChoice
from fakeai.wire.wording import NO_CONTENT

Bias: TypeAlias = Annotated[int, Ge(-100), Le(100)]
LogitBias: TypeAlias = Annotated[dict[str, Bias], FailFast()]
Penalty: TypeAlias = Annotated[float, Ge(-2), Le(2)]
Temperature: TypeAlias = Annotated[float, Ge(0), Le(2)]
Probability: TypeAlias = Annotated[float, Ge(0), Le(1)]
Count: TypeAlias = Annotated[int, Ge(1), Le(128)]
Stop: TypeAlias = Annotated[str | Annotated[Items[str], MinLen(1), MaxLen(4)] | None, FirstOf()]


class TextFormat(Wire):
    """Plain text."""

    type: Literal["text"]


class JsonObjectFormat(Wire):
    """Some JSON object."""

    type: Literal["json_object"]


class NamedSchema(Wire):
    """A JSON Schema with a name; `schema_` is the wire's `schema`."""

    name: str
    description: str | None = None
    schema_: Annotated[Omittable[Schema], Field(alias="schema")] = None
    strict: bool | None = None


class JsonSchemaFormat(Wire):
    """JSON of a schema."""

    type: Literal["json_schema"]
    json_schema: NamedSchema


ResponseFormat: TypeAlias = Annotated[JsonObjectFormat | JsonSchemaFormat | TextFormat, Field(discriminator="type")]


class CustomVoice(Wire):
    """A voice the caller made."""

    id: str


class AudioOutput(Wire):
    """How a spoken answer sounds."""

    voice: Annotated[str | CustomVoice, FirstOf()]
    format: Literal["wav", "aac", "mp3", "flac", "opus", "pcm16"]


class Prediction(Wire):
    """Text the answer will largely repeat."""

    type: Literal["content"]
    content: TextContent


class StreamOptions(Wire):
    """What a stream holds besides the answer."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class Place(Wire):
    """Roughly where the user is."""

    country: str | None = None
    region: str | None = None
    city: str | None = None
    timezone: str | None = None


class UserLocation(Wire):
    """Where the user is."""

    type: Literal["approximate"]
    approximate: Place


class WebSearchOptions(Wire):
    """How to search the web."""

    search_context_size: Omittable[Literal["low", "medium", "high"]] = None
    user_location: Annotated[UserLocation, Only("approximate")] | None = None


class ModerationMode(Wire):
    """Whether to score or to block."""

    mode: Literal["score", "block"]


class ModerationPolicy(Wire):
    """What to do with what is found in the prompt and in the answer."""

    input: ModerationMode | None = None
    output: ModerationMode | None = None


class ModerationOptions(Wire):
    """Moderation of the prompt and of the answer."""

    model: str
    policy: ModerationPolicy | None = None


class PromptCacheOptions(Wire):
    """How the prompt is cached."""

    mode: Omittable[Literal["implicit", "explicit"]] = None
    ttl: Omittable[Literal["30m"]] = None


class ChatRequest(Wire):
    """A conversation to go on with, and how. `model` may be missing here: only strict rules demand it.

    Fields stand in the order in which OpenAI tells their faults.
    """

    NEEDS_MODEL = True

    model: str | None = None
    messages: Annotated[Items[Message], MinLen(1)]
    functions: Omittable[LegacyFunctions] = None
    function_call: Omittable[FunctionCallOption] = None
    tools: Omittable[Items[Tool]] = None
    tool_choice: Omittable[ToolChoice] = None
    parallel_tool_calls: Omittable[bool] = None
    max_tokens: Integer | None = None
    max_completion_tokens: Integer | None = None
    n: Count | None = None
    stop: Stop = None
    temperature: Temperature | None = None
    top_p: Probability | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    logit_bias: LogitBias | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Ge(0), Le(20)] | None = None
    response_format: Omittable[ResponseFormat] = None
    user: Omittable[str] = None
    seed: Integer | None = None
    safety_identifier: Annotated[str, MaxLen(128)] | None = None
    prompt_cache_options: Omittable[PromptCacheOptions] = None
    prompt_cache_key: str | None = None
    cache_salt: str | None = None
    """vLLM's: prompts share cached blocks only with those of the same salt."""
    priority: int | None = None
    """vLLM's: lower goes first."""
    media_io_kwargs: dict[str, Any] | None = None
    mm_processor_kwargs: dict[str, Any] | None = None
    """vLLM's and NIM's: how closely to look at films and pictures (`content.media.looks`). Any: JSON."""
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None
    service_tier: Literal["auto", "default", "fast", "flex", "priority", "scale"] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    store: bool | None = None
    metadata: Metadata | None = None
    moderation: ModerationOptions | None = None
    modalities: Items[Literal["text", "audio"]] | None = None
    audio: AudioOutput | None = None
    prediction: Annotated[Prediction, Only("content")] | None = None
    reasoning_effort: ReasoningEffort | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    web_search_options: Omittable[WebSearchOptions] = None

    @classmethod
    def reword(cls, refusal: Refusal) -> ApiError:
        """Fields that a message lacks have sentences of their own, with params written `messages.[0].content`."""
        match refusal.location:
            case ("messages", index, str(role), str(field)):
                absent = refusal.kind == "missing" or refusal.value is None
                if absent and (message := _ABSENT.get((role, field))):
                    return BadRequest(message, param=f"messages.[{index}].{field}")
        return super().reword(refusal)


_ABSENT: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        **{(role, "content"): NO_CONTENT for role in ("system", "user", "tool", "function")},
        ("tool", "tool_call_id"): (
            "Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'."
        ),
        ("function", "name"): "Missing parameter 'name': messages with role 'function' must have a 'name'.",
    }
)
