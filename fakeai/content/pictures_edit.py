"""Pictures made of other pictures: edited by a prompt, within a mask if there is one, or varied in their colours."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from fakeai.content.pictures import Wish, paint_scene, paint_things
from fakeai.content.pictures_scene import read_scene
from fakeai.content.pictures_text import draw_caption, panel_at
from fakeai.core.chance import Chance

if TYPE_CHECKING:
    from PIL.Image import Image

_TONE: Final = 0.12
"""How much of the scene's light an edit without a mask takes on."""


def edit(wish: Wish, sources: "Sequence[Image]", area: "Image | None" = None) -> "Image":
    """The first source as the prompt would have it, in the size wished for.

    `area` (of one band: 255 where to repaint, 0 where not a pixel changes) is of that size. Other sources are shown
    small, above each other.
    """
    base = fitted(sources[0], (wish.width, wish.height))
    return _repainted(wish, base, area) if area is not None else _retouched(wish, base, sources[1:])


def area_of(mask: "Image", size: tuple[int, int]) -> "Image":
    """Where a mask is fully transparent."""
    from PIL import Image

    alpha = mask.convert("RGBA").getchannel("A").point(lambda value: 255 if value == 0 else 0)
    return alpha if alpha.size == size else alpha.resize(size, Image.Resampling.NEAREST)


def area_marked(markup: "Image", size: tuple[int, int]) -> "Image":
    """The rectangle that a markup's strokes lie in."""
    from PIL import Image

    alpha = markup.convert("RGBA").getchannel("A")
    area = Image.new("L", markup.size, 0)
    box = alpha.getbbox()
    if box is not None:
        area.paste(255, box)
    return area if area.size == size else area.resize(size, Image.Resampling.NEAREST)


def fitted(image: "Image", size: tuple[int, int]) -> "Image":
    """The picture filling that size; its edges are cut where the shapes differ."""
    from PIL import Image, ImageOps

    return image if image.size == size else ImageOps.fit(image, size, Image.Resampling.BICUBIC)


def _repainted(wish: Wish, base: "Image", area: "Image") -> "Image":
    box = area.getbbox()
    if box is None:
        return base
    scene = read_scene(wish.prompt, wish.seed, wish.style)
    patch = paint_scene(scene, (box[2] - box[0], box[3] - box[1]), min(box[2] - box[0], box[3] - box[1]))
    inner = (0, 0, *patch.size)
    if min(patch.size) >= 48:
        draw_caption(patch, panel_at(wish.prompt, inner))
    made = base.copy()
    made.paste(patch, box[:2], area.crop(box))
    return made


def _retouched(wish: Wish, base: "Image", others: "Sequence[Image]") -> "Image":
    from PIL import Image, ImageDraw

    scene = read_scene(wish.prompt, wish.seed, wish.style)
    size, unit = base.size, min(base.size)
    made = base.convert("RGBA")
    tone = Image.new("RGB", size, scene.tint or (255, 210, 150))
    made.paste(Image.blend(made.convert("RGB"), tone, _TONE), (0, 0), made.getchannel("A"))
    panel = panel_at(wish.prompt, (0, 0, *size))
    layer = paint_things(scene, size, panel.y / size[1])
    made.alpha_composite(layer)
    side, gap = unit // 5, max(unit // 40, 1)
    for n, other in enumerate(others[: max((size[0] - gap) // (side + gap), 1)]):
        x = gap + n * (side + gap)
        ImageDraw.Draw(made).rectangle((x - 2, gap - 2, x + side + 1, gap + side + 1), fill=(255, 255, 255, 255))
        made.paste(fitted(other, (side, side)).convert("RGB"), (x, gap))
    draw_caption(made, panel)
    if wish.transparent:
        made.putalpha(_framed(size, unit))
    return made if wish.transparent or base.mode == "RGBA" else made.convert("RGB")


def _framed(size: tuple[int, int], unit: int) -> "Image":
    """Opaque but for a margin with round corners."""
    from PIL import Image, ImageDraw

    alpha, margin = Image.new("L", size, 0), max(unit // 24, 1)
    box = (margin, margin, size[0] - margin - 1, size[1] - margin - 1)
    ImageDraw.Draw(alpha).rounded_rectangle(box, margin * 2, 255)
    return alpha


def vary(image: "Image", size: tuple[int, int], seed: bytes) -> "Image":
    """The picture in other colours."""
    from PIL import Image

    chance = Chance(seed).stream("variation")
    base = fitted(image, size)
    hue, saturation, value = base.convert("RGB").convert("HSV").split()
    turn, rich = 24 + chance.below(208), 0.8 + 0.4 * chance.unit()
    turned = hue.point([(level + turn) % 256 for level in range(256)])
    richer = saturation.point([min(round(level * rich), 255) for level in range(256)])
    made = Image.merge("HSV", (turned, richer, value)).convert("RGB")
    if base.mode == "RGBA":
        made.putalpha(base.getchannel("A"))
    return made
