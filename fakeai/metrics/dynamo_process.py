"""Dynamo's series of a process: its event loop and threads, its queues, and the hand-over from frontend to workers.

Source of names, labels and buckets: a scrape of ai-dynamo 1.6.1. That is Rust on Tokio: here the event loop stands for
its one worker, the pools' threads for its blocking threads. Delays of the loop are those by which timers of paced answers
and engine steps came late. There is no network between frontend and workers, and what would be counted there is constant.
"""

from collections.abc import Iterator
from math import inf, nan
from typing import Any

from fakeai.core.clock import stopwatch
from fakeai.core.events import Bus, RequestShed, SequenceEnded, StepRan, TokensPaced, WorkerSnapshot
from fakeai.metrics.base import (
    Buckets,
    Engines,
    Metric,
    Table,
    Tally,
    counter,
    gauge,
    histogram,
    no_engines,
    nothing,
    per,
    unseen,
    written,
)
from fakeai.metrics.dynamo_words import HANDOVER
from fakeai.metrics.event_loop import LoopState, loop_state

_DELAY = Buckets(0, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)
_STALL_S = 0.005
_ROUNDTRIP = Buckets(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_STAGE = Buckets(0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5)
_RESPONSE = Buckets(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_PERMIT = Buckets(0.0001, 0.001, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60)
_TEMPLATE = Buckets(1e-05, 5e-05, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05)
_TOKENIZE_MS = Buckets(0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class DynamoProcessMetrics:
    """Series without a model or worker. None before something was paced or there is a worker."""

    def __init__(self, bus: Bus, engines: Engines = no_engines) -> None:
        self._engines = engines
        self.workers: tuple[WorkerSnapshot, ...] = ()
        self.state = loop_state()
        self.busy = 0
        """Thousandths of the time since the scrape before in which the loop worked."""
        self._watch = stopwatch()
        self.delay = Tally(_DELAY)
        self.stalls = self.shed = 0
        self.roundtrip, self.response, self.stage = Tally(_ROUNDTRIP), Tally(_RESPONSE), Tally(_STAGE)
        self.permit = Tally(_PERMIT)
        self._seen = False
        bus.listen(TokensPaced, self._told)
        bus.listen(StepRan, self._told)
        bus.listen(RequestShed, self._turned_away)
        bus.listen(SequenceEnded, self._over)

    @classmethod
    def tables(cls) -> tuple[Table[Any], ...]:
        """Every metric. Any: as in `Family`."""
        return (_PROCESS,)

    def expose(self) -> Iterator[str]:
        """Prometheus' text."""
        self.workers = tuple(self._engines())
        if self.workers or self._seen:
            self._look()
            yield from written(_PROCESS, [("", self)])

    def together(self, *fields: str) -> int:
        """The sum of fields over all workers."""
        return sum(getattr(one, field) for one in self.workers for field in fields)

    def _look(self) -> None:
        before, since = self.state, self._watch
        self.state, self._watch = loop_state(), stopwatch()
        share = (self.state.worked_s - before.worked_s) / max(self._watch - since, 1e-9)
        self.busy = round(1000 * min(max(share, 0.0), 1.0)) if share == share else 0

    def _told(self, event: TokensPaced | StepRan) -> None:
        self._seen = True
        self.delay.observe(event.lag_s)
        self.stalls += event.lag_s > _STALL_S

    def _turned_away(self, event: RequestShed) -> None:
        self.shed += 1

    def _over(self, event: SequenceEnded) -> None:
        self._seen = True
        self.permit.observe((event.at if event.scheduled is None else event.scheduled) - event.arrived)
        if event.first_token is not None:
            for tally in (self.roundtrip, self.response, self.stage):
                tally.observe(event.first_token - event.arrived)


_CALLED = "requests are handed over by a call within the process"
_ONE_QUEUE = "an event loop has one queue and one thread"
_UNTIMED = "it is not timed by itself"
_WHOLE = "prompts are tokenized whole"


def _poll_ns(process: DynamoProcessMetrics) -> float:
    state: LoopState = process.state
    return state.worked_s / state.waits * 1e9 if state.waits else nan


def _tcp(what: str, text: str) -> Metric[DynamoProcessMetrics]:
    return counter(f"dynamo_transport_tcp_{what}_total", text, nothing, (), _CALLED)


_PROCESS: Table[DynamoProcessMetrics] = Table(
    (),
    (
        histogram("dynamo_frontend_event_loop_delay_seconds", "How late timers came.", lambda p: p.delay),
        counter("dynamo_frontend_event_loop_stall_total", "Timers more than 5 ms late.", lambda p: p.stalls),
        gauge("dynamo_tokio_alive_tasks", "Tasks of the loop.", lambda p: p.state.tasks),
        gauge("dynamo_tokio_global_queue_depth", "Callbacks that are due; NaN under uvloop.", lambda p: p.state.due),
        gauge("dynamo_tokio_blocking_threads", "Threads for work off the loop.", lambda p: p.state.threads),
        gauge("dynamo_tokio_blocking_idle_threads", "Of them without work.", lambda p: p.state.idle_threads),
        gauge(
            "dynamo_tokio_blocking_queue_depth",
            "Work that waits for a thread; NaN when all have work.",
            lambda p: 0 if p.state.idle_threads or not p.state.threads else nan,
        ),
        counter(
            "dynamo_tokio_budget_forced_yield_total", "Forced yields.", nothing, (), "tasks of a loop have no budget"
        ),
        counter(
            "dynamo_tokio_queue_overload_warnings_total", "Warnings of it.", nothing, (), "lag is told in histograms"
        ),
        gauge(
            "dynamo_tokio_worker_busy_ratio",
            "Thousandths of the time since the last scrape in which the loop's thread worked.",
            lambda p: {("0",): p.busy},
            ("worker",),
        ),
        gauge(
            "dynamo_tokio_worker_mean_poll_time_ns",
            "Processor time between two waits of the loop's thread, on average.",
            lambda p: {("0",): _poll_ns(p)},
            ("worker",),
        ),
        counter(
            "dynamo_tokio_worker_park_count_total",
            "How often the loop's thread waited.",
            lambda p: {("0",): p.state.waits},
            ("worker",),
        ),
        gauge("dynamo_tokio_worker_local_queue_depth", "A queue more.", per(("0",)), ("worker",), _ONE_QUEUE),
        counter("dynamo_tokio_worker_overflow_count_total", "Its overflows.", per(("0",)), ("worker",), _ONE_QUEUE),
        counter("dynamo_tokio_worker_steal_count_total", "Tasks from others.", per(("0",)), ("worker",), _ONE_QUEUE),
        gauge(
            "dynamo_request_plane_inflight_requests",
            "Sequences on engines.",
            lambda p: p.together("running", "waiting"),
        ),
        histogram("dynamo_request_plane_queue_seconds", "Before the hand-over.", unseen(HANDOVER), (), _CALLED),
        histogram("dynamo_request_plane_send_seconds", "The hand-over.", unseen(HANDOVER), (), _CALLED),
        histogram("dynamo_request_plane_roundtrip_ttft_seconds", "Hand-over to first token.", lambda p: p.roundtrip),
        _tcp("accept_backoff", "Connections put off."),
        _tcp("bytes_received", "Bytes received."),
        _tcp("bytes_sent", "Bytes sent."),
        _tcp("errors", "Failures."),
        histogram(
            "dynamo_frontend_stage_duration_seconds",
            "Time in a stage; `transport_roundtrip` is hand-over to first token, the others are not timed.",
            lambda p: {
                ("preprocess",): Tally(_STAGE),
                ("route",): Tally(_STAGE),
                ("transport_roundtrip",): p.stage,
            },
            ("stage",),
        ),
        gauge(
            "dynamo_frontend_stage_requests",
            "Sequences in a stage; a scrape never finds one in those that take no time.",
            lambda p: {
                ("dispatch", "aggregated"): p.together("running", "waiting"),
                ("preprocess", ""): 0,
                ("route", "aggregated"): 0,
            },
            ("stage", "phase"),
        ),
        histogram("dynamo_frontend_template_seconds", "Chat templates.", unseen(_TEMPLATE), (), _UNTIMED),
        histogram("dynamo_frontend_tokenize_seconds", "Tokenizing.", unseen(HANDOVER), (), _UNTIMED),
        histogram(
            "dynamo_frontend_tokenizer_latency_ms",
            "Tokenizing and its inverse.",
            lambda _: {("tokenize",): Tally(_TOKENIZE_MS), ("detokenize",): Tally(_TOKENIZE_MS)},
            ("operation",),
            _UNTIMED,
        ),
        counter("dynamo_frontend_detokenize_token_count", "Ids made text.", nothing, (), "answers are written as text"),
        counter("dynamo_frontend_detokenize_total_us", "Time of it.", nothing, (), "answers are written as text"),
        counter("dynamo_frontend_tokenizer_cache_hits_total", "Prefixes found tokenized.", nothing, (), _WHOLE),
        counter("dynamo_frontend_tokenizer_cache_misses_total", "Prefixes not found.", nothing, (), _WHOLE),
        gauge("dynamo_engine_request", "Sequences on engines.", lambda p: p.together("running", "waiting")),
        gauge("dynamo_request_queue", "Before an engine.", nothing, (), "requests wait in their engine"),
        counter("dynamo_rejection_request_total", "Requests that no worker took.", lambda p: p.shed),
        gauge("dynamo_work_handler_pool_capacity", "Places in batches.", lambda p: p.together("max_running")),
        gauge("dynamo_work_handler_pool_active_tasks", "Of them taken.", lambda p: p.together("running")),
        gauge("dynamo_work_handler_queue_capacity", "Places to wait.", lambda _: inf, (), "queues have no limit"),
        gauge("dynamo_work_handler_queue_depth", "Sequences that wait.", lambda p: p.together("waiting")),
        counter("dynamo_work_handler_enqueue_rejected_total", "Closed queues.", nothing, (), "queues are always open"),
        histogram("dynamo_work_handler_network_transit_seconds", "The way here.", unseen(HANDOVER), (), _CALLED),
        histogram("dynamo_work_handler_permit_wait_seconds", "Arrival to a place in a batch.", lambda p: p.permit),
        histogram(
            "dynamo_work_handler_time_to_first_response_seconds", "Arrival to first token.", lambda p: p.response
        ),
    ),
)
