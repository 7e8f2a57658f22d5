"""SGLang's series, for each model and engine, as its metrics collector exposes them.

Source of names, labels and buckets: SGLang 0.5.23, `observability/metrics_collector.py`. A worker's number is its
`dp_rank`. Counted when a sequence is over, but for prefix-cache look-ups and speculation.
"""

from collections.abc import Iterator
from typing import Any

from fakeai.core.events import Bus, PromptCached, SequenceEnded, StepRan, WorkerSnapshot
from fakeai.metrics.base import (
    Buckets,
    Engines,
    Reading,
    Row,
    Table,
    Tally,
    Workers,
    counter,
    gauge,
    histogram,
    label_text,
    no_engines,
    written,
)

_TTFT = Buckets(0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200, 400)
_E2E = Buckets(*_TTFT.bounds, 600, 1200, 1800, 2400)
_ITL = Buckets(
    0.002, 0.004, 0.006, 0.008, 0.01, 0.015, 0.02, 0.025, 0.03, 0.035, 0.04, 0.06, 0.08, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 2,
    4, 6, 8,
)  # fmt: skip
_QUEUE = Buckets(
    0, 0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 4, 5, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90,
    *range(100, 1001, 100), 1200, 1400, 1600, 1800, 2000, 2500, 3000,
)  # fmt: skip
_RANKS = ("0", "0", "0")
_RATE_S = 1.0
"""Throughput is that of the latest second or more in which tokens were made."""


class _Streaming:
    """What is told apart by whether the answer was streamed."""

    def __init__(self) -> None:
        self.requests = self.prompts = self.completions = 0
        self.ttft, self.e2e = Tally(_TTFT), Tally(_E2E)


class _Engine(Row):
    """What is counted of one engine."""

    def __init__(self, snapshot: WorkerSnapshot | None) -> None:
        self.streamed, self.whole = _Streaming(), _Streaming()
        self.itl, self.queue = Tally(_ITL), Tally(_QUEUE)
        self.aborted = self.queried = self.device = self.host = 0
        self.drafting = self.accepted = 0
        self.made, self.since, self.rate = 0, 0.0, 0.0

    def step(self, event: StepRan) -> None:
        """A step has run."""
        if event.drafts:
            self.drafting += event.decodes
            self.accepted += sum(event.accepted)
        start = event.at - event.seconds
        if start - self.since > _RATE_S:
            self.made, self.since = 0, start
        self.made += event.tokens
        if event.at - self.since >= _RATE_S:
            self.rate = self.made / (event.at - self.since)
            self.made, self.since = 0, event.at

    def admit(self, event: PromptCached) -> None:
        """A sequence was admitted, its prompt looked up."""
        self.queried += event.queried
        self.device += event.device
        self.host += event.host

    def end(self, event: SequenceEnded) -> None:
        """A sequence is over."""
        kind = self.streamed if event.streamed else self.whole
        kind.requests += 1
        kind.prompts += event.prompt
        kind.completions += event.completion
        kind.e2e.observe(event.at - event.arrived)
        if event.first_token is not None:
            kind.ttft.observe(event.first_token - event.arrived)
        self.aborted += event.reason == "abort"
        self.queue.observe((event.at if event.scheduled is None else event.scheduled) - event.arrived)
        self.itl.observe_all(event.gaps_s)

    def tokens_in_use(self) -> int | None:
        """Of the KV cache."""
        return self.now and self.now.used_blocks * self.now.block_size


