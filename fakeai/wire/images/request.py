"""What is asked of pictures: a prompt, a size, a file format, pictures to begin with.

Which values a model takes is not known here, only that they are of the right kind.
"""

from typing import Annotated, Literal, TypeAlias

from annotated_types import Ge, Le, MaxLen, MinLen

from fakeai.wire.base import FirstOf, Integer, Items, Omittable, Wire, shown_as
from fakeai.wire.form import File

Background: TypeAlias = Literal["transparent", "opaque", "auto"]
OutputFormat: TypeAlias = Literal["png", "webp", "jpeg", "gif", "svg"]
Quality: TypeAlias = Literal["low", "medium", "high", "xhigh", "max", "auto", "standard", "hd"]
Count: TypeAlias = Annotated[int, Ge(1), Le(10)]


class Reasoning(Wire):
    """How much thought goes into an svg."""

    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None


class Svg(Wire):
    """Who writes an svg."""

    model: str
    reasoning: Reasoning | None = None


class ImageRef(Wire):
    """A picture elsewhere: a data URL, or an uploaded file."""

    image_url: Omittable[Annotated[str, MaxLen(20_971_520)]] = None
    file_id: Omittable[str] = None


class Wishes(Wire):
    """What is common to pictures that are made and those that are edited."""

    prompt: str
    background: Background | None = None
    complexity: Literal["low", "medium", "high"] | None = None
    frame_count: Annotated[int, Ge(2), Le(16)] | None = None
    frame_duration_ms: Annotated[Integer, Ge(1)] | None = None
    model: str | None = None
    moderation: Literal["low", "auto"] | None = None
    n: Count | None = None
    output_compression: Annotated[int, Ge(0), Le(100)] | None = None
    output_format: OutputFormat | None = None
    partial_images: Annotated[int, Ge(0), Le(3)] | None = None
    quality: Quality | None = None
    response_format: Literal["url", "b64_json"] | None = None
    safety_identifier: str | None = None
    size: str | None = None
    stream: bool | None = None
    svg: Svg | None = None
    user: Omittable[str] = None


class ImageGenerate(Wishes):
    """Body of `POST /images/generations`."""

    model_config = shown_as({"prompt": "A cute baby sea otter", "model": "gpt-image-2", "size": "1024x1024"})

    style: Literal["vivid", "natural"] | None = None


_Pictures: TypeAlias = Annotated[File | Annotated[Items[File], MaxLen(16)], FirstOf()]


class ImageEdit(Wishes):
    """Body of `POST /images/edits`: a form with files, or JSON with `images`."""

    model_config = shown_as({"image": "@otter.png", "prompt": "Put a beret on it", "model": "gpt-image-2"})

    prompt: Annotated[str, MinLen(1)]
    image: Omittable[_Pictures] = None
    images: Omittable[Annotated[Items[ImageRef], MinLen(1), MaxLen(16)]] = None
    mask: Omittable[Annotated[File | ImageRef, FirstOf()]] = None
    markup: Omittable[Annotated[File | ImageRef, FirstOf()]] = None
    input_fidelity: Literal["high", "low"] | None = None


class ImageVariation(Wire):
    """Body of `POST /images/variations`: a form."""

    model_config = shown_as({"image": "@otter.png", "n": 2, "size": "256x256"})

    image: File
    model: str | None = None
    n: Count | None = None
    response_format: Literal["url", "b64_json"] | None = None
    size: Literal["256x256", "512x512", "1024x1024"] | None = None
    user: Omittable[str] = None
