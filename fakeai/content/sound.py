"""Sound files, heard: how long, how loud when, and the words that fakeai has put into them.

wav, flac, mp3, ogg and webm with Opus are decoded, up to a bounded number of samples; mp4, m4a, ADTS, MPEG and other
webm where there is a program that does it. Else only their container is read, so that nobody knows when they are loud.
A header's word is never taken for more than its file can hold.
"""

import io
from collections.abc import Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal, NamedTuple, TypeAlias

from fakeai.content import ffmpeg, film_headers, g711, sound_headers, transcript, webm_sound
from fakeai.content.transcript import Said
from fakeai.core.errors import BadRequest

if TYPE_CHECKING:
    from numpy import float32, int16
    from numpy.typing import NDArray

SUPPORTED = ("flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm")
"""Endings of files, as OpenAI's messages list them."""
_OURS: Final = frozenset({"aac", "opus", "pcm", "raw", "weba", "wave"})
"""Endings that are taken, too."""

SHORTEST_S: Final = 0.1
STEP_S: Final = 0.02
"""A level stands for so many seconds."""

_MOST_CHANNELS: Final = 8
_SLOWEST: Final = 1_000
_FASTEST: Final = 384_000
_MOST_SAMPLES: Final = 32_000_000
"""Of all channels together: some seconds' work. What comes after them is taken to be like them."""
_START_S: Final = 20
_LEAST_BYTES_A_SECOND: Final = 100
"""The densest speech codecs take four times that."""
_LAWS: Mapping[str, g711.Law] = MappingProxyType({"ULAW": "mu", "ALAW": "a"})
_EXACT: Final = frozenset({"PCM_16", *_LAWS})
"""How samples are kept that may have words."""
_BLOCK: Final = 2**20
"""Samples of all channels that are decoded at once. soundfile seeks between blocks, at which mp3 loses a few frames."""
_MOST_FRAMES: Final = 3_000_000
_RATES: Final = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
_PCM_RATE: Final = 24_000

Kind: TypeAlias = Literal["wav", "flac", "ogg", "mp3", "aac", "mp4", "webm", "mpeg", "pcm"]

_DEMUXERS: Mapping[Kind, ffmpeg.Demuxer] = MappingProxyType(
    {"aac": "aac", "mp4": "mov", "webm": "matroska", "mpeg": "mpeg"}
)
"""Kinds that libsndfile does not read, and what `ffmpeg` calls them."""


class SoundError(BadRequest):
    """The file is no sound that can be heard."""

    param = "file"


class Sound(NamedTuple):
    """What is in a file. `levels` are mean amplitudes of each 20 ms, 1 for the loudest there can be; None: nobody knows."""

    kind: Kind
    seconds: float
    levels: "NDArray[float32] | None"
    said: list[Said]
    """Words in the samples, by the sample at `rate`."""
    rate: int
    tagged: str | None
    """Words in the tag."""
    digest: bytes
    start: "NDArray[float32] | None" = None
    """The first samples, of one channel."""


def supports(filename: str, media_type: str) -> bool:
    """Whether a file of that name or type may be sound; one without either may."""
    ending = filename.rpartition(".")[2].lower() if "." in filename else ""
    if ending in SUPPORTED or ending in _OURS or not ending:
        return True
    return media_type.partition("/")[0] in ("audio", "video")


def listen(data: bytes, filename: str = "", media_type: str = "", program: str | None = None) -> Sound:
    """The sound in `data`: belongs in a thread. `program` is where `ffmpeg` is. Raises SoundError, in OpenAI's words."""
    if not supports(filename, media_type):
        raise SoundError(f"Invalid file format. Supported formats: {list(SUPPORTED)}")
    kind = _kind(data, filename, media_type)
    if kind is None:
        raise _corrupted() if data else _too_short()
    digest = blake2b(data, digest_size=32).digest()
    if kind == "pcm":
        sound = _bare(data, digest)
    elif kind in _DEMUXERS:
        sound = _contained(kind, data, digest, program)
    else:
        sound = _decoded(kind, data, io.BytesIO(data), digest)
    if sound.seconds < SHORTEST_S:
        raise _too_short()
    return sound


