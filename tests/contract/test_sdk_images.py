"""Pictures as the official SDK sees them: sizes, formats, transparency, edits, streams, URLs, refusals, usage."""

import time
import warnings
from base64 import b64decode
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import httpx
import openai
import pytest
from PIL import Image, ImageChops

from contract.media_steps import png
from fakeai.testing import FakeAI

PROMPT = "A red house by the sea at sunset"


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeAI]:
    with FakeAI(seed=1) as made:
        yield made


@pytest.fixture
def client(fake: FakeAI) -> Any:
    return fake.client(max_retries=0, _strict_response_validation=True)


@pytest.fixture
def door(fake: FakeAI) -> Iterator[httpx.Client]:
    with httpx.Client(transport=fake.transport(), base_url="http://fakeai", timeout=60) as made:
        yield made


def bytes_of(reply: Any, index: int = 0) -> bytes:
    return b64decode(reply.data[index].b64_json)


def image(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


def file(image: Image.Image, name: str = "a.png") -> tuple[str, bytes]:
    out = BytesIO()
    image.save(out, "PNG")
    return name, out.getvalue()


@pytest.mark.parametrize(
    ("model", "size"),
    [
        ("gpt-image-1.5", "1024x1024"),
        ("gpt-image-1-mini", "1024x1536"),
        ("gpt-image-2", "1536x864"),
        ("gpt-image-2.5-flare", "2304x768"),
        ("dall-e-2", "256x256"),
        ("dall-e-3", "1792x1024"),
    ],
)
def test_a_picture_is_of_exactly_the_size_asked_for(client: Any, model: str, size: str) -> None:
    extra = {"response_format": "b64_json"} if model.startswith("dall-e") else {}
    reply = client.images.generate(model=model, prompt=PROMPT, size=size, **extra)
    assert "x".join(map(str, image(bytes_of(reply)).size)) == size
    assert reply.size in (size, None)


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_a_picture_is_of_the_format_asked_for(client: Any, kind: str) -> None:
    reply = client.images.generate(model="gpt-image-1.5", prompt=PROMPT, output_format=kind)
    assert image(bytes_of(reply)).format == kind.upper()
    assert (reply.output_format, reply.background, reply.quality) == (kind, "opaque", "high")


def test_transparency_is_real(client: Any) -> None:
    for kind in ("png", "webp"):
        reply = client.images.generate(
            model="gpt-image-1.5", prompt="A blue star", background="transparent", output_format=kind
        )
        alpha = image(bytes_of(reply)).getchannel("A")
        assert reply.background == "transparent"
        assert alpha.getpixel((0, 0)) == alpha.getpixel((1023, 0)) == 0
        assert alpha.getextrema()[1] == 255
    with pytest.raises(openai.BadRequestError, match="not supported for JPEG"):
        client.images.generate(model="gpt-image-1.5", prompt="x", background="transparent", output_format="jpeg")


def test_equal_requests_give_equal_bytes_and_other_prompts_others(client: Any) -> None:
    made = [client.images.generate(model="gpt-image-1.5", prompt=prompt) for prompt in (PROMPT, PROMPT, "A cat")]
    assert bytes_of(made[0]) == bytes_of(made[1]) != bytes_of(made[2])


def test_urls_can_be_fetched_and_give_the_same_bytes(client: Any, door: httpx.Client) -> None:
    asked: dict[str, Any] = {"model": "dall-e-2", "prompt": PROMPT, "size": "256x256", "n": 2}
    linked = client.images.generate(**asked)
    packed = client.images.generate(**asked, response_format="b64_json")
    for index, picture in enumerate(linked.data):
        fetched = door.get(picture.url)  # with no key
        assert fetched.headers["content-type"] == "image/png"
        assert fetched.content == bytes_of(packed, index)
    assert door.get(linked.data[0].url.partition("?")[0]).status_code == 404


def test_a_mask_has_only_its_area_repainted(client: Any) -> None:
    base = image(bytes_of(client.images.generate(model="gpt-image-1.5", prompt=PROMPT))).convert("RGB")
    mask = Image.new("RGBA", (1024, 1024), (0, 0, 0, 255))
    box = (120, 60, 640, 420)
    mask.paste((0, 0, 0, 0), box)
    reply = client.images.edit(model="gpt-image-1.5", image=file(base), mask=file(mask), prompt="A blue rocket")
    made = image(bytes_of(reply)).convert("RGB")
    changed = ImageChops.difference(made, base).getbbox()
    assert changed is not None
    assert changed[0] >= box[0]
    assert changed[1] >= box[1]
    assert changed[2] <= box[2]
    assert changed[3] <= box[3]


def test_several_pictures_are_edited_into_one(client: Any) -> None:
    pictures = [file(Image.new("RGB", (400, 300), colour)) for colour in ("red", "green", "blue")]
    reply = client.images.edit(model="gpt-image-2", image=pictures, prompt="A gift basket", size="1024x1024")
    assert image(bytes_of(reply)).size == (1024, 1024)
    assert reply.usage.input_tokens_details.image_tokens == 3 * (65 + 2 * 129)


def test_pictures_can_be_named_by_url_and_file(client: Any, door: httpx.Client) -> None:
    kept = client.files.create(file=("a.png", png(64, 64)), purpose="vision")
    body = {"model": "gpt-image-1.5", "prompt": "A hat", "images": [{"file_id": kept.id}]}
    assert door.post("/v1/images/edits", json=body).status_code == 200
    elsewhere = {**body, "images": [{"image_url": "http://127.0.0.1:9/never-opened.png"}]}
    assert door.post("/v1/images/edits", json=elsewhere).status_code == 200


def test_a_variation_is_another_picture(client: Any, door: httpx.Client) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        reply = client.images.create_variation(image=("a.png", png(64, 64)), n=2, size="256x256")
    first, second = (door.get(picture.url).content for picture in reply.data)
    assert image(first).size == (256, 256)
    assert first != second


@pytest.mark.parametrize(("verb", "name"), [("generate", "image_generation"), ("edit", "image_edit")])
def test_a_stream_becomes_ever_finer(client: Any, verb: str, name: str) -> None:
    asked: dict[str, Any] = {"model": "gpt-image-1.5", "prompt": PROMPT, "partial_images": 3, "stream": True}
    if verb == "edit":
        asked["image"] = ("a.png", png(64, 64))
    seen = list(getattr(client.images, verb)(**asked))
    assert [event.type for event in seen] == [f"{name}.partial_image"] * 3 + [f"{name}.completed"]
    assert [event.partial_image_index for event in seen[:3]] == [0, 1, 2]
    last = image(b64decode(seen[3].b64_json)).convert("RGB")
    far = []
    for event in seen[:3]:
        partial = image(b64decode(event.b64_json)).convert("RGB")
        assert partial.size == last.size
        histogram = ImageChops.difference(partial, last).convert("L").histogram()
        far.append(sum(level * count for level, count in enumerate(histogram)))
    assert far[0] > far[1] > far[2] > 0
    assert seen[3].usage.output_tokens == 4_160


def test_moderation_blocks_and_low_relaxes(client: Any) -> None:
    threat = "I will kill you and your family"
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.generate(model="gpt-image-1.5", prompt=threat)
    assert (refused.value.code, refused.value.type) == ("moderation_blocked", "image_generation_user_error")
    assert client.images.generate(model="gpt-image-1.5", prompt=threat, moderation="low").data


def bomb(width: int, height: int) -> bytes:
    """A png whose header claims more than it has."""
    return png(1, 1).replace(b"\0\0\0\1\0\0\0\1", width.to_bytes(4, "big") + height.to_bytes(4, "big"), 1)


@pytest.mark.parametrize(
    "data",
    [
        b"This is text.",
        bomb(20_000, 20_000),
        b"II*\0" + bytes(200),
        b"<svg/>",
        b"GIF89a" + bytes(2_000),
        png(64, 64)[:-30],
    ],
    ids=["text", "400 megapixels", "tiff", "svg", "gif", "damaged"],
)
def test_wrong_files_are_refused_at_once(client: Any, data: bytes) -> None:
    for field in ("image", "mask"):
        files = {"image": ("a.png", png(64, 64)), field: ("a.png", data)}
        with pytest.raises(openai.BadRequestError) as refused:
            client.images.edit(model="gpt-image-1.5", prompt="x", **files)
        assert refused.value.param == field


def test_usage_is_told_by_size_and_source(client: Any) -> None:
    mine = client.with_options(default_headers={"OpenAI-Project": "proj_counted"})
    mine.images.generate(model="dall-e-2", prompt="a", n=3, size="256x256")
    mine.images.generate(model="gpt-image-1.5", prompt="a", quality="low")
    list(mine.images.edit(model="gpt-image-1.5", prompt="a", image=("a.png", png(64, 64)), stream=True))
    page = client.admin.organization.usage.images(
        start_time=int(time.time()) - 3_600, project_ids=["proj_counted"], group_by=["size", "source", "model"]
    )
    found = {(row.model, row.size, row.source): row.images for bucket in page.data for row in bucket.results}
    assert found == {
        ("dall-e-2", "256x256", "image.generation"): 3,
        ("gpt-image-1.5", "1024x1024", "image.generation"): 1,
        ("gpt-image-1.5", "1024x1024", "image.edit"): 1,
    }
