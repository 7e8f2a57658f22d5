"""What passes the gateway: requests, tokens, errors, durations, pacing. Fed by events; asks nobody anything.

Counted in plain numbers and handed to prometheus_client (imported then) when somebody scrapes: a request costs a look-up
and a few additions. Names follow Prometheus' rules (base units, `_total`); buckets of TTFT and ITL are those of vLLM's histograms.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from fakeai.core.events import Bus, RequestEnded, RequestStarted, TokensPaced

if TYPE_CHECKING:
    from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
    from prometheus_client.metrics_core import Metric

_MAX_MODELS = 200
_TTFT_BUCKETS = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0)
_ITL_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5)
_DURATION_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 240.0)
_LAG_BUCKETS = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)


class _Tally:
    """A histogram in plain numbers: how many values fell into each bucket, and their sum."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def buckets(self) -> list[tuple[str, float]]:
        """Cumulative counts by upper bound, as Prometheus writes them."""
        total = 0
        found: list[tuple[str, float]] = []
        for bound, count in zip((*map(str, self.bounds), "+Inf"), self.counts, strict=True):
            total += count
            found.append((bound, total))
        return found


class _Key(NamedTuple):
    """What requests are counted by."""

    route: str
    model: str
    status: int


class _Row:
    """The numbers of one key."""

    __slots__ = ("completion", "duration", "prompt", "requests")

    def __init__(self) -> None:
        self.requests = 0
        self.prompt = 0
        self.completion = 0
        self.duration = _Tally(_DURATION_BUCKETS)


class GatewayMetrics:
    """Listens to request and pacing events. Models beyond the first 200 count as `other`: labels cannot grow for ever."""

    def __init__(self, bus: Bus) -> None:
        self._in_flight = 0
        self._rows: dict[tuple[str, str, int], _Row] = {}
        self._errors: dict[tuple[str, ...], float] = {}
        self._cancelled: dict[tuple[str, ...], float] = {}
        self._ttft: dict[str, _Tally] = {}
        self._itl: dict[str, _Tally] = {}
        self._lag = _Tally(_LAG_BUCKETS)
        self._models: set[str] = set()
        bus.listen(RequestStarted, self._started)
        bus.listen(RequestEnded, self._ended)
        bus.listen(TokensPaced, self._paced)

    def _started(self, event: RequestStarted) -> None:
        self._in_flight += 1

    def _ended(self, event: RequestEnded) -> None:
        self._in_flight -= 1
        row = self._rows.get((event.route, event.model, event.status))
        if row is None:
            row = self._row(event)
        row.requests += 1
        row.duration.observe(event.duration_s)
        usage = event.usage
        if usage is not None:
            row.prompt += usage.prompt
            row.completion += usage.completion
        if event.error:
            key = event.route, event.error
            self._errors[key] = self._errors.get(key, 0) + 1
        if event.cancelled:
            self._cancelled[event.route,] = self._cancelled.get((event.route,), 0) + 1

    def _row(self, event: RequestEnded) -> _Row:
        model = self._label(event.model) if event.status < 400 else ""
        return self._rows.setdefault((event.route, model, event.status), _Row())

    def _paced(self, event: TokensPaced) -> None:
        self._lag.observe(event.lag_s)
        if event.ttft_s is None:
            return
        model = self._label(event.model)
        self._ttft.setdefault(model, _Tally(_TTFT_BUCKETS)).observe(event.ttft_s)
        gaps = self._itl.setdefault(model, _Tally(_ITL_BUCKETS))
        for gap in event.gaps_s:
            gaps.observe(gap)

    def _label(self, model: str) -> str:
        if model in self._models:
            return model
        if len(self._models) >= _MAX_MODELS:
            return "other"
        self._models.add(model)
        return model

    def collect(self) -> "Iterator[Metric]":
        """The families, for prometheus_client to write: this is a `Collector` in its sense."""
        from prometheus_client.core import GaugeMetricFamily

        rows = [(_Key(*key), row) for key, row in self._rows.items()]
        requests: dict[tuple[str, ...], float] = {}
        tokens: dict[tuple[str, ...], float] = {}
        for key, row in rows:
            requests[key.route, key.model, str(key.status)] = row.requests
            for kind, count in (("prompt", row.prompt), ("completion", row.completion)):
                if count:
                    tokens[key.model, kind] = tokens.get((key.model, kind), 0) + count
        yield _counter("fakeai_requests", "Requests answered, by status.", ("route", "model", "status"), requests)
        yield _counter("fakeai_errors", "Requests refused or failed, by code.", ("route", "code"), self._errors)
        yield _counter("fakeai_requests_cancelled", "Requests whose client left early.", ("route",), self._cancelled)
        yield _counter("fakeai_tokens", "Tokens counted in usage.", ("model", "kind"), tokens)
        yield GaugeMetricFamily("fakeai_requests_in_flight", "Requests under way.", value=self._in_flight)
        yield _histogram(
            "fakeai_request_duration_seconds",
            "Arrival to last byte.",
            ("route", "model", "status"),
            [((key.route, key.model, str(key.status)), row.duration) for key, row in rows],
        )
        yield _histogram(
            "fakeai_time_to_first_token_seconds",
            "Submission to first token of streamed answers.",
            ("model",),
            [((model,), tally) for model, tally in self._ttft.items()],
        )
        yield _histogram(
            "fakeai_inter_token_latency_seconds",
            "Time between bursts of tokens of streamed answers.",
            ("model",),
            [((model,), tally) for model, tally in self._itl.items()],
        )
        yield _histogram(
            "fakeai_pacing_lag_seconds",
            "The worst lateness of an answer against the deadlines it was told: this server's own error.",
            (),
            [((), self._lag)],
        )


def _counter(
    name: str, text: str, labels: tuple[str, ...], values: Mapping[tuple[str, ...], float]
) -> "CounterMetricFamily":
    from prometheus_client.core import CounterMetricFamily

    family = CounterMetricFamily(name, text, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family


def _histogram(
    name: str, text: str, labels: tuple[str, ...], tallies: Iterable[tuple[tuple[str, ...], _Tally]]
) -> "HistogramMetricFamily":
    from prometheus_client.core import HistogramMetricFamily

    family = HistogramMetricFamily(name, text, labels=labels)
    for key, tally in tallies:
        family.add_metric(key, tally.buckets(), tally.sum)
    return family
