"""Pictures of prompts."""

from PIL import Image, ImageChops

from fakeai.content.pictures import Wish, coarser, paint, paint_scene, paint_things
from fakeai.content.pictures_scene import read_scene

WISH = Wish("A red house by the sea", 320, 192, b"1")


def test_a_picture_has_exactly_the_size_wished_for() -> None:
    for width, height in ((256, 256), (512, 176), (176, 512), (1536, 864), (2048, 1152)):
        assert paint(WISH._replace(width=width, height=height)).size == (width, height)


def test_equal_wishes_give_equal_pixels_and_other_seeds_others() -> None:
    assert paint(WISH).tobytes() == paint(WISH).tobytes()
    assert paint(WISH).tobytes() != paint(WISH._replace(seed=b"2")).tobytes()
    assert paint(WISH).tobytes() != paint(WISH._replace(prompt="A red house by the Sea!")).tobytes()


def test_nothing_is_behind_the_things_of_a_transparent_picture() -> None:
    image = paint(WISH._replace(transparent=True))
    alpha = image.getchannel("A")
    assert image.mode == "RGBA"
    assert alpha.getpixel((0, 0)) == alpha.getpixel((319, 0)) == 0
    assert 0.02 < sum(alpha.histogram()[200:]) / (320 * 192) < 0.6


def test_a_transparent_picture_of_nothing_in_particular_still_has_something() -> None:
    alpha = paint(Wish("hello", 200, 200, b"1", transparent=True)).getchannel("A")
    assert alpha.crop((0, 0, 200, 140)).getbbox() is not None


def test_a_rough_picture_shows_the_same_with_harder_edges() -> None:
    fine, rough = paint(WISH), paint(WISH._replace(rough=True))
    assert fine.tobytes() != rough.tobytes()
    difference = ImageChops.difference(fine, rough).convert("L").resize((1, 1), Image.Resampling.BOX)
    assert difference.getpixel((0, 0)) < 12  # type: ignore[operator]


def test_partial_pictures_come_ever_closer() -> None:
    image = paint(WISH)

    def far(step: int) -> int:
        return sum(
            n * count
            for n, count in enumerate(ImageChops.difference(image, coarser(image, step)).convert("L").histogram())
        )

    assert far(0) > far(1) > far(2) > 0
    assert coarser(image, 0).size == image.size


def test_things_stand_above_the_floor() -> None:
    scene = read_scene("a red house", b"1")
    box = paint_things(scene, (200, 200), 0.5).getbbox()
    assert box is not None
    assert box[3] <= 101


def test_a_wider_scene_is_not_a_stretched_one() -> None:
    scene = read_scene("sea at night", b"1")
    assert paint_scene(scene, (400, 100), 100).size == (400, 100)
