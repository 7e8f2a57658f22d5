"""`POST /audio/transcriptions` and `/audio/translations`: their forms, OpenAI's rules for them, and what they answer with."""

from typing import Annotated, Literal, NotRequired, TypeAlias

from annotated_types import Ge, Le, MaxLen
from typing_extensions import TypedDict

from fakeai.core.errors import BadRequest
from fakeai.wire import wording
from fakeai.wire.base import FirstOf, Items, Omittable, Wire, shown_as
from fakeai.wire.form import File

Format: TypeAlias = Literal["json", "text", "srt", "verbose_json", "vtt", "diarized_json"]
_Unit = Annotated[float, Ge(0.0), Le(1.0)]
_Words = Annotated[Items[Annotated[str, MaxLen(1024)]], MaxLen(1024)]

DIARIZE = "gpt-4o-transcribe-diarize"
_PLAIN = ("gpt-4o-transcribe", "gpt-4o-mini-transcribe", "gpt-transcribe", "gpt-live-transcribe")
_MOST_SPEAKERS = 4
CHUNKED_S = 30.0
"""Longer sound has to be cut into chunks to tell speakers apart."""
LONGEST_S = 1_400.0
"""Seconds that models which are paid by the token listen to."""


class ServerVad(Wire):
    """How pauses are found."""

    type: Literal["server_vad"]
    prefix_padding_ms: Omittable[int] = None
    silence_duration_ms: Omittable[int] = None
    threshold: Omittable[_Unit] = None


class TranscriptionCreate(Wire):
    """A form with the sound, and how its words are wanted."""

    model_config = shown_as({"model": "gpt-4o-transcribe", "file": "@speech.mp3"})
    NEEDS_MODEL = True

    file: File
    model: str
    chunking_strategy: Annotated[Literal["auto"] | ServerVad | None, FirstOf()] = None
    include: Omittable[Items[Literal["logprobs"]]] = None
    keywords: Omittable[_Words] = None
    known_speaker_names: Omittable[_Words] = None
    known_speaker_references: Omittable[Items[str]] = None
    language: Omittable[Annotated[str, MaxLen(64)]] = None
    languages: Omittable[_Words] = None
    prompt: Omittable[str] = None
    response_format: Omittable[Format] = None
    stream: bool | None = None
    temperature: Omittable[_Unit] = None
    timestamp_granularities: Omittable[Items[Literal["word", "segment"]]] = None


class TranslationCreate(Wire):
    """A form with the sound; its words are wanted in English."""

    model_config = shown_as({"model": "whisper-1", "file": "@speech.mp3"})
    NEEDS_MODEL = True

    file: File
    model: str
    prompt: Omittable[str] = None
    response_format: Omittable[Literal["json", "text", "srt", "verbose_json", "vtt"]] = None
    temperature: Omittable[_Unit] = None


def is_plain(model: str) -> bool:
    """Whether a model tells words only, no times."""
    return model.startswith(_PLAIN) and not model.startswith(DIARIZE)


def by_duration(model: str) -> bool:
    """Whether a model is paid by the second."""
    return model.startswith("whisper")


def check(body: TranscriptionCreate) -> None:
    """Refuse what OpenAI refuses of a well-typed request."""
    _check_model(body.model)
    _check_format(body)
    _check_speakers(body)
    if body.timestamp_granularities and body.response_format != "verbose_json":
        raise BadRequest(
            "'timestamp_granularities' requires 'response_format' to be 'verbose_json'.",
            param="timestamp_granularities",
            code="invalid_value",
        )
    if body.include and not (is_plain(body.model) and (body.response_format or "json") == "json"):
        raise _unsupported("include", body.model)
    for name in ("languages", "keywords"):
        if getattr(body, name) and not body.model.startswith("gpt-transcribe"):
            raise _unsupported(name, body.model)
    if body.model.startswith(DIARIZE) and body.prompt:
        raise _unsupported("prompt", body.model)


def check_translation(body: TranslationCreate) -> None:
    """Refuse models that do not translate."""
    _check_model(body.model)
    if is_plain(body.model) or body.model.startswith(DIARIZE):
        raise BadRequest(
            f"Invalid value for 'model' = {body.model}. This model does not translate. Use 'whisper-1' instead.",
            param="model",
            code="invalid_value",
        )


