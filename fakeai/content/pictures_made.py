"""From what is wished for to the bytes of a file, and to coarser ones on the way: all that takes processor time.

Every function here may run in a thread.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from fakeai.content import pictures_svg
from fakeai.content.pictures import Wish, coarser, paint, paint_scene
from fakeai.content.pictures_edit import area_marked, area_of, edit, vary
from fakeai.content.pictures_files import Format, decode, encode, encode_animation
from fakeai.content.pictures_scene import read_scene
from fakeai.content.pictures_text import draw_caption, panel_at

if TYPE_CHECKING:
    from PIL.Image import Image

MASK_BYTES = 4 * 2**20
"""Of a mask (the API reference of `images.edit`)."""
_SMALL = 1_024
_TRAVEL = 0.25
"""How far a moving picture moves, as a part of its width."""


class Given(NamedTuple):
    """Files that a picture is made of."""

    sources: Sequence[bytes] = ()
    mask: bytes | None = None
    markup: bytes | None = None
    varied: bool = False


def picture(wish: Wish, given: Given) -> "Image":
    """The picture. Raises BadRequest for files that cannot be decoded."""
    if not given.sources:
        return paint(wish)
    first, *others = given.sources
    sources = [decode(first, "image"), *(small(decode(data, "image")) for data in others)]
    size = wish.width, wish.height
    if given.varied:
        return vary(sources[0], size, wish.seed)
    area = None
    if given.mask is not None:
        area = area_of(decode(given.mask, "mask", ("png",), MASK_BYTES), size)
    elif given.markup is not None:
        area = area_marked(decode(given.markup, "markup", ("png",)), size)
    return edit(wish, sources, area)


def written(image: "Image", format: Format, compression: int) -> bytes:
    """The picture as a file."""
    return encode(image, format, compression)


def partial(image: "Image", step: int, format: Format, compression: int) -> bytes:
    """The picture as it is before it is done, `step` counting from 0."""
    return encode(coarser(image, step), format, compression)


def animation(wish: Wish, frames: int, frame_ms: int) -> bytes:
    """A gif that looks over the scene and back."""
    scene, size = read_scene(wish.prompt, wish.seed, wish.style), (wish.width, wish.height)
    travel = max(round(wish.width * _TRAVEL), 1)
    panel = panel_at(wish.prompt, (0, 0, *size))
    wide = paint_scene(scene, (wish.width + travel, wish.height), min(size), panel.y / wish.height, wish.rough)
    made = []
    for n in range(frames):
        x = round(travel * n / (frames - 1))
        frame = wide.crop((x, 0, x + wish.width, wish.height))
        draw_caption(frame, panel)
        made.append(frame)
    return encode_animation(made, frame_ms)


def small(image: "Image") -> "Image":
    """The picture no larger than it is shown beside another: many of them are not much."""
    image.thumbnail((_SMALL, _SMALL))
    return image


def stand_in(url: str) -> bytes:
    """A picture of what is somewhere else, and is not fetched."""
    return encode(paint(Wish(url[:300], 1024, 1024, url.encode("utf-8", "replace")[:4_096])), "png")


def vectors(wish: Wish) -> bytes:
    """An svg of the scene."""
    return pictures_svg.write(wish)
