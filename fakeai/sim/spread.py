"""Percentiles of many durations, and how certain they are. Plain statistics; knows nothing of what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PERCENTS = (*range(100), 99.5, 99.9, 100)
"""Where a curve has its points."""

_Z95 = 1.959963984540054
"""Standard deviations that hold 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How durations in seconds are distributed. Zeros when there are none.

    Percentiles lie between neighbours as numpy's do. An interval holds the true percentile in 95 of 100 runs as long as
    this one, if durations do not depend on each other: those under load do, so it is the least there is to expect.
    """

    n: int
    mean: float
    p50: float
    p90: float
    p95: float
    p99: float
    max: float
    p50_interval: tuple[float, float]
    p99_interval: tuple[float, float]


class Sample:
    """Durations, each with how often it occurred, ready to be asked for percentiles."""

    __slots__ = ("_below", "_effective", "_values", "mean", "n")

    def __init__(self, values: "Floats", weights: "NDArray[np.int64] | None" = None) -> None:
        """`weights` are whole numbers; without them each value counts once. Not-a-number and weights of 0 do not count."""
        keep = ~np.isnan(values)
        if weights is not None:
            keep &= weights > 0
            weights = weights[keep]
        values = values[keep]
        order = np.argsort(values, kind="stable")
        self._values = values[order]
        counts = np.ones(len(values), np.int64) if weights is None else weights[order]
        self._below = np.cumsum(counts)
        """For each value how often it or a smaller one occurred."""
        self.n = int(self._below[-1]) if len(values) else 0
        self.mean = float(self._values @ counts) / self.n if self.n else 0.0
        # Equal durations of one step are one event, not many: Kish's effective size.
        self._effective = self.n**2 / float(counts @ counts) if self.n else 0.0

    def at(self, shares: Sequence[float]) -> "Floats":
        """The durations below which these shares of all are: linear between neighbours. Zeros without any."""
        if not self.n:
            return np.zeros(len(shares))
        place = np.clip(np.asarray(shares, np.float64), 0.0, 1.0) * (self.n - 1)
        low = np.floor(place)
        below = self._values[np.searchsorted(self._below, low, "right")]
        above = self._values[np.searchsorted(self._below, np.ceil(place), "right")]
        found: Floats = below + (above - below) * (place - low)
        return found

    def spread(self) -> Spread:
        """The percentiles that are reported."""
        p50, p90, p95, p99, most = map(float, self.at((0.5, 0.9, 0.95, 0.99, 1.0)))
        return Spread(self.n, self.mean, p50, p90, p95, p99, most, self._interval(0.5), self._interval(0.99))

    def curve(self) -> tuple[float, ...]:
        """The durations at `PERCENTS`."""
        return tuple(self.at([percent / 100.0 for percent in PERCENTS]).tolist())

    def _interval(self, share: float) -> tuple[float, float]:
        """By order statistics: the durations at the shares that the binomial's normal approximation leaves possible."""
        if not self.n:
            return 0.0, 0.0
        reach = _Z95 * sqrt(share * (1.0 - share) / self._effective)
        low, high = self.at((share - reach, share + reach))
        return float(low), float(high)
