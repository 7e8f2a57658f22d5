"""What passes the gateway: requests, tokens, errors, durations, pacing. Fed by events; asks nobody anything.

Names follow Prometheus' rules (base units, `_total`); buckets of TTFT and ITL are those of vLLM's histograms.
"""

from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from fakeai.core.events import Bus, RequestEnded, RequestStarted, TokensPaced

_MAX_MODELS = 200
_TTFT_BUCKETS = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0)
_ITL_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5)
_DURATION_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 240.0)
_LAG_BUCKETS = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)


class _Ended(NamedTuple):
    """The children of one label set, looked up once."""

    requests: Counter
    duration: Histogram
    prompt: Counter
    completion: Counter


class GatewayMetrics:
    """Listens to request and pacing events. Models beyond the first 200 count as `other`: labels cannot grow for ever."""

    def __init__(self, registry: CollectorRegistry, bus: Bus) -> None:
        self._requests = Counter(
            "fakeai_requests", "Requests answered, by status.", ["route", "model", "status"], registry=registry
        )
        self._errors = Counter(
            "fakeai_errors", "Requests refused or failed, by code.", ["route", "code"], registry=registry
        )
        self._cancelled = Counter(
            "fakeai_requests_cancelled", "Requests whose client left early.", ["route"], registry=registry
        )
        self._tokens = Counter("fakeai_tokens", "Tokens counted in usage.", ["model", "kind"], registry=registry)
        self._in_flight = Gauge("fakeai_requests_in_flight", "Requests under way.", registry=registry)
        self._duration = Histogram(
            "fakeai_request_duration_seconds",
            "Arrival to last byte.",
            ["route", "model"],
            buckets=_DURATION_BUCKETS,
            registry=registry,
        )
        self._ttft = Histogram(
            "fakeai_time_to_first_token_seconds",
            "Submission to first token of streamed answers.",
            ["model"],
            buckets=_TTFT_BUCKETS,
            registry=registry,
        )
        self._itl = Histogram(
            "fakeai_inter_token_latency_seconds",
            "Time between bursts of tokens of streamed answers.",
            ["model"],
            buckets=_ITL_BUCKETS,
            registry=registry,
        )
        self._lag = Histogram(
            "fakeai_pacing_lag_seconds",
            "The worst lateness of an answer against the deadlines it was told: this server's own error.",
            buckets=_LAG_BUCKETS,
            registry=registry,
        )
        self._models: set[str] = set()
        self._children: dict[tuple[str, str, int], _Ended] = {}
        bus.listen(RequestStarted, self._started)
        bus.listen(RequestEnded, self._ended)
        bus.listen(TokensPaced, self._paced)

    def _started(self, event: RequestStarted) -> None:
        self._in_flight.inc()

    def _ended(self, event: RequestEnded) -> None:
        self._in_flight.dec()
        model = self._label(event.model) if event.status < 400 else ""
        children = self._children.get((event.route, model, event.status))
        if children is None:
            children = self._children[event.route, model, event.status] = _Ended(
                self._requests.labels(event.route, model, str(event.status)),
                self._duration.labels(event.route, model),
                self._tokens.labels(model, "prompt"),
                self._tokens.labels(model, "completion"),
            )
        children.requests.inc()
        children.duration.observe(event.duration_s)
        if event.usage is not None:
            children.prompt.inc(event.usage.prompt)
            children.completion.inc(event.usage.completion)
        if event.error:
            self._errors.labels(event.route, event.error).inc()
        if event.cancelled:
            self._cancelled.labels(event.route).inc()

    def _paced(self, event: TokensPaced) -> None:
        model = self._label(event.model)
        self._lag.observe(event.lag_s)
        if event.ttft_s is not None:
            self._ttft.labels(model).observe(event.ttft_s)
            gaps = self._itl.labels(model)
            for gap in event.gaps_s:
                gaps.observe(gap)

    def _label(self, model: str) -> str:
        if model in self._models:
            return model
        if len(self._models) >= _MAX_MODELS:
            return "other"
        self._models.add(model)
        return model
