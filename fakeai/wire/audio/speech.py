"""`POST /audio/speech`: its body, OpenAI's rules for it, and its events."""

from typing import Annotated, Literal, TypeAlias

from annotated_types import Ge, Le, MaxLen
from typing_extensions import TypedDict

from fakeai.core.errors import BadRequest
from fakeai.wire import wording
from fakeai.wire.base import FirstOf, Omittable, Wire, shown_as

VOICES = (
    "alloy",
    "ash",
    "ballad",
    "cedar",
    "coral",
    "echo",
    "fable",
    "marin",
    "nova",
    "onyx",
    "sage",
    "shimmer",
    "verse",
)
CUSTOM = "voice_"
"""How the ids of custom voices begin."""

Format: TypeAlias = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]


class VoiceId(Wire):
    """A custom voice."""

    id: str


class SpeechCreate(Wire):
    """A text to be read out."""

    model_config = shown_as({"model": "gpt-4o-mini-tts", "voice": "alloy", "input": "Say hello."})

    NEEDS_MODEL = True

    model: str
    input: Annotated[str, MaxLen(4096)]
    voice: Annotated[str | VoiceId, FirstOf()]
    instructions: Omittable[Annotated[str, MaxLen(4096)]] = None
    response_format: Omittable[Format] = None
    speed: Omittable[Annotated[float, Ge(0.25), Le(4.0)]] = None
    stream_format: Omittable[Literal["sse", "audio"]] = None


def check(body: SpeechCreate) -> None:
    """Refuse what OpenAI refuses of a well-typed request."""
    if not body.model:
        raise BadRequest(wording.NO_MODEL)
    if not body.input:
        raise wording.empty_string("input")
    if isinstance(body.voice, str) and body.voice not in VOICES and not body.voice.startswith(CUSTOM):
        raise wording.invalid_value("voice", body.voice, VOICES)
    if body.stream_format == "sse" and body.model.startswith("tts-1"):
        raise BadRequest(
            "Unsupported value: 'stream_format' does not support 'sse' with this model. Supported values are: 'audio'.",
            param="stream_format",
            code="unsupported_value",
        )


class SpeechDelta(TypedDict):
    """Some of the sound, in base64."""

    type: Literal["speech.audio.delta"]
    audio: str


class SpeechUsage(TypedDict):
    """Tokens of the text, and of its sound."""

    input_tokens: int
    output_tokens: int
    total_tokens: int


class SpeechDone(TypedDict):
    """All has been said."""

    type: Literal["speech.audio.done"]
    usage: SpeechUsage
