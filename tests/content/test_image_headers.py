"""Image sizes come from headers; damaged and hostile files cost nothing."""

import struct
from collections.abc import Callable
from time import process_time

import pytest

from fakeai.content.image_headers import BROKEN, ImageSize, size

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII5B", 13, b"IHDR", 800, 600, 8, 2, 0, 0, 0) + bytes(4)
GIF = b"GIF89a" + struct.pack("<HHBBB", 320, 200, 0x80, 0, 0)
BMP = b"BM" + bytes(12) + struct.pack("<Iii", 40, 640, -480)
BMP_OLD = b"BM" + bytes(12) + struct.pack("<IHH", 12, 64, 48)
WEBP_LOSSY = b"RIFF\0\0\0\0WEBPVP8 " + bytes(4) + b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 0x4000 | 550, 368)
WEBP_LOSSLESS = b"RIFF\0\0\0\0WEBPVP8L" + bytes(4) + b"\x2f" + struct.pack("<I", (400 - 1) | (301 - 1) << 14)
WEBP_EXTENDED = b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + (1024 - 1).to_bytes(3, "little") + (768 - 1).to_bytes(3, "little")
SOF = b"\xff\xc2" + struct.pack(">HBHH", 11, 8, 480, 640) + bytes(4)
EXIF = b"\xff\xe1" + struct.pack(">H", 500) + bytes(498)
JPEG = b"\xff\xd8" + EXIF + b"\xff\xff\xff\xdb" + struct.pack(">H", 67) + bytes(65) + SOF


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (PNG, ImageSize(800, 600, "png")),
        (GIF, ImageSize(320, 200, "gif")),
        (BMP, ImageSize(640, 480, "bmp")),
        (BMP_OLD, ImageSize(64, 48, "bmp")),
        (WEBP_LOSSY, ImageSize(550, 368, "webp")),
        (WEBP_LOSSLESS, ImageSize(400, 301, "webp")),
        (WEBP_EXTENDED, ImageSize(1024, 768, "webp")),
        (JPEG, ImageSize(640, 480, "jpeg")),
    ],
)
def test_each_format_tells_its_size(data: bytes, expected: ImageSize):
    assert size(data) == expected
    assert size(data + bytes(1000)) == expected


@pytest.mark.parametrize("data", [PNG, GIF, BMP, WEBP_LOSSY, WEBP_LOSSLESS, WEBP_EXTENDED, JPEG])
def test_a_header_cut_anywhere_never_gives_a_size_that_is_not_there(data: bytes):
    whole = size(data)
    answers = {size(data[:length]) for length in range(len(data))}
    assert answers <= {None, BROKEN, whole}
    assert size(data[:9]) in (None, BROKEN)


@pytest.mark.parametrize("data", [b"", b"hello", b"<svg/>", b"\0\0\0\x20ftypavif", bytes(100), b"RIFF\0\0\0\0WAVEfmt "])
def test_other_formats_are_unknown(data: bytes):
    assert size(data) is None


def test_a_png_without_pixels_or_with_too_many_is_broken():
    assert size(PNG[:16] + struct.pack(">II", 0, 600)) == BROKEN
    assert size(PNG[:16] + struct.pack(">II", 1 << 31, 1 << 31)) == BROKEN
    assert size(PNG[:16] + struct.pack(">II", 70_000, 70_000)) == ImageSize(70_000, 70_000, "png")


@pytest.mark.parametrize(
    "made",
    [
        lambda: b"\xff\xd8" + b"\xff\xe0\x00\x02" * 5_000_000,
        lambda: b"\xff\xd8" + b"\xff" * 20_000_000,
        lambda: b"\xff\xd8" + b"\xff\xd0" * 10_000_000,
        lambda: b"\xff\xd8" + b"\xff\xe0\x00\x00" * 5_000_000,
        lambda: b"\xff\xd8" + bytes(20_000_000),
        lambda: GIF + b"\x21\xf9\x04\0\0\0\0\0" * 2_000_000,
        lambda: bytes(100_000_000),
    ],
    ids=["segments", "fill", "bare markers", "length zero", "zeros", "gif loop", "100 MB of zeros"],
)
def test_hostile_files_take_milliseconds(made: Callable[[], bytes]):
    data = made()
    started = process_time()
    assert size(data) in (None, BROKEN, ImageSize(320, 200, "gif"))
    assert process_time() - started < 0.05
