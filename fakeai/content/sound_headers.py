"""How long a sound lasts, read from its headers.

Knows wav, mp3, flac and ogg (opus, vorbis); m4a and webm are films' containers, see `film_headers.py`. Decodes
nothing: headers are believed, and only a bounded part of the file is looked at.
"""

import struct
from types import MappingProxyType
from typing import Final, NamedTuple

_WAV_CHUNKS = 64
_MP3_SEARCH = 65_536
_MP3_TRIES = 2_000
_MP3_FRAMES = 500
_OGG_TAIL = 131_072
_OGG_PAGES = 64

# ISO 11172-3 and 13818-3, layer III: kbit/s by bitrate index (MPEG 1, then MPEG 2 and 2.5), Hz by version and index.
_MP3_KBPS = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
_MP3_RATES: Final = MappingProxyType(
    {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
)


class _Frame(NamedTuple):
    size: int
    samples: int
    rate: int
    side_info: int


def seconds(data: bytes) -> float | None:
    """Duration of `data`, or None where it is no wav, mp3, flac or ogg, or is damaged."""
    try:
        if data.startswith((b"RIFF", b"RF64")) and data[8:12] == b"WAVE":
            return _wav(data)
        if data.startswith(b"fLaC"):
            return _flac(data)
        if data.startswith(b"OggS"):
            return _ogg(data)
        return _mp3(data)
    except (struct.error, IndexError):
        return None


def _wav(data: bytes) -> float | None:
    """RIFF chunks: bytes of `data` over the byte rate of `fmt `. A streamed file's missing length is what is there."""
    at = 12
    byte_rate = 0
    for _ in range(_WAV_CHUNKS):
        name, length = struct.unpack_from("<4sI", data, at)
        at += 8
        if name == b"fmt ":
            byte_rate = struct.unpack_from("<I", data, at + 8)[0]
        elif name == b"data":
            return min(length or len(data), len(data) - at) / byte_rate if byte_rate else None
        at += length + (length & 1)
    return None


def _flac(data: bytes) -> float | None:
    """RFC 9639, 8.2: STREAMINFO is the first block; a count of 0 means unknown, then 60 % compression is assumed."""
    if data[4] & 0x7F or len(data) < 26:
        return None
    packed = int.from_bytes(data[18:26], "big")
    rate, channels, bits = packed >> 44, ((packed >> 41) & 7) + 1, ((packed >> 36) & 31) + 1
    samples = packed & 0xF_FFFF_FFFF
    if not rate:
        return None
    return samples / rate if samples else len(data) / (0.6 * rate * channels * bits / 8)


def _ogg(data: bytes) -> float | None:
    """RFC 3533: the granule position of the last page that has one. Opus (RFC 7845) always counts at 48 kHz."""
    serial = data[14:18]
    first = 27 + data[26]
    packet = data[first : first + 19]
    if packet.startswith(b"OpusHead"):
        rate, skipped = 48_000, struct.unpack_from("<H", packet, 10)[0]
    elif packet.startswith(b"\x01vorbis"):
        rate, skipped = struct.unpack_from("<I", packet, 12)[0], 0
    else:
        return None
    end = len(data)
    start = max(0, end - _OGG_TAIL)
    for _ in range(_OGG_PAGES):
        end = data.rfind(b"OggS", start, end)
        if end < 0:
            return None
        if data[end + 14 : end + 18] == serial and end + 14 <= len(data):
            (granule,) = struct.unpack_from("<q", data, end + 6)
            if granule >= 0:
                return max(0, granule - skipped) / rate if rate else None
    return None


def _mp3(data: bytes) -> float | None:
    """Frames counted by a Xing, Info or VBRI header; else the mean of the first frames over the whole file."""
    start = _mp3_start(data)
    if start is None:
        return None
    at, frame = start
    tag = data[at + 4 + frame.side_info : at + 16 + frame.side_info]
    if tag[:4] in (b"Xing", b"Info") and tag[7] & 1:
        return int.from_bytes(tag[8:12], "big") * frame.samples / frame.rate
    if data[at + 36 : at + 40] == b"VBRI":
        return int.from_bytes(data[at + 50 : at + 54], "big") * frame.samples / frame.rate
    end = len(data) - (128 if data[-128:-125] == b"TAG" else 0)
    first, spent = at, 0.0
    for _ in range(_MP3_FRAMES):
        following = _mp3_frame(data, at)
        if following is None:
            break
        at += following.size
        spent += following.samples / following.rate
    return spent * (end - first) / (at - first)


def _mp3_start(data: bytes) -> tuple[int, _Frame] | None:
    """The first frame that another one (or the end) follows, after an ID3v2 tag if there is one."""
    at = 0
    if data.startswith(b"ID3") and len(data) > 10:
        at = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
    limit = at + _MP3_SEARCH
    for _ in range(_MP3_TRIES):
        at = data.find(b"\xff", at, limit)
        if at < 0:
            return None
        frame = _mp3_frame(data, at)
        if frame is not None:
            after = at + frame.size
            if after + 4 > len(data) or _mp3_frame(data, after) is not None:
                return at, frame
        at += 1
    return None


def _mp3_frame(data: bytes, at: int) -> _Frame | None:
    """The layer III frame header at `at`, or None."""
    head = int.from_bytes(data[at : at + 4], "big") if at + 4 <= len(data) else 0
    version, layer, rate_at, kbps_at = (head >> 19) & 3, (head >> 17) & 3, (head >> 10) & 3, (head >> 12) & 15
    if head >> 21 != 0x7FF or version == 1 or layer != 1 or rate_at == 3 or kbps_at in (0, 15):
        return None
    rate = _MP3_RATES[version][rate_at]
    full, mono = version == 3, (head >> 6) & 3 == 3
    bits = _MP3_KBPS[0 if full else 1][kbps_at] * 1000
    size = (144 if full else 72) * bits // rate + ((head >> 9) & 1)
    side_info = (17 if mono else 32) if full else (9 if mono else 17)
    return _Frame(size, 1152 if full else 576, rate, side_info)
