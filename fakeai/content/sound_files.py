"""Sound files, written as the sound comes: bytes that have been given out are never changed afterwards.

Equal samples make equal bytes. Files carry a comment of ASCII in their tag (`transcript`); `pcm` has no place for one.
libsndfile writes mp3, flac and opus: what it would put into the head at the end (sizes, hashes) is left out, but for the
length, which is known before or not at all.
"""

import io
import struct
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias

from fakeai.content import ogg
from fakeai.content.syllables import RATE

if TYPE_CHECKING:
    from numpy import int16
    from numpy.typing import NDArray

SoundFormat: TypeAlias = Literal["wav", "mp3", "flac", "opus", "aac", "pcm"]

_BLOCK: Final = 32_768
"""Samples that libsndfile gets at once: its Ogg encoders take their memory from the stack."""
_UNKNOWN: Final = 0xFFFFFFFF
_SMALLER: Final = 0.4
"""Of 0 to 1: 96 kbit/s of mp3."""


class SoundFile(Protocol):
    """A file on its way."""

    def add(self, samples: "NDArray[int16]") -> bytes:
        """The bytes that these samples complete; the first have the head before them."""

    def end(self) -> bytes:
        """The bytes that are left."""


def begin(fmt: SoundFormat, total: int | None, comment: str) -> SoundFile:
    """A file of `total` samples at 24 kHz, one channel; None where nobody knows, which wav and flac then say."""
    if fmt == "pcm":
        return _Bare(b"")
    if fmt == "wav":
        return _Bare(_wav_head(total, comment))
    if fmt == "aac":
        return _Aac(comment)
    return _Encoded(fmt, total, comment)


class _Bare:
    """Samples after a head."""

    def __init__(self, head: bytes) -> None:
        self._head = head

    def add(self, samples: "NDArray[int16]") -> bytes:
        head, self._head = self._head, b""
        return head + samples.astype("<i2").tobytes()

    def end(self) -> bytes:
        head, self._head = self._head, b""
        return head


def _wav_head(total: int | None, comment: str) -> bytes:
    """RIFF: the format, a list of one comment, and the samples up to the end of the file."""
    text = comment.encode("ascii") + b"\0"
    text += b"\0" * (len(text) % 2)
    told = struct.pack("<4sI4s4sI", b"LIST", 12 + len(text), b"INFO", b"ICMT", len(text)) + text
    size = _UNKNOWN if total is None else 2 * total
    whole = _UNKNOWN if total is None else 36 + len(told) + size
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", whole, b"WAVE", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    return head + told + struct.pack("<4sI", b"data", size)


class _Aac:
    """ADTS after an ID3 tag."""

    def __init__(self, comment: str) -> None:
        from fakeai.content.aac import Encoder

        self._head = _id3(comment)
        self._encoder = Encoder()

    def add(self, samples: "NDArray[int16]") -> bytes:
        head, self._head = self._head, b""
        return head + self._encoder.add(samples)

    def end(self) -> bytes:
        head, self._head = self._head, b""
        return head + self._encoder.end()


def _id3(comment: str) -> bytes:
    """An ID3v2.4 tag of one user-defined text (https://id3.org/id3v2.4.0-frames, 4.2.6)."""
    text = b"\0comment\0" + comment.encode("ascii")
    frame = b"TXXX" + _seven(len(text)) + b"\0\0" + text
    return b"ID3\4\0\0" + _seven(len(frame)) + frame


def _seven(size: int) -> bytes:
    """A number in four bytes of seven bits."""
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


_KINDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"mp3": ("MP3", "MPEG_LAYER_III"), "flac": ("FLAC", "PCM_16"), "opus": ("OGG", "OPUS")}
)


class _Encoded:
    """What libsndfile writes."""

    def __init__(self, fmt: str, total: int | None, comment: str) -> None:
        import soundfile  # type: ignore[import-untyped]

        container, subtype = _KINDS[fmt]
        more = {"bitrate_mode": "CONSTANT", "compression_level": _SMALLER} if fmt == "mp3" else {}
        self._fmt = fmt
        self._total = total
        self._sink = _Sink()
        self._pages = _Pages()
        self._begun = False
        self._file = soundfile.SoundFile(self._sink, "w", RATE, 1, subtype, format=container, **more)
        self._file.comment = comment

    def add(self, samples: "NDArray[int16]") -> bytes:
        for start in range(0, len(samples), _BLOCK):
            self._file.write(samples[start : start + _BLOCK])
        return self._given(self._sink.take())

    def end(self) -> bytes:
        self._sink.closing = True
        self._file.close()
        return self._given(self._sink.take())

    def _given(self, data: bytes) -> bytes:
        if self._fmt == "opus":
            return self._pages.add(data)
        if self._fmt == "flac" and data and not self._begun:
            data = _flac_head(data, self._total)
        self._begun = self._begun or bool(data)
        return data


def _flac_head(data: bytes, total: int | None) -> bytes:
    """The file's first bytes with the number of samples (RFC 9639, 8.2); 0 for unknown."""
    packed = int.from_bytes(data[18:26], "big") & ~0xF_FFFF_FFFF | (total or 0)
    return data[:18] + packed.to_bytes(8, "big") + data[26:]


class _Sink(io.RawIOBase):
    """Where libsndfile writes: what was taken is gone, and what it would change of that is dropped."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._taken = 0
        self._at = 0
        self.closing = False
        """From here on the head is not written again."""

    def take(self) -> bytes:
        """What has come since the last time."""
        data = bytes(self._data)
        self._data.clear()
        self._taken += len(data)
        return data

    def write(self, data: object, /) -> int:
        """Bytes at the place that was sought."""
        given = bytes(data)  # type: ignore[call-overload]  # a buffer of libsndfile's
        at = self._at - self._taken
        if at == len(self._data):
            self._data += given
        elif at >= 0 and not self.closing:
            self._data[at : at + len(given)] = given
        self._at += len(given)
        return len(given)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """From the beginning, from here, or from the end."""
        self._at = offset + (0, self._at, self._taken + len(self._data))[whence]
        return self._at

    def tell(self) -> int:
        """Where the next byte goes."""
        return self._at


class _Pages:
    """Pages of Ogg (RFC 3533) with a serial number of ours: libsndfile draws one by the clock."""

    def __init__(self) -> None:
        self._rest = b""

    def add(self, data: bytes) -> bytes:
        """The pages that are whole."""
        self._rest += data
        pages = []
        while len(self._rest) >= 27:
            segments = self._rest[26]
            size = 27 + segments + sum(self._rest[27 : 27 + segments])
            if len(self._rest) < max(size, 27 + segments):
                break
            page, self._rest = self._rest[:size], self._rest[size:]
            pages.append(ogg.sealed(page[:14] + struct.pack("<I", ogg.SERIAL) + page[18:]))
        return b"".join(pages)
