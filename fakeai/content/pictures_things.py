"""The things of a scene, drawn of plain shapes: houses, cats, boats, robots.

Each is drawn in a square of its own, `(x, y)` its foot in the middle and `s` its height in pixels.
"""

from collections.abc import Callable, Mapping
from math import cos, pi, sin
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from fakeai.content.pictures_land import mixed
from fakeai.content.pictures_scene import Colour

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

Point: TypeAlias = tuple[float, float]
_WHITE: Final[Colour] = (250, 248, 242)
_DARK: Final[Colour] = (46, 46, 58)
_WOOD: Final[Colour] = (122, 84, 56)
_LEAF: Final[Colour] = (70, 140, 78)
_FLYING: Final = frozenset({"bird", "balloon", "rocket", "planet", "heart", "star"})


class Pen:
    """Draws in a thing's own square: x from -0.5 to 0.5, y from 0 at its foot up to 1."""

    def __init__(self, draw: "ImageDraw", x: float, y: float, s: float) -> None:
        self._draw, self._x, self._y, self._s = draw, x, y, s

    def at(self, x: float, y: float) -> Point:
        """A point in pixels."""
        return self._x + x * self._s, self._y - y * self._s

    def polygon(self, colour: Colour, *points: Point) -> None:
        """Filled."""
        self._draw.polygon([self.at(*point) for point in points], fill=(*colour, 255))

    def box(self, colour: Colour, left: float, low: float, right: float, high: float, round_by: float = 0.0) -> None:
        """A rectangle, with round corners if wanted."""
        corners = (*self.at(left, high), *self.at(right, low))
        if round_by:
            self._draw.rounded_rectangle(corners, round_by * self._s, (*colour, 255))
        else:
            self._draw.rectangle(corners, (*colour, 255))

    def oval(self, colour: Colour, x: float, y: float, wide: float, high: float) -> None:
        """By its middle and its half axes."""
        self._draw.ellipse((*self.at(x - wide, y + high), *self.at(x + wide, y - high)), (*colour, 255))

    def line(self, colour: Colour, thick: float, *points: Point) -> None:
        """Through the points."""
        self._draw.line([self.at(*point) for point in points], (*colour, 255), max(round(thick * self._s), 1), "curve")

    def arc(self, colour: Colour, x: float, y: float, far: float, begin: float, end: float, thick: float) -> None:
        """Part of a circle, in degrees clockwise from the right."""
        box = (*self.at(x - far, y + far), *self.at(x + far, y - far))
        self._draw.arc(box, begin, end, (*colour, 255), max(round(thick * self._s), 1))


def flies(kind: str) -> bool:
    """Whether it is in the air."""
    return kind in _FLYING


def draw_thing(draw: "ImageDraw", kind: str, colour: Colour, x: float, y: float, s: float) -> None:
    """One thing, its foot at `(x, y)`; what nobody can draw is a star."""
    _DRAWN.get(kind, _star)(Pen(draw, x, y, s), colour)


def _house(pen: Pen, colour: Colour) -> None:
    pen.box(mixed(_WHITE, colour, 0.75), -0.36, 0, 0.36, 0.5)
    pen.box(mixed(colour, _DARK, 0.3), 0.16, 0.6, 0.26, 0.92)
    pen.polygon(mixed(colour, _DARK, 0.45), (-0.46, 0.5), (0, 0.92), (0.46, 0.5))
    pen.box(_WOOD, -0.08, 0, 0.08, 0.28)
    pen.oval((240, 210, 120), 0.05, 0.13, 0.014, 0.014)
    for left in (-0.29, 0.15):
        pen.box(_WHITE, left - 0.015, 0.205, left + 0.155, 0.375)
        pen.box((255, 232, 160), left, 0.22, left + 0.14, 0.36)
        pen.line(_WHITE, 0.015, (left + 0.07, 0.22), (left + 0.07, 0.36))
        pen.line(_WHITE, 0.015, (left, 0.29), (left + 0.14, 0.29))


