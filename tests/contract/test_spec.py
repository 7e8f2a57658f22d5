"""Every reply of every endpoint, and every event of a stream, is what OpenAI's own document says it is."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract.asked import STEPS
from contract.document import CHAT, faults, knows, pytestmark, schema_of, schema_of_body, validator
from contract.hostile import FULL, SPOTS, WRONG, replaced
from contract.steps import BETAS, SERVED
from contract.varied import SEA, VARIED
from fakeai.services.usage import REPORTS
from fakeai.testing import FakeAI

__all__ = ["pytestmark"]

ONE = f"{CHAT}/{{completion_id}}"
OLD = {"model": "gpt-3.5-turbo-instruct", "prompt": "The sea is"}

# What is asked of each endpoint, by its method and path in the document.
REQUESTS: dict[tuple[str, str], dict[str, Any]] = {
    **{("POST", f"{CHAT} {name}"): {"model": "gpt-4o-mini", "messages": SEA, "seed": 7, **asked} for name, asked in VARIED.items()},
    ("GET", f"{CHAT} all"): {},
    ("GET", f"{CHAT} page"): {"limit": 1, "order": "desc", "model": "gpt-4o-mini", "metadata[a]": "b"},
    ("GET", f"{ONE} one"): {},
    ("GET", f"{ONE}/messages all"): {},
    ("POST", f"{ONE} metadata"): {"metadata": {"a": "c"}},
    ("DELETE", f"{ONE} gone"): {},
    ("POST", "/completions plain"): OLD,
    ("POST", "/completions all"): {**OLD, "prompt": ["a", "b"], "n": 2, "best_of": 3, "echo": True, "logprobs": 3, "suffix": "!", "stop": "."},
    ("POST", "/completions ids"): {**OLD, "prompt": [[1, 2], [3]], "max_tokens": 0, "echo": True},
    ("POST", "/embeddings text"): {"model": "text-embedding-3-small", "input": "sea"},
    ("POST", "/embeddings ids"): {"model": "text-embedding-ada-002", "input": [[1, 2], [3]]},
    ("POST", "/embeddings all"): {"model": "text-embedding-3-large", "input": ["a", "b"], "dimensions": 5, "user": "u"},
    ("POST", "/moderations text"): {"input": "I will kill you."},
    ("POST", "/moderations parts"): {"model": "omni-moderation-latest", "input": [{"type": "text", "text": "calm"}]},
    ("POST", "/moderations old"): {"model": "text-moderation-stable", "input": ["a", "b"]},
    ("GET", "/models all"): {},
    ("GET", "/models/{model} one"): {},
    ("DELETE", "/models/{model} tuned"): {},
    **{("GET", f"/organization/usage/{kind} grouped"): {"start_time": 1_700_000_000, "bucket_width": "1d", "limit": 2, "group_by": "project_id"} for kind in REPORTS if kind != "decisions"},
    ("GET", "/organization/usage/completions now"): {"start_time": int(time.time()) // 86_400 * 86_400, "group_by[]": ["model", "batch", "service_tier"]},
    ("GET", "/organization/costs now"): {"start_time": int(time.time()) // 86_400 * 86_400, "group_by": "line_item"},
}  # fmt: skip


def path_of(name: str) -> str:
    return name.partition(" ")[0]


# -- the server


@pytest.fixture(scope="module")
def door() -> Iterator[httpx.Client]:
    with (
        FakeAI(seed=1) as fake,
        httpx.Client(transport=fake.transport(), base_url="http://fakeai/v1", timeout=30, headers=BETAS) as made,
    ):
        made.post(CHAT, json={"model": "gpt-4o-mini", "messages": SEA, "store": True, "metadata": {"a": "b"}})
        yield made


def ask(door: httpx.Client, method: str, name: str, asked: dict[str, Any]) -> httpx.Response:
    path = path_of(name)
    asked = {key: value for key, value in asked.items() if key != "stream_options"}
    if "{completion_id}" in path:
        stored = {"model": "gpt-4o-mini", "messages": SEA, "store": True, "metadata": {"a": "b"}}
        path = path.replace("{completion_id}", door.post(CHAT, json=stored).json()["id"])
    if "{model}" in path:
        tuned = "ft:gpt-4o-mini:acme::spec"
        door.post(CHAT, json={"model": tuned, "messages": SEA})
        path = path.replace("{model}", tuned)
    return door.request(
        method, path, json=asked if method == "POST" else None, params=None if method == "POST" else asked
    )


def events(answer: httpx.Response) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    assert lines.pop() == "[DONE]"
    return [json.loads(line) for line in lines]


# -- tests

_PROJECT = "/organization/projects/{project_id}"
NEWER = {
    ("GET", "/organization/usage/decisions"),
    ("POST", f"{_PROJECT}/api_keys/{{api_key_id}}"),
    ("GET", f"{_PROJECT}/service_tier_settings"),
    ("POST", f"{_PROJECT}/service_tier_settings"),
    ("DELETE", "/audio/voices/{voice_id}"),
}
"""Endpoints that the SDK has and this document, which is older, has not."""

NEWER_TAGS = {
    "Agent automations",
    "Agent environments",
    "Agent sessions",
    "Agents",
    "Decisions",
    "External Keys",
    "External Storage",
    "Live",
    "Safety",
    "Vaults",
    "Webhooks",
    "Workload Identity",
}
"""The same for whole families."""

BEYOND = {"Engines", "Cluster", "Tokens", "State", "Rerank", "RAG", "NVIDIA", "Front door"}
"""Tags of endpoints that are other vendors' or ours: OpenAI's document does not know them."""

ELSEWHERE = {
    ("GET", "/agents/sessions/{session_id}/events"): "contract/test_sdk_agents.py",
    ("POST", "/chatkit/conversation"): "contract/test_sdk_chatkit.py",
    ("POST", "/chatkit/files"): "services/chatkit/test_files.py",
    ("GET", "/chatkit/files/{file_id}"): "services/chatkit/test_files.py",
    ("POST", "/chatkit/files/{file_id}"): "services/chatkit/test_files.py",
    ("GET", "/images/files/{name}"): "services/images/test_links.py",
    ("GET", "/live/sessions"): "contract/test_sdk_live.py",
    ("GET", "/live/sessions/{session_id}/attach"): "contract/test_sdk_live.py",
    ("GET", "/live/sessions/{session_id}/fork"): "contract/test_sdk_live.py",
    ("GET", "/realtime"): "contract/test_sdk_realtime.py",
    ("GET", "/realtime/translations"): "contract/test_sdk_realtime.py",
    ("POST", "/realtime/sessions"): "services/realtime/test_secrets.py",
    ("POST", "/realtime/calls"): "services/realtime/test_calls.py",
    ("POST", "/realtime/calls/{call_id}/accept"): "services/realtime/test_calls.py",
    ("POST", "/realtime/calls/{call_id}/hangup"): "services/realtime/test_calls.py",
    ("POST", "/realtime/calls/{call_id}/refer"): "services/realtime/test_calls.py",
    ("POST", "/realtime/calls/{call_id}/reject"): "services/realtime/test_calls.py",
    ("GET", "/responses"): "contract/test_sdk_responses.py",
}
"""Sockets, streams of events, links, and what takes no JSON or answers with none: the tests that ask them."""


def test_every_endpoint_is_in_the_document_and_asked_here():
    served = {row: tag for row, tag in SERVED.items() if tag not in BEYOND}
    asked = {(method, path_of(name)) for method, name in REQUESTS} | {(step.method, step.row) for step in STEPS}
    assert served.keys() == asked | ELSEWHERE.keys()
    assert not asked & ELSEWHERE.keys()
    assert all((Path(__file__).parents[1] / name).exists() for name in ELSEWHERE.values())
    newer = NEWER | {row for row, tag in served.items() if tag in NEWER_TAGS}
    assert {row for row in asked if not knows(*row)} == newer - ELSEWHERE.keys()


@pytest.mark.parametrize(("method", "name"), REQUESTS)
def test_a_reply_is_what_the_document_says(door, method, name):
    answer = ask(door, method, name, REQUESTS[method, name])
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert faults(schema_of(method, path_of(name)), answer.json(), name) == []


@pytest.mark.parametrize("usage", [False, True], ids=["plain", "usage"])
@pytest.mark.parametrize("name", VARIED)
def test_a_chunk_is_what_the_document_says(door, name, usage):
    options = {"include_usage": usage, **VARIED[name].get("stream_options", {})}
    asked = {"model": "gpt-4o-mini", "messages": SEA, **VARIED[name], "stream": True, "stream_options": options}
    answer = door.post(CHAT, json=asked)
    assert answer.headers["content-type"].startswith("text/event-stream")
    chunks = events(answer)
    assert len(chunks) > 1
    assert [
        fault for chunk in chunks for fault in faults(schema_of("POST", CHAT, "text/event-stream"), chunk, CHAT)
    ] == []


@pytest.mark.parametrize(
    "more", [{}, {"echo": True, "logprobs": 2}, {"stream_options": {"include_usage": True}, "n": 2}]
)
def test_a_chunk_of_a_legacy_completion_is_what_the_document_says(door, more):
    """The document has no schema for these chunks, only for the whole, which has no nulls where a chunk still has them."""
    chunks = events(door.post("/completions", json={**OLD, **more, "stream": True}))
    for chunk in chunks:
        for choice in chunk["choices"]:
            choice["finish_reason"] = choice["finish_reason"] or "stop"
        if chunk.get("usage", 0) is None:
            del chunk["usage"]
    assert [
        fault for chunk in chunks for fault in faults(schema_of("POST", "/completions"), chunk, "/completions")
    ] == []


@pytest.mark.parametrize(
    ("method", "path", "asked", "status"),
    [
        ("POST", CHAT, {"messages": SEA}, 400),
        ("POST", CHAT, {"model": "gpt-4o", "messages": []}, 400),
        ("POST", CHAT, {"model": "gpt-4o", "messages": SEA, "n": 0, "stream": True}, 400),
        ("GET", f"{CHAT}/nobody", None, 404),
        ("GET", "/models/nobody", None, 404),
        ("GET", "/nowhere", None, 404),
        ("PUT", CHAT, None, 405),
    ],
)
def test_an_error_is_what_the_document_says(door, method, path, asked, status):
    answer = door.request(method, path, json=asked)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert faults("#/components/schemas/ErrorResponse", answer.json()) == []
    assert answer.json()["error"].keys() == {"message", "type", "param", "code"}


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/moderations"])
def test_a_request_that_the_document_forbids_is_refused(door, path):
    """But for nulls, which OpenAI takes for what is left out, and contents without parts."""
    reference = schema_of_body("POST", path.removeprefix("/v1"))
    assert faults(reference, FULL[path]) == []
    for body, value in (
        (replaced(FULL[path], at, value), value) for place, at in SPOTS if place == path for value in WRONG
    ):
        if value is not None and value != [] and not validator(reference).is_valid(body):
            assert door.post(path.removeprefix("/v1"), json=body).status_code == 400, body


def test_the_document_would_object():
    """The validators do validate."""
    assert faults(schema_of("POST", CHAT), {"id": 1, "choices": [{}]})
    assert faults(schema_of("POST", CHAT, "text/event-stream"), {"id": "x", "choices": [{"delta": {"content": 5}}]})
