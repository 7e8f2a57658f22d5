"""vLLM's series, for each model and engine (a worker's number), as its V1 engine exposes them.

Source of names and labels: vLLM 0.33, `v1/metrics/loggers.py`; older names that dashboards still ask for are those of
0.10. Gauges are read from the workers' snapshots; what is counted, and when, says `vllm_engine.py`.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from fakeai.core.clock import Clock
from fakeai.core.events import Bus, Preempted, PromptCached, RequestShed, SequenceEnded, StepRan
from fakeai.metrics.base import (
    Engines,
    Names,
    Reading,
    Table,
    Value,
    Workers,
    counter,
    gauge,
    histogram,
    label_text,
    no_engines,
    nothing,
    written,
)
from fakeai.metrics.vllm_engine import Engine

_MAX_REASONS = 20
_NONE_SHED: Mapping[tuple[str, ...], int] = MappingProxyType({("busy",): 0})


class VllmMetrics:
    """Every engine's series, whatever it imitates. None before there is an engine."""

    def __init__(self, bus: Bus, clock: Clock, engines: Engines = no_engines) -> None:
        self._clock = clock
        self._workers = Workers(bus, engines, Engine)
        self._names = Names()
        self._why = Names(_MAX_REASONS)
        self._shed: dict[str, dict[tuple[str, ...], int]] = {}
        bus.listen(StepRan, lambda event: self._workers.of(event).step(event))
        bus.listen(PromptCached, lambda event: self._workers.of(event).admit(event))
        bus.listen(SequenceEnded, lambda event: self._workers.of(event).end(event))
        bus.listen(Preempted, self._preempted)
        bus.listen(RequestShed, self._turned_away)

    @classmethod
    def tables(cls) -> tuple[Table[Any], ...]:
        """Every metric. Any: as in `Family`."""
        return _ENGINES, _MODELS, _ADAPTERS

    def expose(self) -> Iterator[str]:
        """Prometheus' text."""
        rows = self._workers.rows()
        labelled = [(label_text(_ENGINES.labels, (row.model, str(row.worker))), row) for row in rows]
        yield from written(_ENGINES, labelled)
        models: dict[str, Mapping[tuple[str, ...], int]] = {row.model: _NONE_SHED for row in rows} | self._shed
        yield from written(_MODELS, [(label_text(_MODELS.labels, (name,)), shed) for name, shed in models.items()])
        at = self._clock.unix()
        yield from written(_ADAPTERS, [(labels, (at, row)) for labels, row in labelled])

    def _preempted(self, event: Preempted) -> None:
        self._workers.of(event).preemptions += 1

    def _turned_away(self, event: RequestShed) -> None:
        shed = self._shed.setdefault(self._names(event.model), {})
        key = (self._why(event.reason),)
        shed[key] = shed.get(key, 0) + 1


def _used(row: Engine) -> float | None:
    now = row.now
    return None if now is None else now.used_blocks / now.total_blocks if now.total_blocks else 0.0


def _host_used(row: Engine) -> float | None:
    now = row.now
    return None if now is None else now.host_used_blocks / now.host_blocks if now.host_blocks else 0.0


def _asleep(row: Engine) -> Reading:
    if row.now is None:
        return None
    asleep = row.now.state == "asleep"
    return {("awake",): int(not asleep), ("weights_offloaded",): int(asleep), ("discard_all",): 0}


def _cache_config(row: Engine) -> Reading:
    now = row.now
    if now is None:
        return None
    share = now.memory_used_bytes / now.memory_total_bytes if now.memory_total_bytes else 0.0
    return {(str(now.block_size), str(now.total_blocks), str(now.host_blocks), f"{share:.3g}", "None", "False"): 1}


def _adapters(stamped: tuple[float, Engine]) -> Reading:
    at, row = stamped
    now = row.now
    if now is None or not now.loras:
        return None
    return {(str(len(now.loras)), ",".join(now.running_loras), ",".join(now.waiting_loras)): at}


def _by_source(row: Engine) -> Mapping[tuple[str, ...], Value]:
    return {
        ("local_compute",): row.local,
        ("local_cache_hit",): row.hits,
        ("external_kv_transfer",): row.transferred,
    }


def _by_tier(row: Engine) -> Mapping[tuple[str, ...], Value]:
    none: dict[tuple[str, ...], int] = {(tier,): 0 for tier in ("p2p", "disk", "external_unspecified")}
    return {("device",): row.device, ("host",): row.host, **none}


