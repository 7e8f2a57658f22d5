"""Bytes as a download: the whole of them, or the range a client asks for, under a name that is safe in a header."""

import re
from typing import NamedTuple
from urllib.parse import quote

from fakeai.core.call import Reply
from fakeai.core.errors import RangeNotSatisfiable

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class Span(NamedTuple):
    """Bytes from `start` up to `end`, excluded."""

    start: int
    end: int


def span(header: str | None, size: int) -> Span | None:
    """The one range that a `Range` header asks for of `size` bytes; None for the whole.

    Several ranges, and what is no range of bytes, count as none (RFC 9110, 14.2). Raises RangeNotSatisfiable for one that
    begins behind the end.
    """
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match[1] == match[2] == "":
        return None
    first, last = match[1], match[2]
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), size if not last else min(int(last) + 1, size)
        if last and int(last) < int(first):
            return None
    if start >= end:
        raise RangeNotSatisfiable(size)
    return Span(start, end)


def download(data: bytes, filename: str, media_type: str, size: int, part: Span | None) -> Reply:
    """`data` as a reply: the whole of `size` bytes, or the part of it that was asked for. No browser guesses what it is."""
    headers = {
        "accept-ranges": "bytes",
        "content-disposition": disposition(filename),
        "x-content-type-options": "nosniff",
    }
    if part is None:
        return Reply(data, headers=headers, media_type=media_type)
    headers["content-range"] = f"bytes {part.start}-{part.end - 1}/{size}"
    return Reply(data, 206, headers, media_type)


def download_of(data: bytes, filename: str, media_type: str, header: str | None) -> Reply:
    """The whole of `data`, or the part of it that a `Range` header asks for. Raises RangeNotSatisfiable."""
    wanted = span(header, len(data))
    part = data if wanted is None else data[wanted.start : wanted.end]
    return download(part, filename, media_type, len(data), wanted)


def disposition(filename: str) -> str:
    """A `Content-Disposition` that names the file, in ASCII and, where that is not enough, in UTF-8 (RFC 6266)."""
    plain = "".join(char if char.isascii() and char.isprintable() and char not in '"\\%' else "_" for char in filename)
    whole = f'attachment; filename="{plain}"'
    return whole if plain == filename else f"{whole}; filename*=UTF-8''{quote(filename, safe='', errors='replace')}"
