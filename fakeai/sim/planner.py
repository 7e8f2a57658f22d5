"""How many workers there should be: by load, or by what a service level takes.

A planner says wanted counts; whoever runs the workers starts and drains them, which takes its time. Until the counts
are there a planner keeps to what it said. The rules and defaults are those of Dynamo 1.6's planner
(components/src/dynamo/planner/core), with two additions against flapping: a worker is not taken away where the others
would then ask for it back, and falling demand must fall by a margin. Knows no clock and no engine but its step times.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, inf
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol

from fakeai.sim.types import StepShape, StepTiming, WorkerView


class Desired(NamedTuple):
    """Wanted workers. Where workers do both, `prefill` is 0 and they count as `decode`."""

    prefill: int
    decode: int


class Observation(NamedTuple):
    """What a planner sees: the ready workers of each pool, and all requests since the start."""

    prefill: Sequence[WorkerView]
    """Workers that only compute prompts; none where workers do both."""
    decode: Sequence[WorkerView]
    requests: int = 0
    prompt_tokens: int = 0
    """Of those requests together."""
    cached_tokens: int = 0
    """Of their prompts, found in prefix caches."""
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class PlannerConfig:
    """Bounds and targets. A value out of range raises ValueError."""

    interval_s: float = 5.0
    """Between decisions."""
    min_workers: int = 1
    """Of each pool that there is."""
    max_workers: int = 64
    max_change: int = 1
    """Workers added to or taken from a pool by one decision."""
    target: Literal["throughput", "latency"] = "throughput"
    """How early load adds workers: when queues are full, or when they form."""
    ttft_s: float = 0.5
    """Service level: time to the first token."""
    itl_s: float = 0.05
    """Service level: time between tokens."""
    margin: float = 0.1
    """Demand must leave this much of a smaller pool's capacity over before the service level takes a worker away."""

    def __post_init__(self) -> None:
        if not 1 <= self.min_workers <= self.max_workers:
            raise ValueError(
                f"workers are at least 1 and at most max_workers, not {self.min_workers} to {self.max_workers}"
            )
        if self.max_change < 1:
            raise ValueError(f"max_change is at least 1, not {self.max_change}")
        if self.target not in ("throughput", "latency"):
            raise ValueError(f"target is throughput or latency, not {self.target!r}")
        for name in ("interval_s", "ttft_s", "itl_s"):
            if not 0.0 < getattr(self, name) < inf:
                raise ValueError(f"{name} is above 0, not {getattr(self, name)}")
        if not 0.0 <= self.margin < inf:
            raise ValueError(f"margin is a number from 0 on, not {self.margin}")


class Planner(Protocol):
    """Decides how many workers there should be."""

    next_at: float
    """When it wants to see the cluster next."""

    def observe(self, now: float, seen: Observation) -> Desired:
        """The wanted counts; before `next_at`, those said last."""


class _Paced:
    """Decides every interval, in steps within bounds, and waits for one change before the next."""

    def __init__(self, config: PlannerConfig) -> None:
        self._config = config
        self._desired: Desired | None = None
        self.next_at = -inf

    def observe(self, now: float, seen: Observation) -> Desired:
        """The wanted counts; see Planner."""
        desired = self._desired or Desired(len(seen.prefill), len(seen.decode))
        if now >= self.next_at:
            self.next_at = now + self._config.interval_s
            wanted = self._wanted(now, seen)
            desired = Desired(
                self._step(desired.prefill, len(seen.prefill), wanted.prefill) if desired.prefill else 0,
                self._step(desired.decode, len(seen.decode), wanted.decode),
            )
        self._desired = desired
        return desired

    def _wanted(self, now: float, seen: Observation) -> Desired:
        raise NotImplementedError

    def _step(self, said: int, ready: int, wanted: int) -> int:
        config = self._config
        if ready == said:
            said += max(-config.max_change, min(config.max_change, wanted - said))
        return max(config.min_workers, min(config.max_workers, said))


class _Thresholds(NamedTuple):
    up: float
    down: float


_PREFILL = MappingProxyType({"throughput": _Thresholds(1.0, 0.1), "latency": _Thresholds(0.1, 0.0)})
"""Of a context's length in prompt tokens to compute. Up from there on; down below, or at 0."""
_DECODE = MappingProxyType({"throughput": _Thresholds(1.0, 0.6), "latency": _Thresholds(0.4, 0.1)})
"""Of the KV blocks, held or asked for. Up above; down below."""


