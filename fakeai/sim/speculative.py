"""How many draft tokens a verification accepts: acceptance by position, never one probability for all.

A verification accepts drafts up to the first rejection, so what matters is the chance that the first i are all accepted:
unconditional rates that never rise. Knows no engine; the draws come from a stream handed in.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import isfinite
from operator import mul
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fakeai.core.chance import Chance

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_DRAFTS = 64

DYNAMO_CONDITIONAL = (0.85, 0.3, 0.0, 0.0, 0.0)
"""Dynamo's mocker: the chance that draft i is accepted after all before it were."""


class Curve(NamedTuple):
    """A measured mean acceptance length, the target's own token included, with 1, 2, … drafts; and where it is from."""

    lengths: tuple[float, ...]
    source: str


_INFERENCEX = "InferenceX golden_al_distribution, SPEED-Bench coding, thinking on: "

CURVES = (
    ("kimi-k2.5-eagle3", Curve((1.83, 2.43, 2.88, 3.24, 3.46, 3.62, 3.71, 3.77), _INFERENCEX + "Kimi K2.5, EAGLE-3")),
    ("qwen3.5-mtp", Curve((1.93, 2.73, 3.39, 3.97, 4.41, 4.80, 5.04, 5.21), _INFERENCEX + "Qwen3.5 397B-A17B, MTP")),
    ("deepseek-v4-mtp", Curve((1.79, 2.27, 2.49, 2.54, 2.55), _INFERENCEX + "DeepSeek V4 Pro, MTP")),
    (
        "minimax-m3-eagle3",
        Curve((1.78, 2.38, 2.83, 3.11, 3.35, 3.45, 3.53, 3.74), _INFERENCEX + "MiniMax-M3, EAGLE-3, temperature 1"),
    ),
)
"""Published curves by name. Each gives rates for up to as many drafts as it was measured with."""


class Speculation:
    """A draft model's `drafts` tokens a step and how many of them are accepted."""

    __slots__ = ("_missed", "acceptance")

    def __init__(self, acceptance: Sequence[float]) -> None:
        """`acceptance[i]`: the chance that drafts 0 … i are all accepted. A list that cannot be one raises ValueError."""
        if not 1 <= len(acceptance) <= MAX_DRAFTS:
            raise ValueError(f"there are 1 to {MAX_DRAFTS} drafts, not {len(acceptance)}")
        if not all(0.0 <= rate <= 1.0 for rate in acceptance):
            raise ValueError(f"acceptance rates are from 0 to 1, not {list(acceptance)}")
        if any(later > before for before, later in pairwise(acceptance)):
            raise ValueError(f"acceptance rates are unconditional, so they never rise: not {list(acceptance)}")
        self.acceptance = tuple(float(rate) for rate in acceptance)
        self._missed = [1.0 - rate for rate in self.acceptance]

    def __repr__(self) -> str:
        return f"Speculation({self.acceptance})"

    @classmethod
    def of_length(cls, length: float, drafts: int) -> "Speculation":
        """Accepted lengths of the least variance with this mean, the target's own token included.

        vLLM's `rejection_sample_method=synthetic`: whole positions always, then one at times, then none.
        """
        if not (isfinite(length) and 1.0 <= length <= drafts + 1.0):
            raise ValueError(f"the mean acceptance length with {drafts} drafts is from 1 to {drafts + 1}, not {length}")
        return cls([min(1.0, max(0.0, length - 1.0 - i)) for i in range(drafts)])

    @classmethod
    def of_conditional(cls, rates: Sequence[float] = DYNAMO_CONDITIONAL, drafts: int | None = None) -> "Speculation":
        """From the chance that each draft is accepted after all before it were; the first `drafts` of them."""
        if not all(0.0 <= rate <= 1.0 for rate in rates):
            raise ValueError(f"acceptance rates are from 0 to 1, not {list(rates)}")
        wanted = len(rates) if drafts is None else drafts
        if wanted > len(rates):
            raise ValueError(f"{wanted} drafts need as many acceptance rates, not {len(rates)}")
        return cls(list(accumulate(rates[:wanted], mul)))

    @classmethod
    def published(cls, name: str, drafts: int) -> "Speculation":
        """From a measured curve. Its mean with `drafts` drafts is the measured one exactly.

        The rate of a position is what the curve gains there. Where noise makes the gains rise, the positions
        concerned share them evenly.
        """
        curve = dict(CURVES).get(name)
        if curve is None:
            raise ValueError(f"unknown acceptance curve {name!r} (known: {', '.join(name for name, _ in CURVES)})")
        if not 1 <= drafts <= len(curve.lengths):
            raise ValueError(f"acceptance curve {name!r} has 1 to {len(curve.lengths)} drafts, not {drafts}")
        lengths = (1.0, *curve.lengths[:drafts])
        return cls(_never_rising([after - before for before, after in pairwise(lengths)]))

    @property
    def drafts(self) -> int:
        """Draft tokens verified in a step."""
        return len(self.acceptance)

    @property
    def mean_length(self) -> float:
        """Mean tokens made by a step: the target's own and the drafts accepted."""
        return 1.0 + sum(self.acceptance)

    def draw(self, chance: Chance) -> int:
        """Drafts accepted by one verification, 0 to `drafts`. Takes one draw."""
        return bisect_right(self._missed, chance.unit())

    def draw_many(self, chance: Chance, n: int) -> "NDArray[np.int64]":
        """Drafts accepted by `n` verifications: what `draw` would say `n` times."""
        units = np.frombuffer(chance.data(4 * n), dtype="<u4") / 4294967296.0
        return np.searchsorted(self._missed, units, side="right").astype(np.int64)


def _never_rising(rates: Sequence[float]) -> list[float]:
    """The closest rates (least squares) that never rise and have the same sum: rising neighbours are pooled."""
    pools: list[list[float]] = []
    for rate in rates:
        pools.append([rate, 1.0])
        while len(pools) > 1 and pools[-1][0] > pools[-2][0]:
            mean, size = pools.pop()
            before = pools[-1]
            before[0] = (before[0] * before[1] + mean * size) / (before[1] + size)
            before[1] += size
    return [mean for mean, size in pools for _ in range(int(size))]
