"""Sound as the sockets of Live sessions carry it, to and from samples of 16 bits at 24 kHz, in pieces of any size."""

from typing import TYPE_CHECKING, Final, NamedTuple

from fakeai.services.realtime.sound import RATE, Encoding, Reader, Writer

if TYPE_CHECKING:
    from numpy import int16
    from numpy.typing import NDArray

_SLOW: Final = 16_000
"""The other rate of PCM: three samples at 24 kHz for two of them."""


class Wave(NamedTuple):
    """How samples are written: an encoding and samples a second."""

    encoding: Encoding = "audio/pcm"
    rate: int = RATE

    @property
    def width(self) -> int:
        """Bytes of a sample."""
        return 2 if self.encoding == "audio/pcm" else 1


PCM: Final = Wave()


class Inlet:
    """Bytes of one stream to samples; PCM at 24 kHz keeps every bit."""

    def __init__(self, wave: Wave) -> None:
        self._slow = wave.rate == _SLOW
        self._reader = Reader(wave.encoding)

    def read(self, data: bytes) -> "NDArray[int16]":
        """What comes next."""
        samples = self._reader.read(data)
        return _faster(samples) if self._slow and len(samples) else samples


class Outlet:
    """Samples to the bytes of one stream."""

    def __init__(self, wave: Wave) -> None:
        self._slow = wave.rate == _SLOW
        self._writer = Writer(wave.encoding)

    def write(self, samples: "NDArray[int16]") -> bytes:
        """What comes next."""
        return self._writer.write((_slower(samples) if self._slow else samples).astype("<i2", copy=False).tobytes())


def _faster(samples: "NDArray[int16]") -> "NDArray[int16]":
    """Three samples for two, on the line between them."""
    return _on_line(samples, 2 / 3)


def _slower(samples: "NDArray[int16]") -> "NDArray[int16]":
    """Two samples for three, on the line between them."""
    return _on_line(samples, 3 / 2) if len(samples) else samples


def _on_line(samples: "NDArray[int16]", step: float) -> "NDArray[int16]":
    import numpy as np

    places = np.arange(int(len(samples) / step + 1e-9)) * step
    found: NDArray[int16] = np.round(np.interp(places, np.arange(len(samples)), samples)).astype(np.int16)
    return found
