"""Probes answer from what they are given, whatever state it is in."""

from fakeai.core.call import Call, Reply
from fakeai.services.health import Health


async def probe(handler: str, reason: str | None = None) -> Reply:
    async def not_ready() -> str | None:
        return reason

    health = Health("1.2.3", not_ready, lambda: b"fakeai_up 1\n")
    endpoint = next(row for row in Health.ENDPOINTS if row.handler == handler)
    reply = await getattr(health, handler)(Call("req_1", endpoint, endpoint.path, {}))
    assert isinstance(reply, Reply)
    return reply


async def test_a_process_that_answers_is_alive_ready_or_not() -> None:
    for reason in (None, "loading the vocabulary"):
        reply = await probe("alive", reason)
        assert (reply.status, reply.body) == (200, b"ok\n")
        assert reply.media_type.startswith("text/plain")


async def test_readiness_is_a_status_and_a_line() -> None:
    ready, waiting = await probe("ready"), await probe("ready", "loading the vocabulary")
    assert (ready.status, ready.body) == (200, b"ok\n")
    assert (waiting.status, waiting.body) == (503, b"loading the vocabulary\n")


async def test_health_tells_the_version_and_the_reason() -> None:
    assert (await probe("health")).body == {"status": "ok", "version": "1.2.3", "reason": None}
    starting = await probe("health", "loading the vocabulary")
    assert starting.body == {"status": "not ready", "version": "1.2.3", "reason": "loading the vocabulary"}
    assert starting.status == 200


async def test_metrics_are_what_the_exposition_says_in_its_own_media_type() -> None:
    reply = await probe("metrics")
    assert reply.body == b"fakeai_up 1\n"
    assert reply.media_type == "text/plain; version=0.0.4; charset=utf-8"


def test_all_are_probes() -> None:
    assert {row.path for row in Health.ENDPOINTS} == {"/healthz", "/readyz", "/health", "/metrics"}
    assert all(row.probe and row.method == "GET" for row in Health.ENDPOINTS)
