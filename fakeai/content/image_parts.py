"""Whether the file of an image is whole: its parts are walked, and summed where they have sums; no pixel is decoded.

What was cut short, or damaged on its way, shows there. Costs a millisecond for a megabyte. Whose size cannot be read is
for `image_headers` to say.
"""

import struct
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final
from zlib import crc32

from fakeai.content.image_headers import ImageFormat, jpeg_segments
from fakeai.content.marks import find

_MOST_PARTS: Final = 100_000
"""Of one file; a photograph has hundreds."""
_SCAN: Final = 0xDA
_TABLE: Final = 0x80
"""Of a gif's flags: a table of colours follows, of a size that the lowest three say."""


def whole(data: bytes, format: ImageFormat) -> bool:
    """Whether `data`, an image of that format, has all that its first picture needs."""
    try:
        return _WALKS[format](data)
    except (IndexError, struct.error):
        return False


def _png(data: bytes) -> bool:
    """PNG specification, 5.3: chunks to the last, with pixels among them; those that a reader may skip may be damaged."""
    view, at, pixels = memoryview(data), 8, False
    for _ in range(_MOST_PARTS):
        length, kind = int.from_bytes(view[at : at + 4], "big"), bytes(view[at + 4 : at + 8])
        end = at + 8 + length
        if end + 4 > len(data):
            return False
        needed = kind[0] < ord("a")
        if needed and crc32(view[at + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            return False
        if kind == b"IEND":
            return pixels
        pixels = pixels or kind == b"IDAT"
        at = end + 4
    return False


def _jpeg(data: bytes) -> bool:
    """ITU T.81, B.1.1: behind the head of the first scan there is an end."""
    scan = next((at for marker, at in jpeg_segments(data) if marker == _SCAN), None)
    return scan is not None and find(data, b"\xff\xd9", scan) > 0


def _gif(data: bytes) -> bool:
    """GIF89a specification: blocks up to the end of the first picture."""
    at, parts = 13 + _colours(data[10]), iter(range(_MOST_PARTS))
    for _ in parts:
        if data[at] == ord(","):
            return _blocks_end(data, at + 11 + _colours(data[at + 9]), parts) > 0
        if data[at] != ord("!"):
            return False
        at = _blocks_end(data, at + 2, parts)
    return False


def _colours(flags: int) -> int:
    """Bytes of the table of colours."""
    return 3 << (flags & 7) + 1 if flags & _TABLE else 0


def _blocks_end(data: bytes, at: int, parts: Iterator[int]) -> int:
    """The position behind a row of blocks, each of them one of `parts`. Raises IndexError where it has none."""
    for _ in parts:
        length = data[at]
        at += 1 + length
        if not length:
            return at
    raise IndexError("too many blocks")


def _webp(data: bytes) -> bool:
    """RFC 9649, 2.4: as long as its head says; what may be missing is the byte that makes it even."""
    return int.from_bytes(data[4:8], "little") + 8 <= len(data) + 1


def _bmp(data: bytes) -> bool:
    """Its pixels begin where there are some."""
    return int.from_bytes(data[10:14], "little") < len(data)


_WALKS: Final[Mapping[str, Callable[[bytes], bool]]] = MappingProxyType(
    {"png": _png, "jpeg": _jpeg, "gif": _gif, "webp": _webp, "bmp": _bmp}
)
