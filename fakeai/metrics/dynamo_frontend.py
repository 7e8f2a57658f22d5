"""Dynamo's frontend: requests, lengths and latencies by model, and what its router knows of each worker.

Requests are those of the endpoints that answer with a model's tokens or vectors; TTFT and ITL are those of paced
answers. Source of names, labels and buckets: a scrape of ai-dynamo 1.6.1. Workers' series have the model as a label
more, since a worker's number is unique within its model only.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Any

from fakeai.core.events import (
    Bus,
    RequestEnded,
    RequestShed,
    Routed,
    SequenceEnded,
    StepRan,
    TokensPaced,
    WorkerSnapshot,
)
from fakeai.metrics.base import (
    Buckets,
    Engines,
    Metric,
    Names,
    Row,
    Table,
    Tally,
    Workers,
    counter,
    gauge,
    histogram,
    label_text,
    no_engines,
    nothing,
    unseen,
    written,
)
from fakeai.metrics.dynamo_words import INPUT, OUTPUT, TTFT, dynamo_kind

_ITL = Buckets(
    0, 0.0018, 0.0033, 0.0059, 0.011, 0.02, 0.035, 0.064, 0.12, 0.21, 0.38, 0.69, 1.2, 2.3, 4.1, 7.4, 13, 24, 44, 80
)  # fmt: skip
_DURATION = Buckets(0, 2, 4, 8, 16, 32, 64, 130, 260, 510)
_PARTS = Buckets(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 100)
_IMAGE_TOKENS = Buckets(*(4 * 2**power for power in range(15)))

_ENDPOINTS: Mapping[str, str] = MappingProxyType(
    {
        "/chat/completions": "chat_completions",
        "/completions": "completions",
        "/embeddings": "embeddings",
        "/responses": "responses",
    }
)
_ERRORS: Mapping[int, str] = MappingProxyType(
    {400: "validation", 404: "not_found", 413: "validation", 422: "validation", 429: "overload", 501: "not_implemented",
     503: "overload", 504: "response_timeout"}
)  # fmt: skip


class _Model:
    """What is counted of one model."""

    def __init__(self) -> None:
        self.workers: Sequence[WorkerSnapshot] = ()
        self.prompts, self.cached, self.completions = Tally(INPUT), Tally(INPUT), Tally(OUTPUT)
        self.ttft, self.itl, self.duration = Tally(TTFT), Tally(_ITL), Tally(_DURATION)
        self.made = self.used = 0
        """Tokens by engines' steps, and by usage: no engine steps for a model that only has a latency profile."""
        self.received = self.shed = 0

    def most(self, field: str) -> int | None:
        """The largest value of a field over the workers."""
        return max((getattr(one, field) for one in self.workers), default=None)

    def together(self, *fields: str) -> int:
        """The sum of fields over the workers."""
        return sum(getattr(one, field) for one in self.workers for field in fields)


class _Worker(Row):
    """The last of each that was seen of one worker."""

    def __init__(self, snapshot: WorkerSnapshot | None) -> None:
        self.prompt = 0
        self.ttft = 0.0
        self.itl = 0.0


