"""What a worker's endpoint took, and since when it is there."""

from fakeai.core.events import WorkerChanged
from fakeai.metrics.dynamo_worker import DynamoWorkerMetrics

from .scene import MODEL, SNAPSHOT, Scene


def scene(*snapshots):
    found = Scene(*snapshots)
    found.families = [DynamoWorkerMetrics(found.bus, found.clock, found.engines)]
    return found


def test_sequences_count_by_their_end():
    told = scene(SNAPSHOT)
    for reason in ("stop", "length", "abort", "error"):
        told.ended(reason=reason)
    assert told.value("dynamo_component_requests_total", worker_id="0", dynamo_endpoint="generate") == 4
    assert told.value("dynamo_component_cancellation_total") == 1
    assert told.value("dynamo_component_errors_total", error_type="generate") == 1
    assert told.value("dynamo_component_request_duration_seconds_sum", model=MODEL) == 4 * 2.0
    assert told.value("dynamo_component_request_duration_seconds_count") == 4


def test_sequences_running_or_waiting_are_in_flight():
    assert scene(SNAPSHOT).value("dynamo_component_inflight_requests") == 5


def test_uptime_is_that_of_the_process_or_of_a_worker_that_came_later():
    told = scene(SNAPSHOT, SNAPSHOT._replace(worker=1))
    told.clock.at = 100.0
    told.bus.publish(WorkerChanged(100.0, MODEL, 1, "starting"))
    told.clock.at = 130.0
    assert told.value("dynamo_component_uptime_seconds", worker_id="frontend") == 130
    assert told.value("dynamo_component_uptime_seconds", worker_id="0") == 130
    assert told.value("dynamo_component_uptime_seconds", worker_id="1") == 30


def test_without_workers_nothing_is_told():
    assert scene().text() == ""
