"""An encoder for AAC-LC in ADTS: one channel at 24 kHz, made for speech and for nothing else.

Of ISO/IEC 14496-3 it uses the least that every decoder knows: long sine windows, one scale factor for a whole frame, and one
codebook (11, which can say any number). So it needs more bits than a good encoder, some 80 kbit/s, and none of anybody's code.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from numpy import complex64, float32, int16, int64, uint8
    from numpy.typing import NDArray

RATE: Final = 24_000
_RATE_INDEX: Final = 6
_HALF: Final = 1_024
_WINDOW: Final = 2_048
_MOST_BITS: Final = 6_144
"""Bits of a frame that a decoder is bound to hold (4.5.3.1, for each channel)."""
_LARGEST: Final = 8_191
_ESCAPE: Final = 16
_OFFSET: Final = 100
"""The scale factor of a step of 1 (4.6.2.3.3)."""
_ROUNDING: Final = 0.4054
_NOISE: Final = 0.012
"""How large a step is beside the frame's largest line, to the power at which lines are quantized."""
_FINEST: Final = 1.0
_STEPS_A_TRY: Final = 4


class Encoder:
    """Takes samples as they come, gives whole frames. The sound begins 1,024 samples late, as all AAC does."""

    def __init__(self) -> None:
        import numpy as np

        self._past: NDArray[float32] = np.zeros(_HALF, np.float32)
        self._rest: NDArray[float32] = np.zeros(0, np.float32)

    def add(self, samples: "NDArray[int16]") -> bytes:
        """The frames that these samples complete."""
        import numpy as np

        self._rest = np.concatenate([self._rest, samples.astype(np.float32)])
        count = len(self._rest) // _HALF
        blocks = self._rest[: count * _HALF].reshape(count, _HALF)
        self._rest = self._rest[count * _HALF :]
        return self._frames(blocks)

    def end(self) -> bytes:
        """What is left, filled up with silence."""
        import numpy as np

        left = np.zeros((2, _HALF), np.float32)
        left[0, : len(self._rest)] = self._rest
        blocks = left if len(self._rest) else left[1:]
        self._rest = self._rest[:0]
        return self._frames(blocks)

    def _frames(self, blocks: "NDArray[float32]") -> bytes:
        import numpy as np

        if not len(blocks):
            return b""
        before = np.concatenate([self._past[None], blocks[:-1]])
        self._past = blocks[-1]
        lines = _transformed(np.concatenate([before, blocks], axis=1))
        return b"".join([_frame(of) for of in lines])


class _Tables(NamedTuple):
    window: "NDArray[float32]"
    before: "NDArray[complex64]"
    after: "NDArray[complex64]"
    codes: "NDArray[int64]"
    lengths: "NDArray[int64]"
    bands: "NDArray[int64]"


@lru_cache(maxsize=1)
def _tables() -> _Tables:
    import numpy as np

    from fakeai.content.aac_tables import BANDS_24K, CODES_11, LENGTHS_11

    at, line = np.arange(_WINDOW), np.arange(_HALF)
    start = (_HALF + 1) / 2
    return _Tables(
        np.sin(np.pi / _WINDOW * (at + 0.5)).astype(np.float32),
        np.exp(-1j * np.pi * at / _WINDOW).astype(np.complex64),
        (2 * np.exp(-2j * np.pi / _WINDOW * start * (line + 0.5))).astype(np.complex64),
        np.array([int(CODES_11[n : n + 3], 16) for n in range(0, len(CODES_11), 3)]),
        np.array([int(digit, 16) for digit in LENGTHS_11]),
        np.array(BANDS_24K),
    )


def _transformed(blocks: "NDArray[float32]") -> "NDArray[float32]":
    """The MDCT of each row (4.6.11.3.1): 2 Σ z(n) cos(2π/N (n + n0)(k + 1/2)), through a Fourier transform."""
    import numpy as np

    tables = _tables()
    turned = np.fft.fft(blocks * tables.window * tables.before, axis=1)[:, :_HALF]
    found: NDArray[float32] = (turned * tables.after).real.astype(np.float32)
    return found


