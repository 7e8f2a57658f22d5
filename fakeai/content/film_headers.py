"""Duration, picture size and frame rate of films, read from their containers' headers.

Knows mp4 and its relatives (mov, m4a) and webm (Matroska); decodes nothing, follows no reference, and walks a
bounded number of boxes and elements, whatever sizes they claim.
"""

import struct
from collections.abc import Iterator
from itertools import islice
from math import isfinite
from typing import Final, NamedTuple

_BOXES = 1_000
_MOST_TRACKS = 16
_TAIL = 4_194_304
_MP4_TYPES: Final = frozenset(
    {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"styp", b"moof", b"pnot", b"uuid"}
)
_EBML: Final = b"\x1a\x45\xdf\xa3"
_SEGMENT, _INFO, _TRACKS, _CLUSTER, _TRACK = 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675, 0xAE
_TIMESTAMP = 0xE7
_SCALE, _DURATION, _FRAME_NS, _VIDEO, _WIDTH, _HEIGHT = 0x2AD7B1, 0x4489, 0x23E383, 0xE0, 0xB0, 0xBA


class FilmInfo(NamedTuple):
    """What the headers say; zeros for a size of a file without picture, None for an unknown frame rate."""

    seconds: float
    width: int
    height: int
    fps: float | None


class Span(NamedTuple):
    """An element of Matroska: its name, and where its contents are."""

    name: int
    start: int
    end: int


class Element(NamedTuple):
    """The same, without an end where none is stated."""

    name: int
    start: int
    end: int | None


def info(data: bytes) -> FilmInfo | None:
    """What `data` is, or None where it is neither mp4 nor webm, or has no duration."""
    try:
        if data.startswith(_EBML):
            return _webm(data)
        return _mp4(data) if data[4:8] in _MP4_TYPES else None
    except (struct.error, IndexError, OverflowError, ZeroDivisionError):
        return None


def whole(data: bytes) -> bool:
    """Whether no box of an mp4 goes on behind the end of the file. Of a webm nothing is said: it need not state its size."""
    at = 0
    for _ in range(_BOXES if data[4:8] in _MP4_TYPES else 0):
        if at + 8 > len(data):
            break
        length = int.from_bytes(data[at : at + 4], "big")
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        if length < 8:  # to the end, or nonsense, which is for `info` to say
            break
        at += length
    return at <= len(data)


