"""Checks of where pictures and sounds come from, by what their bytes say."""

from fakeai.content.provenance import Medium, manifest, medium
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.clock import Clock, off_loop
from fakeai.core.errors import BadRequest, PayloadTooLarge
from fakeai.services.base import lenient
from fakeai.wire.content_provenance import (
    C2paResult,
    ContentProvenanceCheck,
    ContentProvenanceCheckCreate,
    SynthIdResult,
)

LARGEST = 50 * 2**20
"""Bytes of the largest file that is looked at."""

_ENVELOPE = 2**20


class ContentProvenance:
    """`/content_provenance_checks`."""

    ENDPOINTS = (
        Endpoint(
            "POST",
            "/content_provenance_checks",
            "check",
            "Check where a picture or a sound comes from",
            body=ContentProvenanceCheckCreate,
            form=True,
            max_body=LARGEST + _ENVELOPE,
            tag="Content provenance",
        ),
    )

    def __init__(self, clock: Clock, *, lenient: bool) -> None:
        self._clock = clock
        self._lenient = lenient

    async def check(self, call: Call) -> Reply:
        """What the file's manifest says, and that no watermark is seen. Raises BadRequest for what is neither kind."""
        body: ContentProvenanceCheckCreate = call.body
        data = body.file.data
        if len(data) > LARGEST:
            raise PayloadTooLarge(f"File is too large. The maximum size is {LARGEST} bytes.")
        kind: Medium | None = medium(data)
        if kind is None and not lenient(call, self._lenient):
            raise BadRequest(
                "Unsupported file. Images must be PNG, JPEG, WebP or GIF; audio must be MP3, WAV, FLAC, AAC, M4A or Ogg.",
                param="file",
            )
        watermark: SynthIdResult = {"type": "synthid", "outcome": "not_detected", "model": None, "generated_at": None}
        checked: ContentProvenanceCheck = {
            "object": "content_provenance_check",
            "created_at": int(self._clock.unix()),
            "results": [watermark] if kind == "audio" else [await off_loop(_signed, data), watermark],
        }
        return Reply(checked)


def _signed(data: bytes) -> C2paResult:
    """Manifests of others are no finding, as OpenAI's check tells of its own only."""
    found = manifest(data)
    if found is None or not (found.whole and found.ours):
        return {
            "type": "c2pa",
            "outcome": "not_detected",
            "validation_state": "not_present" if found is None else "valid" if found.whole else "invalid",
            "issuer": None if found is None else found.issuer,
            "model": None,
            "generated_at": None,
        }
    return {
        "type": "c2pa",
        "outcome": "detected",
        "validation_state": "valid",
        "issuer": found.issuer,
        "model": found.model,
        "generated_at": found.generated_at,
    }