def _castle(pen: Pen, colour: Colour) -> None:
    stone = mixed((176, 170, 166), colour, 0.25)
    pen.box(stone, -0.34, 0, 0.34, 0.46)
    for x, high in ((-0.4, 0.7), (0.4, 0.7), (0, 0.84)):
        pen.box(mixed(stone, _DARK, 0.1), x - 0.1, 0, x + 0.1, high - 0.1)
        pen.polygon(colour, (x - 0.13, high - 0.1), (x, high + 0.12), (x + 0.13, high - 0.1))
        pen.box(_DARK, x - 0.025, high - 0.3, x + 0.025, high - 0.2)
    pen.box(_DARK, -0.07, 0, 0.07, 0.18)
    pen.oval(_DARK, 0, 0.18, 0.07, 0.07)


def _cat(pen: Pen, colour: Colour) -> None:
    shade = mixed(colour, _DARK, 0.18)
    pen.arc(shade, 0.3, 0.22, 0.19, -70, 130, 0.07)
    pen.oval(colour, 0, 0.26, 0.25, 0.27)
    pen.oval(mixed(colour, _WHITE, 0.55), 0, 0.2, 0.13, 0.18)
    for side in (-1, 1):
        pen.oval(shade, side * 0.13, 0.035, 0.075, 0.04)
        pen.polygon(colour, (side * 0.07, 0.8), (side * 0.23, 0.98), (side * 0.24, 0.66))
        pen.polygon((240, 170, 170), (side * 0.12, 0.8), (side * 0.21, 0.92), (side * 0.215, 0.73))
    pen.oval(colour, 0, 0.65, 0.26, 0.21)
    _face(pen, 0.67, 0.11, 0.035)
    pen.polygon((230, 130, 130), (-0.03, 0.61), (0.03, 0.61), (0, 0.575))
    for side in (-1, 1):
        pen.arc(_DARK, side * 0.035, 0.575, 0.035, 0, 180, 0.012)
        for rise in (-0.02, 0.02):
            pen.line(_DARK, 0.008, (side * 0.1, 0.59), (side * 0.3, 0.59 + rise * 2))


def _face(pen: Pen, y: float, apart: float, size: float) -> None:
    for side in (-1, 1):
        pen.oval(_DARK, side * apart, y, size, size * 1.25)
        pen.oval(_WHITE, side * apart + size * 0.3, y + size * 0.45, size * 0.35, size * 0.35)


def _dog(pen: Pen, colour: Colour) -> None:
    shade = mixed(colour, _DARK, 0.3)
    pen.line(shade, 0.06, (0.2, 0.2), (0.34, 0.34), (0.38, 0.46))
    pen.oval(colour, 0, 0.25, 0.24, 0.26)
    pen.oval(mixed(colour, _WHITE, 0.6), 0, 0.22, 0.12, 0.17)
    for side in (-1, 1):
        pen.oval(colour, side * 0.12, 0.035, 0.08, 0.04)
    pen.oval(colour, 0, 0.66, 0.22, 0.22)
    for side in (-1, 1):
        pen.oval(shade, side * 0.23, 0.62, 0.08, 0.18)
    pen.oval(mixed(colour, _WHITE, 0.6), 0, 0.57, 0.12, 0.1)
    _face(pen, 0.71, 0.09, 0.03)
    pen.oval(_DARK, 0, 0.62, 0.05, 0.035)
    pen.arc(_DARK, 0, 0.57, 0.05, 10, 170, 0.013)


def _bird(pen: Pen, colour: Colour) -> None:
    shade = mixed(colour, _DARK, 0.25)
    pen.polygon(shade, (-0.24, 0.42), (-0.48, 0.56), (-0.46, 0.36))
    pen.oval(colour, 0, 0.45, 0.3, 0.2)
    pen.oval(colour, 0.25, 0.6, 0.14, 0.14)
    pen.polygon((240, 170, 60), (0.37, 0.63), (0.5, 0.57), (0.36, 0.54))
    pen.oval(_DARK, 0.29, 0.63, 0.025, 0.025)
    pen.polygon(shade, (0.1, 0.5), (-0.28, 0.86), (-0.2, 0.46))
    pen.oval(mixed(colour, _WHITE, 0.6), 0.08, 0.37, 0.17, 0.1)


