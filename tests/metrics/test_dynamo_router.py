"""What the router chose, found and lost, and the events its index took in."""

import pytest

from fakeai.core.events import KvRemoved, KvStored
from fakeai.metrics.dynamo_router import DynamoRouterMetrics

from .scene import MODEL, SNAPSHOT, Scene

ROUTER = "dynamo_component_router"


def scene(*snapshots):
    found = Scene(*snapshots)
    found.families = [DynamoRouterMetrics(found.bus, found.engines)]
    return found


def test_choices_show_what_was_found_and_what_was_passed_over():
    told = scene(SNAPSHOT)
    told.routed(prompt_tokens=100, block_size=16, overlap_blocks=2, best_overlap_blocks=4)
    told.routed(prompt_tokens=160, block_size=16, overlap_blocks=5, best_overlap_blocks=5)
    assert told.value(f"{ROUTER}_requests_started_total") == 2
    assert told.value(f"{ROUTER}_non_max_overlap_selections_total", worker_type="prefill") == 1
    assert told.value(f"{ROUTER}_overlap_blocks_lost_sum") == 2
    assert told.value(f"{ROUTER}_kv_hit_rate_sum") == pytest.approx(2 / 7 + 5 / 10)
    assert told.value(f"{ROUTER}_kv_best_eligible_cached_prefix_tokens_total", model=MODEL) == 9 * 16
    assert told.value(f"{ROUTER}_kv_selected_cached_prefix_tokens_total", phase="aggregated") == 7 * 16
    assert told.value(f"{ROUTER}_input_sequence_tokens_sum") == 260


def test_phases_are_those_of_the_workers_chosen():
    told = scene(SNAPSHOT._replace(role="prefill"), SNAPSHOT._replace(worker=1, role="decode"))
    told.routed(prompt_tokens=100)
    told.routed(prompt_tokens=30, worker=1)
    assert told.value(f"{ROUTER}_input_sequence_tokens_sum", phase="prefill") == 100
    assert told.value(f"{ROUTER}_input_sequence_tokens_sum", phase="decode") == 30


def test_workers_of_a_phase_are_summed():
    told = scene(SNAPSHOT, SNAPSHOT._replace(worker=1))
    told.routed(prompt_tokens=100)
    told.routed(prompt_tokens=30, worker=1)
    assert told.value(f"{ROUTER}_input_sequence_tokens_count") == 2
    assert told.value(f"{ROUTER}_input_sequence_tokens_bucket", le="100.0") == 2


def test_ends_show_latencies_reuse_and_transfers():
    told = scene(SNAPSHOT)
    told.ended(cached=32)
    told.ended(cached=16, transfer_s=0.03, completion=1, gaps_s=(), last_token=2.0)
    told.ended(cached=0, reason="abort", first_token=None, last_token=None, completion=0)
    assert told.value(f"{ROUTER}_requests_total") == 3
    assert told.value(f"{ROUTER}_kv_worker_reused_tokens_total") == 48
    assert told.value(f"{ROUTER}_time_to_first_token_seconds_count") == 2
    assert told.value(f"{ROUTER}_inter_token_latency_seconds_count") == 1
    assert told.value(f"{ROUTER}_inter_token_latency_seconds_sum") == 0.25
    assert told.value(f"{ROUTER}_kv_transfer_estimated_latency_seconds_count") == 1
    assert told.value(f"{ROUTER}_output_sequence_tokens_sum") == 6


def test_each_choice_and_each_end_is_booked():
    told = scene(SNAPSHOT)
    told.routed()
    told.routed()
    told.ended()
    assert told.value(f"{ROUTER}_active_sequence_ingress_events_applied_total", model=MODEL) == 3


def test_events_of_blocks_are_taken_in():
    told = scene(SNAPSHOT)
    told.bus.publish(KvStored(1.0, MODEL, 0, ("a", "b"), None, "GPU"))
    told.bus.publish(KvStored(1.0, MODEL, 0, ("c",), "b", "GPU"))
    told.bus.publish(KvRemoved(2.0, MODEL, 0, ("c",), "GPU"))
    told.bus.publish(KvRemoved(3.0, MODEL, 0, (), "GPU"))
    name = "dynamo_component_kv_cache_events_applied"
    assert told.value(name, event_type="stored", status="ok") == 2
    assert told.value(name, event_type="removed", status="ok") == 1
    assert told.value(name, event_type="cleared", status="ok") == 1
    assert sum(told.values(name)) == 4


def test_workers_are_registered_while_they_are_there():
    told = scene(SNAPSHOT, SNAPSHOT._replace(worker=1))
    assert told.values(f"{ROUTER}_worker_registered") == [1, 1]
    told.snapshots = told.snapshots[:1]
    assert told.value(f"{ROUTER}_worker_registered", router_worker_id="0") == 1