def _corrupted() -> SoundError:
    return SoundError("Audio file might be corrupted or unsupported", code="invalid_value")


def _too_short() -> SoundError:
    return SoundError(f"Audio file is too short. Minimum audio length is {SHORTEST_S} seconds.", code="audio_too_short")


def _kind(data: bytes, filename: str, media_type: str) -> Kind | None:
    """What the bytes are; samples without a header have to be called so."""
    if data[:4] in (b"RIFF", b"RF64") and data[8:12] == b"WAVE":
        return "wav"
    for mark, kind in _MARKS:
        if data.startswith(mark):
            return kind
    if data[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"styp"):
        return "mp4"
    if _adts(data) is not None:
        return "aac"
    if data.startswith(_MPEG_PACK):
        return "mpeg"
    if sound_headers.seconds(data) is not None:
        return "mp3"
    named = filename.lower().endswith((".pcm", ".raw")) or media_type.lower().startswith(("audio/pcm", "audio/l16"))
    return "pcm" if named and data else None


_MPEG_PACK: Final = b"\0\0\1\xba"
_MARKS: "tuple[tuple[bytes, Kind], ...]" = ((b"fLaC", "flac"), (b"OggS", "ogg"), (b"\x1a\x45\xdf\xa3", "webm"))


# -- containers


def _contained(kind: Kind, data: bytes, digest: bytes, program: str | None) -> Sound:
    """What the container holds, if anybody here decodes it; else what its headers say."""
    opus = webm_sound.opus_in_ogg(data) if kind == "webm" else None
    if opus is not None:
        return _decoded(kind, data, io.BytesIO(opus), digest)
    if kind in ("mp4", "webm") and film_headers.info(data) is None:
        raise _corrupted()
    if program is None:
        seconds = _held(_stated_seconds(kind, data), data)
        return Sound(kind, seconds, None, [], 1, transcript.tagged(data), digest)
    try:
        with ffmpeg.decoded(program, data, _DEMUXERS[kind], 2 * (_MOST_SAMPLES + 2 * _BLOCK)) as file:
            return _decoded(kind, data, file, digest)
    except ffmpeg.UndecodedError:
        raise _corrupted() from None


def _stated_seconds(kind: Kind, data: bytes) -> float | None:
    """How long the headers say it is."""
    if kind == "aac":
        return _adts_seconds(data)
    film = film_headers.info(data) if kind in _DEMUXERS else None
    return film.seconds if film is not None else sound_headers.seconds(data)


def _held(seconds: float | None, data: bytes) -> float:
    """The seconds that a header says, if the file has bytes enough for them."""
    if seconds is None or seconds > 10 + len(data) / _LEAST_BYTES_A_SECOND:
        raise _corrupted()
    return seconds


def _adts(data: bytes) -> tuple[int, int, int] | None:
    """Where the first ADTS frame is, its size and its rate, behind an ID3 tag if there is one; another must follow."""
    at = 0
    if data.startswith(b"ID3") and len(data) > 10:
        at = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
    first = _adts_frame(data, at)
    if first is None or (at + first[0] + 7 <= len(data) and _adts_frame(data, at + first[0]) is None):
        return None
    return at, *first


def _adts_frame(data: bytes, at: int) -> tuple[int, int] | None:
    """Size and rate of the frame there (ISO/IEC 14496-3, 1.A.3.2)."""
    head = int.from_bytes(data[at : at + 7], "big") if at + 7 <= len(data) else 0
    size, rate_at = head >> 13 & 0x1FFF, head >> 34 & 0xF
    if head >> 44 != 0xFFF or head >> 41 & 3 or rate_at >= len(_RATES) or size < 7:
        return None
    return size, _RATES[rate_at]


def _adts_seconds(data: bytes) -> float | None:
    found = _adts(data)
    if found is None:
        return None
    at, _, rate = found
    count = 0
    while count < _MOST_FRAMES and (frame := _adts_frame(data, at)) is not None:
        at += frame[0]
        count += 1
    return count * 1_024 / rate


# -- samples


