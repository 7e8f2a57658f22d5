"""Sound as the sockets of Live sessions carry it, to and from samples of 16 bits at 24 kHz, in pieces of any size."""

from typing import TYPE_CHECKING, Final, NamedTuple

from fakeai.content.transcript import Relay
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
        self._reader = Reader(wave.encoding)
        self._pairs = _Groups(2) if wave.rate == _SLOW else None
        self._last = 0
        self._words = Relay(2, 3)

    def read(self, data: bytes) -> "NDArray[int16]":
        """What comes next."""
        import numpy as np

        samples = self._reader.read(data)
        if self._pairs is None:
            return samples
        slow = self._pairs.add(samples)
        first, second = slow.astype(np.int32).T
        ends = np.append(np.int32(self._last), second)
        self._last = int(ends[-1])
        columns = (ends[:-1] + 2 * first) // 3, (2 * first + second) // 3, second
        fast = np.stack(columns, axis=1).astype(np.int16).reshape(-1)
        self._words.carry(slow.reshape(-1), fast)
        return fast


class Outlet:
    """Samples to the bytes of one stream."""

    def __init__(self, wave: Wave) -> None:
        self._writer = Writer(wave.encoding)
        self._triples = _Groups(3) if wave.rate == _SLOW else None
        self._words = Relay(3, 2)

    def write(self, samples: "NDArray[int16]") -> bytes:
        """What comes next."""
        import numpy as np

        if self._triples is not None:
            fast = self._triples.add(samples)
            triples = fast.astype(np.int32)
            columns = triples[:, 0], (triples[:, 1] + triples[:, 2]) // 2
            samples = np.stack(columns, axis=1).astype(np.int16).reshape(-1)
            self._words.carry(fast.reshape(-1), samples)
        return self._writer.write(samples.astype("<i2", copy=False).tobytes())


class _Groups:
    """Samples in rows of so many, those that are left over first in the next."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._rest: NDArray[int16] | None = None

    def add(self, samples: "NDArray[int16]") -> "NDArray[int16]":
        import numpy as np

        whole = samples if self._rest is None else np.concatenate([self._rest, samples])
        end = len(whole) // self._size * self._size
        self._rest = whole[end:].copy()
        return whole[:end].reshape(-1, self._size)
