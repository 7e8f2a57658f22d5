"""Probes answer from what they are given, whatever state it is in."""

import pytest

from fakeai.core.call import Call, Reply
from fakeai.core.readiness import Readiness
from fakeai.services.health import Health


async def probe(handler: str, readiness: Readiness = Readiness()) -> Reply:  # noqa: B008  # cannot be changed
    async def look() -> Readiness:
        return readiness

    health = Health("1.2.3", look, lambda: b"fakeai_up 1\n")
    endpoint = next(row for row in Health.ENDPOINTS if row.handler == handler)
    reply = await getattr(health, handler)(Call("req_1", endpoint, endpoint.path, {}))
    assert isinstance(reply, Reply)
    return reply


async def test_a_process_that_answers_is_alive_ready_or_not() -> None:  # gateway 66
    for readiness in (Readiness(), Readiness(db="gone", llm="gone", redis="gone"), Readiness(draining=True)):
        reply = await probe("alive", readiness)
        assert (reply.status, reply.body) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("readiness", "status", "told"),
    [
        (Readiness(), 200, "ready"),
        (Readiness(redis="ok"), 200, "ready"),
        (Readiness(db="the database does not answer"), 503, "not_ready"),
        (Readiness(llm="loading the vocabulary"), 503, "not_ready"),
        (Readiness(redis="Redis does not answer"), 503, "not_ready"),
        (Readiness(draining=True), 503, "draining"),
    ],
)
async def test_readiness_is_a_status_and_tells_of_each_part(  # gateway 67, 68, 69, 70
    readiness: Readiness, status: int, told: str
) -> None:
    reply = await probe("ready", readiness)
    assert reply.status == status
    assert reply.body == {"status": told, "db": readiness.db, "llm": readiness.llm, "redis": readiness.redis}


async def test_health_tells_the_version_and_the_reason() -> None:
    assert (await probe("health")).body == {"status": "ok", "version": "1.2.3", "reason": None}
    starting = await probe("health", Readiness(llm="loading the vocabulary"))
    assert starting.body == {"status": "not ready", "version": "1.2.3", "reason": "loading the vocabulary"}
    assert starting.status == 200


async def test_metrics_are_what_the_exposition_says_in_its_own_media_type() -> None:
    reply = await probe("metrics")
    assert reply.body == b"fakeai_up 1\n"
    assert reply.media_type == "text/plain; version=0.0.4; charset=utf-8"


def test_all_are_probes() -> None:
    assert {row.path for row in Health.ENDPOINTS} == {"/healthz", "/readyz", "/health", "/metrics"}
    assert all(row.probe and row.method == "GET" for row in Health.ENDPOINTS)
