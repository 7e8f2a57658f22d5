"""Bare samples as they go over sockets and telephones: PCM and G.711, to and from 16 bits at 24 kHz.

Knows no files and no words. G.711 is ITU-T's: https://www.itu.int/rec/T-REC-G.711.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from numpy import int16, uint8
    from numpy.typing import NDArray

RATE: Final = 24_000
"""Samples a second in here."""

Encoding: TypeAlias = Literal["audio/pcm", "audio/pcmu", "audio/pcma"]

_BIAS: Final = 132
_CLIP: Final = 32_635


class Wave(NamedTuple):
    """How samples are written: an encoding and samples a second."""

    encoding: Encoding = "audio/pcm"
    rate: int = RATE

    @property
    def width(self) -> int:
        """Bytes of a sample."""
        return 2 if self.encoding == "audio/pcm" else 1

    def seconds(self, data: bytes) -> float:
        """How long `data` lasts."""
        return len(data) / (self.width * self.rate)


PCM: Final = Wave()


def read(data: bytes, wave: Wave) -> "NDArray[int16]":
    """Samples at `RATE`. PCM of that rate keeps every bit; of an odd number of bytes the last does not count."""
    import numpy as np

    if wave.encoding == "audio/pcm":
        samples = np.frombuffer(data, "<i2", len(data) // 2).astype(np.int16, copy=False)
    else:
        samples = _table(wave.encoding)[np.frombuffer(data, np.uint8)]
    return resampled(samples, wave.rate, RATE)


def write(samples: "NDArray[int16]", wave: Wave) -> bytes:
    """Samples of `RATE` as `wave` has them."""
    at_rate = resampled(samples, RATE, wave.rate)
    match wave.encoding:
        case "audio/pcmu":
            return _ulaw(at_rate).tobytes()
        case "audio/pcma":
            return _alaw(at_rate).tobytes()
    return at_rate.astype("<i2").tobytes()


def resampled(samples: "NDArray[int16]", rate: int, wanted: int) -> "NDArray[int16]":
    """The same sound at another rate: a mean where samples get fewer, a line between them where they get more."""
    import numpy as np

    if rate == wanted or not len(samples):
        return samples
    count = len(samples) * wanted // rate
    places = np.arange(count) * (rate / wanted)
    line = samples.astype(np.float32)
    if wanted < rate:
        width = round(rate / wanted)
        padded = np.pad(line, ((width - 1) // 2, width // 2), mode="edge")
        line = np.convolve(padded, np.full(width, 1 / width, np.float32), "valid").astype(np.float32)
    found: NDArray[int16] = np.round(np.interp(places, np.arange(len(samples)), line)).astype(np.int16)
    return found


@lru_cache(maxsize=2)
def _table(encoding: Encoding) -> "NDArray[int16]":
    """What each of the 256 codes stands for."""
    import numpy as np

    codes = np.arange(256)
    table: NDArray[int16]
    if encoding == "audio/pcmu":
        told = ~codes & 0xFF
        size = (((told & 0x0F) << 3) + _BIAS << ((told & 0x70) >> 4)) - _BIAS
        table = np.where(told & 0x80, -size, size).astype(np.int16)
        return table
    told = codes ^ 0x55
    part, segment = (told & 0x0F) << 4, (told & 0x70) >> 4
    size = np.where(segment == 0, part + 8, part + 0x108 << np.maximum(segment - 1, 0))
    table = np.where(told & 0x80, size, -size).astype(np.int16)
    return table


def _ulaw(samples: "NDArray[int16]") -> "NDArray[uint8]":
    import numpy as np

    wide = samples.astype(np.int32)
    size = np.minimum(np.abs(wide), _CLIP) + _BIAS
    segment = np.clip(np.floor(np.log2(size)).astype(np.int32) - 7, 0, 7)
    told = np.where(wide < 0, 0x80, 0) | (segment << 4) | ((size >> (segment + 3)) & 0x0F)
    codes: NDArray[uint8] = (~told & 0xFF).astype(np.uint8)
    return codes


def _alaw(samples: "NDArray[int16]") -> "NDArray[uint8]":
    import numpy as np

    wide = samples.astype(np.int32)
    size = np.minimum(np.where(wide < 0, -wide - 1, wide), 32_767)
    segment = np.clip(np.floor(np.log2(np.maximum(size, 1))).astype(np.int32) - 7, 0, 7)
    told = (segment << 4) | ((size >> np.where(segment < 2, 4, segment + 3)) & 0x0F)
    codes: NDArray[uint8] = ((np.where(wide < 0, told, told | 0x80)) ^ 0x55).astype(np.uint8)
    return codes
