"""Probes of whole servers: what they say while things are well, away, or coming to an end; and that a key's use is state."""

import http.client
import json
import signal
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from technologies import running_postgresql, running_redis, until

from fakeai.app import build
from fakeai.settings import load
from fakeai.testing import FakeAI

CHAT: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Tell me about the sea."}]}


def test_probes_need_no_key_and_take_nothing(tmp_path: Path) -> None:  # gateway 35, 66, 67, 72
    with FakeAI(**{"gateway.enabled": True}) as fake, httpx.Client(base_url=fake.url) as door:
        until(lambda: door.get("/readyz").status_code == 200)
        assert door.get("/healthz").json() == {"status": "ok"}
        assert door.get("/readyz").json() == {"status": "ready", "db": "ok", "llm": "ok", "redis": "disabled"}
        assert door.get("/metrics").status_code == 200
        assert door.get("/v1/models").status_code == 401


def test_redis_that_is_lost_is_told_and_counts_again_by_itself(given: dict[str, str]) -> None:  # gateway 66, 69, 71
    with (
        running_redis(given) as (url, process),
        FakeAI(**{"store.redis": url}) as fake,
        httpx.Client(base_url=fake.url) as door,
    ):
        until(lambda: door.get("/readyz").json() == {"status": "ready", "db": "ok", "llm": "ok", "redis": "ok"})
        process.send_signal(signal.SIGSTOP)
        until(lambda: door.get("/readyz").status_code == 503)
        began = time.monotonic()
        lost = door.get("/readyz").json()
        assert time.monotonic() - began < 10, "it is bounded"
        assert lost == {"status": "not_ready", "db": "ok", "llm": "ok", "redis": "Redis does not answer"}
        assert door.get("/healthz").json() == {"status": "ok"}
        process.send_signal(signal.SIGCONT)
        until(lambda: door.get("/readyz").status_code == 200)


def test_a_database_that_is_frozen_is_told_and_counts_again_by_itself(  # gateway 66, 68, 71
    given: dict[str, str], tmp_path: Path
) -> None:
    if "FAKEAI_TEST_POSTGRES" in given:
        pytest.skip("the server is somebody's, and not to be stopped")
    with (
        running_postgresql(given) as server,
        FakeAI(**{"store.database": server.url, "store.blobs": str(tmp_path)}) as fake,
        httpx.Client(base_url=fake.url, timeout=30) as door,
    ):
        until(lambda: door.get("/readyz").status_code == 200)
        server.signal(signal.SIGSTOP)
        until(lambda: door.get("/readyz").status_code == 503)
        assert door.get("/readyz").json() == {
            "status": "not_ready",
            "db": "the database does not answer",
            "llm": "ok",
            "redis": "disabled",
        }
        assert door.get("/healthz").json() == {"status": "ok"}
        server.signal(signal.SIGCONT)
        until(lambda: door.get("/readyz").status_code == 200)


def test_a_server_that_ends_says_so_and_lets_nobody_in_but_finishes_what_is_under_way() -> None:  # gateway 71
    app = build(load(flags={"port": 0, "drain_s": 20.0, "ttft": "100", "itl": "20"}, environ={}))
    server, listening = app.server(), threading.Event()
    thread = threading.Thread(target=server.run, args=(lambda _: listening.set(),), daemon=True)
    thread.start()
    assert listening.wait(10)
    with httpx.Client(base_url=server.url, timeout=20) as door:
        until(lambda: door.get("/readyz").status_code == 200)
        stream = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        stream.request("POST", "/v1/chat/completions", json.dumps({**CHAT, "stream": True, "max_tokens": 150}))
        answer = stream.getresponse()
        server.stop()
        until(lambda: door.get("/readyz").status_code == 503)
        assert door.get("/readyz").json()["status"] == "draining"
        assert door.get("/healthz").status_code == 200
        refused = door.post("/v1/chat/completions", json=CHAT)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "shutting_down")
        assert refused.headers["retry-after"] == "1"
    assert answer.read().endswith(b"data: [DONE]\n\n")
    stream.close()
    thread.join(20)
    assert not thread.is_alive()


def test_what_a_key_has_used_is_part_of_the_state() -> None:
    with FakeAI() as fake, httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai/v1") as door:
        root = {"x-api-key": door.post("/admin/keys", json={"label": "root", "role": "admin"}).json()["key"]}
        key = {"x-api-key": door.post("/admin/keys", json={"label": "me", "quota": 3}, headers=root).json()["key"]}

        def used() -> int:
            return int(door.get("/me/usage", headers=key).json()["quota_used"])

        def ask() -> int:
            return door.post("/chat/completions", json=CHAT, headers=key).status_code

        assert [ask(), ask(), used()] == [200, 200, 2]
        saved = door.get("/fakeai/state", headers=root).content
        assert [ask(), ask(), used()] == [200, 402, 3]
        assert door.put("/fakeai/state", content=saved, headers=root).status_code == 200
        assert used() == 2, "as it was when it was saved"
        assert [ask(), ask(), used()] == [200, 402, 3]
        assert door.delete("/fakeai/state", headers=root).status_code == 200
        assert door.put("/fakeai/state", content=saved).status_code == 200
        assert used() == 2


def test_generations_wait_for_a_place_and_probes_for_nobody() -> None:  # gateway 25, 72, 88
    settings = {"gateway.max_concurrent": 2, "ttft": "100", "itl": "50"}
    with FakeAI(**settings) as fake, httpx.Client(base_url=fake.url, timeout=60) as door:
        streams = [door.stream("POST", "/v1/chat/completions", json={**CHAT, "stream": True}) for _ in range(2)]
        with streams[0] as first, streams[1] as second:
            parts = [stream.iter_raw() for stream in (first, second)]
            assert all(next(part).startswith(b"data: ") for part in parts)
            answered = threading.Event()
            third = threading.Thread(target=lambda: (fake_ask(fake) == 200) and answered.set())
            third.start()
            until(lambda: in_flight(door) == 3)
            assert door.get("/healthz").status_code == door.get("/readyz").status_code == 200
            assert door.get("/v1/models").status_code == 200
            assert not answered.is_set()
        third.join(60)  # the clients of both streams have left
        assert answered.is_set()
        until(lambda: in_flight(door) == 0)


def fake_ask(fake: FakeAI) -> int:
    return httpx.post(f"{fake.url}/v1/chat/completions", json={**CHAT, "max_tokens": 5}, timeout=60).status_code


def in_flight(door: httpx.Client) -> float:
    lines = door.get("/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith("fakeai_requests_in_flight ")).split()[1])
