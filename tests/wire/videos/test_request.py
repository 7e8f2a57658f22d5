"""What is asked of films."""

import json
from typing import Any

import pytest

from fakeai.core.errors import BadRequest
from fakeai.core.form import Upload
from fakeai.wire.base import parse
from fakeai.wire.images.request import ImageRef
from fakeai.wire.videos.request import CharacterCreate, VideoCreate, VideoEdit, VideoExtend, VideoRef, VideoRemix
from tests.wire.images.test_request import form


def read(kind: Any, **body: Any) -> Any:
    return parse(kind, json.dumps(body).encode())


def test_a_film_is_asked_for_in_json_or_in_a_form() -> None:
    assert read(VideoCreate, prompt="a", input_reference={"file_id": "f"}).input_reference == ImageRef(file_id="f")
    body = form(VideoCreate, ("prompt", "", b"a"), ("seconds", "", b"8"), ("input_reference", "a.png", b"1"))
    assert body.seconds == "8"
    assert isinstance(body.input_reference, Upload)
    assert (
        form(VideoCreate, ("prompt", "", b"a"), ("input_reference[file_id]", "", b"f")).input_reference.file_id == "f"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("prompt", ""), ("prompt", "x" * 32_001), ("seconds", "5"), ("seconds", 4), ("size", "1x1"), ("model", 5)],
)
def test_what_no_model_takes_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(BadRequest) as refused:
        read(VideoCreate, **{"prompt": "a", name: value})
    assert refused.value.param == name


def test_edits_and_extensions_begin_with_a_film_or_a_file() -> None:
    assert read(VideoEdit, prompt="a", video={"id": "video_1"}).video == VideoRef(id="video_1")
    assert form(VideoEdit, ("prompt", "", b"a"), ("video[id]", "", b"video_1")).video == VideoRef(id="video_1")
    assert form(VideoExtend, ("prompt", "", b"a"), ("seconds", "", b"16"), ("video", "a.mp4", b"1")).video.data == b"1"
    with pytest.raises(BadRequest, match="'video'"):
        read(VideoEdit, prompt="a")
    with pytest.raises(BadRequest, match="'prompt'"):
        read(VideoRemix)


def test_a_character_has_a_name_and_a_file() -> None:
    assert form(CharacterCreate, ("name", "", b"Ada"), ("video", "a.mp4", b"1")).name == "Ada"
    for name in (b"", b"x" * 81):
        with pytest.raises(BadRequest, match="'name'"):
            form(CharacterCreate, ("name", "", name), ("video", "a.mp4", b"1"))
