"""From wishes to files."""

from io import BytesIO

import pytest
from PIL import Image

from fakeai.content.pictures import Wish
from fakeai.content.pictures_files import decode, encode
from fakeai.content.pictures_made import Given, animation, partial, picture, small, stand_in, vectors, written
from fakeai.core.errors import BadRequest

WISH = Wish("a red house", 128, 96, b"1")
FILE = encode(Image.new("RGB", (128, 96), (10, 200, 10)), "png")


def test_a_picture_is_made_of_nothing_of_others_or_of_one() -> None:
    made = [picture(WISH, given) for given in (Given(), Given([FILE]), Given([FILE], varied=True))]
    assert {image.size for image in made} == {(128, 96)}
    assert len({image.tobytes() for image in made}) == 3


def test_a_mask_counts_before_a_markup() -> None:
    open_mask = encode(Image.new("RGBA", (128, 96), (0, 0, 0, 0)), "png")
    closed_mask = encode(Image.new("RGBA", (128, 96), (0, 0, 0, 255)), "png")
    base = decode(FILE, "image").tobytes()
    assert picture(WISH, Given([FILE], closed_mask, open_mask)).tobytes() == base
    assert picture(WISH, Given([FILE], open_mask)).tobytes() != base
    assert picture(WISH, Given([FILE], None, open_mask)).tobytes() == base


def test_what_is_damaged_is_named() -> None:
    with pytest.raises(BadRequest) as refused:
        picture(WISH, Given([FILE], FILE[:60]))
    assert refused.value.param == "mask"


def test_partial_pictures_are_files_of_the_same_size() -> None:
    image = picture(WISH, Given())
    for step in range(3):
        assert decode(partial(image, step, "webp", 80), "image").size == (128, 96)
    assert decode(written(image, "png", 100), "image").tobytes() == image.tobytes()


def test_an_animation_moves() -> None:
    with Image.open(BytesIO(animation(WISH, 4, 100))) as read:
        assert (read.size, read.n_frames) == ((128, 96), 4)
        frames = []
        for n in range(4):
            read.seek(n)
            frames.append(read.convert("RGB").tobytes())
    assert len(set(frames)) == 4


def test_other_pictures_are_kept_small() -> None:
    assert small(Image.new("RGB", (4_000, 1_000))).size == (1_024, 256)


def test_what_is_not_fetched_is_stood_in_for() -> None:
    assert decode(stand_in("https://example.com/a.png"), "image").size == (1024, 1024)
    assert stand_in("https://example.com/a.png") != stand_in("https://example.com/b.png")


def test_vectors_are_an_svg() -> None:
    assert vectors(WISH).startswith(b"<svg ")
