"""Requests by outcome, models by their workers, and what is known of each worker."""

import pytest

from fakeai.core.events import RequestShed, TokensPaced
from fakeai.core.generation import Usage
from fakeai.metrics.dynamo_frontend import DynamoFrontendMetrics

from .scene import MODEL, SNAPSHOT, Scene


def scene(*snapshots):
    found = Scene(*snapshots)
    found.families = [DynamoFrontendMetrics(found.bus, found.engines)]
    return found


@pytest.mark.parametrize(
    ("status", "cancelled", "outcome"),
    [
        (200, False, {"status": "success", "error_type": "", "model": MODEL}),
        (499, True, {"status": "error", "error_type": "cancelled", "model": MODEL}),
        (400, False, {"status": "error", "error_type": "validation", "model": ""}),
        (404, False, {"status": "error", "error_type": "not_found", "model": ""}),
        (429, False, {"status": "error", "error_type": "overload", "model": ""}),
        (503, False, {"status": "error", "error_type": "overload", "model": ""}),
        (500, False, {"status": "error", "error_type": "internal", "model": ""}),
    ],
)
def test_requests_count_by_outcome(status, cancelled, outcome):
    told = scene(SNAPSHOT)
    told.request(status=status, cancelled=cancelled, streamed=False)
    assert told.value("dynamo_frontend_requests_total") == 1
    assert told.value("dynamo_frontend_requests_total", endpoint="chat_completions", request_type="unary", **outcome)
    assert told.value("dynamo_frontend_requests_started_total", model=outcome["model"]) == 1


def test_requests_without_a_model_are_none_of_its_business():
    told = scene()
    told.request(route="/models", model="")
    assert told.text() == ""


def test_those_who_left_are_counted():
    told = scene()
    told.request()
    told.request(status=499, cancelled=True)
    assert told.value("dynamo_frontend_model_cancellation_total", model=MODEL, request_type="stream") == 1
    assert told.value("dynamo_frontend_disconnected_clients") == 1


def test_lengths_are_those_of_usage():
    told = scene()
    told.request(usage=Usage(300, 20, cached=128))
    told.request(usage=Usage(100, 5))
    told.request(usage=None)
    assert told.value("dynamo_frontend_input_sequence_tokens_sum", model=MODEL) == 400
    assert told.value("dynamo_frontend_cached_tokens_sum") == 128
    assert told.value("dynamo_frontend_output_sequence_tokens_sum") == 25
    assert told.value("dynamo_frontend_output_sequence_tokens_count") == 2
    assert told.value("dynamo_frontend_request_duration_seconds_count") == 3
    assert told.value("dynamo_frontend_output_tokens_total") == 25


def test_tokens_count_as_steps_make_them():
    told = scene(SNAPSHOT)
    told.step(tokens=30)
    assert told.value("dynamo_frontend_output_tokens_total") == 30
    told.request(usage=Usage(100, 30))
    assert told.value("dynamo_frontend_output_tokens_total") == 30


def test_latencies_are_those_of_paced_answers():
    told = scene()
    told.bus.publish(TokensPaced(1.0, MODEL, 0.3, (0.01, 0.02), 0.0))
    told.bus.publish(TokensPaced(1.0, MODEL, None, (), 0.0))
    assert told.value("dynamo_frontend_time_to_first_token_seconds_count") == 1
    assert told.value("dynamo_frontend_time_to_first_token_seconds_sum") == 0.3
    assert told.value("dynamo_frontend_inter_token_latency_seconds_count") == 2


def test_a_model_is_the_sum_of_its_workers():
    told = scene(SNAPSHOT, SNAPSHOT._replace(worker=1, running=5, waiting=0), SNAPSHOT._replace(model="zz", running=0))
    assert told.value("dynamo_frontend_inflight_requests", model=MODEL) == 3 + 2 + 5
    assert told.value("dynamo_frontend_active_requests", model=MODEL) == 10
    assert told.value("dynamo_frontend_queued_requests", model=MODEL) == 2
    assert told.value("dynamo_frontend_model_context_length", model=MODEL) == 4096
    assert told.value("dynamo_frontend_model_kv_cache_block_size", model=MODEL) == 16
    assert told.value("dynamo_frontend_model_total_kv_blocks", model=MODEL) == 1000
    assert told.value("dynamo_frontend_model_max_num_seqs", model=MODEL) == 256
    assert told.value("dynamo_frontend_model_max_num_batched_tokens", model=MODEL) == 8192


def test_a_model_is_ready_when_one_of_its_workers_is():
    told = scene(SNAPSHOT._replace(state="starting"), SNAPSHOT._replace(worker=1))
    assert told.value("dynamo_frontend_model_ready") == 1
    told.snapshots = told.snapshots[:1]
    assert told.value("dynamo_frontend_model_ready") == 0


def test_the_router_was_asked_for_those_it_placed_and_those_it_shed():
    told = scene(SNAPSHOT)
    told.routed()
    told.routed()
    told.bus.publish(RequestShed(1.0, MODEL, "busy"))
    assert told.value("dynamo_frontend_router_admission_received_total", policy_class="default") == 3
    assert told.value("dynamo_frontend_router_queue_backpressure_total", reason="request_limit") == 1


def test_workers_show_their_load_and_their_last_request():
    told = scene(SNAPSHOT, SNAPSHOT._replace(worker=1, role="prefill"))
    told.ended()
    told.ended(worker=1, gaps_s=(), first_token=None, prompt=9)
    name = "dynamo_frontend_worker"
    assert told.value(f"{name}_active_decode_blocks", worker_id="0", worker_type="decode", dp_rank="0") == 250
    assert told.value(f"{name}_active_prefill_tokens", worker_id="1", worker_type="prefill") == 700
    assert told.value(f"{name}_last_input_sequence_tokens", worker_id="1") == 9
    assert told.value(f"{name}_last_time_to_first_token_seconds", worker_id="0") == 1.0
    assert told.value(f"{name}_last_inter_token_latency_seconds", worker_id="0") == 0.25
