"""What is asked of a cluster and when: arrival processes, lengths, shared prefixes, or the rows of a trace.

Knows sizes, times and chance; knows no engine. Everything is drawn from streams of one seed, and lengths from others
than times, so that another rate leaves the requests as they are.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, islice, repeat
from math import inf, log, sqrt

from fakeai.core.chance import Chance
from fakeai.sim import traces
from fakeai.sim.timing import Distribution
from fakeai.sim.types import SimRequest

DEFAULT_REQUESTS = 1000
"""Requests of a synthetic workload that is limited by nothing else."""
DEFAULT_BLOCK = 16
"""Tokens of a KV block where no trace says otherwise: vLLM's own default."""

_NUMBER = r"(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
_ARRIVALS = re.compile(rf"(constant|poisson|gamma|closed):{_NUMBER}(?::{_NUMBER})?|(burst)")
_ACCEPTED = (
    "constant:RATE, poisson:RATE, gamma:RATE:CV (CV is the gaps' deviation in means), closed:USERS, "
    "closed:USERS:THINK_SECONDS or burst"
)
_PREFIX = re.compile(r"(\d+):(\d+)")


@dataclass(frozen=True, slots=True)
class Arrivals:
    """When requests come. `rate` per second; `cv`, the gaps' coefficient of variation (gamma).

    closed: `users` wait for an answer, then `think_s`, then ask again. burst: all at once.
    """

    process: str
    rate: float = 0.0
    cv: float = 1.0
    users: int = 0
    think_s: float = 0.0

    @classmethod
    def parse(cls, spec: str) -> "Arrivals":
        """Read `poisson:20` and the like; ValueError says what is accepted."""
        found = _ARRIVALS.fullmatch(spec.strip())
        if found is None:
            raise ValueError(f"{spec!r} is no arrival process: write {_ACCEPTED}")
        process, first, second, burst = found.groups()
        if burst:
            return cls("burst")
        figure, further = float(first), None if second is None else float(second)
        if figure <= 0 or (process == "closed" and figure != int(figure)):
            raise ValueError(
                f"{spec!r}: {'users' if process == 'closed' else 'a rate'} must be above zero; {_ACCEPTED}"
            )
        if process == "closed":
            return cls("closed", users=int(figure), think_s=further or 0.0)
        if (process == "gamma") != (further is not None) or further == 0:
            raise ValueError(f"{spec!r}: only gamma takes a second number, above zero: write {_ACCEPTED}")
        return cls(process, rate=figure, cv=1.0 if further is None else further)

    def times(self, chance: Chance) -> Iterator[float]:
        """Endless times in seconds, the first at 0. Not of closed loops, which have none beforehand."""
        if self.process == "burst":
            return repeat(0.0)
        if self.process == "constant":
            return (number / self.rate for number in count())
        return _summed(self._gaps(chance))

    def _gaps(self, chance: Chance) -> Iterator[float]:
        if self.process == "poisson" or self.cv == 1.0:
            mean, unit = 1.0 / self.rate, chance.unit
            while True:
                yield -mean * log(1.0 - unit())
        shape = self.cv**-2
        while True:
            yield _gamma(shape, chance) / (shape * self.rate)


def _summed(gaps: Iterator[float]) -> Iterator[float]:
    at = 0.0
    for gap in gaps:
        yield at
        at += gap


def _gamma(shape: float, chance: Chance) -> float:
    """A gamma variate of scale 1: Marsaglia and Tsang (2000), doi 10.1145/358407.358414; below shape 1 boosted."""
    if shape < 1.0:
        smaller: float = (1.0 - chance.unit()) ** (1.0 / shape)
        return _gamma(shape + 1.0, chance) * smaller
    d = shape - 1.0 / 3.0
    c = 1.0 / sqrt(9.0 * d)
    while True:
        x = chance.normal()
        v = (1.0 + c * x) ** 3
        if v > 0 and log(1.0 - chance.unit()) < 0.5 * x * x + d - d * v + d * log(v):
            return d * v


@dataclass(frozen=True, slots=True)
class Lengths:
    """How many tokens a prompt or an answer has: a distribution, rounded, at least 1."""

    distribution: Distribution

    @classmethod
    def parse(cls, spec: str) -> "Lengths":
        """Read `1024`, `1024:10%`, `uniform(a,b)`, `normal(m,s)`, `lognormal(m,s)` or `exponential(m)`."""
        try:
            if "ms" in spec:
                raise ValueError
            found = Distribution.parse(spec)
        except ValueError:
            raise ValueError(
                f"{spec!r} is no length in tokens: write 1024, 1024:10%, 1024:100, uniform(100,2000), normal(1024,100), "
                f"lognormal(1024,500) or exponential(1024), up to 3600000"
            ) from None
        if found.a * 1000.0 < 1.0 and not (found.shape == "uniform" and found.b >= 0.001):
            raise ValueError(f"{spec!r}: lengths are at least 1 token")
        return cls(found)

    def draws(self, chance: Chance) -> Iterator[int]:
        """Endless lengths."""
        draw = self.distribution.draw
        # A Distribution is in seconds and reads milliseconds: thousandths, which here are tokens.
        if self.distribution.shape == "constant":
            return repeat(round(draw(chance) * 1000.0))
        return (max(1, round(draw(chance) * 1000.0)) for _ in repeat(None))


