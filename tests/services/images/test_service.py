"""Pictures made, edited and varied: what is told of them, and what is counted."""

from base64 import b64decode
from io import BytesIO
from typing import Any

import httpx
import pytest
from contract.media_steps import png
from PIL import Image

from fakeai.testing import FakeAI, run_virtual

PATH = "/images/generations"


def ask(*requests: tuple[str, dict[str, Any]], **settings: Any) -> list[httpx.Response]:
    """Answers in order, in virtual time."""

    async def run() -> list[httpx.Response]:
        async with (
            FakeAI(seed=1, **settings) as fake,
            httpx.AsyncClient(transport=fake.async_transport(), base_url="http://fakeai/v1", timeout=1e9) as door,
        ):
            return [await door.request("GET" if not sent else "POST", path, **sent) for path, sent in requests]

    return run_virtual(run())


def image(reply: httpx.Response, index: int = 0) -> Image.Image:
    return Image.open(BytesIO(b64decode(reply.json()["data"][index]["b64_json"])))


def test_each_picture_of_several_is_another_and_each_request_the_same() -> None:
    asked = (PATH, {"json": {"model": "gpt-image-2", "prompt": "a cat", "n": 3, "size": "256x256"}})
    first, again = ask(asked, asked)
    assert len({picture["b64_json"] for picture in first.json()["data"]}) == 3
    assert first.json()["data"] == again.json()["data"]


def test_old_models_give_urls_and_tell_no_tokens() -> None:
    (reply,) = ask((PATH, {"json": {"prompt": "a cat", "size": "256x256"}}))
    assert set(reply.json()) == {"created", "data"}
    assert set(reply.json()["data"][0]) == {"url"}


def test_tokens_of_a_reply_count_against_the_limit() -> None:
    (reply,) = ask((PATH, {"json": {"model": "gpt-image-1", "prompt": "a cat", "quality": "low"}}))
    used = int(reply.headers["x-ratelimit-limit-tokens"]) - int(reply.headers["x-ratelimit-remaining-tokens"])
    assert used == reply.json()["usage"]["total_tokens"] == 274


def test_a_picture_takes_as_long_as_the_settings_say() -> None:
    async def run() -> float:
        async with (
            FakeAI({"media.image_s": 7.0}, seed=1) as fake,
            httpx.AsyncClient(transport=fake.async_transport(), base_url="http://fakeai/v1", timeout=1e9) as door,
        ):
            import asyncio

            begun = asyncio.get_running_loop().time()
            await door.post(PATH, json={"prompt": "a cat", "n": 2, "size": "256x256"})
            return asyncio.get_running_loop().time() - begun

    assert run_virtual(run()) == pytest.approx(14.0, abs=0.01)


def test_variations_are_of_the_size_asked_for_and_unlike_each_other() -> None:
    form = {
        "files": {"image": ("a.png", png(64, 64))},
        "data": {"n": "2", "size": "256x256", "response_format": "b64_json"},
    }
    (reply,) = ask(("/images/variations", form))
    assert image(reply).size == (256, 256)
    assert image(reply, 0).tobytes() != image(reply, 1).tobytes()


@pytest.mark.parametrize("form", [{"model": "gpt-image-2"}, {"model": "dall-e-3"}])
def test_only_dall_e_2_varies(form: dict[str, str]) -> None:
    (reply,) = ask(("/images/variations", {"files": {"image": ("a.png", png(64, 64))}, "data": form}))
    assert (reply.status_code, reply.json()["error"]["param"]) == (400, "model")


def test_a_stream_ends_with_the_picture_that_a_whole_answer_has() -> None:
    asked = {"model": "gpt-image-1", "prompt": "a cat", "quality": "low"}
    whole, stream = ask((PATH, {"json": asked}), (PATH, {"json": {**asked, "stream": True, "partial_images": 2}}))
    names = [line for line in stream.text.splitlines() if line.startswith("event: ")]
    assert names == ["event: image_generation.partial_image"] * 2 + ["event: image_generation.completed"]
    assert whole.json()["data"][0]["b64_json"] in stream.text
    assert "[DONE]" not in stream.text


def test_a_stream_that_cannot_begin_is_refused_with_a_status() -> None:
    damaged = png(64, 64)[:-30]
    form = {"files": {"image": ("a.png", damaged)}, "data": {"model": "gpt-image-1", "prompt": "a", "stream": "true"}}
    (reply,) = ask(("/images/edits", form))
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "invalid_image_file")


def test_conformance_takes_what_the_document_takes() -> None:
    form = {
        "files": {"image": ("a", b"Example data"), "mask": ("m", b"Example data")},
        "data": {"prompt": "a", "size": "256x256", "response_format": "url", "model": "gpt-image-1"},
    }
    (reply,) = ask(("/images/edits", form), conformance=True)
    assert reply.status_code == 200
    assert "url" in reply.json()["data"][0]
    assert "size" not in reply.json()


def test_an_svg_and_a_gif_can_be_had() -> None:
    asked = {"model": "gpt-image-2.5-flare", "prompt": "a cat", "size": "256x256"}
    svg, gif = ask(*((PATH, {"json": {**asked, "output_format": kind}}) for kind in ("svg", "gif")))
    assert b64decode(svg.json()["data"][0]["b64_json"]).startswith(b"<svg")
    assert svg.json()["svg_usage"]["model"] == "gpt-image-2.5-flare"
    assert image(gif).n_frames == 9  # type: ignore[attr-defined]
