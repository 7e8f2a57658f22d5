"""The figures of a report: one tree of plain data. Names carry their units; nothing here computes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fakeai.sim.spread import PERCENTS, Spread


@dataclass(frozen=True, slots=True)
class Requests:
    """How many there were of each fate."""

    asked: int
    done: int
    too_long: int
    """Refused, for the cache can never hold them."""
    shed: int
    """Turned away, for no worker took them."""
    aborted: int
    unfinished: int
    """Neither over nor refused when nothing more happened."""
    reason: str = ""
    """Why the first that is too long was refused."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Of the requests that are done. Times since arrival but for `itl_s` and `tpot_s`."""

    ttft_s: Spread
    itl_s: Spread
    """Time between two tokens of a sequence, over all tokens. Tokens that come in one step count as one."""
    tpot_s: Spread
    """(last − first token) / (tokens − 1) of each request with at least two."""
    e2e_s: Spread
    queue_s: Spread
    """Until first admitted to a batch."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """Of the whole run, from the first arrival to the last token."""

    requests_per_s: float
    output_tokens_per_s: float
    total_tokens_per_s: float
    """Prompt tokens too, cached or not."""
    output_tokens_per_s_per_gpu: float
    total_tokens_per_s_per_gpu: float


@dataclass(frozen=True, slots=True)
class Goodput:
    """Requests that kept every limit. Those that were refused or are not done did not."""

    slo_s: Mapping[str, float]
    requests: int
    share: float
    """Of all asked."""
    requests_per_s: float
    requests_per_s_per_gpu: float


@dataclass(frozen=True, slots=True)
class Cache:
    """What the prefix caches had, in tokens, at every admission."""

    queried_tokens: int
    gpu_tokens: int
    host_tokens: int
    hit_rate: float


@dataclass(frozen=True, slots=True)
class Energy:
    """Of all GPUs, from the first arrival to the last token, idle ones too."""

    wh: float
    joules_per_output_token: float
    mean_watts_per_gpu: float


@dataclass(frozen=True, slots=True)
class Cost:
    """Of the GPUs' time."""

    usd: float
    usd_per_million_output_tokens: float
    usd_per_1000_requests: float


@dataclass(frozen=True, slots=True)
class WorkerLoad:
    """What one worker did. `busy`: share of the run in which it had a step under way."""

    worker: int
    requests: int
    output_tokens: int
    busy: float


@dataclass(frozen=True, slots=True)
class Curves:
    """Distributions: durations at the percents."""

    percent: Sequence[float] = PERCENTS
    ttft_s: Sequence[float] = ()
    itl_s: Sequence[float] = ()
    e2e_s: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """The run over time, at most some hundred points. Rates are means since the point before."""

    t_s: Sequence[float] = ()
    running: Sequence[int] = ()
    waiting: Sequence[int] = ()
    kv_usage: Sequence[float] = ()
    """Blocks in use over those there are."""
    workers: Sequence[int] = ()
    output_tokens_per_s: Sequence[float] = ()
    watts: Sequence[float] = ()
    """Of all GPUs; empty when nothing is known of their power."""


@dataclass(frozen=True, slots=True)
class Report:
    """All of it. `setup` is what was run, in words."""

    setup: Mapping[str, object]
    requests: Requests
    duration_s: float
    gpus: float
    """Mean over the run."""
    latency: Latency
    throughput: Throughput
    goodput: Goodput | None
    cache: Cache
    preemptions: int
    energy: Energy | None
    cost: Cost | None
    workers: Sequence[WorkerLoad]
    curves: Curves
    series: Series
    wall: Mapping[str, float] = field(default_factory=dict)
    """How fast it was computed: the only part in which two equal runs differ."""
