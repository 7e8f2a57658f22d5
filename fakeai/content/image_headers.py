"""Sizes of images, read from the first bytes of the file.

Knows the headers of png, jpeg, gif, webp and bmp; does not decode a pixel, so a picture costs microseconds whatever
its size claims to be. Says None where the format is not one of these, and `BROKEN` where its header is damaged.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Final, Literal, NamedTuple

ImageFormat = Literal["png", "jpeg", "gif", "webp", "bmp"]


class ImageSize(NamedTuple):
    """Pixels and format of an image."""

    width: int
    height: int
    format: ImageFormat


BROKEN: Final = "broken"

_JPEG_SEGMENTS = 1_000
_JPEG_FILL = 64
_JPEG_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
_Reader = Callable[[bytes], "tuple[int, int] | None"]


def size(data: bytes) -> ImageSize | Literal["broken"] | None:
    """Width, height and format of `data`; None for an unknown format, `BROKEN` for a header cut short or impossible."""
    for magic, kind, read in _FORMATS:
        if data.startswith(magic) and (kind != "webp" or data[8:12] == b"WEBP"):
            try:
                found = read(data)
            except (struct.error, IndexError):
                return BROKEN
            if found is None or min(found) < 1:
                return BROKEN
            return ImageSize(*found, kind)
    return None


def _png(data: bytes) -> tuple[int, int] | None:
    """PNG specification, 5.6 and 11.2.1: the first chunk is IHDR."""
    width, height = struct.unpack_from(">II", data, 16)
    return (width, height) if data[12:16] == b"IHDR" and max(width, height) < 1 << 31 else None


def _gif(data: bytes) -> tuple[int, int]:
    """GIF89a specification, 18: the logical screen, however many frames follow."""
    return struct.unpack_from("<HH", data, 6)


def _bmp(data: bytes) -> tuple[int, int]:
    """BITMAPCOREHEADER (12 bytes) or BITMAPINFOHEADER and later; a negative height means top-down rows."""
    (header,) = struct.unpack_from("<I", data, 14)
    if header == 12:
        return struct.unpack_from("<HH", data, 18)
    width, height = struct.unpack_from("<ii", data, 18)
    return width, abs(height)


def _webp(data: bytes) -> tuple[int, int] | None:
    """RFC 9649: a lossy (VP8), lossless (VP8L) or extended (VP8X) first chunk."""
    chunk = data[12:16]
    if chunk == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(_exactly(data, 27, 3), "little")
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (1 + (bits & 0x3FFF), 1 + ((bits >> 14) & 0x3FFF)) if data[20] == 0x2F else None
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return (width & 0x3FFF, height & 0x3FFF) if data[23:26] == b"\x9d\x01\x2a" else None
    return None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    """The first frame header."""
    frame = next((at for marker, at in jpeg_segments(data) if marker in _JPEG_FRAMES), None)
    if frame is None:
        return None
    height, width = struct.unpack_from(">HH", data, frame + 3)
    return width, height


def jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Marker by marker, with the position behind it, to the first scan; ITU T.81, annex B. No more than `_JPEG_SEGMENTS`.

    Raises IndexError and struct.error where the file is cut short.
    """
    at = 2
    for _ in range(_JPEG_SEGMENTS):
        start = at
        while data[at] == 0xFF and at - start < _JPEG_FILL:
            at += 1
        marker = data[at]
        if at == start or marker in (0x00, 0xFF, 0xD9):
            return
        at += 1
        yield marker, at
        if marker == 0xDA:
            return
        if marker in _JPEG_BARE:
            continue
        (length,) = struct.unpack_from(">H", data, at)
        if length < 2:
            return
        at += length


def _exactly(data: bytes, start: int, length: int) -> bytes:
    part = data[start : start + length]
    if len(part) < length:
        raise IndexError("the header is cut short")
    return part


_FORMATS: Final[tuple[tuple[bytes, ImageFormat, _Reader], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "png", _png),
    (b"\xff\xd8", "jpeg", _jpeg),
    (b"GIF87a", "gif", _gif),
    (b"GIF89a", "gif", _gif),
    (b"RIFF", "webp", _webp),
    (b"BM", "bmp", _bmp),
)
