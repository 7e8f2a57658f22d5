"""Sound as a session's client writes it, to and from samples of 16 bits at 24 kHz, in pieces of any size.

G.711 is at 8 kHz. Takes 1 ms for each 10 s of it. The words that samples tell are told by its codes, too.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

from fakeai.content import g711
from fakeai.content.transcript import Relay

if TYPE_CHECKING:
    from numpy import int16
    from numpy.typing import NDArray

Encoding: TypeAlias = Literal["audio/pcm", "audio/pcmu", "audio/pcma"]
RATE = 24_000
_LAWS: Mapping[Encoding, g711.Law] = MappingProxyType({"audio/pcmu": "mu", "audio/pcma": "a"})
_RATIO = 3
"""Samples at 24 kHz for one at 8 kHz."""


def ms(samples: int) -> int:
    """How long so many samples last."""
    return samples * 1000 // RATE


def samples_of(milliseconds: float) -> int:
    """How many samples last so long."""
    return int(milliseconds * RATE / 1000)


class Reader:
    """Bytes to samples."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self._rest = b""
        self._last = 0
        self._words = Relay(1, _RATIO)

    def read(self, data: bytes) -> "NDArray[int16]":
        """The samples that are whole by now."""
        import numpy as np

        if self.encoding == "audio/pcm":
            data = self._rest + data if self._rest else data
            whole = len(data) // 2 * 2
            self._rest = data[whole:]
            return np.frombuffer(data, "<i2", whole // 2).astype(np.int16, copy=False)
        codes = np.frombuffer(data, np.uint8)
        ends = np.concatenate(([self._last], g711.samples(codes, _LAWS[self.encoding])), dtype=np.int32)
        self._last = int(ends[-1])
        parts = np.arange(1, _RATIO + 1, dtype=np.int32)
        between = ends[:-1, None] * (_RATIO - parts) + ends[1:, None] * parts
        fast = (between // _RATIO).astype(np.int16).reshape(-1)
        self._words.carry(codes, fast)
        return fast


class Writer:
    """Samples, as little-endian bytes, to the bytes of a client's encoding."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self._rest = b""
        self._words = Relay(_RATIO, 1)

    def write(self, pcm: bytes) -> bytes:
        """What is whole by now."""
        pcm = self._rest + pcm if self._rest else pcm
        size = 2 if self.encoding == "audio/pcm" else 2 * _RATIO
        whole = len(pcm) // size * size
        self._rest = pcm[whole:]
        if self.encoding == "audio/pcm":
            return pcm[:whole]
        return self._slowed(pcm[:whole])

    def _slowed(self, pcm: bytes) -> bytes:
        import numpy as np

        fast = np.frombuffer(pcm, "<i2")
        codes = g711.codes(fast.reshape(-1, _RATIO).mean(axis=1).astype(np.int16), _LAWS[self.encoding])
        self._words.carry(fast, codes)
        return codes.tobytes()


def encoded(pcm: bytes, encoding: Encoding) -> bytes:
    """All of `pcm` in that encoding."""
    return Writer(encoding).write(pcm)
