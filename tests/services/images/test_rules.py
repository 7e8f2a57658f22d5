"""Which values which model takes."""

from typing import Any

import pytest

from fakeai.core import catalog
from fakeai.core.errors import BadRequest
from fakeai.services.images.rules import check, check_edit, check_size, default_model, edited_size, family, pixels
from fakeai.wire.images.request import ImageEdit, ImageGenerate

CATALOG = catalog.load()


def ask(model: str, **asked: Any) -> None:
    card = CATALOG.get(model) or CATALOG.accept(model)
    check(ImageGenerate(**{"prompt": "a", **asked}), card, family(card))


@pytest.mark.parametrize(
    ("model", "asked"),
    [
        ("dall-e-2", {"size": "256x256", "n": 10, "quality": "standard", "response_format": "url"}),
        ("dall-e-3", {"size": "1792x1024", "quality": "hd", "style": "natural"}),
        ("gpt-image-1", {"size": "1536x1024", "quality": "low", "background": "transparent", "output_format": "webp"}),
        ("gpt-image-1-mini", {"size": "auto", "output_format": "jpeg", "output_compression": 5}),
        ("chatgpt-image-latest", {"moderation": "low"}),
        ("gpt-image-2", {"size": "1536x864"}),
        ("gpt-image-2-2026-04-21", {"size": "3840x2160"}),
        ("gpt-image-2.5-flare", {"quality": "max", "size": "768x2304"}),
        ("gpt-image-2.6-sunburst", {"quality": "xhigh", "complexity": "low", "stream": True, "partial_images": 3}),
        ("gpt-image-2.5-flare", {"output_format": "gif", "frame_count": 4, "frame_duration_ms": 100}),
        ("my-own-image-model", {"quality": "max", "size": "1040x1040"}),
    ],
)
def test_what_a_model_takes_is_taken(model: str, asked: dict[str, Any]) -> None:
    ask(model, **asked)


@pytest.mark.parametrize(
    ("model", "asked", "param"),
    [
        ("gpt-4o", {}, "model"),
        ("sora-2", {}, "model"),
        ("dall-e-2", {"size": "1024x1536"}, "size"),
        ("dall-e-2", {"prompt": "x" * 1_001}, "prompt"),
        ("dall-e-2", {"background": "opaque"}, "background"),
        ("dall-e-2", {"stream": True}, "stream"),
        ("dall-e-3", {"n": 2}, "n"),
        ("dall-e-3", {"prompt": "x" * 4_001}, "prompt"),
        ("dall-e-3", {"quality": "low"}, "quality"),
        ("gpt-image-1", {"prompt": "x" * 32_001}, "prompt"),
        ("gpt-image-1", {"prompt": "  "}, "prompt"),
        ("gpt-image-1", {"size": "1536x864"}, "size"),
        ("gpt-image-1", {"quality": "max"}, "quality"),
        ("gpt-image-1", {"quality": "hd"}, "quality"),
        ("gpt-image-1", {"response_format": "url"}, "response_format"),
        ("gpt-image-1", {"style": "vivid"}, "style"),
        ("gpt-image-1", {"background": "transparent", "output_format": "jpeg"}, "background"),
        ("gpt-image-1", {"output_compression": 50}, "output_compression"),
        ("gpt-image-1", {"partial_images": 1}, "partial_images"),
        ("gpt-image-1", {"stream": True, "n": 2}, "n"),
        ("gpt-image-2", {"size": "big"}, "size"),
        ("gpt-image-2", {"size": "1000x1000"}, "size"),
        ("gpt-image-2", {"size": "3072x1008"}, "size"),
        ("gpt-image-2", {"size": "3856x1600"}, "size"),
        ("gpt-image-2", {"size": "3840x2176"}, "size"),
        ("gpt-image-2", {"size": "16x16"}, "size"),
        ("gpt-image-2", {"size": "0x0"}, "size"),
        ("gpt-image-2", {"size": "99999x99999"}, "size"),
        ("gpt-image-2", {"frame_count": 3}, "frame_count"),
        ("gpt-image-2", {"output_format": "gif", "stream": True}, "stream"),
        ("gpt-image-2", {"output_format": "svg", "n": 2}, "n"),
        ("gpt-image-2", {"svg": {"model": "m"}}, "svg"),
    ],
)
def test_what_it_does_not_take_is_refused_by_name(model: str, asked: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        ask(model, **asked)
    assert refused.value.param == param


@pytest.mark.parametrize(
    ("model", "asked", "param"),
    [
        ("dall-e-3", {}, "model"),
        ("gpt-image-1-mini", {"input_fidelity": "high"}, "input_fidelity"),
        ("gpt-image-2.5-flare", {"mask": {"file_id": "a"}, "markup": {"file_id": "b"}}, "markup"),
    ],
)
def test_edits_have_rules_of_their_own(model: str, asked: dict[str, Any], param: str) -> None:
    card = CATALOG.cards[model]
    with pytest.raises(BadRequest) as refused:
        check_edit(ImageEdit(prompt="a", **asked), card, family(card))
    assert refused.value.param == param


def test_edits_keep_their_size_where_they_can() -> None:
    new, old = family(CATALOG.cards["gpt-image-2"]), family(CATALOG.cards["gpt-image-1.5"])
    assert edited_size((640, 480), new) == "640x480"
    assert edited_size((641, 480), new) == "1536x1024"
    assert edited_size((640, 480), old) == "1536x1024"
    assert edited_size((480, 640), old) == "1024x1536"
    assert edited_size((500, 500), old) == "1024x1024"
    assert edited_size((512, 512), family(CATALOG.cards["dall-e-2"])) == "512x512"
    check_size("auto", old)


def test_a_size_that_cannot_be_read_is_the_square_one() -> None:
    assert pixels("640x480") == (640, 480)
    assert {pixels(size) for size in (None, "auto", "x", "9x9", "99999x9", "3840x3840")} == {(1024, 1024)}


def test_the_model_of_a_request_that_names_none_is_as_the_document_has_it() -> None:
    assert default_model(ImageGenerate(prompt="a")) == "dall-e-2"
    for asked in ({"quality": "low"}, {"background": "opaque"}, {"stream": False}, {"size": "1024x1536"}):
        assert default_model(ImageGenerate(prompt="a", **asked)) == "gpt-image-1.5"
