"""What is asked of pictures."""

import json
from typing import Any

import pytest
from openai.types import image_create_variation_params as sdk_vary
from openai.types import image_edit_params as sdk_edit
from openai.types import image_generate_params as sdk_generate

from fakeai.core.errors import BadRequest
from fakeai.core.form import Upload
from fakeai.wire.base import parse
from fakeai.wire.form import parse_form
from fakeai.wire.images.request import ImageEdit, ImageGenerate, ImageRef, ImageVariation


def read(**body: Any) -> ImageGenerate:
    return parse(ImageGenerate, json.dumps(body).encode())


def form(kind: Any, *parts: tuple[str, str, bytes]) -> Any:
    raw = b"".join(
        b'--b\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
        % (name.encode(), b'; filename="%b"' % filename.encode() if filename else b"", data)
        for name, filename, data in parts
    )
    return parse_form(kind, raw + b"--b--\r\n", "multipart/form-data; boundary=b")


def test_a_prompt_is_enough_and_needed() -> None:
    assert read(prompt="a").model_fields_set == {"prompt"}
    with pytest.raises(BadRequest, match="Missing required parameter: 'prompt'"):
        read(n=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n", 0),
        ("n", 11),
        ("n", "1"),
        ("quality", "best"),
        ("background", "green"),
        ("output_format", "tiff"),
        ("output_compression", 101),
        ("partial_images", 4),
        ("moderation", "none"),
        ("response_format", "file"),
        ("style", "wild"),
        ("frame_count", 17),
        ("frame_duration_ms", 0),
        ("size", 1024),
        ("stream", "yes"),
    ],
)
def test_what_no_model_takes_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(BadRequest) as refused:
        read(prompt="a", **{name: value})
    assert refused.value.param == name


def test_nulls_are_as_good_as_nothing() -> None:
    for name in ("n", "quality", "size", "model", "stream", "svg", "complexity", "safety_identifier"):
        assert getattr(read(prompt="a", **{name: None}), name) is None


def test_an_edit_has_one_file_or_several() -> None:
    one = form(ImageEdit, ("prompt", "", b"a"), ("image", "a.png", b"1"))
    several = form(ImageEdit, ("prompt", "", b"a"), ("image[]", "a.png", b"1"), ("image[]", "b.png", b"2"))
    assert isinstance(one.image, Upload)
    assert [file.data for file in several.image] == [b"1", b"2"]
    with pytest.raises(BadRequest):
        form(ImageEdit, ("prompt", "", b"a"), *[("image[]", "a.png", b"1")] * 17)


def test_an_edit_in_json_names_its_pictures() -> None:
    body = {"prompt": "a", "images": [{"file_id": "file-1"}], "mask": {"image_url": "data:image/png;base64,AA=="}}
    read = parse(ImageEdit, json.dumps(body).encode())
    assert read.images == [ImageRef(file_id="file-1")]
    assert isinstance(read.mask, ImageRef)
    with pytest.raises(BadRequest):
        parse(ImageEdit, b'{"prompt": "a", "images": []}')


def test_numbers_of_a_form_are_numbers() -> None:
    body = form(ImageVariation, ("image", "a.png", b"1"), ("n", "", b"2"), ("size", "", b"256x256"))
    assert (body.n, body.size) == (2, "256x256")
    with pytest.raises(BadRequest, match="Missing required parameter: 'image'"):
        form(ImageVariation, ("n", "", b"2"))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (ImageGenerate, sdk_generate.ImageGenerateParamsStreaming),
        (ImageEdit, sdk_edit.ImageEditParamsStreaming),
        (ImageVariation, sdk_vary.ImageCreateVariationParams),
    ],
)
def test_every_parameter_of_the_sdk_is_known(ours: Any, theirs: Any) -> None:
    known = set(theirs.__annotations__).union(
        *(base.__annotations__ for base in getattr(theirs, "__orig_bases__", ()) if hasattr(base, "__annotations__"))
    )
    assert len(known) > 5
    assert known <= set(ours.model_fields)
