"""Lateness, queues and hand-overs of the process, over all its workers."""

import asyncio

from fakeai.core.events import RequestShed, TokensPaced
from fakeai.metrics.dynamo_process import DynamoProcessMetrics

from .scene import MODEL, SNAPSHOT, Scene


def scene(*snapshots):
    found = Scene(*snapshots)
    found.families = [DynamoProcessMetrics(found.bus, found.engines)]
    return found


def test_late_timers_are_delays_of_the_loop():
    told = scene()
    told.bus.publish(TokensPaced(1.0, MODEL, None, (), 0.001))
    told.step(lag_s=0.004)
    told.step(lag_s=0.3)
    assert told.value("dynamo_frontend_event_loop_delay_seconds_count") == 3
    assert told.value("dynamo_frontend_event_loop_delay_seconds_bucket", le="0.005") == 2
    assert told.value("dynamo_frontend_event_loop_stall_total") == 1


def test_queues_and_places_are_those_of_all_workers():
    told = scene(SNAPSHOT, SNAPSHOT._replace(worker=1, running=4, waiting=0))
    assert told.value("dynamo_engine_request") == told.value("dynamo_request_plane_inflight_requests") == 9
    assert told.value("dynamo_work_handler_pool_active_tasks") == 7
    assert told.value("dynamo_work_handler_pool_capacity") == 512
    assert told.value("dynamo_work_handler_queue_depth") == 2
    assert told.value("dynamo_work_handler_queue_capacity") == float("inf")
    assert told.value("dynamo_frontend_stage_requests", stage="dispatch", phase="aggregated") == 9


def test_sequences_show_how_long_they_waited_and_when_they_answered():
    told = scene(SNAPSHOT)
    told.ended()
    told.ended(scheduled=None, first_token=None, last_token=None, reason="abort")
    assert told.value("dynamo_work_handler_permit_wait_seconds_sum") == 0.25 + 2.0
    assert told.value("dynamo_work_handler_time_to_first_response_seconds_sum") == 1.0
    assert told.value("dynamo_request_plane_roundtrip_ttft_seconds_count") == 1
    assert told.value("dynamo_frontend_stage_duration_seconds_sum", stage="transport_roundtrip") == 1.0
    assert told.value("dynamo_frontend_stage_duration_seconds_count", stage="route") == 0


def test_requests_turned_away_count():
    told = scene(SNAPSHOT)
    told.bus.publish(RequestShed(1.0, MODEL, "busy"))
    assert told.value("dynamo_rejection_request_total") == 1


async def test_tasks_of_the_loop_are_told():
    told = scene(SNAPSHOT)
    before = told.value("dynamo_tokio_alive_tasks")
    task = asyncio.ensure_future(asyncio.Event().wait())
    assert told.value("dynamo_tokio_alive_tasks") == before + 1
    task.cancel()
    await asyncio.wait([task])


def test_a_loop_that_works_all_the_time_is_busy():
    told = scene(SNAPSHOT)
    told.text()
    for _ in range(30):
        sum(range(100_000))
    assert 0 < told.value("dynamo_tokio_worker_busy_ratio", worker="0") <= 1000


def test_nothing_is_told_before_anything_happened():
    assert scene().text() == ""
