"""Pictures as planes of luma and chroma, and what is laid over them frame by frame."""

from typing import TYPE_CHECKING, Final, NamedTuple

from fakeai.content.film_h264 import Planes
from fakeai.content.pictures_things import draw_thing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

_RED, _BLUE = 0.2126, 0.0722
"""Weights in luma (ITU-R BT.709); the rest is green's."""
_LINE: Final = (214, 118, 96)
"""Luma and chroma of the line that says how far the film is."""
_LINE_HIGH: Final = 4
_LEAST, _MOST = 16, 240


class Sprite(NamedTuple):
    """A small picture with transparency: as such, and as planes with how opaque they are. Its sides are even."""

    image: "Image"
    planes: Planes
    alpha: "NDArray[np.float32]"
    alpha_half: "NDArray[np.float32]"


def planes(image: "Image") -> Planes:
    """A picture of even sides in 4:2:0: BT.709, limited range."""
    import numpy as np

    red, green, blue = (np.asarray(band, np.float32) for band in image.convert("RGB").split())
    luma = _RED * red + (1 - _RED - _BLUE) * green + _BLUE * blue
    u = _halved((blue - luma) / (2 * (1 - _BLUE)))
    v = _halved((red - luma) / (2 * (1 - _RED)))
    return Planes(_bytes(16 + luma * (219 / 255)), _bytes(128 + u * (224 / 255)), _bytes(128 + v * (224 / 255)))


def _halved(plane: "NDArray[np.float32]") -> "NDArray[np.float32]":
    return (plane[::2, ::2] + plane[1::2, ::2] + plane[::2, 1::2] + plane[1::2, 1::2]) * 0.25


def _bytes(plane: "NDArray[np.float32]") -> "NDArray[np.uint8]":
    import numpy as np

    return np.clip(np.rint(plane), _LEAST, _MOST).astype(np.uint8)


def sprite(kind: str, side: int) -> Sprite:
    """Something that flies, about `side` pixels large."""
    import numpy as np

    image = _drawn(kind, max(side // 2 * 2, 8))
    alpha = np.asarray(image.getchannel("A"), np.float32) / np.float32(255)
    return Sprite(image, planes(image), alpha, _halved(alpha))


def _drawn(kind: str, side: int) -> "Image":
    from PIL import Image, ImageDraw

    large = Image.new("RGBA", (side * 4, side * 4), (0, 0, 0, 0))
    draw = ImageDraw.Draw(large)
    if kind == "rocket":
        draw_thing(draw, "rocket", (214, 62, 56), side * 2, side * 3.9, side * 3.6)
    else:
        _bird(draw, side * 4.0, {"wings up": 0.26, "wings level": 0.02, "wings down": -0.2}[kind])
    small = large.resize((side, side), Image.Resampling.BOX)
    return small.crop((0, 0, side, side if kind == "rocket" else max(side * 3 // 4 // 2 * 2, 2)))


def _bird(draw: "object", side: float, lift: float) -> None:
    from PIL.ImageDraw import ImageDraw

    assert isinstance(draw, ImageDraw)
    dark, x, y = (46, 48, 62, 255), side / 2, side * 0.42
    draw.ellipse((x - side * 0.15, y - side * 0.05, x + side * 0.16, y + side * 0.07), dark)
    draw.ellipse((x + side * 0.1, y - side * 0.08, x + side * 0.22, y + side * 0.03), dark)
    draw.polygon(
        [(x + side * 0.21, y - side * 0.04), (x + side * 0.29, y - side * 0.01), (x + side * 0.2, y + 0.015)],
        (236, 166, 60, 255),
    )
    draw.polygon([(x - side * 0.13, y), (x - side * 0.3, y - side * 0.07), (x - side * 0.28, y + side * 0.06)], dark)
    for back, tone in ((0.1, (74, 78, 96, 255)), (-0.04, (60, 63, 80, 255))):
        tip = (x - side * (0.1 - back), y - side * lift * 1.45)
        draw.polygon([(x - side * (0.1 - back), y), tip, (x + side * (0.06 + back), y + side * 0.01)], tone)


def laid_over(frame: Planes, over: Sprite, x: int, y: int) -> None:
    """Put a sprite into a frame; `x` and `y` are even."""
    for plane, layer, alpha, by in zip(
        frame, over.planes, (over.alpha, *(over.alpha_half,) * 2), (1, 2, 2), strict=True
    ):
        high, wide = layer.shape
        part = plane[y // by : y // by + high, x // by : x // by + wide]
        part[:] = _bytes(part + (layer.astype("float32") - part) * alpha)


def flown(frame: Planes, y: int, part: float, width: int) -> None:
    """Draw the line at `y` that says which part of the film is over."""
    for plane, level, by in zip(frame, _LINE, (1, 2, 2), strict=True):
        plane[y // by : (y + _LINE_HIGH) // by, : round(width * part) // by] = level
