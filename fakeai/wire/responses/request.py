"""Bodies of the Responses API: fields, types and bounds of OpenAI's document.

What the document cannot say (which fields go together, what must answer what) is for `services/responses/` to check.
"""

from typing import Annotated, Literal, TypeAlias

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import Field

from fakeai.core.generation import JsonObject, ReasoningEffort
from fakeai.wire.base import FirstOf, Integer, Items, Metadata, Omittable, Wire, shown_as
from fakeai.wire.chat import JsonObjectFormat, ModerationOptions, Probability, Temperature, TextFormat
from fakeai.wire.responses.items import Input, InputFile, InputImage, InputText
from fakeai.wire.responses.tools import Tool, ToolChoice

Include: TypeAlias = Literal[
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
]
Tier: TypeAlias = Literal["auto", "default", "flex", "scale", "priority", "fast", "ultrafast"]


class SchemaFormat(Wire):
    """JSON of a schema; `schema_` is the wire's `schema`."""

    type: Literal["json_schema"]
    name: Annotated[str, MinLen(1), MaxLen(64)]
    schema_: Annotated[JsonObject, Field(alias="schema")]
    description: Omittable[str] = None
    strict: bool | None = None


Format: TypeAlias = Annotated[TextFormat | JsonObjectFormat | SchemaFormat, Field(discriminator="type")]


class TextOptions(Wire):
    """What the text looks like."""

    format: Omittable[Format] = None
    verbosity: Literal["low", "medium", "high"] | None = None


class ReasoningOptions(Wire):
    """How much is thought, and what of it is told."""

    effort: ReasoningEffort | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None
    generate_summary: Literal["auto", "concise", "detailed"] | None = None
    context: Literal["auto", "current_turn", "all_turns"] | None = None
    mode: Omittable[str] = None


class ConversationReference(Wire):
    """A conversation that is kept."""

    id: str


Conversation: TypeAlias = Annotated[str | ConversationReference | None, FirstOf()]


class PromptReference(Wire):
    """A prompt that is kept, and what stands for its variables."""

    id: str
    version: str | None = None
    variables: (
        dict[
            str,
            Annotated[
                str | Annotated[InputText | InputImage | InputFile, Field(discriminator="type")],
                FirstOf(),
            ],
        ]
        | None
    ) = None


class CacheOptions(Wire):
    """How the prompt is cached."""

    mode: Omittable[Literal["implicit", "explicit"]] = None
    ttl: Omittable[Literal["30m", "12h"]] = None
    comparison_response_id: str | None = None
    prewarm: Omittable[bool] = None


class ContextManagement(Wire):
    """When the conversation is made short."""

    type: str
    compact_threshold: Annotated[int, Ge(1000)] | None = None


class StreamOptions(Wire):
    """What a stream holds besides the answer."""

    include_obfuscation: Omittable[bool] = None


class ImageOptions(Wire):
    """How images of the conversation are kept."""

    context_compression: Omittable[Literal["auto", "enabled", "disabled"]] = None


class AccessPrograms(Wire):
    """Programs that the caller takes part in."""

    cyber: Omittable[Literal["standard", "daybreak_blue", "daybreak_red"]] = None


class BackgroundOptions(Wire):
    """How soon work in the background is wanted."""

    completion_window: Omittable[Literal["soonest", "2h", "8h"]] = None
    continuation_id: Omittable[str] = None


class ResponseRequest(Wire):
    """What to answer, and how. `model` and `input` may be missing here: only strict rules demand them."""

    model_config = shown_as({"model": "gpt-4o-mini", "input": "Say hello."})

    model: Omittable[str] = None
    input: Omittable[Input] = None
    instructions: str | None = None
    previous_response_id: str | None = None
    conversation: Conversation = None
    prompt: PromptReference | None = None
    tools: Omittable[Annotated[Items[Tool], MaxLen(128)]] = None
    tool_choice: Omittable[ToolChoice] = None
    parallel_tool_calls: bool | None = None
    max_tool_calls: Annotated[Integer, Ge(0)] | None = None
    max_output_tokens: Annotated[Integer, Ge(16)] | None = None
    temperature: Temperature | None = None
    top_p: Probability | None = None
    top_logprobs: Annotated[int, Ge(0), Le(20)] | None = None
    text: Omittable[TextOptions] = None
    reasoning: ReasoningOptions | None = None
    include: Items[Include] | None = None
    truncation: Literal["auto", "disabled"] | None = None
    context_management: Annotated[Items[ContextManagement], MinLen(1)] | None = None
    store: bool | None = None
    background: bool | None = None
    background_options: Omittable[BackgroundOptions] = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    metadata: Metadata | None = None
    user: Omittable[str] = None
    safety_identifier: Annotated[str, MaxLen(64)] | None = None
    service_tier: Tier | None = None
    prompt_cache_key: Annotated[str, MaxLen(64)] | None = None
    prompt_cache_options: Omittable[CacheOptions] = None
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None
    moderation: ModerationOptions | None = None
    image: Omittable[ImageOptions] = None
    access_programs: Omittable[AccessPrograms] = None
    generate: bool | None = None
    """Whether anything is to be said; over a WebSocket, a prompt may be prepared alone."""
    cache_salt: str | None = None
    """vLLM's: prompts share cached blocks only with those of the same salt."""
    priority: int | None = None
    """vLLM's: lower goes first."""
    seed: Integer | None = None
    """Ours, as chat has it: another seed, another answer."""


class InputTokensRequest(Wire):
    """What is to be counted."""

    model_config = shown_as({"model": "gpt-4o-mini", "input": "Say hello."})

    model: str | None = None
    input: Input | None = None
    instructions: str | None = None
    previous_response_id: str | None = None
    conversation: Conversation = None
    tools: Annotated[Items[Tool], MaxLen(128)] | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    personality: Omittable[str] = None
    text: TextOptions | None = None
    reasoning: ReasoningOptions | None = None
    truncation: Omittable[Literal["auto", "disabled"]] = None


class CompactRequest(Wire):
    """What is to be made short."""

    NEEDS_MODEL = True

    model_config = shown_as({"model": "gpt-4o-mini", "input": "Say hello."})

    model: str | None
    input: Input | None = None
    instructions: str | None = None
    previous_response_id: str | None = None
    prompt_cache_key: Annotated[str, MaxLen(64)] | None = None
    prompt_cache_options: CacheOptions | None = None
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None
    service_tier: Tier | None = None
    image: Omittable[ImageOptions] = None