def _fish(pen: Pen, colour: Colour) -> None:
    shade = mixed(colour, _DARK, 0.2)
    pen.polygon(shade, (-0.24, 0.4), (-0.5, 0.62), (-0.44, 0.4), (-0.5, 0.18))
    pen.polygon(shade, (-0.08, 0.56), (0.08, 0.72), (0.16, 0.54))
    pen.oval(colour, 0.05, 0.4, 0.34, 0.2)
    for n in range(3):
        pen.arc(mixed(colour, _WHITE, 0.5), -0.06 - n * 0.1, 0.4, 0.12, -60, 60, 0.015)
    pen.oval(_WHITE, 0.24, 0.45, 0.05, 0.05)
    pen.oval(_DARK, 0.25, 0.45, 0.025, 0.025)
    for n, (x, y) in enumerate(((0.42, 0.62), (0.46, 0.74), (0.4, 0.84))):
        pen.arc((220, 236, 246), x, y, 0.02 + 0.008 * n, 0, 360, 0.01)


def _tree(pen: Pen, colour: Colour) -> None:
    pen.box(_WOOD, -0.05, 0, 0.05, 0.45)
    leaf = mixed(_LEAF, colour, 0.35)
    for x, y, far in ((-0.18, 0.5, 0.2), (0.18, 0.5, 0.2), (0, 0.7, 0.26), (0, 0.5, 0.22)):
        pen.oval(leaf, x, y, far, far * 0.9)
    for x, y in ((-0.14, 0.72), (0.1, 0.6), (0.16, 0.78), (-0.2, 0.5), (0.02, 0.46)):
        pen.oval(colour, x, y, 0.03, 0.03)


def _pine(pen: Pen, colour: Colour) -> None:
    pen.box(_WOOD, -0.045, 0, 0.045, 0.2)
    leaf = (40, 104, 70)
    for n in range(3):
        low, wide = 0.16 + 0.22 * n, 0.32 - 0.08 * n
        pen.polygon(mixed(leaf, _WHITE, 0.06 * n), (-wide, low), (0, low + 0.38), (wide, low))
    for x, y in ((-0.12, 0.26), (0.14, 0.3), (0, 0.44), (-0.08, 0.6), (0.07, 0.68)):
        pen.oval(colour, x, y, 0.028, 0.028)


def _flower(pen: Pen, colour: Colour) -> None:
    pen.line(_LEAF, 0.035, (0, 0), (0.01, 0.3), (0, 0.6))
    pen.oval(_LEAF, 0.11, 0.24, 0.11, 0.045)
    pen.oval(_LEAF, -0.1, 0.36, 0.1, 0.04)
    for n in range(8):
        turn = n * pi / 4
        pen.oval(mixed(colour, _WHITE, 0.12 * (n % 2)), 0.17 * cos(turn), 0.7 + 0.17 * sin(turn), 0.1, 0.1)
    pen.oval((246, 200, 70), 0, 0.7, 0.11, 0.11)


def _boat(pen: Pen, colour: Colour) -> None:
    pen.line(_WOOD, 0.025, (0, 0.2), (0, 0.96))
    pen.polygon(_WHITE, (0.03, 0.28), (0.03, 0.94), (0.38, 0.3))
    pen.polygon(mixed(_WHITE, colour, 0.35), (-0.03, 0.28), (-0.03, 0.86), (-0.28, 0.3))
    pen.polygon(colour, (-0.44, 0.22), (0.46, 0.22), (0.3, 0), (-0.3, 0))
    pen.polygon(mixed(colour, _WHITE, 0.7), (-0.42, 0.19), (0.44, 0.19), (0.425, 0.16), (-0.4, 0.16))


def _car(pen: Pen, colour: Colour) -> None:
    pen.polygon(mixed(colour, _DARK, 0.15), (-0.26, 0.3), (-0.16, 0.5), (0.14, 0.5), (0.28, 0.3))
    pen.polygon((196, 224, 240), (-0.21, 0.32), (-0.14, 0.46), (-0.02, 0.46), (-0.02, 0.32))
    pen.polygon((196, 224, 240), (0.02, 0.32), (0.02, 0.46), (0.12, 0.46), (0.22, 0.32))
    pen.box(colour, -0.48, 0.09, 0.48, 0.33, 0.08)
    pen.oval((255, 240, 180), 0.43, 0.24, 0.035, 0.035)
    for x in (-0.27, 0.27):
        pen.oval(_DARK, x, 0.1, 0.11, 0.11)
        pen.oval((190, 190, 196), x, 0.1, 0.05, 0.05)