class SglangMetrics:
    """Every engine's series, whatever it imitates. None before there is an engine."""

    def __init__(self, bus: Bus, engines: Engines = no_engines) -> None:
        self._workers = Workers(bus, engines, _Engine)
        bus.listen(StepRan, lambda event: self._workers.of(event).step(event))
        bus.listen(PromptCached, lambda event: self._workers.of(event).admit(event))
        bus.listen(SequenceEnded, lambda event: self._workers.of(event).end(event))

    @classmethod
    def tables(cls) -> tuple[Table[Any], ...]:
        """Every metric. Any: as in `Family`."""
        return _REQUESTS, _RANKED

    def expose(self) -> Iterator[str]:
        """Prometheus' text."""
        requests: list[tuple[str, _Engine]] = []
        ranked: list[tuple[str, _Engine]] = []
        for row in self._workers.rows():
            role = "both" if row.now is None else row.now.role
            engine = row.model, "unified" if role == "both" else role, str(row.worker)
            requests.append((label_text(_REQUESTS.labels, engine), row))
            ranked.append((label_text(_RANKED.labels, (*engine, *_RANKS)), row))
        yield from written(_REQUESTS, requests)
        yield from written(_RANKED, ranked)


def _usage(row: _Engine) -> float | None:
    now = row.now
    return None if now is None else now.used_blocks / now.total_blocks if now.total_blocks else 0.0


def _cached(row: _Engine) -> Reading:
    return {("device",): row.device, ("host",): row.host, ("storage",): 0}


_STREAMING = ("is_streaming",)

_REQUESTS: Table[_Engine] = Table(
    ("model_name", "engine_type", "dp_rank"),
    (
        counter(
            "sglang:num_requests_total",
            "Sequences that are over.",
            lambda r: {("True",): r.streamed.requests, ("False",): r.whole.requests},
            _STREAMING,
        ),
        counter("sglang:num_aborted_requests_total", "Of them cancelled.", lambda r: r.aborted),
        counter(
            "sglang:prompt_tokens_total",
            "Tokens of their prompts.",
            lambda r: {("True",): r.streamed.prompts, ("False",): r.whole.prompts},
            _STREAMING,
        ),
        counter(
            "sglang:generation_tokens_total",
            "Tokens they made.",
            lambda r: {("True",): r.streamed.completions, ("False",): r.whole.completions},
            _STREAMING,
        ),
        counter("sglang:cached_tokens_total", "Prompt tokens found cached, by where.", _cached, ("cache_source",)),
        histogram(
            "sglang:time_to_first_token_seconds",
            "Arrival to first token.",
            lambda r: {("True",): r.streamed.ttft, ("False",): r.whole.ttft},
            _STREAMING,
        ),
        histogram(
            "sglang:e2e_request_latency_seconds",
            "Arrival to end.",
            lambda r: {("True",): r.streamed.e2e, ("False",): r.whole.e2e},
            _STREAMING,
        ),
        histogram("sglang:inter_token_latency_seconds", "Between a sequence's tokens.", lambda r: r.itl),
    ),
)

_RANKED: Table[_Engine] = Table(
    ("model_name", "engine_type", "dp_rank", "tp_rank", "pp_rank", "moe_ep_rank"),
    (
        gauge("sglang:num_running_reqs", "Sequences in the running batch.", lambda r: r.now and r.now.running),
        gauge("sglang:num_queue_reqs", "Sequences waiting for a place in it.", lambda r: r.now and r.now.waiting),
        gauge("sglang:num_used_tokens", "Tokens held by the KV cache for sequences.", lambda r: r.tokens_in_use()),
        gauge("sglang:token_usage", "The same over all it can hold, 0 to 1.", _usage),
        gauge(
            "sglang:cache_hit_rate",
            "Prompt tokens found cached over those looked up, ever.",
            lambda r: (r.device + r.host) / r.queried if r.queried else 0.0,
        ),
        gauge(
            "sglang:gen_throughput",
            "Tokens per second while busy, over the latest second or more; 0 when nothing runs.",
            lambda r: r.rate if r.now is None or r.now.running else 0.0,
        ),
        gauge(
            "sglang:spec_accept_length",
            "Tokens a sequence makes in a step with drafts, on average; 0 without any.",
            lambda r: 1 + r.accepted / r.drafting if r.drafting else 0.0,
        ),
        histogram("sglang:queue_time_seconds", "Arrival to first admission.", lambda r: r.queue),
    ),
)
