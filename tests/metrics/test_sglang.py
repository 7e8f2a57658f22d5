"""SGLang's numbers are those of the same events and snapshots."""

import pytest

from fakeai.metrics.sglang import SglangMetrics

from .scene import MODEL, SNAPSHOT, Scene


def scene(*snapshots):
    found = Scene(*snapshots)
    found.families = [SglangMetrics(found.bus, found.engines)]
    return found


def test_gauges_are_those_of_the_snapshot():
    told = scene(SNAPSHOT._replace(role="prefill"))
    assert told.value("sglang:num_running_reqs", model_name=MODEL, dp_rank="0", engine_type="prefill") == 3
    assert told.value("sglang:num_queue_reqs") == 2
    assert told.value("sglang:num_used_tokens") == 250 * 16
    assert told.value("sglang:token_usage") == 0.25


def test_sequences_count_by_whether_they_were_streamed():
    told = scene(SNAPSHOT)
    told.ended()
    told.ended()
    told.ended(streamed=False, reason="abort", prompt=7, completion=1, gaps_s=())
    assert told.value("sglang:num_requests_total", is_streaming="True") == 2
    assert told.value("sglang:num_requests_total", is_streaming="False") == 1
    assert told.value("sglang:num_aborted_requests_total") == 1
    assert told.value("sglang:prompt_tokens_total", is_streaming="True") == 200
    assert told.value("sglang:generation_tokens_total", is_streaming="False") == 1
    assert told.value("sglang:time_to_first_token_seconds_sum", is_streaming="True") == 2.0
    assert told.value("sglang:e2e_request_latency_seconds_count", is_streaming="False") == 1
    assert told.value("sglang:queue_time_seconds_sum") == pytest.approx(3 * 0.25)
    assert told.value("sglang:inter_token_latency_seconds_count") == 8


def test_the_hit_rate_is_found_over_looked_up():
    told = scene(SNAPSHOT)
    assert told.value("sglang:cache_hit_rate") == 0
    told.cached(queried=100, device=32, host=16)
    told.cached(queried=100, device=2, host=0)
    assert told.value("sglang:cache_hit_rate") == 0.25
    assert told.value("sglang:cached_tokens_total", cache_source="device") == 34
    assert told.value("sglang:cached_tokens_total", cache_source="host") == 16


def test_throughput_is_that_of_the_latest_busy_second():
    told = scene(SNAPSHOT)
    for number in range(1, 101):
        told.step(at=10 + number * 0.02, seconds=0.02, tokens=4)
    assert told.value("sglang:gen_throughput") == pytest.approx(200)
    for number in range(1, 101):  # after an hour of silence
        told.step(at=3600 + number * 0.02, seconds=0.02, tokens=8)
    assert told.value("sglang:gen_throughput") == pytest.approx(400)
    told.snapshots = [SNAPSHOT._replace(running=0)]
    assert told.value("sglang:gen_throughput") == 0


def test_accepted_drafts_lengthen_a_step():
    told = scene(SNAPSHOT)
    told.step()
    assert told.value("sglang:spec_accept_length") == 0
    told.step(decodes=4, tokens=10, drafts=12, accepted=(4, 2, 0))
    assert told.value("sglang:spec_accept_length") == 1 + 6 / 4
