"""What a client saw of a server that several users asked in a closed loop, and the engine's steps that can be told from it.

Knows times of arrival and counts of tokens; knows no protocol and no model.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WHOLE = 0.98
"""Pieces over tokens from which on a stream is taken to bring every token by itself."""
_EARLY, _LATE = 0.25, 0.75
"""Where within a gap one looks who was there: tokens of one step arrive somewhat apart."""
_FULL = 0.5
"""Share of the gaps with the most sequences at once, from which on that is taken to be all that the server runs."""


class Sample(NamedTuple):
    """One answer. Times are seconds of any one clock."""

    prompt: int
    """Tokens as the server counts them."""
    output: int
    sent: float
    arrivals: tuple[float, ...]
    """When pieces of text came, at least one: as many as tokens, unless the server sends several in one piece."""
    cached: int = 0
    """Prompt tokens that the server had in its prefix cache."""

    @property
    def ttft_s(self) -> float:
        """Time to first token."""
        return self.arrivals[0] - self.sent

    @property
    def tpot_s(self) -> float | None:
        """Mean time between tokens; None of a single one."""
        return (self.arrivals[-1] - self.arrivals[0]) / (self.output - 1) if self.output > 1 else None

    @property
    def pieces_per_token(self) -> float:
        """Pieces that each token after the first came in: 1, or less."""
        return min(1.0, (len(self.arrivals) - 1) / (self.output - 1)) if self.output > 1 else 1.0


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement: `users` who each ask again as soon as they are answered."""

    users: int
    prompt: int
    """Prompt tokens that were aimed at; `Sample.prompt` is what they were."""
    samples: tuple[Sample, ...]
    """In the order they were sent."""
    warm: int = 0
    """So many of the first do not count: they met an idle server."""

    @property
    def ttft_s(self) -> float:
        """Median of those that count."""
        return median(sample.ttft_s for sample in self.samples[self.warm :])

    @property
    def tpot_s(self) -> float | None:
        """Median of those that count; None where all answers have one token."""
        return median(found) if (found := [each for each in self._tpots() if each is not None]) else None

    def _tpots(self) -> Iterator[float | None]:
        return (sample.tpot_s for sample in self.samples[self.warm :])


class Steps(NamedTuple):
    """Steps that only decode, one element each: how many sequences, tokens of context of one of them, seconds."""

    decodes: "NDArray[np.int64]"
    context: "NDArray[np.float64]"
    seconds: "NDArray[np.float64]"
    whole: bool
    """Whether each is one step. Otherwise, several may hide in one and none in another; only the mean is right."""


def decode_steps(point: Point, limit: int | None = None) -> Steps:
    """Gaps between tokens while nobody waited for a first one, and as many decoded at the gap's end as at its start.

    When as many decode as the server runs at once (`limit`), others wait in its queue and do not count: nobody is let in
    before somebody leaves.
    """
    gaps = _all_gaps(point)
    if gaps is None:
        none = np.zeros(0)
        return Steps(none.astype(np.int64), none, none, True)
    start, end, context, seconds = gaps
    crowd = _Crowd(point.samples)
    early, late = start + _EARLY * (end - start), start + _LATE * (end - start)
    decodes = crowd.decoding(early)
    steady = (decodes == crowd.decoding(late)) & (decodes > 0)
    quiet = (crowd.waiting(early) == 0) & (crowd.waiting(late) == 0)
    if limit is not None:
        quiet |= decodes == limit
    keep = steady & quiet
    whole = all(sample.pieces_per_token >= _WHOLE for sample in point.samples)
    return Steps(decodes[keep], context[keep], seconds[keep], whole)


def limit(points: Iterable[Point]) -> int | None:
    """How many sequences the server runs at once, if there were ever more users; None if that cannot be told.

    It is the most that ever decoded together, provided that it was reached most of the time whenever there were more
    users: where prompts take longer than answers, few decode although the server has room.
    """
    counts = [(point.users, _decoding(point)) for point in points]
    most = max((int(decodes.max()) for _, decodes in counts if len(decodes)), default=0)
    crowded = [decodes for users, decodes in counts if users > most and len(decodes)]
    return most if crowded and all(np.mean(decodes == most) >= _FULL for decodes in crowded) else None


def _decoding(point: Point) -> "NDArray[np.int64]":
    """How many decode, in the middle of each gap."""
    gaps = _all_gaps(point)
    return np.zeros(0, np.int64) if gaps is None else _Crowd(point.samples).decoding((gaps[0] + gaps[1]) / 2)


def _all_gaps(point: Point) -> tuple["NDArray[np.float64]", ...] | None:
    gaps = [_gaps(sample) for sample in point.samples if sample.output > 1 and len(sample.arrivals) > 1]
    return tuple(np.concatenate(column) for column in zip(*gaps, strict=True)) if gaps else None


def _gaps(sample: Sample) -> tuple["NDArray[np.float64]", ...]:
    """Starts, ends, contexts and seconds per token of the gaps of one answer."""
    arrivals = np.array(sample.arrivals)
    share = sample.pieces_per_token
    context = sample.prompt + 1 + np.arange(len(arrivals) - 1) / share
    return arrivals[:-1], arrivals[1:], context, np.diff(arrivals) * share


class _Crowd:
    """Who was there when."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self._sent = np.sort([sample.sent for sample in samples])
        self._first = np.sort([sample.arrivals[0] for sample in samples])
        self._last = np.sort([sample.arrivals[-1] for sample in samples])

    def waiting(self, at: "NDArray[np.float64]") -> "NDArray[np.int64]":
        """Requests without a first token."""
        return _passed(self._sent, at) - _passed(self._first, at)

    def decoding(self, at: "NDArray[np.float64]") -> "NDArray[np.int64]":
        """Requests with a first token and not yet the last."""
        return _passed(self._first, at) - _passed(self._last, at)


def _passed(times: "NDArray[np.float64]", at: "NDArray[np.float64]") -> "NDArray[np.int64]":
    return np.searchsorted(times, at, "right").astype(np.int64)
