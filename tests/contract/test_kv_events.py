"""A served cluster tells over ZMQ what it holds: the blocks that its answers say they found."""

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fakeai.app import build
from fakeai.settings import load
from fakeai.testing import FakeAI
from tests.server.kv_subscriber import BlockRemoved, BlockStored, Subscriber, subscribers

ANY_PORT = {"kv_events.enabled": True, "kv_events.endpoint": "tcp://*:0", "kv_events.replay_endpoint": "tcp://*:0"}
CLUSTER = {"cluster.gpu": "h100", "cluster.workers": 2, "cluster.router": "kv", "latency.speed": 100}


@pytest.fixture
def fake() -> Iterator[FakeAI]:
    with FakeAI({**CLUSTER, **ANY_PORT, "kv_events.topic": "kv@{worker}@{model}"}) as made:
        yield made


@pytest.fixture
def subscribe() -> Iterator[Any]:
    with subscribers() as make:
        yield make


def chat(client: httpx.Client, prompt: str) -> dict[str, Any]:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": prompt}], "max_tokens": 8}
    usage: dict[str, Any] = client.post("/v1/chat/completions", json=body).raise_for_status().json()["usage"]
    return usage


def local(endpoint: str) -> str:
    return endpoint.replace("0.0.0.0", "127.0.0.1")


def history(client: httpx.Client, subscribe: Any) -> dict[int, list[Any]]:
    """All events of each worker from the first, by replay."""
    found = {}
    for source in client.get("/kv_event_sources").json().values():
        subscriber: Subscriber = subscribe(local(source["endpoint"]))
        batches = subscriber.replay(local(source["replay_endpoint"]), 0)
        assert [number for _, number, _ in batches] == list(range(len(batches)))
        assert {topic for topic, _, _ in batches} <= {f"kv@{source['worker']}@gpt-4o".encode()}
        assert {batch.data_parallel_rank for _, _, batch in batches} <= {source["worker"]}
        found[source["worker"]] = [event for _, _, batch in batches for event in batch.events]
    return found


def test_what_is_stored_is_what_a_later_prompt_finds(fake: FakeAI, subscribe: Any) -> None:
    with httpx.Client(base_url=fake.url, trust_env=False, timeout=30) as client:
        first = chat(client, "many words " * 300)
        again = chat(client, "many words " * 300)
        events = history(client, subscribe)
    assert first["prompt_tokens_details"]["cached_tokens"] == 0
    blocks = again["prompt_tokens_details"]["cached_tokens"] // 16
    assert blocks > 30
    holder = max(events, key=lambda worker: len(events[worker]))
    assert all(not found for worker, found in events.items() if worker != holder)
    hashes: list[Any] = []
    for event in events[holder]:
        assert isinstance(event, BlockStored)
        assert event.medium == "GPU"
        assert event.parent_block_hash == (hashes[-1] if hashes else None)  # one chain
        hashes += event.block_hashes
    assert len(hashes) == len(set(hashes)) >= blocks


def test_caches_that_are_lost_are_told_to_be_lost(fake: FakeAI, subscribe: Any) -> None:
    with httpx.Client(base_url=fake.url, trust_env=False, timeout=30) as client:
        chat(client, "many words " * 300)
        assert client.post("/sleep?level=1").json() == {"status": "sleeping", "level": 1}
        client.post("/wake_up")
        after = chat(client, "many words " * 300)
        events = history(client, subscribe)
    assert after["prompt_tokens_details"]["cached_tokens"] == 0
    gone = [event for found in events.values() for event in found if not isinstance(event, BlockStored)]
    assert gone
    assert all(event.medium == "GPU" for event in gone if isinstance(event, BlockRemoved))


def test_a_server_without_them_opens_nothing() -> None:
    with FakeAI(CLUSTER) as fake, httpx.Client(base_url=fake.url, trust_env=False) as client:
        assert client.get("/kv_event_sources").json() == {}


def test_an_app_that_is_not_served_publishes_nothing() -> None:
    app = build(load(flags={**CLUSTER, **ANY_PORT}, environ={}))
    assert app.gateway.endpoints
    assert "fakeai-kv-events" not in {thread.name for thread in threading.enumerate()}
