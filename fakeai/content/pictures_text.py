"""A caption: text wrapped into a box, in the largest type that it fits in."""

from typing import TYPE_CHECKING, Final, NamedTuple

from fakeai.content.typefaces import font

if TYPE_CHECKING:
    from PIL.Image import Image

_MOST: Final = 600
"""Characters that are shown."""
_LEADING: Final = 1.28
_SMALLEST: Final = 8
_PANEL: Final = (20, 24, 38, 255)
_INK: Final = (252, 250, 244)


class Caption(NamedTuple):
    """Lines and the size they are set in, in pixels."""

    lines: tuple[str, ...]
    size: int


def fitted(text: str, width: int, height: int, largest: int) -> Caption:
    """The text in the largest type, `largest` at most, in which its lines fit into `width` and `height`.

    In the smallest type, what does not fit is cut, and ends in an ellipsis.
    """
    words = "".join(char if char.isprintable() else " " for char in text[:_MOST]).split() or [""]
    cut = len(text) > _MOST
    low, high = _SMALLEST, max(largest, _SMALLEST)
    while low < high:
        middle = (low + high + 1) // 2
        if _fits(_wrapped(words, middle, width), middle, height):
            low = middle
        else:
            high = middle - 1
    lines = _wrapped(words, low, width)
    room = max(int(height / (low * _LEADING)), 1)
    if len(lines) > room or cut:
        lines = lines[:room]
        lines[-1] = _shortened(lines[-1] + "…", low, width)
    return Caption(tuple(lines), low)


def _fits(lines: list[str], size: int, height: int) -> bool:
    return len(lines) * size * _LEADING <= height


def _wrapped(words: list[str], size: int, width: int) -> list[str]:
    face = font(size)
    lines, line = [], ""
    for word in words:
        wider = f"{line} {word}" if line else word
        if face.getlength(wider) <= width:
            line = wider
            continue
        if line:
            lines.append(line)
        line = word
        while face.getlength(line) > width and len(line) > 1:
            part = _most(line, size, width)
            lines.append(line[:part])
            line = line[part:]
    return [*lines, line]


def _most(word: str, size: int, width: int) -> int:
    """How many characters of a word fit into a line; one at least."""
    face, low, high = font(size), 1, len(word)
    while low < high:
        middle = (low + high + 1) // 2
        if face.getlength(word[:middle]) <= width:
            low = middle
        else:
            high = middle - 1
    return low


def _shortened(line: str, size: int, width: int) -> str:
    face = font(size)
    while len(line) > 1 and face.getlength(line) > width:
        line = line[:-2] + "…"
    return line


def caption_height(caption: Caption) -> int:
    """Pixels that its lines take."""
    return round(len(caption.lines) * caption.size * _LEADING)


class Panel(NamedTuple):
    """Where a caption goes."""

    caption: Caption
    x: int
    y: int
    width: int
    height: int
    pad: int


def panel_at(text: str, box: tuple[int, int, int, int]) -> Panel:
    """The panel of a text at the bottom of `box`."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    short = min(width, height)
    margin, pad = round(short * 0.03), max(round(short * 0.025), 2)
    room = max(width - 2 * margin - 2 * pad, 8), max(round(height * 0.24) - 2 * pad, _SMALLEST + 2)
    caption = fitted(text, *room, largest=max(round(short * 0.056), _SMALLEST))
    face = font(caption.size)
    wide = max(min(round(max(face.getlength(line) for line in caption.lines)), room[0]), 1) + 2 * pad
    high = min(caption_height(caption) + 2 * pad, height)
    return Panel(
        caption, left + (width - wide) // 2, bottom - min(margin, max(height - high, 0)) - high, wide, high, pad
    )


def draw_caption(image: "Image", panel: Panel) -> None:
    """Draw a panel with its text."""
    from PIL import Image, ImageDraw

    caption, at = panel.caption, (panel.x, panel.y)
    shape = Image.new("L", (panel.width * 2, panel.height * 2), 0)
    outline = (0, 0, panel.width * 2 - 1, panel.height * 2 - 1)
    ImageDraw.Draw(shape).rounded_rectangle(outline, panel.pad * 1.4, 214)
    shape = shape.reduce(2)
    image.paste(_PANEL[: len(image.getbands())], at, shape)
    if image.mode == "RGBA":  # behind text nothing may shine through
        image.paste(_PANEL, at, shape.point(lambda value: 255 if value > 100 else 0))
    draw, face = ImageDraw.Draw(image), font(caption.size)
    for n, line in enumerate(caption.lines):
        middle = panel.x + panel.width / 2, panel.y + panel.pad + (n + 0.5) * caption.size * _LEADING
        face.draw(draw, middle, line, _INK)


def draw_strip(size: tuple[int, int], seen: tuple[int, int], text: str) -> "Image":
    """A dark strip with the text in its middle. Of `size`, only `seen` is seen, from the top left on."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", size, _PANEL[:3])
    width, height = seen
    pad = max(height // 8, 4)
    caption = fitted(text, width - 4 * pad, height - 2 * pad, largest=max(height // 3, _SMALLEST))
    draw, face = ImageDraw.Draw(image), font(caption.size)
    top = (height - caption_height(caption)) / 2
    for n, line in enumerate(caption.lines):
        middle = width / 2, top + (n + 0.5) * caption.size * _LEADING
        face.draw(draw, middle, line, _INK)
    return image
