"""Checks of pictures and sounds: what is a finding, and what is none."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fakeai.core.call import Call
from fakeai.core.clock import WallClock
from fakeai.core.errors import BadRequest, PayloadTooLarge
from fakeai.core.form import Upload
from fakeai.services.content_provenance import LARGEST, ContentProvenance
from fakeai.wire.content_provenance import ContentProvenanceCheckCreate
from tests.content.test_provenance import PICTURES, WHEN, png, store

Check = Callable[..., Awaitable[Any]]
NO_WATERMARK = {"type": "synthid", "outcome": "not_detected", "model": None, "generated_at": None}


@pytest.fixture
def check(clock: WallClock) -> Check:
    service = ContentProvenance(clock, lenient=False)
    (endpoint,) = service.ENDPOINTS

    async def check(data: bytes, **headers: str) -> Any:
        body = ContentProvenanceCheckCreate(file=Upload("a", "image/png", data))
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return (await service.check(Call("req_1", endpoint, endpoint.path, told, body=body))).body

    return check


def c2pa(outcome: str, state: str, issuer: str | None = None, model: str | None = None, at: str | None = None) -> Any:
    told = {"outcome": outcome, "validation_state": state, "issuer": issuer, "model": model, "generated_at": at}
    return {"type": "c2pa", **told}


@pytest.mark.parametrize("kind", PICTURES)
async def test_a_picture_that_openai_signed_is_detected(check: Check, kind: str) -> None:
    checked = await check(PICTURES[kind](store()))
    assert checked["object"] == "content_provenance_check"
    assert checked["created_at"] >= 1_760_000_000
    assert checked["results"] == [c2pa("detected", "valid", "OpenAI", "gpt-image-1", WHEN), NO_WATERMARK]


async def test_pictures_of_others_broken_manifests_and_none_are_not_detected(check: Check) -> None:
    for data, expected in (
        (png(), c2pa("not_detected", "not_present")),
        (png((b"caBX", store("Camera Works"))), c2pa("not_detected", "valid", "Camera Works")),
        (png((b"caBX", store()[:-1])), c2pa("not_detected", "invalid")),
        (png((b"caBX", store(signed=False))), c2pa("not_detected", "invalid")),
    ):
        assert (await check(data))["results"] == [expected, NO_WATERMARK]


async def test_sounds_have_the_result_of_the_watermark_only(check: Check) -> None:
    assert (await check(b"fLaC" + store()))["results"] == [NO_WATERMARK]


async def test_other_files_and_very_large_ones_are_refused(check: Check) -> None:
    for data in (b"", b"Example data", b"%PDF-1.7"):
        with pytest.raises(BadRequest, match="Unsupported file") as refused:
            await check(data)
        assert refused.value.param == "file"
    assert len((await check(b"Example data", x_fakeai_validation="schema"))["results"]) == 2
    with pytest.raises(PayloadTooLarge):
        await check(bytes(LARGEST + 1))
