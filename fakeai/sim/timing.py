"""How long a token takes: latency profiles of constants and distributions.

Knows seconds and chance; knows no clock, no request and no text. A profile has unlimited capacity: what it says of
one request does not depend on the others.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log, sqrt
from typing import Literal

from fakeai.core.chance import Chance

Shape = Literal["constant", "normal", "uniform", "lognormal", "exponential"]

MAX_MS = 3_600_000.0
"""An hour: longer latencies are refused as mistakes."""

_MAX_SPEC = 64
"""Characters of a spec; a longer one is no latency, and is not looked at."""
_MAX_SKEW = 1000.0
"""Most a lognormal's deviation may be, in means: beyond, its figures leave the range of floats."""

_NUMBER = r"(\d+(?:\.\d+)?)\s*(?:ms)?"
_SHORT = re.compile(rf"\s*{_NUMBER}(?:\s*:\s*(\d+(?:\.\d+)?)\s*(%|ms)?)?\s*")
_CALL = re.compile(
    rf"\s*(uniform|normal|lognormal|exponential)\(\s*{_NUMBER}(?:\s*,\s*(\d+(?:\.\d+)?)\s*(%|ms)?)?\s*\)\s*"
)


@dataclass(frozen=True, slots=True)
class Distribution:
    """A distribution of durations, in seconds. `a` and `b`: mean and standard deviation, or low and high (uniform)."""

    shape: Shape
    a: float
    b: float = 0.0

    @classmethod
    def parse(cls, spec: str) -> "Distribution":
        """Read a spec in milliseconds; ValueError says what is accepted.

        `"200"` constant; `"200:10%"` and `"200:20"` normal with a standard deviation of 10 % or 20 ms;
        `"uniform(100,300)"`, `"normal(200,20)"`, `"lognormal(200,50)"` (its mean and standard deviation),
        `"exponential(200)"`. Draws are never negative.
        """
        if len(spec) > _MAX_SPEC:
            raise ValueError(f"a latency has at most {_MAX_SPEC} characters, not {len(spec)}")
        return _parse(spec)

    @property
    def is_zero(self) -> bool:
        """Whether every draw is 0."""
        return self.a == 0.0 and self.b == 0.0

    def draw(self, chance: Chance) -> float:
        """One duration in seconds, never negative. A constant takes nothing from `chance`."""
        match self.shape:
            case "constant":
                return self.a
            case "normal":
                return max(0.0, chance.normal(self.a, self.b))
            case "uniform":
                return self.a + (self.b - self.a) * chance.unit()
            case "exponential":
                return -self.a * log(1.0 - chance.unit())
            case "lognormal":
                if self.a == 0.0:
                    return 0.0
                variance = log(1.0 + (self.b / self.a) ** 2)
                return exp(chance.normal(log(self.a) - variance / 2.0, sqrt(variance)))


@lru_cache(maxsize=1024)
def _parse(spec: str) -> Distribution:
    if short := _SHORT.fullmatch(spec):
        mean, spread, unit = short.groups()
        found = _spread("normal", float(mean), spread, unit) if spread else Distribution("constant", float(mean))
    elif call := _CALL.fullmatch(spec):
        shape, first, second, unit = call.groups()
        found = _called(shape, float(first), second, unit, spec)
    else:
        raise ValueError(
            f"{spec!r} is not a latency in milliseconds: write 200, 200:10%, 200:20, uniform(100,300), normal(200,20), "
            "lognormal(200,50) or exponential(200)"
        )
    if max(found.a, found.b) > MAX_MS:
        raise ValueError(f"{spec!r} is longer than an hour")
    return Distribution(found.shape, found.a / 1000.0, found.b / 1000.0)


def _called(shape: str, first: float, second: str | None, unit: str | None, spec: str) -> Distribution:
    if shape == "exponential":
        if second is not None:
            raise ValueError(f"{spec!r}: exponential takes one number, its mean")
        return Distribution("exponential", first)
    if second is None:
        raise ValueError(f"{spec!r}: {shape} takes two numbers")
    if shape == "uniform":
        if unit == "%" or float(second) < first:
            raise ValueError(f"{spec!r}: uniform takes a low and a high duration")
        return Distribution("uniform", first, float(second))
    return _spread("normal" if shape == "normal" else "lognormal", first, second, unit)


def _spread(shape: Literal["normal", "lognormal"], mean: float, spread: str, unit: str | None) -> Distribution:
    deviation = mean * float(spread) / 100.0 if unit == "%" else float(spread)
    if shape == "lognormal" and deviation > mean * _MAX_SKEW:
        raise ValueError(f"lognormal's deviation is at most {_MAX_SKEW:.0f} times its mean")
    return Distribution(shape if deviation else "constant", mean, deviation)


@dataclass(frozen=True, slots=True)
class Latency:
    """TTFT (time to first token) and ITL (time between tokens) of one request."""

    ttft: Distribution
    itl: Distribution

    @property
    def is_zero(self) -> bool:
        """Whether everything is due at once."""
        return self.ttft.is_zero and self.itl.is_zero


@dataclass(frozen=True, slots=True)
class LatencyProfile:
    """Latencies of a server: a default, and what differs by model."""

    default: Latency
    models: Mapping[str, Latency]

    def latency(self, model: str, ttft_ms: str | None = None, itl_ms: str | None = None) -> Latency:
        """The latency of a request to `model`; specs given by the request itself come first. Raises ValueError."""
        base = self.models.get(model, self.default)
        if ttft_ms is None and itl_ms is None:
            return base
        return Latency(
            base.ttft if ttft_ms is None else Distribution.parse(ttft_ms),
            base.itl if itl_ms is None else Distribution.parse(itl_ms),
        )