def _rocket(pen: Pen, colour: Colour) -> None:
    pen.polygon((250, 190, 70), (-0.08, 0.2), (0, -0.04), (0.08, 0.2))
    pen.polygon(colour, (-0.13, 0.22), (-0.27, 0.14), (-0.13, 0.5))
    pen.polygon(colour, (0.13, 0.22), (0.27, 0.14), (0.13, 0.5))
    pen.oval(_WHITE, 0, 0.52, 0.155, 0.36)
    pen.polygon(colour, (-0.12, 0.74), (0, 1.0), (0.12, 0.74))
    pen.box(mixed(_WHITE, _DARK, 0.15), -0.11, 0.18, 0.11, 0.26)
    pen.oval(colour, 0, 0.57, 0.085, 0.085)
    pen.oval((150, 206, 236), 0, 0.57, 0.06, 0.06)


def _planet(pen: Pen, colour: Colour) -> None:
    pen.oval(colour, 0, 0.5, 0.28, 0.28)
    for y, wide in ((0.6, 0.22), (0.46, 0.26), (0.36, 0.2)):
        pen.line(mixed(colour, _WHITE, 0.3), 0.035, (-wide, y), (wide, y - 0.02))
    pen.line(mixed(colour, _WHITE, 0.65), 0.03, (-0.48, 0.42), (-0.2, 0.4), (0.2, 0.52), (0.48, 0.62))


def _robot(pen: Pen, colour: Colour) -> None:
    steel = mixed((186, 194, 204), colour, 0.2)
    for side in (-1, 1):
        pen.box(mixed(steel, _DARK, 0.3), side * 0.14 - 0.05, 0, side * 0.14 + 0.05, 0.18)
        pen.line(mixed(steel, _DARK, 0.25), 0.06, (side * 0.24, 0.46), (side * 0.36, 0.34), (side * 0.36, 0.24))
    pen.box(colour, -0.25, 0.15, 0.25, 0.53, 0.05)
    pen.box(_WHITE, -0.13, 0.26, 0.13, 0.42, 0.02)
    for n, dot in enumerate(((214, 62, 56), (247, 205, 70), (84, 160, 84))):
        pen.oval(dot, -0.07 + 0.07 * n, 0.34, 0.022, 0.022)
    pen.line(_DARK, 0.02, (0, 0.82), (0, 0.95))
    pen.oval((214, 62, 56), 0, 0.96, 0.035, 0.035)
    pen.box(steel, -0.22, 0.56, 0.22, 0.84, 0.07)
    for side in (-1, 1):
        pen.oval((96, 208, 236), side * 0.1, 0.72, 0.055, 0.055)
        pen.oval(_DARK, side * 0.1, 0.72, 0.025, 0.025)
    pen.line(_DARK, 0.02, (-0.09, 0.62), (0, 0.61), (0.09, 0.62))


def _balloon(pen: Pen, colour: Colour) -> None:
    pen.line(mixed(_WHITE, _DARK, 0.3), 0.012, (0, 0.36), (0.03, 0.18), (-0.02, 0))
    pen.polygon(mixed(colour, _DARK, 0.2), (-0.04, 0.35), (0.04, 0.35), (0, 0.42))
    pen.oval(colour, 0, 0.69, 0.26, 0.31)
    pen.oval(mixed(colour, _WHITE, 0.55), -0.1, 0.8, 0.05, 0.08)


def _heart(pen: Pen, colour: Colour) -> None:
    points = [(16 * sin(t) ** 3, 13 * cos(t) - 5 * cos(2 * t) - 2 * cos(3 * t) - cos(4 * t)) for t in _turn(80)]
    pen.polygon(colour, *((x / 36, 0.52 + y / 36) for x, y in points))
    pen.oval(mixed(colour, _WHITE, 0.5), -0.2, 0.68, 0.07, 0.05)


