"""The typefaces of captions: DejaVu Sans, cut down to Latin, Greek and Cyrillic letters, and for others what is installed.

What no typeface has is shown as an empty box. Letters that ours has look the same everywhere.
"""

import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from itertools import groupby
from typing import TYPE_CHECKING, Final
from unicodedata import category

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

_PLACES: Final = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "C:/Windows/Fonts",
)
_KNOWN: Final = (
    "dejavusans.ttf",
    "notosanscjk-regular.ttc",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "droidsansfallbackfull.ttf",
    "ipag.ttf",
    "nanumgothic.ttf",
    "arial unicode.ttf",
    "arialuni.ttf",
    "hiragino sans gb.ttc",
    "applesdgothicneo.ttc",
    "msyh.ttc",
    "msgothic.ttc",
    "malgun.ttf",
    "segoeui.ttf",
    "nirmala.ttc",
    "nirmala.ttf",
    "leelawui.ttf",
    "unifont.otf",
)
"""Files of typefaces with many letters, the better ones first; Noto's others come behind."""
_MOST: Final = 256
_NOWHERE: Final = "\uffff"
"""A character that no typeface has."""


class Face:
    """The typefaces in one size."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._fonts: dict[int, FreeTypeFont] = {}

    def getlength(self, text: str) -> float:
        """Pixels that a line takes."""
        return sum([self._font(number).getlength(part) for number, part in runs(text, _first)])

    def draw(self, draw: "ImageDraw", middle: tuple[float, float], text: str, fill: tuple[int, int, int]) -> None:
        """Write a line around a place."""
        parts = runs(text, _first)
        if len(parts) == 1:
            draw.text(middle, text, fill=fill, font=self._font(parts[0][0]), anchor="mm")
            return
        x = middle[0] - self.getlength(text) / 2
        for number, part in parts:
            face = self._font(number)
            draw.text((x, middle[1]), part, fill=fill, font=face, anchor="lm")
            x += face.getlength(part)

    def _font(self, number: int) -> "FreeTypeFont":
        if number not in self._fonts:
            self._fonts[number] = _opened(number, self.size)
        return self._fonts[number]


@lru_cache(maxsize=64)
def font(size: int) -> Face:
    """The typefaces in a size."""
    return Face(size)


def runs(text: str, first: Callable[[str], int]) -> list[tuple[int, str]]:
    """The parts of a line, each with the number of its typeface: the first that has its letters.

    Spaces and marks go with what is before them.
    """
    if text.isascii():
        return [(0, text)]
    numbers: list[int] = []
    for letter in text:
        if numbers and (letter.isspace() or category(letter)[0] in "MC"):
            numbers.append(numbers[-1])
        else:
            numbers.append(first(letter))
    parts = groupby(zip(numbers, text, strict=True), key=lambda pair: pair[0])
    return [(number, "".join([letter for _, letter in part])) for number, part in parts]


@lru_cache(maxsize=1)
def installed(places: Sequence[str] = _PLACES) -> tuple[str, ...]:
    """Paths of typefaces that are there beside ours."""
    found: dict[str, str] = {}
    for place in places:
        for folder, folders, names in os.walk(place):
            folders.sort()  # of two files of one name, the same one everywhere
            for name in names:
                found.setdefault(name.lower(), os.path.join(folder, name))
    more = sorted(
        name for name in found if name.startswith("notosans") and name.endswith(("-regular.ttf", "-regular.otf"))
    )
    good = [found[name] for name in (*_KNOWN, *more) if name in found and _can_be_read(found[name])]
    return tuple(good[:_MOST])


def _can_be_read(path: str) -> bool:
    from PIL import ImageFont

    try:
        ImageFont.truetype(path, 16)
    except OSError:
        return False
    return True


@lru_cache(maxsize=8_192)
def _first(letter: str) -> int:
    """The first typeface that has a letter; ours for what none has."""
    return next((number for number in range(1 + len(installed())) if _has(number, letter)), 0)


def _has(number: int, letter: str) -> bool:
    """Whether a typeface has a letter: it does not look like one that nobody has."""
    return letter.isspace() or bytes(_small(number).getmask(letter)) != _box(number)


@lru_cache(maxsize=_MOST + 1)
def _box(number: int) -> bytes:
    """What a typeface shows for what it has not."""
    return bytes(_small(number).getmask(_NOWHERE))


@lru_cache(maxsize=_MOST + 1)
def _small(number: int) -> "FreeTypeFont":
    return _opened(number, 16)


def _opened(number: int, size: int) -> "FreeTypeFont":
    """A typeface; all but our own may need letters joined, and lines that run to the left."""
    from PIL import ImageFont, features

    if number == 0:
        return ImageFont.truetype(BytesIO(_own()), size, layout_engine=ImageFont.Layout.BASIC)
    engine = ImageFont.Layout.RAQM if features.check("raqm") else ImageFont.Layout.BASIC
    return ImageFont.truetype(installed()[number - 1], size, layout_engine=engine)


@lru_cache(maxsize=1)
def _own() -> bytes:
    return files("fakeai").joinpath("data/fonts/DejaVuSans-subset.ttf").read_bytes()
