"""Sky and land of a scene: gradients, sun and stars, clouds, ridges, water, houses' windows at night.

Draws on a Pillow image of any size; all that is drawn depends on the scene and the image's size only.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import pi
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from fakeai.content.pictures_scene import Colour, Hour, Land, Scene
from fakeai.core.chance import Chance

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

_SKIES: Final[Mapping[Hour, tuple[Colour, Colour]]] = MappingProxyType(
    {
        "dawn": ((122, 154, 206), (252, 214, 190)),
        "day": ((72, 148, 222), (206, 232, 246)),
        "sunset": ((70, 58, 122), (250, 160, 96)),
        "night": ((12, 16, 42), (54, 62, 112)),
    }
)
_GROUNDS: Final[Mapping[Land, Colour]] = MappingProxyType(
    {
        "hills": (112, 168, 92),
        "sea": (38, 112, 158),
        "city": (74, 82, 98),
        "desert": (224, 182, 116),
        "snow": (236, 242, 248),
        "forest": (64, 118, 76),
        "space": (14, 14, 34),
        "studio": (226, 222, 216),
    }
)
_LIGHT: Final[Mapping[Hour, float]] = MappingProxyType({"dawn": 0.9, "day": 1.0, "sunset": 0.78, "night": 0.42})
HORIZON: Final = 0.6
"""Where the land begins, as a part of the height."""


def mixed(one: Colour, other: Colour, part: float) -> Colour:
    """`part` of `other` in `one`."""
    a, b, c = (round(x + (y - x) * part) for x, y in zip(one, other, strict=True))
    return a, b, c


def sky_colours(scene: Scene) -> tuple[Colour, Colour]:
    """At the top, and at the horizon."""
    top, low = _SKIES[scene.hour]
    if scene.land == "studio":
        low = mixed(_GROUNDS["studio"], scene.tint or (236, 232, 226), 0.35)
        return mixed(low, (255, 255, 255), 0.35), low
    if scene.tint is not None:
        top, low = mixed(top, scene.tint, 0.45), mixed(low, mixed(scene.tint, (255, 255, 255), 0.3), 0.5)
    if scene.weather in ("rain", "snow"):
        top, low = mixed(top, (108, 118, 132), 0.5), mixed(low, (190, 196, 204), 0.5)
    return top, low


def lit(colour: Colour, scene: Scene) -> Colour:
    """A colour as it is at that hour."""
    low = sky_colours(scene)[1]
    return mixed(mixed((0, 0, 0), colour, 0.35 + 0.65 * _LIGHT[scene.hour]), low, 0.08)


def gradient(size: tuple[int, int], top: Colour, low: Colour) -> "Image":
    """From `top` to `low`, evenly."""
    import numpy as np
    from PIL import Image

    width, height = size
    part = np.linspace(0.0, 1.0, height)[:, None]
    column = np.array(top) + (np.array(low) - np.array(top)) * part
    strip = Image.fromarray(np.rint(column).astype(np.uint8)[:, None, :], "RGB")
    return strip.resize((width, height), Image.Resampling.NEAREST)


def paint_sky(scene: Scene, size: tuple[int, int], unit: float) -> "Image":
    """The sky with what is in it. `unit` is the shorter side of what will be seen at once: stars and sun go by it."""
    top, low = sky_colours(scene)
    from PIL import ImageDraw

    image = gradient(size, top, low)
    draw = ImageDraw.Draw(image, "RGBA")
    chance = Chance(scene.seed).stream("sky")
    if scene.hour == "night":
        _stars(draw, size, unit, chance.stream("stars"))
    if scene.land != "studio" and scene.weather not in ("rain", "snow"):
        _sun(draw, scene, size, unit)
    if scene.weather == "rainbow":
        _rainbow(draw, size, unit)
    if scene.weather != "clear" and scene.land not in ("space", "studio"):
        _clouds(draw, scene, size, unit, chance.stream("clouds"))
    return image


def _stars(draw: "ImageDraw", size: tuple[int, int], unit: float, chance: Chance) -> None:
    width, height = size
    for _ in range(min(round(110 * width / unit), 600)):
        x, y, light = chance.unit() * width, chance.unit() * height, 110 + chance.below(145)
        radius = unit * (0.0009 + 0.0018 * chance.unit())
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), (light, light, min(light + 20, 255), 255))


def _sun(draw: "ImageDraw", scene: Scene, size: tuple[int, int], unit: float) -> None:
    width, height = size
    night = scene.hour == "night"
    x, y = scene.sun_at * width, height * (0.2 if scene.hour == "day" or night else HORIZON - 0.08)
    radius = unit * (0.062 if night else 0.085)
    colour: Colour = (236, 236, 220) if night else (255, 226, 130) if scene.hour == "day" else (255, 208, 128)
    for ring in range(10, 0, -1):
        far = radius * (1 + ring * 0.22)
        draw.ellipse((x - far, y - far, x + far, y + far), (*colour, 13))
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), (*colour, 255))
    if night:
        for dx, dy, of in ((-0.3, -0.2, 0.22), (0.25, 0.3, 0.16), (0.2, -0.35, 0.12)):
            crater = radius * of
            cx, cy = x + dx * radius, y + dy * radius
            draw.ellipse((cx - crater, cy - crater, cx + crater, cy + crater), (206, 206, 194, 255))


def _rainbow(draw: "ImageDraw", size: tuple[int, int], unit: float) -> None:
    width, height = size
    x, y, radius, band = width * 0.5, height * (HORIZON + 0.06), unit * 0.58, unit * 0.017
    for n, colour in enumerate(
        ((214, 62, 56), (240, 138, 46), (247, 205, 70), (84, 160, 84), (62, 116, 204), (136, 84, 178))
    ):
        far = radius - n * band
        draw.arc((x - far, y - far, x + far, y + far), 180, 360, (*colour, 170), max(round(band), 1))


def _clouds(draw: "ImageDraw", scene: Scene, size: tuple[int, int], unit: float, chance: Chance) -> None:
    width, height = size
    grey = scene.weather in ("rain", "snow")
    light = mixed(sky_colours(scene)[1], (255, 255, 255), 0.25 if scene.hour == "night" else 0.72)
    colour = mixed(light, (92, 98, 110), 0.45) if grey else light
    for _ in range(max(round((7 if grey else 4) * width / unit), 2)):
        x, y = chance.unit() * width, height * (0.06 + 0.3 * chance.unit())
        wide = unit * (0.1 + 0.12 * chance.unit())
        for puff in range(6):
            px = x + (puff / 5 - 0.5) * 1.7 * wide
            radius = wide * (0.22 + 0.2 * chance.unit()) * (1 if 0 < puff < 5 else 0.7)
            draw.ellipse((px - radius, y - radius * 0.9, px + radius, y + radius * 0.5), (*colour, 225))


def paint_land(image: "Image", scene: Scene, unit: float) -> None:
    """Ridges from far to near, and the ground or the water that things stand on."""
    from PIL import ImageDraw

    draw = ImageDraw.Draw(image, "RGBA")
    size, chance = image.size, Chance(scene.seed).stream("land")
    low = sky_colours(scene)[1]
    for row in range(scene.mountains):
        _mountains(draw, scene, size, unit, row, low, chance.stream(f"mountains {row}"))
    match scene.land:
        case "sea":
            _water(image, draw, scene, unit, chance)
        case "city":
            _city(draw, scene, size, unit, chance)
        case "space":
            _planets(draw, scene, size, unit, chance)
        case "studio":
            _floor(draw, scene, size)
        case _:
            _hills(draw, scene, size, unit, chance)
    _falling(draw, scene, size, unit, chance.stream("falling"))


def ridge(
    size: tuple[int, int], unit: float, y: float, high: float, rough: int, chance: Chance
) -> list[tuple[float, float]]:
    """A line of hills across the picture: waves over waves, `high` parts of `unit` high at most."""
    import numpy as np

    width, _ = size
    xs = np.arange(0, width + unit / 90, max(unit / 90, 1.0))
    ys = np.zeros_like(xs)
    for octave in range(rough):
        ys += np.sin(xs / unit * (1.6 * 1.9**octave) * pi + chance.unit() * 6.283) / 1.75**octave
    return list(zip(xs.tolist(), (y - high * unit * (ys + 0.6) / 2.2).tolist(), strict=True))


def _filled(draw: "ImageDraw", size: tuple[int, int], line: Sequence[tuple[float, float]], colour: Colour) -> None:
    width, height = size
    draw.polygon([(0, height), *line, (width, height)], fill=(*colour, 255))


def _mountains(
    draw: "ImageDraw", scene: Scene, size: tuple[int, int], unit: float, row: int, low: Colour, chance: Chance
) -> None:
    width, height = size
    rows = scene.mountains
    colour = mixed(lit((86, 98, 132), scene), low, 0.62 - 0.5 * row / max(rows, 1))
    base = height * (HORIZON + 0.03 * row)
    step = unit * (0.16 + 0.05 * chance.unit())
    x, peaks = -step * chance.unit(), []
    while x < width + step:
        peaks.append((x, base - unit * (0.26 - 0.05 * row) * (0.45 + 0.75 * chance.unit())))
        x += step * (0.8 + 0.5 * chance.unit())
    line: list[tuple[float, float]] = []
    for (x, y), (after, _) in pairwise(peaks):
        line += [(x, y), ((x + after) / 2, max(y, base - unit * 0.1) + unit * 0.05 * chance.unit())]
    line.append(peaks[-1])
    _filled(draw, size, line, colour)
    cap = mixed(colour, (255, 255, 255), 0.7)
    for at in range(2, len(line) - 2, 2):
        (x, y), left, right = line[at], line[at - 1], line[at + 1]
        part = 0.3
        a = (x + (left[0] - x) * part, y + (left[1] - y) * part)
        b = (x + (right[0] - x) * part, y + (right[1] - y) * part)
        sag = (b[1] + a[1]) / 2 + unit * 0.012
        draw.polygon(
            [
                (x, y),
                a,
                ((2 * a[0] + b[0]) / 3, sag),
                ((a[0] + b[0]) / 2, sag - unit * 0.02),
                ((a[0] + 2 * b[0]) / 3, sag),
                b,
            ],
            fill=(*cap, 255),
        )


def _hills(draw: "ImageDraw", scene: Scene, size: tuple[int, int], unit: float, chance: Chance) -> None:
    _, height = size
    ground = lit(_GROUNDS[scene.land], scene)
    low = sky_colours(scene)[1]
    sharp = 2 if scene.land == "desert" else 3
    for row in range(4):
        y = height * (HORIZON + 0.03 + 0.085 * row)
        colour = mixed(mixed(ground, low, 0.45 - 0.13 * row), (0, 0, 0), 0.05 * row)
        line = ridge(size, unit, y, 0.11 - 0.015 * row, sharp, chance.stream(f"hill {row}"))
        if scene.land == "forest" and row < 3:
            _pines(draw, line, unit, row, mixed(colour, (16, 44, 34), 0.45), chance.stream(f"pines {row}"))
        _filled(draw, size, line, colour)


def _pines(
    draw: "ImageDraw", line: Sequence[tuple[float, float]], unit: float, row: int, colour: Colour, chance: Chance
) -> None:
    at = 0.0
    while at < len(line):
        x, y = line[int(at)]
        high = unit * (0.05 + 0.02 * row) * (0.7 + 0.6 * chance.unit())
        for level in range(3):
            wide, top = high * (0.17 + 0.07 * level), y - high + high * 0.24 * level
            draw.polygon([(x, top), (x - wide, top + high * 0.42), (x + wide, top + high * 0.42)], fill=(*colour, 255))
        draw.rectangle(
            (x - high * 0.03, y - high * 0.16, x + high * 0.03, y + high * 0.06),
            (*mixed(colour, (60, 40, 24), 0.5), 255),
        )
        at += 1.2 + 3.2 * chance.unit()


def _water(image: "Image", draw: "ImageDraw", scene: Scene, unit: float, chance: Chance) -> None:
    width, height = image.size
    top = round(height * HORIZON)
    far = mixed(lit(_GROUNDS["sea"], scene), sky_colours(scene)[1], 0.5)
    near = mixed(lit(_GROUNDS["sea"], scene), (4, 24, 54), 0.35)
    image.paste(gradient((width, height - top), far, near), (0, top))
    waves, glints = chance.stream("waves"), chance.stream("glints")
    for row in range(26):
        part = (row + 0.5) / 26
        y, light = top + (height - top) * part**1.5, mixed(mixed(far, near, part), (255, 255, 255), 0.22)
        for _ in range(max(round(width / unit * (7 - 4 * part)), 2)):
            x, wide, thick = waves.unit() * width, unit * (0.02 + 0.06 * part), unit * (0.0012 + 0.0035 * part)
            draw.ellipse((x - wide, y - thick, x + wide, y + thick), (*light, 120))
    if scene.weather in ("rain", "snow"):
        return
    sun = (255, 236, 180) if scene.hour != "night" else (230, 234, 230)
    for row in range(34):
        part = (row + 0.5) / 34
        y, spread = top + (height - top) * part, unit * (0.03 + 0.1 * part)
        x, wide = scene.sun_at * width + (glints.unit() - 0.5) * spread, spread * (0.25 + 0.5 * glints.unit())
        thick = unit * (0.0015 + 0.004 * part)
        draw.ellipse((x - wide, y - thick, x + wide, y + thick), (*sun, 120))


def _city(draw: "ImageDraw", scene: Scene, size: tuple[int, int], unit: float, chance: Chance) -> None:
    width, height = size
    low = sky_colours(scene)[1]
    dark = scene.hour in ("night", "sunset")
    for row in range(3):
        colour = mixed(lit((88, 98, 122), scene), low, 0.55 - 0.25 * row)
        x, base = -unit * 0.05, height * (HORIZON + 0.16)
        buildings = chance.stream(f"row {row}")
        while x < width:
            wide, high = (
                unit * (0.07 + 0.07 * buildings.unit()),
                unit * (0.44 - 0.1 * row) * (0.35 + 0.75 * buildings.unit()),
            )
            draw.rectangle(
                (x, base - high, x + wide, height), (*mixed(colour, (0, 0, 0), 0.12 * buildings.unit()), 255)
            )
            if row:
                _windows(draw, (x, base - high, x + wide, base), unit, dark, buildings)
            x += wide * (1.0 + 0.25 * buildings.unit())
    road = round(height * (HORIZON + 0.16))
    draw.rectangle((0, road, width, height), (*lit((66, 70, 80), scene), 255))
    dash, x = unit * 0.06, 0.0
    while x < width:
        draw.rectangle((x, height * 0.9, x + dash, height * 0.9 + unit * 0.008), (236, 220, 150, 200))
        x += dash * 2.2


def _windows(
    draw: "ImageDraw", box: tuple[float, float, float, float], unit: float, dark: bool, chance: Chance
) -> None:
    left, top, right, bottom = box
    cell = unit * 0.021
    y = top + cell * 0.7
    while y < bottom - cell:
        x = left + cell * 0.6
        while x < right - cell:
            if chance.unit() < 0.62:
                colour: Colour = (255, 222, 140) if dark else (190, 214, 232)
                draw.rectangle((x, y, x + cell * 0.5, y + cell * 0.6), (*colour, 220 if dark else 130))
            x += cell
        y += cell * 1.25


def _planets(draw: "ImageDraw", scene: Scene, size: tuple[int, int], unit: float, chance: Chance) -> None:
    width, height = size
    tint = scene.tint or (126, 92, 190)
    for _ in range(26):
        x, y, wide = chance.unit() * width, chance.unit() * height, unit * (0.08 + 0.2 * chance.unit())
        draw.ellipse(
            (x - wide, y - wide * 0.4, x + wide, y + wide * 0.4), (*mixed(tint, (40, 60, 130), chance.unit()), 9)
        )
    line = ridge(size, unit, height * 0.86, 0.07, 3, chance.stream("ground"))
    _filled(draw, size, line, mixed((58, 54, 84), tint, 0.25))


def _floor(draw: "ImageDraw", scene: Scene, size: tuple[int, int]) -> None:
    width, height = size
    low = sky_colours(scene)[1]
    for step in range(40):
        part = step / 40
        y = height * (0.7 + 0.3 * part)
        draw.rectangle((0, y, width, height), (*mixed(mixed(low, (0, 0, 0), 0.1), low, part), 255))


def _falling(draw: "ImageDraw", scene: Scene, size: tuple[int, int], unit: float, chance: Chance) -> None:
    if scene.weather not in ("rain", "snow"):
        return
    width, height = size
    for _ in range(min(round(240 * width / unit), 1_200)):
        x, y = chance.unit() * width, chance.unit() * height
        if scene.weather == "rain":
            draw.line((x, y, x - unit * 0.008, y + unit * 0.035), (220, 230, 240, 110), max(round(unit * 0.0018), 1))
        else:
            radius = unit * (0.0015 + 0.0035 * chance.unit())
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), (255, 255, 255, 210))
