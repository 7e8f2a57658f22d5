"""A scene as an svg: sky, sun, ridges and the prompt, as a few shapes. No scripts, no links."""

from html import escape

from fakeai.content.pictures import Wish
from fakeai.content.pictures_land import HORIZON, lit, mixed, ridge, sky_colours
from fakeai.content.pictures_scene import Colour, read_scene
from fakeai.content.pictures_text import panel_at
from fakeai.core.chance import Chance


def write(wish: Wish) -> bytes:
    """The file, in UTF-8."""
    scene = read_scene(wish.prompt, wish.seed, wish.style)
    size, unit = (wish.width, wish.height), float(min(wish.width, wish.height))
    top, low = sky_colours(scene)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wish.width}" height="{wish.height}" '
        f'viewBox="0 0 {wish.width} {wish.height}">',
        f"<title>{_text(wish.prompt)}</title>",
    ]
    if not wish.transparent:
        parts += [
            f'<defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{_hex(top)}"/>'
            f'<stop offset="1" stop-color="{_hex(low)}"/></linearGradient></defs>',
            '<rect width="100%" height="100%" fill="url(#sky)"/>',
            f'<circle cx="{scene.sun_at * wish.width:.1f}" cy="{wish.height * 0.24:.1f}" r="{unit * 0.09:.1f}" '
            f'fill="{_hex((236, 236, 220) if scene.hour == "night" else (255, 226, 130))}"/>',
        ]
    chance = Chance(scene.seed).stream("svg")
    for row in range(4):
        line = ridge(size, unit, wish.height * (HORIZON + 0.03 + 0.085 * row), 0.12, 3, chance.stream(str(row)))
        points = " ".join(
            f"{x:.1f},{y:.1f}" for x, y in [(0, wish.height), *line[::3], line[-1], (wish.width, wish.height)]
        )
        colour = mixed(lit((112, 168, 92) if scene.land != "sea" else (38, 112, 158), scene), low, 0.45 - 0.13 * row)
        parts.append(f'<polygon points="{points}" fill="{_hex(colour)}"/>')
    panel = panel_at(wish.prompt, (0, 0, *size))
    parts.append(
        f'<rect x="{panel.x}" y="{panel.y}" width="{panel.width}" height="{panel.height}" rx="{panel.pad}" '
        'fill="#141826" fill-opacity="0.84"/>'
    )
    for n, line_of_text in enumerate(panel.caption.lines):
        y = panel.y + panel.pad + (n + 0.85) * panel.caption.size * 1.28
        parts.append(
            f'<text x="{panel.x + panel.width / 2:.1f}" y="{y:.1f}" text-anchor="middle" fill="#fcfaf4" '
            f'font-family="DejaVu Sans, sans-serif" font-size="{panel.caption.size}">{_text(line_of_text)}</text>'
        )
    return "\n".join([*parts, "</svg>\n"]).encode("utf-8", "replace")


def _text(text: str) -> str:
    return escape("".join(char if char.isprintable() else " " for char in text[:600]))


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
