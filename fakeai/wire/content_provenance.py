"""Checks of where a picture or a sound comes from."""

from typing import Literal, TypeAlias

from typing_extensions import TypedDict

from fakeai.wire.base import Wire, shown_as
from fakeai.wire.form import File

Outcome: TypeAlias = Literal["detected", "not_detected"]


class ContentProvenanceCheckCreate(Wire):
    """Body of `POST /content_provenance_checks`: a form."""

    model_config = shown_as({"file": "@image.png"})

    file: File


class C2paResult(TypedDict):
    """What the manifest says."""

    type: Literal["c2pa"]
    outcome: Outcome
    validation_state: Literal["trusted", "valid", "invalid", "not_present"]
    issuer: str | None
    model: str | None
    generated_at: str | None


class SynthIdResult(TypedDict):
    """What the watermark says."""

    type: Literal["synthid"]
    outcome: Outcome
    model: str | None
    generated_at: str | None


class ContentProvenanceCheck(TypedDict):
    """Pictures have both results, sounds that of the watermark."""

    object: Literal["content_provenance_check"]
    created_at: int
    results: list[C2paResult | SynthIdResult]
