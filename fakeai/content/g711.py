"""Codes of G.711 (https://www.itu.int/rec/T-REC-G.711), to and from samples of 16 bits."""

from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from numpy import int16, uint8
    from numpy.typing import NDArray

Law: TypeAlias = Literal["mu", "a"]


def samples(codes: "NDArray[uint8]", law: Law) -> "NDArray[int16]":
    """The sample of each code."""
    found: NDArray[int16] = _table(law)[codes]
    return found


def codes(samples: "NDArray[int16]", law: Law) -> "NDArray[uint8]":
    """The code that is nearest to each sample, the louder or positive one of two; so silence is 0xFF, or 0xD5."""
    import numpy as np

    found: NDArray[uint8] = _codes(law)[samples.view(np.uint16)]
    return found


@lru_cache(maxsize=2)
def _table(law: Law) -> "NDArray[int16]":
    """The sample of each of the 256 codes."""
    import numpy as np

    return np.array([_mu(code) if law == "mu" else _a(code) for code in range(256)], np.int16)


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
def _codes(law: Law) -> "NDArray[uint8]":
    """The code that is nearest to each sample, by the sample's 16 bits read as a number without a sign."""
    import numpy as np

    table = _table(law)
    order = np.argsort(table, kind="stable")
    known = table[order].astype(np.int32)
    between = (known[:-1] + known[1:]) // 2
    samples = np.arange(65_536, dtype=np.uint16).view(np.int16).astype(np.int32)
    return order[np.searchsorted(between, samples, side="right")].astype(np.uint8)
