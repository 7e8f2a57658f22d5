"""What a GPU draws, how warm it is and how fast it clocks, derived from what its steps use.

Power is linear in the fractions of peak that a step takes of the floating-point units and of the memory's bandwidth,
from idle up to TDP, where the clocks give way instead. Fitted by least squares to the 23 static-batch rows with power
of Splitwise's characterisation (Llama-2-70B and BLOOM on 2 to 8 A100, 2023): mean absolute error 6.9 % of the average
power over prompt and output (worst 24 %, where prompts of 4,096 tokens drew less than shorter ones, which nothing here
explains), 7.4 % of the peak, taken as prefill's power (worst 35 %). So prefill draws near TDP, and decode clearly less.
The link's share was not measured and is left out. Temperatures and clocks at load are general knowledge, not fitted.

Knows no card, no clock and no metric; figures of one GPU.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from fakeai.sim.types import Use

if TYPE_CHECKING:
    from numpy.typing import NDArray

IDLE_FRACTION = 0.14
"""Idle power over TDP where a card's own is not known: an A100's 55 of 400 W."""

_BUSY, _MEMORY, _COMPUTE = 0.17, 0.72, 1.9
"""Of what lies between idle and TDP: taken by any step, by all of the memory's bandwidth, by all of the peak."""

_AMBIENT_C, _RISE_C, _MEMORY_RISE_C = 30.0, 42.0, 9.0
"""Inlet air; the GPU above it at TDP, in the end; its memory above the GPU at full bandwidth."""
_THERMAL_S = 20.0
"""Time constant of the heat sink."""
_THROTTLE = 1.0 / 3.0
"""Dynamic power goes with the cube of the clock, as voltage follows it."""

_ROUNDING_S = 1e-6
"""Overlap of steps that is taken for rounding: starts may be told as end minus duration."""

N = TypeVar("N", float, "NDArray[np.float64] | float")


@dataclass(frozen=True, slots=True)
class PowerModel:
    """A card's figures. Clocks default to an H100 SXM's."""

    tdp_w: float
    idle_w: float
    sm_mhz: float = 1980.0
    idle_sm_mhz: float = 345.0
    memory_mhz: float = 2619.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.idle_w < self.tdp_w:
            raise ValueError(f"idle power is from 0 to below TDP ({self.tdp_w} W), not {self.idle_w} W")

    @classmethod
    def of_tdp(cls, tdp_w: float) -> "PowerModel":
        """For a card of which only TDP is known."""
        return cls(tdp_w, IDLE_FRACTION * tdp_w)

    def watts(self, use: Use) -> float:
        """Power during a step of that use; at most TDP."""
        return self.idle_w + (self.tdp_w - self.idle_w) * min(demand(use.compute, use.memory), 1.0)

    def sm_clock(self, wanted: float) -> float:
        """Clock in MHz while steps want that much of what lies between idle and TDP: full up to 1, throttled beyond."""
        return self.sm_mhz * min(1.0, wanted**-_THROTTLE) if wanted else self.idle_sm_mhz


def demand(compute: N, memory: N) -> N:
    """What a step wants of what lies between idle and TDP; above 1 it does not get all. Numbers or arrays."""
    return _BUSY + _MEMORY * memory + _COMPUTE * compute


class Reading(NamedTuple):
    """A GPU as monitoring sees it: means since the reading before, but for the energy and the temperatures."""

    watts: float
    joules: float
    """Since the meter started."""
    sm_mhz: float
    memory_mhz: float
    temperature_c: float
    memory_temperature_c: float
    busy: float
    """Fraction of the time in which a step ran."""
    tensor: float
    """Floating-point operations over those possible at dense peak."""
    dram: float
    """Bytes moved over those that the memory's bandwidth allows."""
    link: float


class _Sums(NamedTuple):
    """Integrals over the steps so far, in seconds (of fractions)."""

    busy: float = 0.0
    wanted: float = 0.0
    """Of demand, without its limit."""
    drawn: float = 0.0
    """Of demand, at most 1: what power follows."""
    compute: float = 0.0
    memory: float = 0.0
    link: float = 0.0


