"""Pictures of a prompt: a scene that its words hint at, with the prompt legibly on it.

Equal wishes give equal pixels. Knows no files: `pictures_files` reads and writes them.
"""

from typing import TYPE_CHECKING, Final, NamedTuple

from fakeai.content.pictures_land import HORIZON, lit, paint_land, paint_sky
from fakeai.content.pictures_scene import Scene, Thing, read_scene
from fakeai.content.pictures_text import draw_caption, panel_at
from fakeai.content.pictures_things import draw_thing, flies

if TYPE_CHECKING:
    from PIL.Image import Image

_FINE: Final = 1_700_000
"""Pixels of a picture up to which it is drawn twice as large, so that its edges are smooth."""
_TONES: Final = 0xF0
"""Few tones make a small file."""
_SWIMS: Final = frozenset({"boat", "fish"})
_COARSE: Final = (40, 20, 10)
"""By how much partial pictures are coarser, the last first."""


class Wish(NamedTuple):
    """What is to be painted. `rough`: without smooth edges; `transparent`: things only, and nothing behind them."""

    prompt: str
    width: int
    height: int
    seed: bytes
    transparent: bool = False
    rough: bool = False
    style: str = ""


def paint(wish: Wish) -> "Image":
    """The picture, of exactly the size wished for: RGB, or RGBA if it is to be transparent."""
    scene = read_scene(wish.prompt, wish.seed, wish.style)
    size = wish.width, wish.height
    panel = panel_at(wish.prompt, (0, 0, *size))
    floor = panel.y / wish.height
    if wish.transparent:
        balloon = Thing("balloon", scene.tint or (214, 62, 56), 0.5, 0.4)
        image = paint_things(scene._replace(things=scene.things or (balloon,)), size, floor)
    else:
        image = paint_scene(scene, size, min(size), floor, wish.rough)
    draw_caption(image, panel)
    return image


def paint_scene(scene: Scene, size: tuple[int, int], unit: int, floor: float = 1.0, rough: bool = False) -> "Image":
    """The scene without any text. `unit` is the shorter side of what is seen at once: all sizes go by it.

    Things stand above `floor`, a part of the height.
    """
    scale = 1 if rough or size[0] * size[1] > _FINE else 2
    large, by = (size[0] * scale, size[1] * scale), float(unit * scale)
    image = paint_sky(scene, large, by)
    paint_land(image, scene, by)
    _paint_things(image, scene, by, floor)
    return image.reduce(scale) if scale > 1 else image


def paint_things(scene: Scene, size: tuple[int, int], floor: float = 1.0) -> "Image":
    """The things on nothing."""
    from PIL import Image

    scale = 1 if size[0] * size[1] > _FINE else 2
    image = Image.new("RGBA", (size[0] * scale, size[1] * scale), (0, 0, 0, 0))
    _paint_things(image, scene._replace(hour="day", land="studio"), float(min(size) * scale), floor)
    return image.resize(size, Image.Resampling.BOX) if scale > 1 else image


def _paint_things(image: "Image", scene: Scene, unit: float, floor: float) -> None:
    from PIL import ImageDraw

    opaque = image.mode == "RGB"
    draw = ImageDraw.Draw(image, "RGBA" if opaque else None)
    width, height = image.size
    for n, thing in enumerate(scene.things):
        size = thing.size * min(unit * 1.25, width / len(scene.things) * 1.7, height * 0.9)
        x, air = thing.at * width, flies(thing.kind)
        foot = height * 0.36 + size * 0.3 if air else height * (HORIZON + 0.09 + 0.03 * (n % 2)) + size * 0.16
        foot = max(min(foot, height * (floor - 0.02)), size * 1.05)
        if opaque and not air and scene.land != "sea":
            draw.ellipse((x - size * 0.42, foot - size * 0.045, x + size * 0.42, foot + size * 0.055), (0, 0, 0, 46))
        elif opaque and not air and thing.kind not in _SWIMS:
            wide = size * 0.75
            draw.ellipse(
                (x - wide, foot - size * 0.1, x + wide, foot + size * 0.14), (*lit((222, 196, 140), scene), 255)
            )
            draw.ellipse(
                (x - wide * 0.85, foot - size * 0.11, x + wide * 0.85, foot + size * 0.07),
                (*lit((112, 168, 92), scene), 255),
            )
        draw_thing(draw, thing.kind, lit(thing.colour, scene) if scene.hour == "night" else thing.colour, x, foot, size)


def coarser(image: "Image", step: int) -> "Image":
    """The same picture as it looks before it is done, `step` of 0, 1 and 2 being ever finer."""
    from PIL import Image

    by = _COARSE[min(step, len(_COARSE) - 1)]
    small = image.resize((max(image.width // by, 1), max(image.height // by, 1)), Image.Resampling.BOX)
    large = small.resize(image.size, Image.Resampling.BICUBIC)
    return large.point([level & _TONES for level in range(256)] * len(large.getbands()))
