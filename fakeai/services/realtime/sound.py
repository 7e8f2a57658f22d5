"""Sound as a session's client writes it, to and from samples of 16 bits at 24 kHz, in pieces of any size.

G.711 is at 8 kHz: https://www.itu.int/rec/T-REC-G.711. Takes 1 ms for each 10 s of it.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from numpy import int16, uint8
    from numpy.typing import NDArray

Encoding: TypeAlias = Literal["audio/pcm", "audio/pcmu", "audio/pcma"]
RATE = 24_000
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
        self._last = 0.0

    def read(self, data: bytes) -> "NDArray[int16]":
        """The samples that are whole by now."""
        import numpy as np

        if self.encoding == "audio/pcm":
            data = self._rest + data if self._rest else data
            whole = len(data) // 2 * 2
            self._rest = data[whole:]
            return np.frombuffer(data, "<i2", whole // 2).astype(np.int16, copy=False)
        slow = _table(self.encoding)[np.frombuffer(data, np.uint8)].astype(np.float64)
        if not len(slow):
            return slow.astype(np.int16)
        ends = np.concatenate(([self._last], slow))
        self._last = float(slow[-1])
        steps = np.arange(1, len(slow) * _RATIO + 1) / _RATIO
        return np.interp(steps, np.arange(len(ends)), ends).astype(np.int16)


class Writer:
    """Samples, as little-endian bytes, to the bytes of a client's encoding."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self._rest = b""

    def write(self, pcm: bytes) -> bytes:
        """What is whole by now."""
        pcm = self._rest + pcm if self._rest else pcm
        size = 2 if self.encoding == "audio/pcm" else 2 * _RATIO
        whole = len(pcm) // size * size
        self._rest = pcm[whole:]
        if self.encoding == "audio/pcm":
            return pcm[:whole]
        return _slowed(pcm[:whole], self.encoding)


def encoded(pcm: bytes, encoding: Encoding) -> bytes:
    """All of `pcm` in that encoding."""
    return Writer(encoding).write(pcm)


def _slowed(pcm: bytes, encoding: Encoding) -> bytes:
    import numpy as np

    triples = np.frombuffer(pcm, "<i2").reshape(-1, _RATIO)
    means = triples.mean(axis=1).astype(np.int16)
    codes: bytes = _codes(encoding)[means.view(np.uint16)].tobytes()
    return codes


@lru_cache(maxsize=2)
def _table(encoding: Encoding) -> "NDArray[int16]":
    """The sample of each of the 256 codes."""
    import numpy as np

    return np.array([_mu(code) if encoding == "audio/pcmu" else _a(code) for code in range(256)], np.int16)


def _mu(code: int) -> int:
    code = ~code & 0xFF
    size = (((code & 0x0F) << 3) + 0x84 << (code >> 4 & 7)) - 0x84
    return -size if code & 0x80 else size


def _a(code: int) -> int:
    code ^= 0x55
    exponent, size = code >> 4 & 7, (code & 0x0F) << 4
    size = size + 8 if exponent == 0 else size + 0x108 << exponent - 1
    return size if code & 0x80 else -size


@lru_cache(maxsize=2)
def _codes(encoding: Encoding) -> "NDArray[uint8]":
    """The code that is nearest to each sample, by the sample's 16 bits read as a number without a sign."""
    import numpy as np

    table = _table(encoding)
    order = np.argsort(table, kind="stable")
    known = table[order].astype(np.int32)
    between = (known[:-1] + known[1:]) // 2
    samples = np.arange(65_536, dtype=np.uint16).view(np.int16).astype(np.int32)
    return order[np.searchsorted(between, samples)].astype(np.uint8)
