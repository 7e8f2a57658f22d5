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

_FINEST = 1e-6
"""Seconds; all shorter durations are in one bucket."""
_SHIFT = 40
"""Bits of a double that buckets do not look at: there are 4,096 for each power of two."""
_VERY_MANY = 50_000
"""Different durations."""
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
    """Durations, each with how often it occurred, ready to be asked for percentiles.

    A run has many more gaps than percentiles, so they are not sorted: counted into buckets of their leading bits, and
    only those are looked at that hold a percentile.
    """

    __slots__ = ("_below", "_bucket", "_counts", "_effective", "_values", "_weights", "mean", "n")

    def __init__(self, values: "Floats", weights: "NDArray[np.int64] | None" = None) -> None:
        """`weights` are whole numbers; without them each value counts once. Not-a-number and weights of 0 do not count."""
        weights = np.ones(len(values), np.int64) if weights is None else weights
        keep = (weights > 0) & ~np.isnan(values)
        if not keep.all():
            values, weights = values[keep], weights[keep]
        self._values, self._weights = values, weights
        bits = np.maximum(values, _FINEST).view(np.int64) >> _SHIFT
        self._bucket = bits - (bits.min() if len(bits) else 0)
        self._counts = np.bincount(self._bucket, weights).astype(np.int64)
        self._below = self._counts.cumsum()
        """For each bucket how many are in it or a lower one."""
        self.n = int(weights.sum())
        self.mean = float(values @ weights) / self.n if self.n else 0.0
        # Equal durations of one step are one event, not many: Kish's effective size.
        self._effective = self.n**2 / float(weights @ weights) if self.n else 0.0

    def at(self, shares: Sequence[float]) -> "Floats":
        """The durations below which these shares of all are: linear between neighbours. Zeros without any."""
        if not self.n:
            return np.zeros(len(shares))
        place = np.clip(np.asarray(shares, np.float64), 0.0, 1.0) * (self.n - 1)
        below, above = self._ranked(np.concatenate((np.floor(place), np.ceil(place)))).reshape(2, -1)
        found: Floats = below + (above - below) * (place - np.floor(place))
        return found

    def _ranked(self, ranks: "Floats") -> "Floats":
        """The durations at these places of all in order, from 0 on."""
        buckets = np.searchsorted(self._below, ranks, "right")
        wanted = np.zeros(len(self._counts), np.bool_)
        wanted[buckets] = True
        among = wanted[self._bucket]
        values, weights = self._values[among], self._weights[among]
        order = np.argsort(values)
        passed_over = self._below - (self._counts * wanted).cumsum()
        place = np.searchsorted(weights[order].cumsum(), ranks - passed_over[buckets], "right")
        found: Floats = values[order][place]
        return found

    def spread(self) -> Spread:
        """The percentiles that are reported."""
        if not self.n:
            return Spread(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, (0.0, 0.0), (0.0, 0.0))
        near_p50, near_p99 = self._reach(0.5), self._reach(0.99)
        found = self.at((0.5, 0.9, 0.95, 0.99, 1.0, *near_p50, *near_p99)).tolist()
        p50, p90, p95, p99, most, p50_low, p50_high, p99_low, p99_high = found
        return Spread(self.n, self.mean, p50, p90, p95, p99, most, (p50_low, p50_high), (p99_low, p99_high))

    def curve(self) -> tuple[float, ...]:
        """The durations at `PERCENTS`; of very many, to the width of a bucket (0.02 %)."""
        shares = [percent / 100.0 for percent in PERCENTS]
        if len(self._values) < _VERY_MANY:
            return tuple(self.at(shares).tolist())
        means = np.bincount(self._bucket, self._values * self._weights) / np.maximum(self._counts, 1)
        buckets = np.searchsorted(self._below, np.array(shares) * (self.n - 1), "right")
        return tuple(means[buckets].tolist())

    def _reach(self, share: float) -> tuple[float, float]:
        """Shares that the true percentile may have here: order statistics, with the binomial's normal approximation."""
        reach = _Z95 * sqrt(share * (1.0 - share) / self._effective)
        return share - reach, share + reach