def _frame(lines: "NDArray[float32]") -> bytes:
    """One ADTS frame: the finest quantization that fits."""
    import numpy as np

    powers = np.abs(lines) ** 0.75
    peak = float(powers.max())
    if peak < _ROUNDING:
        return _packed(_bits_of(np.zeros(_HALF, np.int64), _OFFSET))
    step = max(_FINEST, peak * _NOISE, peak / (_LARGEST - 1))
    scale = int(np.ceil(np.log2(step) * 16 / 3))
    while True:
        levels = np.floor(powers * 2.0 ** (-3 / 16 * scale) + _ROUNDING).astype(np.int64)
        bits = _bits_of(np.where(lines < 0, -levels, levels), _OFFSET + scale)
        if len(bits) <= _MOST_BITS:
            return _packed(bits)
        scale += _STEPS_A_TRY


def _bits_of(levels: "NDArray[int64]", scale: int) -> "NDArray[uint8]":
    """A raw data block (4.4.2.1): one channel element, and the end."""
    import numpy as np

    tables = _tables()
    used = np.flatnonzero(levels)
    bands = int(np.searchsorted(tables.bands, used[-1], "right")) if len(used) else 0
    head = [(0, 3), (0, 4), (scale, 8)]  # a single channel element, number 0, its global gain
    head += [(0, 1), (0, 2), (0, 1), (bands, 6), (0, 1)]  # a long sine window, so many bands, no prediction
    if bands:
        head += [(11, 4)] + [(31, 5)] * (bands // 31) + [(bands % 31, 5)]  # one section of codebook 11
        head.append((0, bands))  # each band's scale factor is that before it
    head += [(0, 1), (0, 1), (0, 1)]  # no pulses, no noise shaping, no gain control
    values, sizes = np.array(head, dtype=np.int64).T
    if bands:
        spectrum = _spectrum(levels[: tables.bands[bands]])
        values, sizes = np.concatenate([values, spectrum[0]]), np.concatenate([sizes, spectrum[1]])
    return _unpacked(np.append(values, 7), np.append(sizes, 3))


def _spectrum(levels: "NDArray[int64]") -> "tuple[NDArray[int64], NDArray[int64]]":
    """Values and their bits: of each two lines a code, their signs, and what is above 15 (4.6.3.3)."""
    import numpy as np

    tables = _tables()
    sizes = np.abs(levels)
    low = np.minimum(sizes, _ESCAPE)
    at = 17 * low[0::2] + low[1::2]
    pairs = len(at)
    values, widths = np.zeros((pairs, 5), np.int64), np.zeros((pairs, 5), np.int64)
    values[:, 0], widths[:, 0] = tables.codes[at], tables.lengths[at]
    for half in (0, 1):
        own, size = levels[half::2], sizes[half::2]
        values[:, 1 + half], widths[:, 1 + half] = own < 0, own != 0
        large = size >= _ESCAPE
        # An escape: as many ones as the number has bits above four, a zero, and these bits without the highest.
        more = np.where(large, np.floor(np.log2(np.maximum(size, _ESCAPE))).astype(np.int64), 0)
        ones = np.where(large, (1 << (more - 3)) - 2, 0)
        values[:, 3 + half] = np.where(large, (ones << more) | (size - (1 << more)), 0)
        widths[:, 3 + half] = np.where(large, 2 * more - 3, 0)
    return values.ravel(), widths.ravel()


def _unpacked(values: "NDArray[int64]", sizes: "NDArray[int64]") -> "NDArray[uint8]":
    """The bits of the values, the highest first, each with so many."""
    import numpy as np

    ends = np.cumsum(sizes)
    places = np.repeat(ends, sizes) - np.arange(ends[-1]) - 1
    # A value of more than 62 bits is all zeros: scale factors.
    bits: NDArray[uint8] = ((np.repeat(values, sizes) >> np.minimum(places, 62)) & 1).astype(np.uint8)
    return bits


def _packed(bits: "NDArray[uint8]") -> bytes:
    """The ADTS header (1.A.3.2) and the data, filled up to whole bytes."""
    import numpy as np

    data = np.packbits(bits).tobytes()
    size = 7 + len(data)
    # Sync word, MPEG-4, no CRC; LC, 24 kHz, one channel; size; a buffer that is not told; one block.
    head = 0xFFF1 << 40 | 1 << 38 | _RATE_INDEX << 34 | 1 << 30 | size << 13 | 0x7FF << 2
    return head.to_bytes(7, "big") + data