class EnergyMeter:
    """One GPU's integrals: steps as they end, idle in between.

    The energy at the end of a step is exactly the integral of power so far; inside a step, what it draws beyond idle is
    still missing. Readings are means, so power times time between readings adds up to the energy, save that a reading
    taken right after a step longer than the time between readings is cut at TDP.
    """

    __slots__ = ("_last", "_mark", "_reading", "_start", "_sums", "_temperature", "model")

    def __init__(self, model: PowerModel, now: float) -> None:
        self.model = model
        self._start = self._mark = now
        self._last = -inf
        self._sums = self._reading = _Sums()
        self._temperature = _AMBIENT_C + _RISE_C * model.idle_w / model.tdp_w

    def ran(self, start: float, end: float, use: Use) -> None:
        """One step has run. Steps come in order and do not overlap (ValueError); what was before the meter is left out.

        `use` may be anything with these fractions: a StepRan too.
        """
        self._follows(start)
        self._last = end
        seconds = end - max(start, min(self._start, end))
        wanted = demand(use.compute, use.memory)
        busy, wanteds, drawn, compute, memory, link = self._sums
        self._sums = _Sums(
            busy + seconds,
            wanteds + wanted * seconds,
            drawn + min(wanted, 1.0) * seconds,
            compute + use.compute * seconds,
            memory + use.memory * seconds,
            link + use.link * seconds,
        )

    def ran_many(
        self,
        start: float,
        ends: "Sequence[float] | NDArray[np.float64]",
        compute: "NDArray[np.float64] | float",
        memory: "NDArray[np.float64] | float",
        link: "NDArray[np.float64] | float" = 0.0,
    ) -> None:
        """Steps have run one after another from `start`: what `ran` says of each, up to rounding.

        `compute`, `memory` and `link` are fractions for each step, or one for all.
        """
        if not len(ends):
            return
        self._follows(start)
        self._last = float(ends[-1])
        seconds = np.diff(np.maximum(ends, self._start), prepend=max(start, self._start))
        wanted = demand(compute, memory)
        parts = (1.0, wanted, np.minimum(wanted, 1.0), compute, memory, link)
        each = (
            float(part @ seconds) if isinstance(part, np.ndarray) else part * float(seconds.sum()) for part in parts
        )
        self._sums = _Sums(*(total + more for total, more in zip(self._sums, each, strict=True)))

    def joules(self, now: float) -> float:
        """Energy since the start."""
        model = self.model
        return model.idle_w * (now - self._start) + (model.tdp_w - model.idle_w) * self._sums.drawn

    def read(self, now: float) -> Reading:
        """The GPU now, over the time since the last reading."""
        model = self.model
        passed = now - self._mark
        gone = _Sums(*(after - before for after, before in zip(self._sums, self._reading, strict=True)))

        def mean(seconds: float) -> float:
            return min(seconds / passed, 1.0) if passed > 0.0 else 0.0

        watts = model.idle_w + (model.tdp_w - model.idle_w) * mean(gone.drawn)
        settled = _AMBIENT_C + _RISE_C * watts / model.tdp_w
        self._temperature = settled + (self._temperature - settled) * exp(-max(passed, 0.0) / _THERMAL_S)
        self._mark, self._reading = now, self._sums
        return Reading(
            watts=watts,
            joules=self.joules(now),
            sm_mhz=model.sm_clock(gone.wanted / gone.busy if gone.busy else 0.0),
            memory_mhz=model.memory_mhz,
            temperature_c=self._temperature,
            memory_temperature_c=self._temperature + _MEMORY_RISE_C * mean(gone.memory),
            busy=mean(gone.busy),
            tensor=mean(gone.compute),
            dram=mean(gone.memory),
            link=mean(gone.link),
        )

    def _follows(self, start: float) -> None:
        if start < self._last - _ROUNDING_S:
            raise ValueError(f"a step starts at {start}, before the one before it ends at {self._last}")
