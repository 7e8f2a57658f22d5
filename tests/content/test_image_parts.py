"""What was cut short or damaged is told from what is whole, in any format, at no cost."""

from time import process_time
from typing import get_args

import pytest

from fakeai.content.image_headers import ImageFormat, ImageSize, size
from fakeai.content.image_parts import whole
from tests.content.images_made import chunk, drawn, png

KINDS: list[tuple[ImageFormat, dict[str, object]]] = [
    ("png", {}),
    ("jpeg", {}),
    ("jpeg", {"progressive": True}),
    ("jpeg", {"exif": b"Exif\0\0" + b"\xff\xda\xff\xd9" * 50}),
    ("gif", {}),
    ("webp", {}),
    ("webp", {"lossless": True}),
    ("bmp", {}),
]


@pytest.mark.parametrize(("format", "options"), KINDS)
def test_what_is_whole_is_taken_whatever_follows_it(format: ImageFormat, options: dict[str, object]):
    data = drawn(format.upper(), **options)
    assert size(data) == ImageSize(40, 30, format)
    assert whole(data, format)
    assert whole(data + b"more", format)


@pytest.mark.parametrize(("format", "options"), [kind for kind in KINDS if kind[0] != "bmp"])
def test_what_is_cut_short_is_not_whole(format: ImageFormat, options: dict[str, object]):
    data = drawn(format.upper(), **options)
    last = 2 if format == "gif" else 1  # the trailer of a gif is not missed
    assert [length for length in range(len(data) - last) if whole(data[:length], format)] == []


def test_every_format_is_walked():
    assert {kind for kind, _ in KINDS} == set(get_args(ImageFormat))
    assert not whole(drawn("BMP")[:50], "bmp")


def test_a_png_is_held_to_the_sums_of_what_it_needs():
    data = bytearray(drawn("PNG"))
    data[60] ^= 1
    assert not whole(bytes(data), "png")
    good = png(9, 9)
    idle = chunk(b"tEXt", b"a\0b")
    assert whole(good[:33] + idle[:-1] + b"?" + good[33:], "png")
    assert not whole(good[:33] + chunk(b"IEND", b""), "png")


def test_a_gif_without_a_picture_and_blocks_of_no_kind_are_not_whole():
    data = drawn("GIF")
    assert not whole(data[:13] + bytes(3 << (data[10] & 7) + 1) + b";", "gif")
    assert not whole(data[:13] + bytes(3 << (data[10] & 7) + 1) + b"?", "gif")


@pytest.mark.parametrize(
    ("format", "data"),
    [
        ("png", png(9, 9)[:33] + chunk(b"tEXt", b"") * 700_000),
        ("jpeg", b"\xff\xd8" + b"\xff\xe0\0\2" * 2_000_000),
        ("gif", b"GIF89a" + bytes(7) + b"!\xf9\1\0\0" * 2_000_000),
        ("gif", b"GIF89a" + bytes(7) + b"," + bytes(10) + b"\1a" * 4_000_000),
        ("gif", b"GIF89a" + bytes(7) + (b"!\xf9" + b"\1a" * 99_000 + b"\0") * 200),
    ],
)
def test_hostile_files_are_bounded(format: ImageFormat, data: bytes):
    started = process_time()
    assert not whole(data, format)
    assert process_time() - started < 1.0
