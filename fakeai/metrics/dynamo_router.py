"""Dynamo's router: what it chose and found cached, and the blocks that workers told it of.

Source of names, labels and buckets: a scrape of ai-dynamo 1.6.1. `worker_id` is that of the process with the router;
the workers chosen have numbers of their own. A sequence that is handed from a prefill to a decode worker is routed twice.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from fakeai.core.events import Bus, KvRemoved, KvStored, Routed, SequenceEnded, WorkerSnapshot
from fakeai.metrics.base import (
    Buckets,
    Engines,
    Metric,
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
    per,
    unseen,
    written,
)
from fakeai.metrics.dynamo_words import INPUT, OUTPUT, PROCESS, TTFT, dynamo_kind

_ITL = Buckets(0, 0.0019, 0.0035, 0.0067, 0.013, 0.024, 0.045, 0.084, 0.16, 0.3, 0.56, 1.1, 2)
_SHARE = Buckets(*(step * 0.05 for step in range(21)))
_TRANSFER = Buckets(0, 0.0019, 0.0037, 0.0072, 0.014, 0.027, 0.052, 0.1, 0.19, 0.37, 0.72, 1.4, 2.7, 5.2, 10)
_LOST = Buckets(*(0.25 * 2**power for power in range(16)))
_BEYOND = Buckets(*(2**power for power in range(12)))
_HASHING_MS = Buckets(*(0.001 * 2**power for power in range(15)))
_OVERHEAD_MS = Buckets(
    0.01, 0.03, 0.09, 0.27, 0.81, 2.43, 7.290000000000001, 21.870000000000005, 65.61000000000001, 196.83000000000004,
    590.4900000000001, 1771.4700000000003, 5314.410000000001, 15943.230000000003, 47829.69000000001, 143489.07000000004,
    430467.2100000001,
)  # fmt: skip
_MESSAGES = Buckets(*range(1, 17))
_WAIT = Buckets(
    0, 2.5e-06, 6.3e-06, 1.6e-05, 4e-05, 0.0001, 0.00025, 0.00063, 0.0016, 0.004, 0.01, 0.025, 0.063, 0.16, 0.4, 1
)  # fmt: skip
_STATUSES = (
    "ok", "allocation_failed", "block_not_found", "capacity_exhausted", "indexer_invariant_violation", "invalid_block",
    "ownership_degree_overflow", "parent_block_not_found", "unsupported_residency_domain",
)  # fmt: skip


class _Flow(Row):
    """What is counted of the requests of one worker, to be summed by model and phase."""

    def __init__(self, snapshot: WorkerSnapshot | None) -> None:
        role = "both" if snapshot is None else snapshot.role
        self.phase = "aggregated" if role == "both" else role
        self.prompts = Tally(INPUT)
        self.best = self.selected = self.reused = self.events = 0


class DynamoRouterMetrics:
    """One router for all models of an App. None before anything was routed or there is a worker."""

    def __init__(self, bus: Bus, engines: Engines = no_engines) -> None:
        self.started = self.ended = self.passed_over = 0
        self.hits, self.lost, self.transfers = Tally(_SHARE), Tally(_LOST), Tally(_TRANSFER)
        self.ttft, self.itl, self.completions = Tally(TTFT), Tally(_ITL), Tally(OUTPUT)
        self.applied = dict.fromkeys(("stored", "removed", "cleared"), 0)
        self._workers = Workers(bus, engines, _Flow)
        bus.listen(Routed, self._routed)
        bus.listen(SequenceEnded, self._over)
        bus.listen(KvStored, self._stored)
        bus.listen(KvRemoved, self._removed)

    @classmethod
    def tables(cls) -> tuple[Table[Any], ...]:
        """Every metric. Any: as in `Family`."""
        return _ROUTER, _INDEX, _FLOWS, _MODELS, _REGISTERED, _OVERHEAD

    def expose(self) -> Iterator[str]:
        """Prometheus' text."""
        rows = self._workers.rows()
        if not rows:
            return
        flows: dict[tuple[str, str], list[_Flow]] = {}
        models: dict[str, list[_Flow]] = {}
        for row in rows:
            flows.setdefault((row.model, row.phase), []).append(row)
            models.setdefault(row.model, []).append(row)
        yield from written(_ROUTER, [(label_text(_ROUTER.labels, (*PROCESS, "0")), self)])
        yield from written(_INDEX, [(label_text(_INDEX.labels, PROCESS), self)])
        yield from written(
            _FLOWS, [(label_text(_FLOWS.labels, (*PROCESS, "0", *key)), found) for key, found in flows.items()]
        )
        yield from written(
            _MODELS,
            [(label_text(_MODELS.labels, (*PROCESS, model, "decode")), found) for model, found in models.items()],
        )
        yield from written(_REGISTERED, [(label_text(_REGISTERED.labels, _registered(row)), row) for row in rows])
        yield from written(_OVERHEAD, [(label_text(_OVERHEAD.labels, ("0",)), self)])

    def _routed(self, event: Routed) -> None:
        row = self._workers.of(event)
        row.events += 1
        row.prompts.observe(event.prompt_tokens)
        row.best += event.best_overlap_blocks * event.block_size
        row.selected += event.overlap_blocks * event.block_size
        blocks = -(-event.prompt_tokens // event.block_size)
        lost = event.best_overlap_blocks - event.overlap_blocks
        self.started += 1
        self.passed_over += lost > 0
        self.hits.observe(event.overlap_blocks / blocks if blocks else 0.0)
        self.lost.observe(lost)

    def _over(self, event: SequenceEnded) -> None:
        row = self._workers.of(event)
        row.events += 1
        row.reused += event.cached
        self.ended += 1
        self.completions.observe(event.completion)
        if event.transfer_s:
            self.transfers.observe(event.transfer_s)
        if event.first_token is not None:
            self.ttft.observe(event.first_token - event.arrived)
            if event.last_token is not None and event.completion > 1:
                self.itl.observe((event.last_token - event.first_token) / (event.completion - 1))

    def _stored(self, event: KvStored) -> None:
        self.applied["stored"] += 1

    def _removed(self, event: KvRemoved) -> None:
        self.applied["removed" if event.blocks else "cleared"] += 1


def _registered(row: _Flow) -> tuple[str, ...]:
    return (*PROCESS, row.model, str(row.worker), "0", dynamo_kind(row.now))


def _applied(router: DynamoRouterMetrics) -> Mapping[tuple[str, ...], int]:
    return {
        (kind, status): count if status == "ok" else 0 for kind, count in router.applied.items() for status in _STATUSES
    }


def _prompts(flows: list[_Flow]) -> Tally:
    total = Tally(INPUT)
    for flow in flows:
        total.add(flow.prompts)
    return total


_PROCESS_LABELS = ("dynamo_namespace", "dynamo_component", "worker_id")
_NO_LRU = "the router has no approximate LRU"
_NO_SHARED = "workers share no cache"
_NO_ZMQ = "events are told by a call within the process"
_NOT_TIMED = "routing is not timed by itself"

_ROUTER: Table[DynamoRouterMetrics] = Table(
    (*_PROCESS_LABELS, "router_id"),
    (
        counter("dynamo_component_router_requests_started_total", "Choices of a worker.", lambda r: r.started),
        counter("dynamo_component_router_requests_total", "Sequences that are over.", lambda r: r.ended),
        histogram("dynamo_component_router_time_to_first_token_seconds", "Arrival to first token.", lambda r: r.ttft),
        histogram("dynamo_component_router_inter_token_latency_seconds", "A sequence's mean gap.", lambda r: r.itl),
        histogram("dynamo_component_router_output_sequence_tokens", "Tokens a sequence made.", lambda r: r.completions),
        histogram(
            "dynamo_component_router_kv_hit_rate",
            "Blocks of the prompt on the chosen worker over all.",
            lambda r: r.hits,
        ),
        histogram(
            "dynamo_component_router_kv_transfer_estimated_latency_seconds",
            "How long a prompt's KV was on its way to its decode worker.",
            lambda r: r.transfers,
        ),
        counter(
            "dynamo_component_router_non_max_overlap_selections_total",
            "Choices of a worker with less of the prompt than another.",
            lambda r: {("prefill",): r.passed_over},
            ("worker_type",),
        ),
        histogram(
            "dynamo_component_router_overlap_blocks_lost",
            "By how many blocks less.",
            lambda r: {("prefill",): r.lost},
            ("worker_type",),
        ),
        histogram(
            "dynamo_component_router_shared_cache_hit_rate",
            "Share of a prompt in a common cache.",
            unseen(_SHARE),
            (),
            _NO_SHARED,
        ),
        histogram(
            "dynamo_component_router_shared_cache_beyond_blocks", "Blocks only there.", unseen(_BEYOND), (), _NO_SHARED
        ),
    ),
)


def _zmq(what: str, text: str) -> Metric[DynamoRouterMetrics]:
    name = f"dynamo_component_router_active_sequence_zmq_ingress_{what}"
    return counter(name, text, nothing, (), _NO_ZMQ)


def _policy(which: str) -> Metric[DynamoRouterMetrics]:
    name, text = (
        f"dynamo_component_router_approximate_cache_{which}_policy",
        "1 for the policy of an approximate index.",
    )
    return gauge(name, text, lambda _: {("disabled",): 1, ("lru",): 0, ("ttl",): 0}, ("policy",), _NO_LRU)


def _lru(what: str, text: str) -> Metric[DynamoRouterMetrics]:
    return counter(f"dynamo_component_router_approximate_lru_{what}", text, nothing, (), _NO_LRU)


_INDEX: Table[DynamoRouterMetrics] = Table(
    _PROCESS_LABELS,
    (
        counter(
            "dynamo_component_kv_cache_events_applied",
            "KV events taken into the index; none ever fails here.",
            _applied,
            ("event_type", "status"),
        ),
        counter(
            "dynamo_component_kv_cache_event_warnings",
            "Suspicious KV events.",
            per(("duplicate_store",)),
            ("warning_kind",),
            "engines tell each block once",
        ),
        counter(
            "dynamo_component_ckf_mutation_total",
            "Changes of a filter of blocks.",
            per(("inserted",)),
            ("outcome",),
            "the index has no filter",
        ),
        _zmq("dropped_events_total", "Events dropped because a queue was full."),
        _zmq("envelope_decode_errors_total", "Envelopes that could not be read."),
        _zmq("forced_aborts_total", "Sources given up."),
        _zmq("identity_errors_total", "Frames of another source than their envelope's."),
        _zmq("out_of_order_total", "Envelopes out of order."),
        _zmq("payload_decode_errors_total", "Payloads that could not be read."),
        _zmq("reconnects_total", "Attempts to connect again."),
        _zmq("replacements_total", "Sources replaced."),
        _zmq("sequence_gaps_total", "Envelopes missing."),
        gauge("dynamo_component_router_active_sequence_zmq_ingress_sources", "Sources.", nothing, (), _NO_ZMQ),
        counter("dynamo_component_router_kv_zmq_ingress_batches_total", "Batches of KV events.", nothing, (), _NO_ZMQ),
        counter(
            "dynamo_component_router_kv_zmq_ingress_lifecycle_total",
            "Sources that changed their state.",
            per(("started", "preconnected", "activated")),
            ("action",),
            _NO_ZMQ,
        ),
        gauge(
            "dynamo_component_router_kv_zmq_ingress_sources",
            "Sources by state.",
            per(("active", "preconnected")),
            ("state",),
            _NO_ZMQ,
        ),
        _policy("configured"),
        _policy("effective"),
        _lru("evicted_blocks_total", "Blocks evicted."),
        _lru("eviction_batches_total", "Changes that evicted."),
        _lru("fallback_activations_total", "Workers without a known capacity."),
        _lru("output_batches_total", "Batches of output blocks."),
        gauge("dynamo_component_router_approximate_lru_leases", "Requests in it.", nothing, (), _NO_LRU),
        gauge("dynamo_component_router_approximate_lru_mutation_queue_depth", "Its queue.", nothing, (), _NO_LRU),
        histogram(
            "dynamo_component_router_approximate_lru_messages_per_request",
            "Messages of a request.",
            unseen(_MESSAGES),
            (),
            _NO_LRU,
        ),
        histogram(
            "dynamo_component_router_approximate_lru_mutation_wait_seconds",
            "Wait in its queue.",
            unseen(_WAIT),
            (),
            _NO_LRU,
        ),
    ),
)

_FLOWS: Table[list[_Flow]] = Table(
    (*_PROCESS_LABELS, "router_id", "model", "phase"),
    (
        histogram("dynamo_component_router_input_sequence_tokens", "Tokens of a prompt.", _prompts),
        counter(
            "dynamo_component_router_kv_best_eligible_cached_prefix_tokens_total",
            "Prompt tokens on the worker that had most of them.",
            lambda flows: sum(flow.best for flow in flows),
        ),
        counter(
            "dynamo_component_router_kv_selected_cached_prefix_tokens_total",
            "Prompt tokens on the worker that was chosen.",
            lambda flows: sum(flow.selected for flow in flows),
        ),
        counter(
            "dynamo_component_router_kv_worker_reused_tokens_total",
            "Prompt tokens that the worker did not compute.",
            lambda flows: sum(flow.reused for flow in flows),
        ),
    ),
)

_MODELS: Table[list[_Flow]] = Table(
    (*_PROCESS_LABELS, "model", "worker_type"),
    (
        counter(
            "dynamo_component_router_active_sequence_ingress_events_applied_total",
            "Sequences entered into and taken off the router's books.",
            lambda flows: {("default",): sum(flow.events for flow in flows)},
            ("routing_group",),
        ),
        counter(
            "dynamo_component_router_active_sequence_ingress_drain_batches_total",
            "The same: each is booked at once.",
            lambda flows: {("default",): sum(flow.events for flow in flows)},
            ("routing_group",),
        ),
        gauge(
            "dynamo_component_router_active_sequence_ingress_queue_depth",
            "Sequences not booked yet.",
            per(("default",)),
            ("routing_group",),
            "each is booked at once",
        ),
        gauge(
            "dynamo_component_router_kv_event_source_mismatch_workers",
            "Workers whose KV events are not heard.",
            lambda _: {("dynamo", "backend", "generate"): 0},
            ("target_namespace", "target_component", "target_endpoint"),
            "every worker's are",
        ),
    ),
)

_REGISTERED: Table[_Flow] = Table(
    (*_PROCESS_LABELS, "model", "router_worker_id", "dp_rank", "worker_type"),
    (gauge("dynamo_component_router_worker_registered", "1 for each worker.", lambda row: 1 if row.now else None),),
)


def _overhead(what: str, text: str, buckets: Buckets, why: str = _NOT_TIMED) -> Metric[DynamoRouterMetrics]:
    return histogram(f"dynamo_router_overhead_{what}_ms", text, unseen(buckets), (), why)


_OVERHEAD: Table[DynamoRouterMetrics] = Table(
    ("router_id",),
    (
        _overhead("block_hashing", "Hashing of blocks.", _HASHING_MS),
        _overhead("seq_hashing", "Hashing of chains of blocks.", _HASHING_MS),
        _overhead("indexer_find_matches", "Look-up in the index.", _OVERHEAD_MS),
        _overhead("scheduling", "Choice of the worker.", _OVERHEAD_MS),
        _overhead("shared_cache_query", "Look-up in a common cache.", _OVERHEAD_MS, _NO_SHARED),
        _overhead("total", "All of it.", _OVERHEAD_MS),
        counter("dynamo_router_shared_cache_errors_total", "Failures of it.", nothing, (), _NO_SHARED),
    ),
)
