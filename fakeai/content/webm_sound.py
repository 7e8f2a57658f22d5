"""The sound of a webm, as browsers record it, in a container that libsndfile reads: packets of Opus, put into Ogg.

Walks a bounded number of elements in one pass: what holds blocks is entered, everything else passed over, so sizes that
nobody knew when the file was begun do not matter. Decodes nothing, and knows no other codec.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from fakeai.content import ogg
from fakeai.content.film_headers import element, elements

_SEGMENT, _CLUSTER, _GROUP, _TRACKS, _TRACK = 0x18538067, 0x1F43B675, 0xA0, 0x1654AE6B, 0xAE
_NUMBER, _CODEC, _PRIVATE = 0xD7, 0x86, 0x63A2
_SIMPLE_BLOCK, _BLOCK = 0xA3, 0xA1
_ENTERED: Final = frozenset({_SEGMENT, _CLUSTER, _GROUP})
_OPUS: Final = b"A_OPUS"
_HEAD: Final = b"OpusHead"
_LEAST_HEAD, _MOST_HEAD = 19, 255
_MOST_TRACKS: Final = 16
_MOST_ELEMENTS: Final = 250_000
"""Over an hour of packets of 20 ms: more than is decoded."""
_BLOCK_HEAD: Final = 3
"""Bytes of a block between its track's number and its frames: when it is, and how its frames are laced."""


class _Track(NamedTuple):
    number: int
    head: bytes


def opus_in_ogg(data: bytes) -> bytes | None:
    """The first track of Opus in `data` as an Ogg file; None where there is none."""
    try:
        track = next(_tracks(data), None)
        if track is None:
            return None
        return ogg.opus_file(track.head, _packets(data, track.number))
    except IndexError:
        return None


def _walk(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Name, first and last byte of the contents of each element that is not entered, to where the file is cut or broken."""
    at = 0
    for _ in range(_MOST_ELEMENTS):
        if at >= len(data):
            return
        try:
            found = element(data, at)
        except IndexError:
            return
        if found.name in _ENTERED:
            at = found.start
            continue
        if found.end is None or found.end > len(data):
            return
        yield found.name, found.start, found.end
        at = found.end


def _tracks(data: bytes) -> Iterator[_Track]:
    """The tracks of Opus."""
    whole = next(((start, end) for name, start, end in _walk(data) if name == _TRACKS), None)
    if whole is None:
        return
    entries = (one for one in elements(data, *whole) if one.name == _TRACK)
    for entry in islice(entries, _MOST_TRACKS):
        parts = {part.name: data[part.start : part.end] for part in elements(data, entry.start, entry.end)}
        head = parts.get(_PRIVATE, b"")
        known = head.startswith(_HEAD) and _LEAST_HEAD <= len(head) <= _MOST_HEAD - 1
        if parts.get(_CODEC, b"").rstrip(b"\0") == _OPUS and known:
            yield _Track(int.from_bytes(parts.get(_NUMBER, b"")[:8], "big"), head)


def _packets(data: bytes, track: int) -> Iterator[bytes]:
    """The track's frames; blocks in which several are laced together, as nobody does with Opus, are left out."""
    for name, start, end in _walk(data):
        if name not in (_SIMPLE_BLOCK, _BLOCK) or end - start < 1 + _BLOCK_HEAD:
            continue
        width = 9 - data[start].bit_length()
        number = int.from_bytes(data[start : start + width], "big") & ((1 << 7 * width) - 1)
        flags = data[start + width + 2] if start + width + 2 < end else 0xFF
        if number == track and not flags & 0x06:
            yield data[start + width + _BLOCK_HEAD : end]