_ENGINES: Table[Engine] = Table(
    ("model_name", "engine"),
    (
        gauge("vllm:num_requests_running", "Sequences in the running batch.", lambda r: r.now and r.now.running),
        gauge("vllm:num_requests_waiting", "Sequences waiting for a place in it.", lambda r: r.now and r.now.waiting),
        gauge(
            "vllm:num_requests_waiting_by_reason",
            "Waiting sequences by what they wait for; all wait for capacity here.",
            lambda r: r.now and {("capacity",): r.now.waiting, ("deferred",): 0},
            ("reason",),
        ),
        gauge("vllm:kv_cache_usage_perc", "KV blocks in use over all, 0 to 1.", _used),
        gauge("vllm:engine_sleep_state", "1 for the state the engine is in.", _asleep, ("sleep_state",)),
        gauge(
            "vllm:cache_config_info",
            "The engine's KV cache: always 1.",
            _cache_config,
            (
                "block_size",
                "num_gpu_blocks",
                "num_cpu_blocks",
                "gpu_memory_utilization",
                "num_gpu_blocks_override",
                "is_attention_free",
            ),
        ),
        counter("vllm:num_preemptions_total", "Sequences that lost their blocks.", lambda r: r.preemptions),
        counter(
            "vllm:prompt_tokens_total",
            "Prompt tokens of sequences that got a token.",
            lambda r: r.local + r.hits + r.transferred,
        ),
        counter("vllm:prompt_tokens_by_source_total", "The same by where their KV came from.", _by_source, ("source",)),
        counter(
            "vllm:prompt_tokens_cached_total",
            "Of them found in the prefix cache or fetched.",
            lambda r: r.hits + r.transferred,
        ),
        counter(
            "vllm:prompt_tokens_cached_by_source_total",
            "Tokens found at admission by the tier that had them.",
            _by_tier,
            ("source",),
        ),
        counter("vllm:generation_tokens_total", "Tokens made.", lambda r: r.made),
        counter("vllm:prefix_cache_queries_total", "Prompt tokens looked up in the prefix cache.", lambda r: r.queried),
        counter("vllm:prefix_cache_hits_total", "Of them found on the GPU.", lambda r: r.device),
        counter(
            "vllm:external_prefix_cache_queries_total",
            "Prompt tokens looked up in host memory; 0 without any.",
            lambda r: r.missed if r.host or (r.now and r.now.host_blocks) else 0,
        ),
        counter("vllm:external_prefix_cache_hits_total", "Of them found there.", lambda r: r.host),
        counter("vllm:mm_cache_queries_total", "Look-ups of images and sounds.", nothing, (), "media are not cached"),
        counter("vllm:mm_cache_hits_total", "Of them found.", nothing, (), "media are not cached"),
        counter(
            "vllm:request_success_total",
            "Sequences that are over, by why; `repetition` is never told here.",
            lambda r: {(reason,): count for reason, count in r.success.items()},
            ("finished_reason",),
        ),
        histogram("vllm:iteration_tokens_total", "Tokens computed and made in a step.", lambda r: r.step_tokens),
        histogram("vllm:time_to_first_token_seconds", "Arrival to first token.", lambda r: r.ttft),
        histogram("vllm:inter_token_latency_seconds", "Between a sequence's tokens.", lambda r: r.itl),
        histogram(
            "vllm:request_time_per_output_token_seconds", "A sequence's mean time between tokens.", lambda r: r.tpot
        ),
        histogram("vllm:e2e_request_latency_seconds", "Arrival to end.", lambda r: r.e2e),
        histogram("vllm:request_queue_time_seconds", "Arrival to first admission.", lambda r: r.queue),
        histogram("vllm:request_prefill_time_seconds", "First admission to first token.", lambda r: r.prefill),
        histogram("vllm:request_decode_time_seconds", "First token to end.", lambda r: r.decode),
        histogram("vllm:request_inference_time_seconds", "First admission to end.", lambda r: r.inference),
        histogram("vllm:request_prompt_tokens", "Tokens of a prompt.", lambda r: r.prompts),
        histogram("vllm:request_generation_tokens", "Tokens that a sequence made.", lambda r: r.completions),
        histogram(
            "vllm:request_max_num_generation_tokens", "Tokens of a request's longest choice.", lambda r: r.longest
        ),
        histogram(
            "vllm:request_params_max_tokens", "The limit of tokens, where one was asked for.", lambda r: r.max_tokens
        ),
        histogram("vllm:request_params_n", "Choices of a request.", lambda r: r.choices),
        histogram(
            "vllm:request_prefill_kv_computed_tokens", "Prompt tokens that were not cached.", lambda r: r.computed
        ),
        histogram("vllm:request_num_preemptions", "How often a sequence was preempted.", lambda r: r.preempted),
        counter("vllm:spec_decode_num_drafts_total", "Sequences' steps with drafts.", lambda r: r.drafting or None),
        counter("vllm:spec_decode_num_draft_tokens_total", "Speculative tokens proposed.", lambda r: r.drafts or None),
        counter(
            "vllm:spec_decode_num_accepted_tokens_total",
            "Of them accepted.",
            lambda r: sum(r.accepted) if r.drafts else None,
        ),
        counter(
            "vllm:spec_decode_num_accepted_tokens_per_pos_total",
            "Of them accepted, by position.",
            lambda r: {(str(position),): count for position, count in enumerate(r.accepted)},
            ("position",),
        ),
        gauge("vllm:gpu_cache_usage_perc", "Older name of `vllm:kv_cache_usage_perc`.", _used),
        gauge("vllm:cpu_cache_usage_perc", "Host blocks in use over all, 0 to 1.", _host_used),
        gauge("vllm:num_requests_swapped", "Sequences swapped out.", nothing, (), "the preempted compute again"),
        counter(
            "vllm:gpu_prefix_cache_queries_total",
            "Older name of `vllm:prefix_cache_queries_total`.",
            lambda r: r.queried,
        ),
        counter(
            "vllm:gpu_prefix_cache_hits_total", "Older name of `vllm:prefix_cache_hits_total`.", lambda r: r.device
        ),
        histogram(
            "vllm:time_per_output_token_seconds", "Older name of `vllm:inter_token_latency_seconds`.", lambda r: r.itl
        ),
        histogram(
            "vllm:max_num_generation_tokens",
            "Older name of `vllm:request_max_num_generation_tokens`.",
            lambda r: r.longest,
        ),
    ),
)
"""An engine `r`."""

_MODELS: Table[Mapping[tuple[str, ...], int]] = Table(
    ("model_name",),
    (
        counter(
            "vllm:admission_rejections_total", "Requests that no engine took, by why.", lambda shed: shed, ("reason",)
        ),
    ),
)

_ADAPTERS: Table[tuple[float, Engine]] = Table(
    ("model_name", "engine"),
    (
        gauge(
            "vllm:lora_requests_info",
            "Adapters in use; the value is the time of the scrape, epoch seconds.",
            _adapters,
            ("max_lora", "running_lora_adapters", "waiting_lora_adapters"),
        ),
    ),
)