class DynamoFrontendMetrics:
    """Requests and models as Dynamo's frontend tells them. None before a model was asked for or has a worker."""

    def __init__(self, bus: Bus, engines: Engines = no_engines) -> None:
        self.started: dict[tuple[str, ...], int] = {}
        self.ended: dict[tuple[str, ...], int] = {}
        self.cancelled: dict[tuple[str, ...], int] = {}
        self.left = 0
        self._models: dict[str, _Model] = {}
        self._names = Names()
        self._workers = Workers(bus, engines, _Worker)
        bus.listen(RequestEnded, self._answered)
        bus.listen(TokensPaced, self._paced)
        bus.listen(StepRan, self._stepped)
        bus.listen(Routed, self._routed)
        bus.listen(RequestShed, self._turned_away)
        bus.listen(SequenceEnded, self._over)

    @classmethod
    def tables(cls) -> tuple[Table[Any], ...]:
        """Every metric. Any: as in `Family`."""
        return _MODELS, _REQUESTS, _WORKERS

    def expose(self) -> Iterator[str]:
        """Prometheus' text."""
        workers = [row for row in self._workers.rows() if row.now is not None]
        for model in self._models.values():
            model.workers = ()
        for name, rows in groupby(workers, lambda row: row.model):
            self._model(name).workers = [row.now for row in rows if row.now is not None]
        if not self._models:
            return
        models = [(label_text(_MODELS.labels, (name,)), model) for name, model in self._models.items()]
        yield from written(_MODELS, models)
        yield from written(_REQUESTS, [("", self)])
        yield from written(_WORKERS, [(label_text(_WORKERS.labels, _labels(row)), row) for row in workers])

    def _model(self, name: str) -> _Model:
        model = self._models.get(name)
        if model is None:
            model = self._models.setdefault(self._names(name), _Model())
        return model

    def _answered(self, event: RequestEnded) -> None:
        endpoint = _ENDPOINTS.get(event.route)
        if endpoint is None:
            return
        accepted = event.status < 400 or event.cancelled
        name = self._names(event.model) if accepted else ""
        key = (name, endpoint, "stream" if event.streamed else "unary")
        error = "cancelled" if event.cancelled else "" if accepted else _ERRORS.get(event.status, "internal")
        outcome = (*key, "error" if error else "success", error)
        self.started[key] = self.started.get(key, 0) + 1
        self.ended[outcome] = self.ended.get(outcome, 0) + 1
        if accepted:
            self.cancelled[key] = self.cancelled.get(key, 0) + event.cancelled
            self.left += event.cancelled
            self._count(self._model(name), event)

    def _count(self, model: _Model, event: RequestEnded) -> None:
        model.duration.observe(event.duration_s)
        if event.usage is not None:
            model.prompts.observe(event.usage.prompt)
            model.cached.observe(event.usage.cached)
            model.completions.observe(event.usage.completion)
            model.used += event.usage.completion

    def _paced(self, event: TokensPaced) -> None:
        if event.ttft_s is not None:
            model = self._model(event.model)
            model.ttft.observe(event.ttft_s)
            model.itl.observe_all(event.gaps_s)

    def _stepped(self, event: StepRan) -> None:
        self._model(event.model).made += event.tokens

    def _routed(self, event: Routed) -> None:
        self._model(event.model).received += 1

    def _turned_away(self, event: RequestShed) -> None:
        model = self._model(event.model)
        model.received += 1
        model.shed += 1

    def _over(self, event: SequenceEnded) -> None:
        row = self._workers.of(event)
        row.prompt = event.prompt
        if event.first_token is not None:
            row.ttft = event.first_token - event.arrived
        if event.gaps_s:
            row.itl = event.gaps_s[-1]


def _labels(row: Row) -> tuple[str, str, str, str]:
    return row.model, str(row.worker), "0", dynamo_kind(row.now)


_NO_PARTS = "what is in a message is told in no event"
_NO_QUEUE = "the router keeps no queue, requests wait in their engine"


def _pending(what: str) -> Metric[_Model]:
    name, text = f"dynamo_frontend_router_queue_pending_{what}", f"Pending {what.replace('_', ' ')} at the router."
    return gauge(name, text, lambda _: {("default", "decode"): 0}, ("policy_class", "worker_type"), _NO_QUEUE)


