"""Keys for browsers, which count for a moment and open one session; and sessions as the beta makes them beforehand."""

from typing import Annotated, Any, Literal

from annotated_types import Ge, Le
from typing_extensions import TypedDict

from fakeai.core.generation import JsonObject
from fakeai.wire.base import Integer, Items, Omittable, Wire, shown_as
from fakeai.wire.realtime.session import (
    MaxTokens,
    Modalities,
    NoiseReduction,
    SessionRequest,
    Tracing,
    TranslationSession,
)


class ExpiresAfter(Wire):
    """How long a key counts: 10 s to two hours."""

    anchor: Omittable[Literal["created_at"]] = None
    seconds: Omittable[Annotated[Integer, Ge(10), Le(7_200)]] = None


class ClientSecretCreate(Wire):
    """Body of `POST /realtime/client_secrets`."""

    model_config = shown_as({"session": {"type": "realtime", "model": "gpt-realtime"}})

    expires_after: Omittable[ExpiresAfter] = None
    session: Omittable[SessionRequest] = None


class TranslationSecretCreate(Wire):
    """Body of `POST /realtime/translations/client_secrets`."""

    model_config = shown_as({"session": {"model": "gpt-realtime-translate"}})

    expires_after: Omittable[ExpiresAfter] = None
    session: TranslationSession


class ClientSecret(TypedDict):
    """The key, shown once, and the session that it opens (Any: settings of several shapes)."""

    value: str
    expires_at: int
    session: dict[str, Any]


# -- the beta


class BetaExpiry(Wire):
    """How long a session's key counts."""

    anchor: Omittable[Literal["created_at"]] = None
    seconds: Omittable[Integer] = None


class BetaSecret(Wire):
    """The key wanted."""

    expires_after: Omittable[BetaExpiry] = None
    expires_at: Omittable[BetaExpiry] = None


class BetaTranscription(Wire):
    """Who writes down what the user says."""

    language: Omittable[str] = None
    model: Omittable[str] = None
    prompt: Omittable[str] = None


class BetaTurnDetection(Wire):
    """When a turn ends."""

    type: Omittable[Literal["server_vad", "semantic_vad"]] = None
    create_response: Omittable[bool] = None
    eagerness: Omittable[Literal["low", "medium", "high", "auto"]] = None
    interrupt_response: Omittable[bool] = None
    prefix_padding_ms: Omittable[Integer] = None
    silence_duration_ms: Omittable[Integer] = None
    threshold: Omittable[float] = None


BetaFormat = Literal["pcm16", "g711_ulaw", "g711_alaw"]


class BetaTranscriptionCreate(Wire):
    """Body of `POST /realtime/transcription_sessions`."""

    model_config = shown_as({"input_audio_transcription": {"model": "gpt-4o-transcribe"}})

    client_secret: Omittable[BetaSecret] = None
    include: Omittable[Items[str]] = None
    input_audio_format: Omittable[BetaFormat] = None
    input_audio_noise_reduction: NoiseReduction | None = None
    input_audio_transcription: BetaTranscription | None = None
    modalities: Omittable[Modalities] = None
    turn_detection: BetaTurnDetection | None = None


class BetaSessionCreate(Wire):
    """Body of `POST /realtime/sessions`."""

    model_config = shown_as({"model": "gpt-4o-realtime-preview", "modalities": ["text"]})

    client_secret: Omittable[BetaSecret] = None
    model: Omittable[str] = None
    modalities: Omittable[Modalities] = None
    instructions: Omittable[str] = None
    voice: Omittable[str] = None
    input_audio_format: Omittable[BetaFormat] = None
    output_audio_format: Omittable[BetaFormat] = None
    input_audio_noise_reduction: NoiseReduction | None = None
    input_audio_transcription: BetaTranscription | None = None
    turn_detection: BetaTurnDetection | None = None
    tools: Omittable[Items[JsonObject]] = None
    tool_choice: Omittable[str] = None
    temperature: Omittable[float] = None
    speed: Omittable[float] = None
    max_response_output_tokens: Omittable[MaxTokens] = None
    tracing: Tracing | None = None
    prompt: JsonObject | None = None


class BetaClientSecret(TypedDict):
    """The key of a session made beforehand."""

    value: str
    expires_at: int
