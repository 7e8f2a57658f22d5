"""Custom voices, and the consents they need: recordings of who agrees to be spoken like."""

import re
from typing import Annotated, Literal, NotRequired

from annotated_types import MaxLen, MinLen
from typing_extensions import TypedDict

from fakeai.core.errors import BadRequest
from fakeai.wire import wording
from fakeai.wire.base import Omittable, Wire, shown_as
from fakeai.wire.form import File

_NAME = Annotated[str, MinLen(1), MaxLen(256)]
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}")


class VoiceCreate(Wire):
    """Body of `POST /audio/voices`: a form with a sample, or a prompt that describes the voice."""

    model_config = shown_as({"name": "My voice", "audio_sample": "@sample.wav", "consent": "cons_123"})

    name: _NAME
    type: Omittable[Literal["audio_sample", "prompt"]] = None
    audio_sample: Omittable[File] = None
    consent: Omittable[str] = None
    prompt: Omittable[Annotated[str, MaxLen(4096)]] = None
    model: Omittable[str] = None
    script_hint: Omittable[str] = None


def check_voice(body: VoiceCreate) -> None:
    """Refuse a voice that lacks what its type needs."""
    if body.type == "prompt":
        if not body.prompt:
            raise wording.missing("prompt")
        if body.audio_sample is not None or body.consent is not None:
            raise BadRequest(
                "A voice of type 'prompt' takes neither 'audio_sample' nor 'consent'.",
                param="type",
                code="invalid_value",
            )
        return
    if body.audio_sample is None:
        raise wording.missing("audio_sample")
    if not body.consent:
        raise wording.missing("consent")


class ConsentCreate(Wire):
    """Body of `POST /audio/voice_consents`: a form."""

    model_config = shown_as({"name": "John Doe", "language": "en-US", "recording": "@consent.wav"})

    name: _NAME
    language: Annotated[str, MaxLen(64)]
    recording: File


def check_consent(body: ConsentCreate) -> None:
    """Refuse a language that is no BCP 47 tag."""
    if not _LANGUAGE.fullmatch(body.language):
        raise BadRequest(
            f"Invalid 'language': '{body.language}' is no BCP 47 language tag, such as 'en-US'.",
            param="language",
            code="invalid_value",
        )


class ConsentUpdate(Wire):
    """Body of `POST /audio/voice_consents/{consent_id}`."""

    name: _NAME


class Voice(TypedDict):
    """A custom voice. `prompt` is there for those that were made of one."""

    id: str
    object: Literal["audio.voice"]
    created_at: int
    name: str
    type: Literal["audio_sample", "prompt"]
    prompt: NotRequired[str]


class Consent(TypedDict):
    """A recording of somebody who agrees."""

    id: str
    object: Literal["audio.voice_consent"]
    created_at: int
    language: str
    name: str