_MODELS: Table[_Model] = Table(
    ("model",),
    (
        gauge("dynamo_frontend_active_requests", "Sequences on engines.", lambda m: m.together("running", "waiting")),
        gauge("dynamo_frontend_inflight_requests", "Sequences on engines.", lambda m: m.together("running", "waiting")),
        gauge(
            "dynamo_frontend_queued_requests", "Of them not admitted to a batch yet.", lambda m: m.together("waiting")
        ),
        histogram("dynamo_frontend_input_sequence_tokens", "Prompt tokens of a request.", lambda m: m.prompts),
        histogram("dynamo_frontend_cached_tokens", "Of them found in a prefix cache.", lambda m: m.cached),
        histogram("dynamo_frontend_output_sequence_tokens", "Tokens of an answer.", lambda m: m.completions),
        counter("dynamo_frontend_output_tokens_total", "Tokens made.", lambda m: max(m.made, m.used)),
        histogram("dynamo_frontend_time_to_first_token_seconds", "Submission to first token.", lambda m: m.ttft),
        histogram("dynamo_frontend_inter_token_latency_seconds", "Between tokens of an answer.", lambda m: m.itl),
        histogram("dynamo_frontend_request_duration_seconds", "Arrival to last byte.", lambda m: m.duration),
        gauge(
            "dynamo_frontend_model_context_length", "The context window, tokens.", lambda m: m.most("context_window")
        ),
        gauge("dynamo_frontend_model_kv_cache_block_size", "Tokens of a KV block.", lambda m: m.most("block_size")),
        gauge("dynamo_frontend_model_total_kv_blocks", "KV blocks of a worker.", lambda m: m.most("total_blocks")),
        gauge("dynamo_frontend_model_max_num_seqs", "Sequences in a batch at most.", lambda m: m.most("max_running")),
        gauge(
            "dynamo_frontend_model_max_num_batched_tokens",
            "Tokens computed in a step at most.",
            lambda m: m.most("max_step_tokens"),
        ),
        gauge(
            "dynamo_frontend_model_migration_limit", "Moves of a request.", nothing, (), "requests stay on their worker"
        ),
        gauge(
            "dynamo_frontend_model_ready",
            "1 when a worker is ready, or the model needs none.",
            lambda m: int(not m.workers or any(one.state == "ready" for one in m.workers)),
        ),
        histogram("dynamo_frontend_images_per_request", "Images.", unseen(_PARTS), (), _NO_PARTS),
        histogram("dynamo_frontend_audio_per_request", "Sounds.", unseen(_PARTS), (), _NO_PARTS),
        histogram("dynamo_frontend_videos_per_request", "Films.", unseen(_PARTS), (), _NO_PARTS),
        histogram("dynamo_frontend_image_tokens_per_request", "Image tokens.", unseen(_IMAGE_TOKENS), (), _NO_PARTS),
        counter(
            "dynamo_frontend_router_admission_received_total",
            "Requests that a router was asked to place.",
            lambda m: {("default", "decode"): m.received},
            ("policy_class", "worker_type"),
        ),
        counter(
            "dynamo_frontend_router_admission_rejected_total",
            "Requests refused because their deadline would pass.",
            lambda _: {("default", reason, "decode"): 0 for reason in ("due_time_passed", "predicted_miss")},
            ("policy_class", "reason", "worker_type"),
            "requests have no deadline",
        ),
        counter(
            "dynamo_frontend_router_queue_backpressure_total",
            "Requests shed because every worker was above its limits; only `request_limit` is ever counted.",
            lambda m: {
                ("default", "request_limit", "decode"): m.shed,
                ("default", "cached_token_limit", "decode"): 0,
                ("default", "raw_isl_token_limit", "decode"): 0,
            },
            ("policy_class", "reason", "worker_type"),
        ),
        _pending("requests"),
        _pending("isl_tokens"),
        _pending("cached_tokens"),
        counter(
            "dynamo_frontend_tokenizer_cache_cached_tokens_total",
            "Prompt tokens taken from a cache of prefixes.",
            nothing,
            (),
            "prompts are tokenized whole",
        ),
        counter(
            "dynamo_frontend_tokenizer_cache_uncached_tokens_total",
            "Prompt tokens encoded after a look-up in such a cache.",
            nothing,
            (),
            "prompts are tokenized whole",
        ),
    ),
)

_REQUESTS: Table[DynamoFrontendMetrics] = Table(
    (),
    (
        counter(
            "dynamo_frontend_requests_started_total",
            "Requests, counted at their end: only then their model is known.",
            lambda f: f.started,
            ("model", "endpoint", "request_type"),
        ),
        counter(
            "dynamo_frontend_requests_total",
            "Requests by outcome. The model of one that was refused is empty.",
            lambda f: f.ended,
            ("model", "endpoint", "request_type", "status", "error_type"),
        ),
        counter(
            "dynamo_frontend_model_cancellation_total",
            "Requests whose client left.",
            lambda f: f.cancelled,
            ("model", "endpoint", "request_type"),
        ),
        gauge("dynamo_frontend_disconnected_clients", "Clients that left, ever.", lambda f: f.left),
    ),
)

_WORKERS: Table[_Worker] = Table(
    ("model", "worker_id", "dp_rank", "worker_type"),
    (
        gauge(
            "dynamo_frontend_worker_active_decode_blocks", "KV blocks in use.", lambda w: w.now and w.now.used_blocks
        ),
        gauge(
            "dynamo_frontend_worker_active_prefill_tokens",
            "Prompt tokens not computed yet.",
            lambda w: w.now and w.now.active_prefill_tokens,
        ),
        gauge("dynamo_frontend_worker_last_input_sequence_tokens", "Prompt of the last request.", lambda w: w.prompt),
        gauge("dynamo_frontend_worker_last_time_to_first_token_seconds", "Its TTFT.", lambda w: w.ttft),
        gauge("dynamo_frontend_worker_last_inter_token_latency_seconds", "Its last gap.", lambda w: w.itl),
    ),
)
