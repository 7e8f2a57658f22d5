"""Voices: how high each speaks, and how long the throat is that it speaks through.

The names are OpenAI's. A voice that nobody knows has a middle pitch; one made of a sample has the sample's.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray


class Voice(NamedTuple):
    """`pitch` in Hz, in the middle of a phrase; `throat` multiplies the formants: above 1 for a shorter one."""

    pitch: int
    throat: float = 1.0


VOICES: Mapping[str, Voice] = MappingProxyType(
    {
        "alloy": Voice(165, 1.04),
        "ash": Voice(115, 0.97),
        "ballad": Voice(125, 0.99),
        "coral": Voice(205, 1.11),
        "echo": Voice(110, 0.95),
        "fable": Voice(150, 1.02),
        "onyx": Voice(92, 0.91),
        "nova": Voice(220, 1.14),
        "sage": Voice(190, 1.09),
        "shimmer": Voice(215, 1.13),
        "verse": Voice(130, 0.98),
        "marin": Voice(200, 1.10),
        "cedar": Voice(105, 0.94),
    }
)
OTHER: Final = Voice(140, 1.0)

_LOWEST: Final = 70
_HIGHEST: Final = 320
_WINDOW_S: Final = 0.05
_WINDOWS: Final = 400
_ALIKE: Final = 0.9
"""Of several periods the shortest is taken that is nearly as good as the best: two of them fit, too."""
_SURE: Final = 0.5
"""How alike two periods are of sound that has a pitch, between 0 and 1."""


def named(name: str) -> Voice:
    """The voice of that name, whoever asks."""
    return VOICES.get(name.lower(), OTHER)


def pitched(pitch: int) -> Voice:
    """A voice of so many Hz, and a throat that goes with it."""
    pitch = min(max(pitch, _LOWEST), _HIGHEST)
    return Voice(pitch, round(0.82 + 0.0014 * pitch, 3))


def pitch_of(samples: "NDArray[float32]", rate: int) -> int | None:
    """The pitch in Hz of somebody who speaks, by autocorrelation: the median of some windows. None where there is none."""
    import numpy as np

    size = int(_WINDOW_S * rate)
    short, long = rate // _HIGHEST, rate // _LOWEST
    count = len(samples) // size
    if not count or long >= size:
        return None
    rows = samples[: count * size].reshape(count, size)
    if count > _WINDOWS:
        rows = rows[:: count // _WINDOWS]
    rows = rows - rows.mean(axis=1, keepdims=True)
    power = (rows**2).sum(axis=1)
    rows = rows[power > 0.1 * power.max()] if power.max() > 0 else rows[:0]
    if not len(rows):
        return None
    likeness = np.fft.irfft(np.abs(np.fft.rfft(rows, 2 * size, axis=1)) ** 2, axis=1)[:, : long + 1]
    likeness *= size / (size - np.arange(long + 1))  # of ever fewer samples
    likeness /= likeness[:, :1]
    inner = likeness[:, short:-1]
    peaks = (inner >= likeness[:, short - 1 : -2]) & (inner >= likeness[:, short + 1 :])
    heights = np.where(peaks, inner, 0)
    lags = short + (heights >= _ALIKE * heights.max(axis=1, keepdims=True)).argmax(axis=1)
    sure = lags[likeness[np.arange(len(lags)), lags] > _SURE]
    return round(rate / float(np.median(sure))) if len(sure) else None