def _bare(data: bytes, digest: bytes) -> Sound:
    """Samples without a head."""
    import numpy as np

    samples = np.frombuffer(data, "<i2", min(len(data) // 2, _MOST_SAMPLES))
    scaled = _scaled(samples)
    levels = _levels(scaled[:, None], _PCM_RATE)
    said = transcript.pieces(samples)
    return Sound("pcm", len(data) / 2 / _PCM_RATE, levels, said, _PCM_RATE, None, digest, scaled)


def _decoded(kind: Kind, data: bytes, readable: BinaryIO, digest: bytes) -> Sound:
    """What libsndfile makes of the readable form of `data`: one channel for the words, all for the levels."""
    import numpy as np
    import soundfile  # type: ignore[import-untyped]

    try:
        with soundfile.SoundFile(readable) as file:
            if file.channels > _MOST_CHANNELS or not _SLOWEST <= file.samplerate <= _FASTEST:
                raise _corrupted()
            rate = file.samplerate
            taken = _take(file)
            more = len(file.read(1, dtype="int16")) > 0
    except (soundfile.LibsndfileError, RuntimeError, OSError, ValueError, MemoryError):
        raise _corrupted() from None
    if not taken.samples:
        raise _too_short()
    said = transcript.pieces(np.concatenate(taken.exact)) if taken.exact else []
    levels, seconds = np.concatenate(taken.levels), taken.samples / rate
    if more:
        whole = max(seconds, min(_stated_seconds(kind, data) or 0, len(data) / _LEAST_BYTES_A_SECOND))
        levels = np.tile(levels, int(whole / seconds) + 1)[: int(whole / STEP_S)]
        seconds = whole
    return Sound(
        kind,
        seconds,
        levels,
        said,
        rate,
        transcript.tagged(data),
        digest,
        np.concatenate(taken.start)[: _START_S * rate],
    )


class _Taken(NamedTuple):
    """What is kept of a file's samples: how many, their levels, the exact ones where they may have words, the first."""

    samples: int
    levels: "list[NDArray[float32]]"
    exact: "list[NDArray[int16]]"
    start: "list[NDArray[float32]]"


def _take(file: Any) -> _Taken:
    """Read a file block by block, up to a bounded number of samples. Any: soundfile has no types."""
    exact = file.subtype in _EXACT
    step = max(1, int(file.samplerate * STEP_S))
    most, size = _MOST_SAMPLES // file.channels, step * max(1, _BLOCK // file.channels // step)
    taken = _Taken(0, [], [], [])
    while taken.samples < most:
        block = file.read(size, dtype="int16" if exact else "float32", always_2d=True)
        if not len(block):
            break
        scaled = _scaled(block)
        taken.levels.append(_levels(scaled, file.samplerate))
        if exact:
            taken.exact.append(_exact(block[:, 0], file.subtype))
        if taken.samples < _START_S * file.samplerate:
            taken.start.append(scaled[:, 0])
        taken = taken._replace(samples=taken.samples + len(block))
    return taken


def _exact(samples: "NDArray[int16]", subtype: str) -> "NDArray[int16]":
    """The samples, or the codes that they were, as which they have words."""
    import numpy as np

    return samples.copy() if subtype == "PCM_16" else g711.codes(samples.copy(), _LAWS[subtype]).astype(np.int16)


def _scaled(samples: "NDArray[Any]") -> "NDArray[float32]":
    """Samples between -1 and 1; what is no number counts as silence."""
    import numpy as np

    if samples.dtype == np.int16:
        scaled: NDArray[float32] = np.multiply(samples, np.float32(1 / 32_768), dtype=np.float32)
        return scaled
    scaled = np.clip(np.nan_to_num(samples), -1, 1).astype(np.float32)
    return scaled


def _levels(samples: "NDArray[float32]", rate: int) -> "NDArray[float32]":
    """The root of the mean square of each 20 ms, over all channels."""
    import numpy as np

    step = max(1, int(rate * STEP_S))
    count = -(-len(samples) // step)
    power = np.zeros(count * step, np.float32)
    power[: len(samples)] = (samples**2).mean(axis=1)
    levels: NDArray[float32] = np.sqrt(power.reshape(count, step).mean(axis=1))
    return levels
