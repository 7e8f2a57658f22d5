"""vLLM's numbers are those of the snapshot and of the events, and agree with each other."""

import pytest

from fakeai.core.chance import Chance
from fakeai.core.events import Preempted, RequestShed
from fakeai.metrics.vllm import VllmMetrics

from .scene import MODEL, SNAPSHOT, Scene

ONCE_A_SEQUENCE = (
    "vllm:e2e_request_latency_seconds",
    "vllm:request_queue_time_seconds",
    "vllm:request_prefill_time_seconds",
    "vllm:request_decode_time_seconds",
    "vllm:request_inference_time_seconds",
    "vllm:request_time_per_output_token_seconds",
    "vllm:request_prompt_tokens",
    "vllm:request_generation_tokens",
    "vllm:request_prefill_kv_computed_tokens",
    "vllm:request_num_preemptions",
)


def scene(*snapshots):
    found = Scene(*snapshots)
    found.families = [VllmMetrics(found.bus, found.clock, found.engines)]
    return found


def test_gauges_are_those_of_the_snapshot():
    told = scene(SNAPSHOT)
    assert told.value("vllm:num_requests_running", model_name=MODEL, engine="0") == 3
    assert told.value("vllm:num_requests_waiting") == 2
    assert sum(told.values("vllm:num_requests_waiting_by_reason")) == 2
    assert told.value("vllm:kv_cache_usage_perc") == told.value("vllm:gpu_cache_usage_perc") == 250 / 1000
    assert told.value("vllm:cpu_cache_usage_perc") == 50 / 500
    assert told.value("vllm:cache_config_info", block_size="16", num_gpu_blocks="1000", num_cpu_blocks="500") == 1


def test_an_engine_without_blocks_uses_none():
    told = scene(SNAPSHOT._replace(total_blocks=0, used_blocks=0, host_blocks=0, memory_total_bytes=0))
    assert told.value("vllm:kv_cache_usage_perc") == told.value("vllm:cpu_cache_usage_perc") == 0


@pytest.mark.parametrize(("state", "awake", "offloaded"), [("ready", 1, 0), ("asleep", 0, 1), ("draining", 1, 0)])
def test_sleep_is_told(state, awake, offloaded):
    told = scene(SNAPSHOT._replace(state=state))
    assert told.value("vllm:engine_sleep_state", sleep_state="awake") == awake
    assert told.value("vllm:engine_sleep_state", sleep_state="weights_offloaded") == offloaded


def test_every_sequence_is_in_every_histogram_and_its_tokens_in_the_counters():
    told = scene(SNAPSHOT, SNAPSHOT._replace(worker=1))
    chance = Chance(3)
    prompt = cached = completion = 0
    for _ in range(60):
        sizes = 1 + chance.below(4000), 1 + chance.below(40)
        prompt, completion, cached = prompt + sizes[0], completion + sizes[1], cached + sizes[0] // 2
        worker = chance.below(2)
        told.step(worker=worker, tokens=sizes[1], prefill_tokens=sizes[0])
        told.ended(
            worker=worker,
            prompt=sizes[0],
            cached=sizes[0] // 2,
            completion=sizes[1],
            gaps_s=(0.05,) * (sizes[1] - 1),
            reason=chance.pick(["stop", "length", "error"]),
        )
    assert sum(told.values("vllm:request_success_total")) == 60
    assert {name: sum(told.values(f"{name}_count")) for name in ONCE_A_SEQUENCE} == dict.fromkeys(ONCE_A_SEQUENCE, 60)
    for name in ONCE_A_SEQUENCE:
        assert sum(told.values(f"{name}_bucket", le="+Inf")) == 60
    assert sum(told.values("vllm:prompt_tokens_total")) == prompt
    assert sum(told.values("vllm:prompt_tokens_by_source_total")) == prompt
    assert sum(told.values("vllm:prompt_tokens_cached_total")) == cached
    assert sum(told.values("vllm:request_prompt_tokens_sum")) == prompt
    assert sum(told.values("vllm:generation_tokens_total")) == completion
    assert sum(told.values("vllm:request_generation_tokens_sum")) == completion
    assert sum(told.values("vllm:inter_token_latency_seconds_count")) == completion - 60
    assert sum(told.values("vllm:iteration_tokens_total_sum")) == prompt + completion


def test_look_ups_add_up_by_tier():
    told = scene(SNAPSHOT)
    told.cached(queried=100, device=32, host=16)
    told.cached(queried=50, device=0, host=0)
    assert told.value("vllm:prefix_cache_queries_total") == told.value("vllm:gpu_prefix_cache_queries_total") == 150
    assert told.value("vllm:prefix_cache_hits_total") == told.value("vllm:gpu_prefix_cache_hits_total") == 32
    assert told.value("vllm:external_prefix_cache_queries_total") == 68 + 50
    assert told.value("vllm:external_prefix_cache_hits_total") == 16
    assert sum(told.values("vllm:prompt_tokens_cached_by_source_total")) == 32 + 16


def test_nothing_is_looked_up_in_host_memory_that_is_not_there():
    told = scene(SNAPSHOT._replace(host_blocks=0, host_used_blocks=0))
    told.cached(queried=100, device=32, host=0)
    assert told.value("vllm:external_prefix_cache_queries_total") == 0


def test_engines_count_apart():
    told = scene(SNAPSHOT, SNAPSHOT._replace(worker=1))
    told.bus.publish(Preempted(1.0, MODEL, 1))
    assert told.value("vllm:num_preemptions_total", engine="0") == 0
    assert told.value("vllm:num_preemptions_total", engine="1") == 1


def test_requests_turned_away_count_by_why():
    told = scene(SNAPSHOT)
    assert told.value("vllm:admission_rejections_total", model_name=MODEL) == 0
    for _ in range(2):
        told.bus.publish(RequestShed(1.0, MODEL, "all workers are busy"))
    assert told.value("vllm:admission_rejections_total", model_name=MODEL, reason="all workers are busy") == 2


def test_reasons_cannot_become_labels_without_end():
    told = scene(SNAPSHOT)
    for number in range(100):
        told.bus.publish(RequestShed(1.0, MODEL, f"all {number} workers are busy"))
    assert len(told.values("vllm:admission_rejections_total")) == 21
    assert told.value("vllm:admission_rejections_total", reason="other") == 80


def test_speculation_is_told_where_there_is_any():
    told = scene(SNAPSHOT)
    told.step()
    assert told.values("vllm:spec_decode_num_draft_tokens_total") == []
    told.step(decodes=2, tokens=5, drafts=6, accepted=(2, 1, 0))
    assert told.value("vllm:spec_decode_num_drafts_total") == 2
    assert told.value("vllm:spec_decode_num_draft_tokens_total") == 6
    assert told.value("vllm:spec_decode_num_accepted_tokens_total") == 3
    assert told.values("vllm:spec_decode_num_accepted_tokens_per_pos_total") == [2, 1, 0]


def test_adapters_are_told_where_there_are_any():
    assert scene(SNAPSHOT).values("vllm:lora_requests_info") == []
    told = scene(SNAPSHOT._replace(loras=("a", "b", "c"), running_loras=("a", "b"), waiting_loras=("c",)))
    told.clock.at = 5.0
    found = told.value("vllm:lora_requests_info", max_lora="3", running_lora_adapters="a,b", waiting_lora_adapters="c")
    assert found == told.clock.unix()


def test_a_worker_seen_by_events_only_has_counters_and_no_gauges():
    told = scene()
    told.ended()
    assert told.value("vllm:request_success_total", finished_reason="stop") == 1
    assert told.values("vllm:num_requests_running") == []
