"""Films of prompts: read again by our own reader, frame by frame."""

from io import BytesIO

import numpy as np
import pytest
from content.film_reader import Decoder, Mp4
from PIL import Image

from fakeai.content.film import FPS, FilmWish, Shot, Stage, film
from fakeai.content.pictures_files import encode
from fakeai.core.errors import BadRequest

SHOT = Shot("A red house by the sea", 1, b"1")
WISH = FilmWish((SHOT,), 320, 192)


def test_a_film_has_its_size_and_length_and_every_frame_is_as_it_was_painted() -> None:
    read = Mp4(film(WISH).video)
    assert (read.width, read.height, read.seconds, len(read.samples)) == (320, 192, 1.0, FPS)
    decoder, stage = Decoder(read.sps), Stage(WISH, SHOT)
    for n, unit in enumerate(read.samples):
        for plane, painted in zip(decoder.decode(unit), stage.frame(n), strict=True):
            assert np.array_equal(plane, painted), n


def test_a_size_that_is_no_multiple_of_sixteen_is_cropped() -> None:
    read = Mp4(film(FilmWish((SHOT,), 120, 200)).video)
    assert (read.width, read.height) == (120, 200)
    assert (Decoder(read.sps).wide, Decoder(read.sps).high) == (128, 208)


def test_equal_wishes_give_equal_bytes() -> None:
    assert film(WISH) == film(WISH)
    assert film(WISH).video != film(WISH._replace(shots=(SHOT._replace(seed=b"2"),))).video


def test_shots_follow_each_other_and_the_first_stays_as_it_was() -> None:
    longer = WISH._replace(shots=(SHOT, Shot("The same at night", 2, b"2")))
    assert longer.seconds == 3
    one, both = Mp4(film(WISH).video), Mp4(film(longer).video)
    assert (both.seconds, both.keys) == (3.0, [0, FPS])
    assert both.samples[:FPS] == one.samples


def test_scenes_move_and_something_flies() -> None:
    stage = Stage(WISH, SHOT)
    first, last = stage.frame(0), stage.frame(FPS - 1)
    assert not np.array_equal(first.y[:100], last.y[:100])
    assert np.array_equal(first.y[-16:], last.y[-16:])


def test_stills_look_like_frames() -> None:
    made = film(WISH)
    with Image.open(BytesIO(made.thumbnail)) as thumbnail, Image.open(BytesIO(made.spritesheet)) as sheet:
        assert (thumbnail.format, thumbnail.size) == ("WEBP", (320, 192))
        assert (sheet.format, sheet.size) == ("JPEG", (320, 192))
    stage = Stage(WISH, SHOT)
    still, frame = np.asarray(stage.still(3).convert("L"), int), stage.frame(3).y.astype(int)
    luma = (frame - 16) * 255 / 219
    assert np.abs(still - luma).mean() < 12


def test_a_sheet_has_a_still_for_each_second() -> None:
    made = film(WISH._replace(shots=(SHOT._replace(seconds=5),)))
    with Image.open(BytesIO(made.spritesheet)) as sheet:
        assert sheet.size == (4 * 320, 2 * 192)


def test_a_reference_is_what_is_seen_first() -> None:
    green = encode(Image.new("RGB", (320, 192), (20, 200, 40)), "png")
    still = Stage(WISH, SHOT, Image.new("RGB", (320, 192), (20, 200, 40))).still(0)
    assert still.getpixel((160, 140)) == (20, 200, 40)
    assert film(WISH._replace(reference=green)).video != film(WISH).video
    with pytest.raises(BadRequest) as refused:
        film(WISH._replace(reference=green[:40]))
    assert refused.value.param == "input_reference"


def test_films_are_small() -> None:
    made = film(FilmWish((SHOT._replace(seconds=4),), 1280, 720))
    assert len(made.video) < 4_000_000
