"""Things, each in its own square."""

import pytest
from PIL import Image, ImageDraw

from fakeai.content.pictures_scene import _THINGS
from fakeai.content.pictures_things import draw_thing, flies

KINDS = sorted(set(_THINGS.values()))


def drawn(kind: str, colour: tuple[int, int, int] = (200, 40, 40)) -> Image.Image:
    image = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    draw_thing(ImageDraw.Draw(image), kind, colour, 150, 250, 200)
    return image


@pytest.mark.parametrize("kind", KINDS)
def test_each_thing_is_drawn_within_its_square_and_in_its_colour(kind: str) -> None:
    box = drawn(kind).getbbox()
    assert box is not None
    assert box[0] >= 40
    assert box[1] >= 30
    assert box[2] <= 262
    assert box[3] <= 262
    assert drawn(kind).tobytes() != drawn(kind, (40, 40, 200)).tobytes()


def test_every_thing_looks_unlike_the_others() -> None:
    assert len({drawn(kind).tobytes() for kind in KINDS}) == len(KINDS)


def test_what_nobody_can_draw_is_a_star() -> None:
    assert drawn("idea").tobytes() == drawn("star").tobytes()


def test_birds_fly_and_houses_do_not() -> None:
    assert flies("bird")
    assert not flies("house")
