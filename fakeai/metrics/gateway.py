"""What passes the gateway: requests, tokens, errors, durations, pacing. Fed by events; asks nobody anything.

Counted in plain numbers: a request costs a look-up and a few additions. Names follow Prometheus' rules (base units,
`_total`); buckets of TTFT and ITL are those of vLLM's histograms.
"""

from collections.abc import Callable, Iterator
from typing import Any

from fakeai.core.events import Bus, RedisMissed, RequestEnded, RequestStarted, StepRan, TokensPaced
from fakeai.metrics.base import Buckets, Table, Tally, counter, gauge, histogram, written

_TTFT = Buckets(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40)
_ITL = Buckets(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5)
_DURATION = Buckets(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 240)
_LAG = Buckets(0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)

_LIMITED = "rate_limit_exceeded"
_EXHAUSTED = ("quota_exhausted", "insufficient_quota")
"""Codes of refusals that are counted by themselves, too."""


class _Row:
    """The numbers of one route, model and status."""

    __slots__ = ("completion", "duration", "prompt", "requests")

    def __init__(self) -> None:
        self.requests = 0
        self.prompt = 0
        self.completion = 0
        self.duration = Tally(_DURATION)


class GatewayMetrics:
    """Listens to request and pacing events. Models that only clients have named count as `other`: labels cannot grow."""

    def __init__(self, bus: Bus, known_model: Callable[[str], bool]) -> None:
        self._known_model = known_model
        self.in_flight = 0
        self.rows: dict[tuple[str, str, int], _Row] = {}
        self.errors: dict[tuple[str, ...], int] = {}
        self.cancelled: dict[tuple[str, ...], int] = {}
        self.ttft: dict[tuple[str, ...], Tally] = {}
        self.itl: dict[tuple[str, ...], Tally] = {}
        self.steps: dict[tuple[str, ...], Tally] = {}
        self.lag = Tally(_LAG)
        self.limited: dict[tuple[str, ...], int] = {}
        self.exhausted: dict[tuple[str, ...], int] = {}
        self.alone: dict[tuple[str, ...], int] = {}
        bus.listen(RequestStarted, self._started)
        bus.listen(RequestEnded, self._ended)
        bus.listen(TokensPaced, self._paced)
        bus.listen(RedisMissed, self._missed)
        bus.listen(StepRan, self._stepped)

    @classmethod
    def tables(cls) -> tuple[Table[Any], ...]:
        """Every metric. Any: as in `Family`."""
        return (_TABLE,)

    def expose(self) -> Iterator[str]:
        """Prometheus' text; a server that has seen nothing still names what it would count."""
        return written(_TABLE, [("", self)], empty=True)

    def tokens(self) -> dict[tuple[str, ...], int]:
        """Tokens by model and kind."""
        found: dict[tuple[str, ...], int] = {}
        for (_, model, _), row in self.rows.items():
            for kind, count in (("prompt", row.prompt), ("completion", row.completion)):
                if count:
                    found[model, kind] = found.get((model, kind), 0) + count
        return found

    def _started(self, event: RequestStarted) -> None:
        self.in_flight += 1

    def _ended(self, event: RequestEnded) -> None:
        self.in_flight -= 1
        row = self.rows.get((event.route, event.model, event.status))
        if row is None:
            row = self._row(event)
        row.requests += 1
        row.duration.observe(event.duration_s)
        usage = event.usage
        if usage is not None:
            row.prompt += usage.prompt
            row.completion += usage.completion
        if event.error:
            _count(self.errors, event.route, event.error)
            if event.error == _LIMITED:
                _count(self.limited, event.route)
            elif event.error in _EXHAUSTED:
                _count(self.exhausted, event.route)
        if event.cancelled:
            _count(self.cancelled, event.route)

    def _row(self, event: RequestEnded) -> _Row:
        model = self._name(event.model) if event.status < 400 else ""
        return self.rows.setdefault((event.route, model, event.status), _Row())

    def _name(self, model: str) -> str:
        return model if not model or self._known_model(model) else "other"

    def _missed(self, event: RedisMissed) -> None:
        _count(self.alone, event.of)

    def _paced(self, event: TokensPaced) -> None:
        self.lag.observe(event.lag_s)
        if event.ttft_s is not None:
            model = self._name(event.model)
            _tally(self.ttft, model, _TTFT).observe(event.ttft_s)
            _tally(self.itl, model, _ITL).observe_all(event.gaps_s)

    def _stepped(self, event: StepRan) -> None:
        _tally(self.steps, self._name(event.model), _LAG).observe(event.lag_s)


def _count(values: dict[tuple[str, ...], int], *key: str) -> None:
    values[key] = values.get(key, 0) + 1


def _tally(values: dict[tuple[str, ...], Tally], model: str, buckets: Buckets) -> Tally:
    found = values.get((model,))
    if found is None:
        found = values[model,] = Tally(buckets)
    return found


_TABLE: Table[GatewayMetrics] = Table(
    (),
    (
        counter(
            "fakeai_requests_total",
            "Requests answered, by status.",
            lambda m: {(route, model, str(status)): row.requests for (route, model, status), row in m.rows.items()},
            ("route", "model", "status"),
        ),
        counter("fakeai_errors_total", "Requests refused or failed, by code.", lambda m: m.errors, ("route", "code")),
        counter(
            "fakeai_rate_limit_refusals_total",
            "Requests refused because of a limit on requests or tokens in a minute or a day.",
            lambda m: m.limited,
            ("route",),
        ),
        counter(
            "fakeai_quota_refusals_total",
            "Requests refused because a quota, a budget or a spend limit was used up.",
            lambda m: m.exhausted,
            ("route",),
        ),
        counter(
            "fakeai_redis_fallbacks_total",
            "How often this process counted by itself because Redis did not answer, by what of.",
            lambda m: m.alone,
            ("of",),
        ),
        counter(
            "fakeai_requests_cancelled_total",
            "Requests whose client left early.",
            lambda m: m.cancelled,
            ("route",),
        ),
        counter("fakeai_tokens_total", "Tokens counted in usage.", lambda m: m.tokens(), ("model", "kind")),
        gauge("fakeai_requests_in_flight", "Requests under way.", lambda m: m.in_flight),
        histogram(
            "fakeai_request_duration_seconds",
            "Arrival to last byte.",
            lambda m: {(route, model, str(status)): row.duration for (route, model, status), row in m.rows.items()},
            ("route", "model", "status"),
        ),
        histogram(
            "fakeai_time_to_first_token_seconds",
            "Submission to first token of streamed answers.",
            lambda m: m.ttft,
            ("model",),
        ),
        histogram(
            "fakeai_inter_token_latency_seconds",
            "Time between bursts of tokens of streamed answers.",
            lambda m: m.itl,
            ("model",),
        ),
        histogram(
            "fakeai_pacing_lag_seconds",
            "The worst lateness of an answer against the deadlines it was told: this server's own error.",
            lambda m: m.lag,
        ),
        histogram(
            "fakeai_step_lag_seconds",
            "How late the steps of simulated engines were told: this server's own error.",
            lambda m: m.steps,
            ("model",),
        ),
    ),
)
