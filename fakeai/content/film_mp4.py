"""A film's frames as an MP4 that begins to play before it is all there (ISO 14496-12, 14496-15)."""

import struct
from collections.abc import Sequence
from typing import NamedTuple

_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_SCALE = 1_000
"""Units a second of what is told of the whole film."""
_TICKS = 512
"""Units that a frame takes."""


class Track(NamedTuple):
    """Frames as NAL units, in order; `keys` are the numbers of those that need no other, from 0."""

    width: int
    height: int
    fps: int
    sps: bytes
    pps: bytes
    frames: Sequence[bytes]
    keys: Sequence[int]


def mp4(track: Track, created: int = 0) -> bytes:
    """The file."""
    sizes = [len(frame) + 4 for frame in track.frames]
    head = _box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso2avc1mp41")
    length = len(_moov(track, sizes, 0, created))
    begins = len(head) + length + 8
    parts = [head, _moov(track, sizes, begins, created), struct.pack(">I4s", 8 + sum(sizes), b"mdat")]
    for frame in track.frames:
        parts += [struct.pack(">I", len(frame)), frame]
    return b"".join(parts)


def _box(name: bytes, *contents: bytes) -> bytes:
    body = b"".join(contents)
    return struct.pack(">I4s", 8 + len(body), name) + body


def _full(name: bytes, flags: int, *contents: bytes) -> bytes:
    return _box(name, struct.pack(">I", flags), *contents)


def _moov(track: Track, sizes: Sequence[int], begins: int, created: int) -> bytes:
    seconds = len(track.frames) / track.fps
    duration = round(seconds * _SCALE)
    times = struct.pack(">II", created, created)
    mvhd = _full(
        b"mvhd",
        0,
        times,
        struct.pack(">II", _SCALE, duration),
        struct.pack(">IHH8x", 0x10000, 0x100, 0),
        _MATRIX,
        bytes(24),
        struct.pack(">I", 2),
    )
    tkhd = _full(
        b"tkhd",
        3,
        times,
        struct.pack(">IIII", 1, 0, duration, 0),
        bytes(4),
        struct.pack(">hhHH", 0, 0, 0, 0),
        _MATRIX,
        struct.pack(">II", track.width << 16, track.height << 16),
    )
    mdhd = _full(
        b"mdhd",
        0,
        times,
        struct.pack(">IIHH", track.fps * _TICKS, len(track.frames) * _TICKS, 0x55C4, 0),
    )
    hdlr = _full(b"hdlr", 0, bytes(4), b"vide", bytes(12), b"VideoHandler\0")
    minf = _box(
        b"minf",
        _full(b"vmhd", 1, bytes(8)),
        _box(b"dinf", _full(b"dref", 0, struct.pack(">I", 1), _full(b"url ", 1))),
        _samples(track, sizes, begins),
    )
    return _box(b"moov", mvhd, _box(b"trak", tkhd, _box(b"mdia", mdhd, hdlr, minf)))


def _samples(track: Track, sizes: Sequence[int], begins: int) -> bytes:
    """All of them in one chunk."""
    count = len(sizes)
    return _box(
        b"stbl",
        _full(b"stsd", 0, struct.pack(">I", 1), _entry(track)),
        _full(b"stts", 0, struct.pack(">III", 1, count, _TICKS)),
        _full(b"stss", 0, struct.pack(f">I{len(track.keys)}I", len(track.keys), *(key + 1 for key in track.keys))),
        _full(b"stsc", 0, struct.pack(">IIII", 1, 1, count, 1)),
        _full(b"stsz", 0, struct.pack(f">II{count}I", 0, count, *sizes)),
        _full(b"stco", 0, struct.pack(">II", 1, begins)),
    )


def _entry(track: Track) -> bytes:
    config = struct.pack(">BBBBBBH", 1, track.sps[1], track.sps[2], track.sps[3], 0xFF, 0xE1, len(track.sps))
    avcc = _box(b"avcC", config, track.sps, struct.pack(">BH", 1, len(track.pps)), track.pps)
    colour = _box(b"colr", b"nclx", struct.pack(">HHHB", 1, 1, 1, 0))
    return _box(
        b"avc1",
        bytes(6),
        struct.pack(">H", 1),
        bytes(16),
        struct.pack(">HH", track.width, track.height),
        struct.pack(">IIIH", 0x480000, 0x480000, 0, 1),
        bytes(32),
        struct.pack(">Hh", 24, -1),
        avcc,
        colour,
    )