def _check_model(model: str) -> None:
    if not model:
        raise BadRequest(wording.NO_MODEL)


def _check_format(body: TranscriptionCreate) -> None:
    asked, model = body.response_format or "json", body.model
    if is_plain(model):
        fitting = ["json", "text"]
    elif model.startswith(DIARIZE):
        fitting = ["json", "text", "diarized_json"]
    else:
        fitting = ["json", "text", "srt", "verbose_json", "vtt"]
    if asked not in fitting:
        instead = wording.quoted(fitting, "or")
        raise BadRequest(
            f"response_format '{asked}' is not compatible with model '{model}'. Use {instead} instead.",
            param="response_format",
            code="unsupported_value",
        )


def _check_speakers(body: TranscriptionCreate) -> None:
    names, references = body.known_speaker_names or [], body.known_speaker_references or []
    if (names or references) and not body.model.startswith(DIARIZE):
        raise _unsupported("known_speaker_names", body.model)
    if len(names) > _MOST_SPEAKERS:
        raise wording.array_too_long("known_speaker_names", _MOST_SPEAKERS, len(names))
    if references and len(names) != len(references):
        raise BadRequest(
            "'known_speaker_names' and 'known_speaker_references' must have the same length.",
            param="known_speaker_references",
            code="invalid_value",
        )


def _unsupported(param: str, model: str) -> BadRequest:
    return BadRequest(
        f"Unsupported parameter: '{param}' is not supported with model '{model}'.",
        param=param,
        code="unsupported_parameter",
    )


# -- replies


class InputDetails(TypedDict):
    """Tokens of the prompt and of the sound."""

    text_tokens: int
    audio_tokens: int


class TokenUsage(TypedDict):
    """What is paid by the token."""

    type: Literal["tokens"]
    input_tokens: int
    input_token_details: InputDetails
    output_tokens: int
    total_tokens: int


class DurationUsage(TypedDict):
    """What is paid by the second, which have begun."""

    type: Literal["duration"]
    seconds: int


Usage: TypeAlias = TokenUsage | DurationUsage


class Logprob(TypedDict):
    """A token and its log probability."""

    token: str
    logprob: float
    bytes: list[int]


class Language(TypedDict):
    """A language that was heard."""

    code: str


class Transcription(TypedDict):
    """The words."""

    text: str
    languages: NotRequired[list[Language]]
    logprobs: NotRequired[list[Logprob]]
    usage: Usage


class Word(TypedDict):
    """A word and its seconds."""

    word: str
    start: float
    end: float


class Segment(TypedDict):
    """A sentence and its seconds, as Whisper tells them."""

    id: int
    seek: int
    start: float
    end: float
    text: str
    tokens: list[int]
    temperature: float
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float


class VerboseTranscription(TypedDict):
    """The words with their times."""

    task: Literal["transcribe", "translate"]
    language: str
    duration: float
    text: str
    words: NotRequired[list[Word]]
    segments: NotRequired[list[Segment]]
    usage: NotRequired[DurationUsage]


class SpeakerSegment(TypedDict):
    """What somebody says in one go; also an event."""

    type: Literal["transcript.text.segment"]
    id: str
    start: float
    end: float
    text: str
    speaker: str


class DiarizedTranscription(TypedDict):
    """Who said what."""

    task: Literal["transcribe"]
    duration: float
    text: str
    segments: list[SpeakerSegment]
    usage: Usage


class Translation(TypedDict):
    """The words in English."""

    text: str


# -- events


class TextDelta(TypedDict):
    """More words."""

    type: Literal["transcript.text.delta"]
    delta: str
    logprobs: NotRequired[list[Logprob]]
    segment_id: NotRequired[str]


class TextDone(TypedDict):
    """All words."""

    type: Literal["transcript.text.done"]
    text: str
    languages: NotRequired[list[Language]]
    logprobs: NotRequired[list[Logprob]]
    usage: NotRequired[TokenUsage]
