"""What a session can be told about itself: the model's voice and words, tools, how sound comes and goes, who takes turns.

All fields may be left out: an update changes those that it names.
"""

from typing import Annotated, Any, Literal, TypeAlias

from annotated_types import Ge, Le, MaxLen
from pydantic import Field

from fakeai.core.generation import JsonObject
from fakeai.wire.base import FirstOf, Integer, Items, Omittable, Wire

Modalities: TypeAlias = Items[Literal["text", "audio"]]
MaxTokens: TypeAlias = Annotated[Integer | Literal["inf"], FirstOf()]
Effort: TypeAlias = Literal["minimal", "low", "medium", "high", "xhigh"]


class Format(Wire):
    """How sound is written: 16-bit samples at 24 kHz, or G.711 at 8 kHz."""

    type: Literal["audio/pcm", "audio/pcmu", "audio/pcma"]
    rate: Omittable[Literal[24000]] = None


class NoiseReduction(Wire):
    """Filters sound before anybody listens to it."""

    type: Omittable[Literal["near_field", "far_field"]] = None
    strength: Omittable[float] = None


class Transcription(Wire):
    """Who writes down what the user says."""

    model: Omittable[str] = None
    language: Omittable[str] = None
    languages: Omittable[Items[str]] = None
    prompt: Omittable[str] = None
    keywords: Omittable[Items[str]] = None
    delay: Omittable[Literal["minimal", "low", "medium", "high", "xhigh"]] = None


class ServerVad(Wire):
    """Turns end with silence."""

    type: Literal["server_vad"]
    threshold: Omittable[float] = None
    prefix_padding_ms: Omittable[Integer] = None
    silence_duration_ms: Omittable[Integer] = None
    idle_timeout_ms: Annotated[Integer, Ge(5_000), Le(30_000)] | None = None
    create_response: Omittable[bool] = None
    interrupt_response: Omittable[bool] = None


class SemanticVad(Wire):
    """Turns end with what sounds like the end of a thought."""

    type: Literal["semantic_vad"]
    eagerness: Omittable[Literal["low", "medium", "high", "auto"]] = None
    create_response: Omittable[bool] = None
    interrupt_response: Omittable[bool] = None


TurnDetection: TypeAlias = Annotated[ServerVad | SemanticVad, Field(discriminator="type")]


class Input(Wire):
    """The user's sound."""

    format: Omittable[Format] = None
    noise_reduction: NoiseReduction | None = None
    transcription: Transcription | None = None
    turn_detection: TurnDetection | None = None


class VoiceId(Wire):
    """A voice of the caller's own."""

    id: str


Voice: TypeAlias = Annotated[str | VoiceId, FirstOf()]


class Output(Wire):
    """The model's sound."""

    format: Omittable[Format] = None
    voice: Omittable[Voice] = None
    speed: Omittable[Annotated[float, Ge(0.25), Le(1.5)]] = None


class Audio(Wire):
    """Sound in and out."""

    input: Omittable[Input] = None
    output: Omittable[Output] = None


class FunctionTool(Wire):
    """A function that the client carries out; `parameters` is a JSON Schema."""

    type: Omittable[Literal["function"]] = None
    name: Annotated[str, MaxLen(128)]
    description: Omittable[str] = None
    parameters: Omittable[JsonObject] = None


class McpTool(Wire):
    """The tools of a server, which this one carries out."""

    type: Literal["mcp"]
    server_label: str
    server_url: Omittable[str] = None
    connector_id: Omittable[str] = None
    tunnel_id: Omittable[str] = None
    server_description: Omittable[str] = None
    authorization: Omittable[str] = None
    headers: dict[str, str] | None = None
    allowed_tools: Annotated[Items[str] | JsonObject, FirstOf()] | None = None
    allowed_callers: Items[Literal["direct", "programmatic"]] | None = None
    require_approval: Annotated[Literal["always", "never"] | JsonObject, FirstOf()] | None = None
    defer_loading: Omittable[bool] = None


Tool: TypeAlias = Annotated[McpTool | FunctionTool, FirstOf()]


class NamedChoice(Wire):
    """This tool and no other."""

    type: Literal["function", "mcp"]
    name: Omittable[str | None] = None
    server_label: Omittable[str] = None


ToolChoice: TypeAlias = Annotated[Literal["none", "auto", "required"] | NamedChoice, FirstOf()]


class Reasoning(Wire):
    """How hard the model thinks."""

    effort: Omittable[Effort] = None


class TokenLimits(Wire):
    """How long a conversation may become before that."""

    post_instructions: Omittable[Annotated[Integer, Ge(0)]] = None


class RetentionRatio(Wire):
    """How much of a conversation is kept when it is too long."""

    type: Literal["retention_ratio"]
    retention_ratio: Annotated[float, Ge(0), Le(1)]
    token_limits: Omittable[TokenLimits] = None


class Prompt(Wire):
    """A stored prompt."""

    id: str
    version: str | None = None
    variables: dict[str, Any] | None = None  # Any: texts, or content parts


Tracing: TypeAlias = Annotated[Literal["auto"] | JsonObject, FirstOf()]
Include: TypeAlias = Items[Literal["item.input_audio_transcription.logprobs"]]


class RealtimeSession(Wire):
    """A session that answers."""

    type: Literal["realtime"]
    model: Omittable[str] = None
    output_modalities: Omittable[Modalities] = None
    instructions: Omittable[str] = None
    audio: Omittable[Audio] = None
    include: Include | None = None
    tools: Omittable[Items[Tool]] = None
    tool_choice: Omittable[ToolChoice] = None
    parallel_tool_calls: Omittable[bool] = None
    max_output_tokens: Omittable[MaxTokens] = None
    reasoning: Omittable[Reasoning] = None
    tracing: Tracing | None = None
    temperature: Omittable[float] = None
    """Of the beta alone."""
    truncation: Omittable[Annotated[Literal["auto", "disabled"] | RetentionRatio, FirstOf()]] = None
    prompt: Prompt | None = None


class TranslationNoise(Wire):
    """Filters sound before anybody listens to it."""

    type: Literal["near_field", "far_field"]
    strength: Omittable[float] = None


class TranslationTranscription(Wire):
    """Who writes down what is said before it is translated."""

    model: str


class TranslationInput(Wire):
    """The sound that is translated."""

    noise_reduction: TranslationNoise | None = None
    transcription: TranslationTranscription | None = None


class TranslationOutput(Wire):
    """The language it is translated to."""

    language: Omittable[str] = None


class TranslationAudio(Wire):
    """Sound in and out."""

    input: Omittable[TranslationInput] = None
    output: Omittable[TranslationOutput] = None


class TranslationUpdate(Wire):
    """What of a session that translates may be changed."""

    audio: Omittable[TranslationAudio] = None


class TranslationSession(TranslationUpdate):
    """A session that translates what it hears."""

    model: str


class TranscriptionAudio(Wire):
    """Sound in, and nothing out."""

    input: Omittable[Input] = None


class TranscriptionSession(Wire):
    """A session that writes down what it hears."""

    type: Literal["transcription"]
    audio: Omittable[TranscriptionAudio] = None
    include: Include | None = None


SessionRequest: TypeAlias = Annotated[RealtimeSession | TranscriptionSession, Field(discriminator="type")]
