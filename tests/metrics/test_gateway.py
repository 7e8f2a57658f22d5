"""What was published is what a scrape shows, in a text that a Prometheus parser reads."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fakeai.core.events import Bus, RedisMissed, RequestEnded, RequestStarted, StepRan, TokensPaced
from fakeai.core.generation import Usage
from fakeai.metrics.gateway import GatewayMetrics

ROUTE = "/chat/completions"

NAMED = 'a"} 1\nfakeai_requests_total{model="b\\'
KNOWN = frozenset({"gpt-4o", "o1", NAMED})


class Meter:
    def __init__(self) -> None:
        self.bus = Bus()
        self.family = GatewayMetrics(self.bus, KNOWN.__contains__)

    def text(self) -> str:
        return "".join(self.family.expose())

    def request(self, model="gpt-4o", status=200, error="", duration=0.02, cancelled=False, usage=None) -> None:
        self.bus.publish(RequestStarted(0.0, ROUTE, "http"))
        self.bus.publish(
            RequestEnded(1.0, "req_1", ROUTE, "http", model, status, error, duration, False, cancelled, usage)
        )

    def samples(self) -> dict[tuple[str, ...], float]:
        """(name, label values in order of name…) → value, as a Prometheus server would read them."""
        return {
            (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(self.text())
            for sample in family.samples
        }


def test_requests_are_counted_by_route_model_and_status() -> None:
    meter = Meter()
    meter.request()
    meter.request()
    meter.request(model="o1")
    meter.request(status=400, error="invalid_request_error")
    samples = meter.samples()
    assert samples["fakeai_requests_total", "gpt-4o", ROUTE, "200"] == 2
    assert samples["fakeai_requests_total", "o1", ROUTE, "200"] == 1
    assert samples["fakeai_requests_total", "", ROUTE, "400"] == 1
    assert samples["fakeai_errors_total", "invalid_request_error", ROUTE] == 1


def test_tokens_add_up_by_model_and_kind_over_all_routes_and_statuses() -> None:
    meter = Meter()
    meter.request(usage=Usage(10, 3))
    meter.request(status=201, usage=Usage(5, 0))
    meter.request(model="o1", usage=Usage(1, 1))
    samples = meter.samples()
    assert samples["fakeai_tokens_total", "prompt", "gpt-4o"] == 15
    assert samples["fakeai_tokens_total", "completion", "gpt-4o"] == 3
    assert samples["fakeai_tokens_total", "prompt", "o1"] == 1


def test_the_gauge_shows_requests_that_have_begun_and_not_ended() -> None:
    meter = Meter()
    for _ in range(3):
        meter.bus.publish(RequestStarted(0.0, ROUTE, "http"))
    assert meter.samples()["fakeai_requests_in_flight",] == 3
    meter.request()
    assert meter.samples()["fakeai_requests_in_flight",] == 3


def test_clients_that_left_are_counted_apart() -> None:
    meter = Meter()
    meter.request(cancelled=True)
    meter.request()
    assert meter.samples()["fakeai_requests_cancelled_total", ROUTE] == 1


def test_durations_fall_into_cumulative_buckets_bounds_included() -> None:
    meter = Meter()
    for duration in (0.0005, 0.01, 0.3, 1000.0):
        meter.request(duration=duration)
    samples = meter.samples()
    name = "fakeai_request_duration_seconds"
    bucket = {
        le: samples[f"{name}_bucket", le, "gpt-4o", ROUTE, "200"] for le in ("0.001", "0.005", "0.01", "0.5", "+Inf")
    }
    assert bucket == {"0.001": 1, "0.005": 1, "0.01": 2, "0.5": 3, "+Inf": 4}
    assert samples[f"{name}_count", "gpt-4o", ROUTE, "200"] == 4
    assert samples[f"{name}_sum", "gpt-4o", ROUTE, "200"] == pytest.approx(1000.3105)


def test_pacing_shows_first_tokens_gaps_and_our_own_lateness() -> None:
    meter = Meter()
    meter.bus.publish(TokensPaced(1.0, "gpt-4o", 0.2, (0.02, 0.02, 0.07), 0.0004))
    meter.bus.publish(TokensPaced(2.0, "gpt-4o", None, (), 0.3))  # not streamed: nobody saw its tokens
    samples = meter.samples()
    assert samples["fakeai_time_to_first_token_seconds_count", "gpt-4o"] == 1
    assert samples["fakeai_time_to_first_token_seconds_sum", "gpt-4o"] == pytest.approx(0.2)
    assert samples["fakeai_time_to_first_token_seconds_bucket", "0.1", "gpt-4o"] == 0
    assert samples["fakeai_time_to_first_token_seconds_bucket", "0.25", "gpt-4o"] == 1
    assert samples["fakeai_inter_token_latency_seconds_count", "gpt-4o"] == 3
    assert samples["fakeai_inter_token_latency_seconds_bucket", "0.025", "gpt-4o"] == 2
    assert samples["fakeai_pacing_lag_seconds_count",] == 2
    assert samples["fakeai_pacing_lag_seconds_bucket", "0.0005"] == 1


def test_steps_told_late_show_in_the_lag_of_their_model() -> None:
    meter = Meter()
    for late in (0.0002, 0.004, 2.0):
        meter.bus.publish(StepRan(1.0, "gpt-4o", 0, 0.01, 8, 0, 0, 8, 0, (), 0.5, 0.5, 0.0, late))
    samples = meter.samples()
    assert samples["fakeai_step_lag_seconds_count", "gpt-4o"] == 3
    assert samples["fakeai_step_lag_seconds_bucket", "0.0005", "gpt-4o"] == 1
    assert samples["fakeai_step_lag_seconds_bucket", "0.005", "gpt-4o"] == 2
    assert samples["fakeai_step_lag_seconds_bucket", "1.0", "gpt-4o"] == 2


def test_models_that_only_clients_have_named_count_as_other() -> None:  # gateway 77
    meter = Meter()
    for number in range(300):
        meter.request(model=f"model-{number}", usage=Usage(1, 0))
        meter.bus.publish(TokensPaced(1.0, f"model-{number}", 0.1, (), 0.0))
    samples = meter.samples()
    assert samples["fakeai_requests_total", "other", ROUTE, "200"] == 300
    assert samples["fakeai_tokens_total", "prompt", "other"] == 300
    assert samples["fakeai_time_to_first_token_seconds_count", "other"] == 300
    assert {key[1] for key in samples if key[0] == "fakeai_requests_total"} == {"other"}


def test_refusals_of_limits_and_quotas_have_counters_of_their_own() -> None:  # gateway 76
    meter = Meter()
    for status, error in (
        (401, "invalid_api_key"),
        (402, "quota_exhausted"),
        (422, "validation_error"),
        (429, "rate_limit_exceeded"),
        (429, "rate_limit_exceeded"),
        (429, "insufficient_quota"),
    ):
        meter.request(status=status, error=error)
    samples = meter.samples()
    counts = {status: samples["fakeai_requests_total", "", ROUTE, status] for status in ("401", "402", "422", "429")}
    assert counts == {"401": 1, "402": 1, "422": 1, "429": 3}
    assert samples["fakeai_rate_limit_refusals_total", ROUTE] == 2
    assert samples["fakeai_quota_refusals_total", ROUTE] == 2


def test_counting_alone_is_counted() -> None:  # gateway 23
    meter = Meter()
    for of in ("keys", "keys", "projects"):
        meter.bus.publish(RedisMissed(1.0, of))
    samples = meter.samples()
    assert samples["fakeai_redis_fallbacks_total", "keys"] == 2
    assert samples["fakeai_redis_fallbacks_total", "projects"] == 1


def test_names_of_models_that_were_refused_are_no_labels() -> None:
    meter = Meter()
    for number in range(300):
        meter.request(model=f"junk-{number}", status=404, error="model_not_found")
    assert [key for key in meter.samples() if key[0] == "fakeai_requests_total"] == [
        ("fakeai_requests_total", "", ROUTE, "404")
    ]


def test_hostile_names_are_escaped() -> None:
    meter = Meter()
    meter.request(model=NAMED)
    assert meter.samples()["fakeai_requests_total", NAMED, ROUTE, "200"] == 1


def test_a_fresh_server_shows_every_family_and_no_sample_it_did_not_see() -> None:
    names = {family.name for family in text_string_to_metric_families(Meter().text())}
    assert {"fakeai_requests", "fakeai_errors", "fakeai_tokens", "fakeai_requests_in_flight"} <= names
    assert {"fakeai_request_duration_seconds", "fakeai_pacing_lag_seconds"} <= names


def test_two_apps_count_apart() -> None:
    one, other = Meter(), Meter()
    one.request()
    assert ("fakeai_requests_total", "gpt-4o", ROUTE, "200") not in other.samples()