# -- mp4: ISO 14496-12


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Type, first and last byte of the contents of every box in `data[start:end]`."""
    for _ in range(_BOXES):
        if start + 8 > end:
            return
        length, name = struct.unpack_from(">I4s", data, start)
        head = 8
        if length == 1:
            length, head = struct.unpack_from(">Q", data, start + 8)[0], 16
        elif length == 0:
            length = end - start
        if length < head:
            return
        yield name, start + head, min(start + length, end)
        start += length


def _box(data: bytes, start: int, end: int, *path: bytes) -> tuple[int, int] | None:
    """The contents of the first box down `path`."""
    for step in path:
        found = next((box for box in _boxes(data, start, end) if box[0] == step), None)
        if found is None:
            return None
        start, end = found[1:]
    return start, end


def _timed(data: bytes, at: int) -> tuple[int, int]:
    """Units a second and duration of an `mvhd` or `mdhd` box of version 0 or 1."""
    scale, duration = struct.unpack_from(">IQ", data, at + 20) if data[at] else struct.unpack_from(">II", data, at + 12)
    return scale, duration


def _mp4(data: bytes) -> FilmInfo | None:
    moov = _box(data, 0, len(data), b"moov")
    header = _box(data, *moov, b"mvhd") if moov else None
    if moov is None or header is None:
        return None
    scale, duration = _timed(data, header[0])
    fragmented = _box(data, *moov, b"mvex", b"mehd")
    if not duration and fragmented:
        (duration,) = struct.unpack_from(">Q" if data[fragmented[0]] else ">I", data, fragmented[0] + 4)
    width = height = 0
    fps: float | None = None
    traks = [box for box in _boxes(data, *moov) if box[0] == b"trak"][:_MOST_TRACKS]
    for _, start, end in traks:
        track = _box(data, start, end, b"tkhd")
        if track is None or width:
            continue
        wide, high = struct.unpack_from(">II", data, track[0] + (88 if data[track[0]] else 76))
        width, height = wide >> 16, high >> 16
        fps = _mp4_fps(data, start, end) if width else None
    return FilmInfo(duration / scale or _fragment_end(data, traks), width, height, fps)


def _fragment_end(data: bytes, traks: list[tuple[bytes, int, int]]) -> float:
    """When the last fragment ends, of a film that is in fragments and states no duration.

    The first track of the fragment decides, and its samples are taken to be as long as the first of them.
    """
    fragments = [box for box in _boxes(data, 0, len(data)) if box[0] == b"moof"]
    part = _box(data, *fragments[-1][1:], b"traf") if fragments else None
    if part is None:
        return 0.0
    header, time, run = (_box(data, *part, name) for name in (b"tfhd", b"tfdt", b"trun"))
    if header is None or time is None or run is None:
        return 0.0
    (begins,) = struct.unpack_from(">Q" if data[time[0]] else ">I", data, time[0] + 4)
    (samples,) = struct.unpack_from(">I", data, run[0] + 4)
    for _, start, end in traks:
        track, timing = _box(data, start, end, b"tkhd"), _box(data, start, end, b"mdia", b"mdhd")
        number = track[0] + (20 if data[track[0]] else 12) if track else 0
        if timing and data[number : number + 4] == data[header[0] + 4 : header[0] + 8]:
            ends: int = begins + samples * _sample_ticks(data, header[0], run[0])
            return ends / _timed(data, timing[0])[0]
    return 0.0


def _sample_ticks(data: bytes, header: int, run: int) -> int:
    """How long a fragment's first sample lasts: of its own, or by the fragment's default."""
    flags = data[run + 3] | data[run + 2] << 8
    if flags & 0x100:
        at = run + 8 + 4 * (flags & 1) + (flags & 4)
    else:
        flags = data[header + 3]
        at = header + 8 + 8 * (flags & 1) + 2 * (flags & 2)
        if not flags & 8:
            return 0
    return int.from_bytes(data[at : at + 4], "big")


def _mp4_fps(data: bytes, start: int, end: int) -> float | None:
    """Samples of a track over its duration."""
    timing = _box(data, start, end, b"mdia", b"mdhd")
    sizes = _box(data, start, end, b"mdia", b"minf", b"stbl", b"stsz")
    if timing is None or sizes is None:
        return None
    scale, duration = _timed(data, timing[0])
    (samples,) = struct.unpack_from(">I", data, sizes[0] + 8)
    return samples * scale / duration if samples and duration else None


# -- webm: RFC 8794 (EBML) and RFC 9559 (Matroska)


def _number(data: bytes, at: int, keep_marker: bool) -> tuple[int, int]:
    """A variable-length integer and its width in bytes."""
    width = 9 - data[at].bit_length()
    if width > 8 or at + width > len(data):
        raise IndexError("no such number")
    value = int.from_bytes(data[at : at + width], "big")
    return (value if keep_marker else value & ((1 << 7 * width) - 1)), width


def element(data: bytes, at: int) -> Element:
    """The element that begins at `at`; it may be cut. Raises IndexError where none can."""
    name, name_width = _number(data, at, keep_marker=True)
    length, width = _number(data, at + name_width, keep_marker=False)
    start = at + name_width + width
    return Element(name, start, None if length == (1 << 7 * width) - 1 else start + length)


def elements(data: bytes, start: int, end: int) -> Iterator[Span]:
    """Every element in `data[start:end]`; one of unknown size reaches to the end, a cut one beyond it."""
    end = min(end, len(data))
    for _ in range(_BOXES):
        if start >= end:
            return
        found = element(data, start)
        stop = end if found.end is None else found.end
        yield Span(found.name, found.start, stop)
        start = stop


def _find(data: bytes, start: int, end: int, name: int) -> Span | None:
    return next((span for span in elements(data, start, end) if span.name == name), None)


def _unsigned(data: bytes, parent: Span, name: int, default: int) -> int:
    span = _find(data, parent.start, parent.end, name)
    return int.from_bytes(_contents(data, span), "big") if span else default


def _contents(data: bytes, span: Span) -> bytes:
    if span.end > len(data) or span.end - span.start > 8:
        raise IndexError("cut short, or no number")
    return data[span.start : span.end]


def _webm(data: bytes) -> FilmInfo | None:
    segment = _find(data, 0, len(data), _SEGMENT)
    header = _find(data, segment.start, segment.end, _INFO) if segment else None
    if segment is None or header is None:
        return None
    scale = _unsigned(data, header, _SCALE, 1_000_000) or 1_000_000
    stated = _find(data, header.start, header.end, _DURATION)
    if stated is not None:
        number = _contents(data, stated)
        ticks: float = struct.unpack(">d" if len(number) == 8 else ">f", number)[0]
    else:
        ticks = _last_cluster(data)
    seconds = ticks * scale / 1e9
    if not isfinite(seconds) or seconds < 0:
        return None
    tracks = _find(data, segment.start, segment.end, _TRACKS)
    entries = (track for track in elements(data, tracks.start, tracks.end) if track.name == _TRACK) if tracks else ()
    for track in islice(entries, _MOST_TRACKS):
        video = _find(data, track.start, track.end, _VIDEO)
        if video is not None:
            frame_ns = _unsigned(data, track, _FRAME_NS, 0)
            width, height = _unsigned(data, video, _WIDTH, 0), _unsigned(data, video, _HEIGHT, 0)
            return FilmInfo(seconds, width, height, 1e9 / frame_ns if frame_ns else None)
    return FilmInfo(seconds, 0, 0, None)


def _last_cluster(data: bytes) -> int:
    """Ticks at which the last cluster begins: the duration of a live recording, which states none."""
    at = data.rfind(_CLUSTER.to_bytes(4, "big"), max(0, len(data) - _TAIL))
    if at < 0:
        return 0
    _, width = _number(data, at + 4, keep_marker=False)
    first = next(elements(data, at + 4 + width, len(data)), None)
    return int.from_bytes(_contents(data, first), "big") if first and first.name == _TIMESTAMP else 0
