"""Planes of luma and chroma."""

import numpy as np
import pytest
from PIL import Image

from fakeai.content.film_h264 import Planes
from fakeai.content.film_planes import flown, laid_over, planes, sprite


# ITU-R BT.709, limited range, by hand: white, black, and a pure red (Y = 16 + 219 * 0.2126, Cr = 128 + 112).
@pytest.mark.parametrize(
    ("colour", "expected"),
    [((255, 255, 255), (235, 128, 128)), ((0, 0, 0), (16, 128, 128)), ((255, 0, 0), (63, 102, 240)), ((0, 0, 255), (32, 240, 118))],
)  # fmt: skip
def test_colours_are_those_of_the_standard(colour: tuple[int, int, int], expected: tuple[int, int, int]) -> None:
    found = planes(Image.new("RGB", (4, 2), colour))
    assert [plane.shape for plane in found] == [(2, 4), (1, 2), (1, 2)]
    assert tuple(int(plane[0, 0]) for plane in found) == expected


def grey() -> Planes:
    return Planes(*(np.full((64 // by, 64 // by), 100, np.uint8) for by in (1, 2, 2)))


def test_a_sprite_is_laid_where_it_is_opaque() -> None:
    bird, frame = sprite("wings up", 32), grey()
    laid_over(frame, bird, 16, 8)
    changed = np.argwhere(frame.y != 100)
    assert changed.min(axis=0).tolist() >= [8, 16]
    assert (changed.max(axis=0) < [8 + bird.image.height, 16 + bird.image.width]).all()
    assert 0 < len(changed) < bird.image.width * bird.image.height


def test_wings_move_and_rockets_are_no_birds() -> None:
    kinds = ("wings up", "wings level", "wings down", "rocket")
    assert len({sprite(kind, 40).image.tobytes() for kind in kinds}) == 4
    assert all(side % 2 == 0 for kind in kinds for side in sprite(kind, 37).image.size)


def test_the_line_grows_with_time() -> None:
    frame = grey()
    flown(frame, 32, 0.5, 64)
    assert (frame.y[32:36, :32] != 100).all()
    assert (frame.y[32:36, 32:] == 100).all()
    assert (frame.y[:32] == 100).all()
    assert (frame.u[16:18, :16] != 100).all()