def _star(pen: Pen, colour: Colour) -> None:
    for far, shade in ((0.46, mixed(colour, _DARK, 0.2)), (0.4, colour)):
        spikes = [(far * (1 if n % 2 == 0 else 0.42), n * pi / 5) for n in range(10)]
        pen.polygon(shade, *((reach * sin(turn), 0.5 + reach * cos(turn)) for reach, turn in spikes))


def _cup(pen: Pen, colour: Colour) -> None:
    pen.oval(mixed(_WHITE, colour, 0.3), 0, 0.05, 0.42, 0.06)
    pen.arc(colour, 0.27, 0.35, 0.14, -90, 90, 0.05)
    pen.polygon(colour, (-0.28, 0.56), (0.28, 0.56), (0.18, 0.07), (-0.18, 0.07))
    pen.oval(mixed(colour, _WHITE, 0.25), 0, 0.56, 0.28, 0.06)
    pen.oval((92, 58, 38), 0, 0.555, 0.23, 0.042)
    for x in (-0.12, 0, 0.12):
        pen.line((236, 236, 236), 0.016, (x, 0.66), (x + 0.04, 0.74), (x - 0.03, 0.84), (x + 0.02, 0.94))


def _cactus(pen: Pen, colour: Colour) -> None:
    body = (72, 142, 86)
    pen.box(body, -0.09, 0, 0.09, 0.92, 0.09)
    for side, low, high in ((-1, 0.34, 0.62), (1, 0.46, 0.74)):
        pen.box(body, min(0, side * 0.28), low, max(0, side * 0.28), low + 0.12, 0.05)
        pen.box(body, side * 0.25 - 0.06, low, side * 0.25 + 0.06, high, 0.06)
    pen.oval(colour, 0, 0.94, 0.06, 0.05)
    for y in range(5):
        pen.line(mixed(body, _WHITE, 0.5), 0.01, (-0.03, 0.1 + y * 0.16), (0.03, 0.14 + y * 0.16))


def _person(pen: Pen, colour: Colour) -> None:
    skin = (226, 178, 142)
    for side in (-1, 1):
        pen.box(_DARK, side * 0.07 - 0.05, 0, side * 0.07 + 0.05, 0.32)
        pen.line(colour, 0.08, (side * 0.13, 0.56), (side * 0.22, 0.42), (side * 0.23, 0.34))
        pen.oval(skin, side * 0.23, 0.31, 0.035, 0.035)
    pen.box(colour, -0.15, 0.28, 0.15, 0.62, 0.07)
    pen.oval(skin, 0, 0.77, 0.14, 0.15)
    pen.oval((86, 58, 40), 0, 0.88, 0.145, 0.07)
    _face(pen, 0.77, 0.055, 0.018)
    pen.arc(_DARK, 0, 0.72, 0.05, 20, 160, 0.012)


def _train(pen: Pen, colour: Colour) -> None:
    pen.box(_DARK, -0.5, 0.0, 0.5, 0.03)
    pen.box(colour, -0.46, 0.12, 0.46, 0.5, 0.06)
    pen.box(mixed(colour, _WHITE, 0.75), -0.46, 0.18, 0.46, 0.22)
    for n in range(4):
        pen.box((202, 226, 240), -0.4 + n * 0.2, 0.3, -0.26 + n * 0.2, 0.43, 0.015)
    for n in range(5):
        pen.oval(_DARK, -0.36 + n * 0.18, 0.09, 0.065, 0.065)


def _turn(steps: int) -> list[float]:
    return [2 * pi * n / steps for n in range(steps)]


_DRAWN: Final[Mapping[str, Callable[[Pen, Colour], None]]] = MappingProxyType(
    {
        "house": _house,
        "castle": _castle,
        "cat": _cat,
        "dog": _dog,
        "bird": _bird,
        "fish": _fish,
        "tree": _tree,
        "pine": _pine,
        "flower": _flower,
        "boat": _boat,
        "car": _car,
        "rocket": _rocket,
        "planet": _planet,
        "robot": _robot,
        "balloon": _balloon,
        "heart": _heart,
        "star": _star,
        "cup": _cup,
        "cactus": _cactus,
        "person": _person,
        "train": _train,
    }
)