@dataclass(frozen=True, slots=True)
class Prefixes:
    """`count` texts of `tokens` tokens, one of which begins each prompt, before its own tokens."""

    tokens: int
    count: int

    @classmethod
    def parse(cls, spec: str) -> "Prefixes":
        """Read `512:10`: ten prefixes of 512 tokens."""
        found = _PREFIX.fullmatch(spec.strip())
        if found is None or "0" in {part.lstrip("0") or "0" for part in found.groups()}:
            raise ValueError(f"{spec!r} is no prefix: write TOKENS:COUNT, as 512:10 for ten prefixes of 512 tokens")
        return cls(int(found[1]), int(found[2]))


@dataclass(frozen=True, kw_only=True)
class WorkloadSpec:
    """A workload as it is asked for. ValueError when its parts are wrong or do not go together."""

    trace: str = ""
    """A file of requests; empty for a synthetic workload."""
    trace_format: str = ""
    trace_block: int = 0
    """Tokens of the trace's blocks, if not its format's usual."""
    skip_broken: bool = False
    speed_up: float = 1.0
    """The trace's times are divided by it."""
    arrivals: str = ""
    """Instead of the trace's own times, which are kept when empty."""
    isl: str = "1024"
    osl: str = "256"
    prefix: str = ""
    requests: int = 0
    """At most so many; 0 for all of a trace."""
    duration_s: float = 0.0
    """Nothing arrives later; 0 for no end."""
    seed: int = 0

    def __post_init__(self) -> None:
        if not (self.trace or self.arrivals):
            raise ValueError(f"a workload is a trace or an arrival process: {_ACCEPTED}")
        if self.requests < 0 or self.duration_s < 0:
            raise ValueError("requests and duration must be above zero")
        if not 0 < self.speed_up < inf:
            raise ValueError("a speed-up must be above zero")
        _ = self.process, self.lengths, self.prefixes

    @cached_property
    def process(self) -> Arrivals | None:
        """The arrival process; None for the trace's times."""
        return Arrivals.parse(self.arrivals) if self.arrivals else None

    @cached_property
    def lengths(self) -> tuple[Lengths, Lengths]:
        """Of prompts (without prefix) and answers."""
        return Lengths.parse(self.isl), Lengths.parse(self.osl)

    @cached_property
    def prefixes(self) -> Prefixes | None:
        """What prompts share."""
        return Prefixes.parse(self.prefix) if self.prefix else None

    def load(self) -> "Workload":
        """Read what has to be read. Raises traces.TraceError."""
        if not self.trace:
            return Workload(self, None)
        return Workload(self, traces.read(self.trace, self.trace_format, self.skip_broken, self.trace_block))


class Workload:
    """Requests in order, ready to be asked; the same ones each time."""

    def __init__(self, spec: WorkloadSpec, trace: traces.Trace | None) -> None:
        self.spec = spec
        self.trace = trace

    @property
    def block_size(self) -> int:
        """Tokens of an engine's block that suit it: those of the trace's own keys, else vLLM's 16.

        A trace tells which blocks are equal only in its own blocks: smaller ones are equal whenever those are, and add
        work without adding knowledge.
        """
        return (self.trace and self.trace.block_size) or DEFAULT_BLOCK

    @property
    def limit(self) -> int:
        """Requests that it has at most; 0 when only its duration ends it."""
        spec = self.spec
        if self.trace is not None:
            return min(spec.requests or len(self.trace.rows), len(self.trace.rows))
        return spec.requests or (0 if spec.duration_s else DEFAULT_REQUESTS)

    @property
    def span_s(self) -> float:
        """About when the last request comes; 0 when that depends on the answers."""
        spec, process = self.spec, self.spec.process
        if process is None:
            assert self.trace is not None, "a workload without arrivals is a trace"
            natural = self.trace.rows[self.limit - 1].at / spec.speed_up
        else:
            natural = self.limit / process.rate if process.rate and self.limit else 0.0
        return min(natural, spec.duration_s) if natural and spec.duration_s else natural or spec.duration_s

    def times(self) -> Iterator[float]:
        """Times in order, the first at 0; empty for a closed loop."""
        spec, process = self.spec, self.spec.process
        if process is not None and process.users:
            return iter(())
        if process is not None:
            return process.times(Chance(spec.seed).stream("arrivals"))
        assert self.trace is not None, "a workload without arrivals is a trace"
        return (row.at / spec.speed_up for row in self.trace.rows)

    def requests(self, block_size: int) -> Iterator[SimRequest]:
        """The requests, with keys for blocks of `block_size` tokens. ValueError when the trace's keys do not fit them."""
        made = _synthetic(self.spec, block_size) if self.trace is None else _traced(self.trace, block_size)
        return islice(made, self.limit or None)


def _traced(trace: traces.Trace, block_size: int) -> Iterator[SimRequest]:
    size, keys_of = trace.block_size, traces.keys_of
    for number, row in enumerate(trace.rows):
        keys: Sequence[int] = keys_of(row, size, block_size) if row.keys or row.tokens else ()
        yield SimRequest(str(number), row.prompt, row.output, keys)


def _synthetic(spec: WorkloadSpec, block_size: int) -> Iterator[SimRequest]:
    chance = Chance(spec.seed)
    isl, osl = spec.lengths
    prompts, outputs = isl.draws(chance.stream("isl")), osl.draws(chance.stream("osl"))
    prefixes = spec.prefixes
    if prefixes is None:
        for number, prompt, output in zip(count(), prompts, outputs, strict=False):
            yield SimRequest(str(number), prompt, output)
        return
    full = prefixes.tokens // block_size
    keys = [tuple(range(prefix * full, prefix * full + full)) for prefix in range(prefixes.count)]
    pick = chance.stream("prefix")
    for number, prompt, output in zip(count(), prompts, outputs, strict=False):
        yield SimRequest(str(number), prefixes.tokens + prompt, output, pick.pick(keys))
