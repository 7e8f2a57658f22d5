"""Replies have the keys of the SDK's classes, and need what those need."""

import pytest
from openai.types import ImageEditCompletedEvent, ImageGenCompletedEvent, ImageGenPartialImageEvent, ImagesResponse
from openai.types.image import Image
from openai.types.images_response import SvgUsage as SdkSvgUsage
from openai.types.images_response import Usage

from fakeai.wire.images.reply import CompletedImage, ImagesReply, ImageUsage, PartialImage, Picture, SvgUsage

PAIRS = [
    (ImagesReply, ImagesResponse),
    (Picture, Image),
    (ImageUsage, Usage),
    (SvgUsage, SdkSvgUsage),
    (PartialImage, ImageGenPartialImageEvent),
    (CompletedImage, ImageGenCompletedEvent),
    (CompletedImage, ImageEditCompletedEvent),
]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=[theirs.__name__ for _, theirs in PAIRS])
def test_keys_are_those_of_the_sdk(ours: type, theirs: type) -> None:
    fields = theirs.model_fields  # type: ignore[attr-defined]
    assert set(ours.__annotations__) == set(fields)
    assert {name for name, field in fields.items() if field.is_required()} <= ours.__required_keys__  # type: ignore[attr-defined]