class LoadPlanner(_Paced):
    """One more where any worker is above a threshold, one less where all are below another."""

    def __init__(self, config: PlannerConfig, context_tokens: int) -> None:
        """`context_tokens`: the model's context window, the measure of a prefill worker's queue."""
        super().__init__(config)
        if context_tokens < 1:
            raise ValueError(f"a context window has at least 1 token, not {context_tokens}")
        self._context = context_tokens

    def _wanted(self, now: float, seen: Observation) -> Desired:
        target = self._config.target
        queues = [view.active_prefill_tokens / self._context for view in seen.prefill]
        fills = [view.decode_blocks / view.total_blocks if view.total_blocks else 0.0 for view in seen.decode]
        return Desired(
            _by_load(queues, _PREFILL[target], lambda queue, up: queue >= up),
            _by_load(fills, _DECODE[target], lambda fill, up: fill > up),
        )


def _by_load(loads: Sequence[float], at: _Thresholds, above: Callable[[float, float], bool]) -> int:
    """Workers wanted for what each of them has to do."""
    count = len(loads)
    if any(above(load, at.up) for load in loads):
        return count + 1
    below = all(load < at.down or load == at.down == 0.0 for load in loads)
    if count > 1 and below and not above(sum(loads) / (count - 1), at.up):
        return count - 1
    return count


class Capacity:
    """What one engine can serve within a service level, from its step times: closed forms, without queueing."""

    def __init__(self, timing: StepTiming, config: PlannerConfig, *, max_running: int, kv_tokens: int) -> None:
        """`kv_tokens`: what the engine's blocks hold."""
        self._timing = timing
        self._config = config
        self._max_running = max_running
        self._kv_tokens = kv_tokens

    def prefill(self, prompt: float) -> tuple[float, float]:
        """(requests per second, seconds to the first token) of an engine that computes prompts of so many tokens."""
        seconds = self._prefill_seconds(prompt)
        return 1.0 / seconds, seconds

    def decode(self, context: float, output: float) -> float:
        """Requests per second of an engine that decodes outputs of so many tokens around a context of that length.

        With as many sequences as the level allows between tokens; one where it allows none.
        """
        count = self._most(context, lambda n: self._decode_seconds(n, context))
        return count / (output * self._decode_seconds(count, context))

    def both(self, prompt: float, context: float, output: float) -> float:
        """Requests per second of an engine that does both.

        In the time of an output each sequence decodes its tokens and one prompt is computed for each sequence.
        """
        prefill = self._prefill_seconds(prompt)

        def between(count: int) -> float:
            return self._decode_seconds(count, context) + count * prefill / output

        count = self._most(context, between)
        return count / (output * between(count))

    def _prefill_seconds(self, prompt: float) -> float:
        tokens = max(1, round(prompt))
        return self._timing.seconds(StepShape(0, 0, tokens, tokens * (tokens + 1) // 2, 1, 1))

    def _decode_seconds(self, count: int, context: float) -> float:
        return self._timing.seconds(StepShape(count, round(count * context)))

    def _most(self, context: float, between: Callable[[int], float]) -> int:
        """The most sequences with which tokens come within the service level, as memory allows; at least 1."""
        limit = max(1, min(self._max_running, int(self._kv_tokens / context)))
        return max(1, bisect_right(range(1, limit + 1), self._config.itl_s, key=between))


class SlaPlanner(_Paced):
    """As many workers as the last interval's demand takes within the service level."""

    def __init__(self, config: PlannerConfig, capacity: Capacity) -> None:
        super().__init__(config)
        self._capacity = capacity
        self._before: tuple[float, Observation] | None = None

    def _wanted(self, now: float, seen: Observation) -> Desired:
        before, self._before = self._before, (now, seen)
        if before is None:
            return Desired(len(seen.prefill), len(seen.decode))
        since, old = before
        requests = seen.requests - old.requests
        if requests <= 0:
            return Desired(0, 0)
        demand = requests / (now - since)
        prompt = (seen.prompt_tokens - old.prompt_tokens) / requests
        output = max(1.0, (seen.output_tokens - old.output_tokens) / requests)
        computed = max(1.0, prompt - max(0.0, (seen.cached_tokens - old.cached_tokens) / requests))
        context = max(1.0, prompt + output / 2)
        if not seen.prefill:
            return Desired(0, self._count(demand / self._capacity.both(computed, context, output), len(seen.decode)))
        rate, ttft_s = self._capacity.prefill(computed)
        return Desired(
            max(self._count(demand / rate, len(seen.prefill)), ceil(ttft_s / self._config.ttft_s)),
            self._count(demand / self._capacity.decode(context, output), len(seen.decode)),
        )

    def _count(self, engines: float, ready: int) -> int:
        """Workers for that many engines' worth of demand."""
        wanted = ceil(engines)
        return wanted if wanted >= ready else min(ready, ceil(engines * (1.0 + self._config.margin)))
