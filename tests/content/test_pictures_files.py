"""Pictures as files: bombs, lies and damage are refused by the header or in bounds."""

import struct
import tracemalloc
import zlib
from io import BytesIO

import pytest
from PIL import Image

from fakeai.content.pictures_files import MOST_BYTES, check, decode, encode, encode_animation, media_type
from fakeai.core.errors import BadRequest


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def claiming(width: int, height: int, body: bytes = b"") -> bytes:
    """A png that says it is that large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")


def file(image: Image.Image, format: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


SMALL = Image.new("RGB", (8, 6), (10, 20, 30))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "invalid_image_file"),
        (b"Example data", "invalid_image_file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "invalid_image_file"),
        (b"II*\0" + bytes(100), "invalid_image_file"),
        (b"\x89PNG\r\n\x1a\n", "invalid_image_file"),
        (file(SMALL, "GIF"), "invalid_image_file"),
        (file(SMALL, "BMP"), "invalid_image_file"),
        (claiming(20_000, 20_000), "image_too_large"),
        (claiming(2**31 - 1, 1), "image_too_large"),
        (claiming(30_000, 1), "image_too_large"),
        (claiming(6_000, 6_000, bytes(18_001) * 6_000), "image_too_large"),
        (file(SMALL, "JPEG") + b"\xff\xda" * 200, "invalid_image_file"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:24]),
)
def test_what_cannot_be_taken_is_refused_by_its_header(data: bytes, code: str) -> None:
    tracemalloc.start()
    try:
        for work in (check, decode):
            with pytest.raises(BadRequest) as refused:
                work(data, "image")
            assert (refused.value.code, refused.value.param) == (code, "image")
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_what_is_too_many_bytes_is_refused_before_it_is_looked_at() -> None:
    with pytest.raises(BadRequest, match="larger than the limit"):
        check(bytes(MOST_BYTES + 1), "image")


def test_damaged_contents_are_refused() -> None:
    good, noise = (file(Image.effect_noise((64, 64), 50).convert("RGB"), kind) for kind in ("PNG", "WEBP"))
    for data in (good[: len(good) // 2], claiming(64, 64)[:60], noise[: len(noise) // 2]):
        with pytest.raises(BadRequest, match="cannot be decoded"):
            decode(data, "image")


@pytest.mark.parametrize("format", ["png", "jpeg", "webp"])
def test_what_is_written_is_read_again(format: str) -> None:
    image = Image.new("RGB", (40, 24), (200, 100, 50))
    data = encode(image, format)  # type: ignore[arg-type]
    assert check(data, "image") == (40, 24)
    with Image.open(BytesIO(data)) as read:
        assert read.format == format.upper()
    back = decode(data, "image")
    assert (back.size, back.mode) == ((40, 24), "RGB")
    assert all(abs(one - other) < 6 for one, other in zip(back.getpixel((5, 5)), (200, 100, 50), strict=True))  # type: ignore[arg-type]


def test_png_and_webp_keep_transparency_and_jpeg_has_none() -> None:
    image = Image.new("RGBA", (16, 16), (200, 100, 50, 0))
    for kind, mode in (("png", "RGBA"), ("webp", "RGBA"), ("jpeg", "RGB")):
        back = decode(encode(image, kind), "image")  # type: ignore[arg-type]
        assert back.mode == mode
        assert mode == "RGB" or back.getchannel("A").getextrema() == (0, 0)


def test_compression_is_quality() -> None:
    image = Image.effect_noise((128, 128), 60).convert("RGB")
    for kind in ("jpeg", "webp"):
        assert len(encode(image, kind, 10)) < len(encode(image, kind, 90))  # type: ignore[arg-type]
    assert encode(image, "png", 10) == encode(image, "png", 90)
    assert encode(image, "jpeg", 0)


def test_a_picture_is_turned_as_its_camera_was() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode(file(SMALL, "JPEG", exif=exif), "image").size == (6, 8)


def test_palettes_and_greys_become_colours() -> None:
    assert decode(file(SMALL.convert("P"), "PNG"), "image").mode == "RGB"
    assert decode(file(SMALL.convert("L"), "PNG"), "image").mode == "RGB"
    assert decode(file(SMALL.convert("LA"), "PNG"), "image").mode == "RGBA"


def test_an_animation_has_its_frames_and_their_time() -> None:
    frames = [Image.new("RGB", (32, 32), (n * 40, 0, 0)) for n in range(5)]
    with Image.open(BytesIO(encode_animation(frames, 204))) as read:
        assert (read.format, read.n_frames, read.info["duration"], read.info["loop"]) == ("GIF", 5, 200, 0)


def test_browsers_know_the_types() -> None:
    assert media_type("jpeg") == "image/jpeg"
    assert media_type("svg") == "image/svg+xml"


def test_what_is_larger_than_any_picture_made_is_read_at_half_its_size() -> None:
    rows = Image.effect_noise((1_500, 750), 40).resize((6_000, 3_000)).convert("RGB")
    assert decode(file(rows, "JPEG"), "image").size == (3_000, 1_500)
    assert decode(file(Image.new("RGB", (4_000, 3_000)), "JPEG"), "image").size == (4_000, 3_000)
