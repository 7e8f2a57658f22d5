"""Dynamo's side of each worker: what its endpoint took, and how long it has been there.

Source of names, labels and buckets: a scrape of ai-dynamo 1.6.1. Workers' series have the model as a label more, since
a worker's number is unique within its model only.
"""

from collections.abc import Iterator
from typing import Any

from fakeai.core.clock import Clock
from fakeai.core.events import Bus, SequenceEnded, WorkerChanged, WorkerSnapshot
from fakeai.metrics.base import (
    Buckets,
    Engines,
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
    written,
)
from fakeai.metrics.dynamo_words import NAMESPACE, PROCESS

_DURATION = Buckets(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600)


class _Worker(Row):
    """What is counted of one worker."""

    def __init__(self, snapshot: WorkerSnapshot | None) -> None:
        self.requests = self.cancelled = self.failed = 0
        self.duration = Tally(_DURATION)
        self.since: float | None = None
        """Epoch second of its start; None for one that was there from the beginning."""


class DynamoWorkerMetrics:
    """The workers' endpoints. None before there is a worker."""

    def __init__(self, bus: Bus, clock: Clock, engines: Engines = no_engines) -> None:
        self._clock = clock
        self._since = clock.unix()
        self._workers = Workers(bus, engines, _Worker)
        bus.listen(SequenceEnded, self._over)
        bus.listen(WorkerChanged, self._changed)

    @classmethod
    def tables(cls) -> tuple[Table[Any], ...]:
        """Every metric. Any: as in `Family`."""
        return _ENDPOINT, _COMPONENT, _UPTIME

    def expose(self) -> Iterator[str]:
        """Prometheus' text."""
        rows = self._workers.rows()
        if not rows:
            return
        numbers = [(row.model, str(row.worker)) for row in rows]
        endpoints = [label_text(_ENDPOINT.labels, (NAMESPACE, "backend", "generate", *number)) for number in numbers]
        components = [label_text(_COMPONENT.labels, (NAMESPACE, "backend", *number)) for number in numbers]
        yield from written(_ENDPOINT, list(zip(endpoints, rows, strict=True)))
        yield from written(_COMPONENT, list(zip(components, rows, strict=True)))
        now = self._clock.unix()
        ages = [("", PROCESS[-1], now - self._since)]
        ages += [(row.model, str(row.worker), now - (row.since or self._since)) for row in rows]
        yield from written(_UPTIME, [(label_text(_UPTIME.labels, (model, who)), age) for model, who, age in ages])

    def _over(self, event: SequenceEnded) -> None:
        row = self._workers.of(event)
        row.requests += 1
        row.cancelled += event.reason == "abort"
        row.failed += event.reason == "error"
        row.duration.observe(event.at - event.arrived)

    def _changed(self, event: WorkerChanged) -> None:
        if event.state == "starting":
            self._workers.of(event).since = self._clock.unix()


_CALLED = "requests are handed over by a call within the process"

_ENDPOINT: Table[_Worker] = Table(
    ("dynamo_namespace", "dynamo_component", "dynamo_endpoint", "model", "worker_id"),
    (
        counter("dynamo_component_requests_total", "Sequences that are over.", lambda w: w.requests),
        counter("dynamo_component_cancellation_total", "Of them cancelled.", lambda w: w.cancelled),
        counter(
            "dynamo_component_errors_total",
            "Of them failed; answers always reach who asked.",
            lambda w: {("generate",): w.failed, ("publish_response",): 0},
            ("error_type",),
        ),
        gauge(
            "dynamo_component_inflight_requests",
            "Sequences running or waiting.",
            lambda w: w.now and w.now.running + w.now.waiting,
        ),
        histogram("dynamo_component_request_duration_seconds", "Arrival to end.", lambda w: w.duration),
        counter("dynamo_component_request_bytes_total", "Bytes of requests.", nothing, (), _CALLED),
        counter("dynamo_component_response_bytes_total", "Bytes of answers.", nothing, (), _CALLED),
    ),
)

_COMPONENT: Table[_Worker] = Table(
    ("dynamo_namespace", "dynamo_component", "model", "worker_id"),
    (
        counter(
            "dynamo_component_kv_publisher_engines_dropped_events_total",
            "KV events that were lost before they were told.",
            nothing,
            (),
            "events are told by a call within the process",
        ),
    ),
)

_UPTIME: Table[float] = Table(
    ("model", "worker_id"),
    (gauge("dynamo_component_uptime_seconds", "Since the start of the process, or of the worker.", lambda age: age),),
)
