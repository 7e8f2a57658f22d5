"""Sky and land."""

import pytest
from PIL import Image

from fakeai.content.pictures_land import gradient, lit, mixed, paint_land, paint_sky, ridge, sky_colours
from fakeai.content.pictures_scene import read_scene
from fakeai.core.chance import Chance

SIZE = (96, 64)


def test_a_gradient_goes_from_one_colour_to_the_other() -> None:
    image = gradient((3, 5), (0, 100, 200), (200, 100, 0))
    assert image.size == (3, 5)
    assert [image.getpixel((1, y)) for y in (0, 2, 4)] == [(0, 100, 200), (100, 100, 100), (200, 100, 0)]


def test_mixed_is_part_of_one_in_the_other() -> None:
    assert mixed((0, 0, 0), (100, 200, 50), 0.5) == (50, 100, 25)


def test_nights_are_darker_than_days() -> None:
    day, night = read_scene("day", b"1"), read_scene("night", b"1")
    assert sum(sky_colours(night)[0]) < sum(sky_colours(day)[0])
    assert sum(lit((200, 100, 100), night)) < sum(lit((200, 100, 100), day))


@pytest.mark.parametrize(
    "prompt", ["meadow", "sea", "city at night", "desert", "snowy mountains", "forest rain", "space", "logo", "rainbow"]
)
def test_each_land_is_painted_the_same_twice_and_unlike_the_sky(prompt: str) -> None:
    def painted() -> Image.Image:
        scene = read_scene(prompt, b"1")
        image = paint_sky(scene, SIZE, 64.0)
        paint_land(image, scene, 64.0)
        return image

    image = painted()
    assert image.size == SIZE
    assert image.tobytes() == painted().tobytes()
    assert image.tobytes() != paint_sky(read_scene(prompt, b"1"), SIZE, 64.0).tobytes()


def test_a_ridge_spans_the_picture_and_stays_in_its_height() -> None:
    line = ridge((200, 100), 100.0, 60.0, 0.2, 3, Chance(b"1"))
    assert line[0][0] == 0
    assert line[-1][0] >= 199
    assert all(20 < y < 90 for _, y in line)
