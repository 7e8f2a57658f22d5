"""`POST /text/generation`: chat's answer in a shape with nothing around it."""

from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest

from fakeai.testing import FakeAI

ASKED = {"model": "gpt-4o", "input": "What is the capital of France?", "temperature": 0}


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with FakeAI(seed=1) as fake, httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai") as client:
        yield client


def test_the_answer_is_chats(http: httpx.Client) -> None:
    reply = http.post("/v1/text/generation", json=ASKED).json()
    messages = [{"role": "user", "content": ASKED["input"]}]
    chat = http.post("/v1/chat/completions", json={"model": "gpt-4o", "temperature": 0, "messages": messages}).json()
    assert reply["output"] == chat["choices"][0]["message"]["content"]
    assert reply["usage"] == chat["usage"] and reply["finish_reason"] == "stop"
    assert set(reply) == {"id", "object", "created", "model", "output", "finish_reason", "usage"}
    assert reply["id"].startswith("textgen-") and reply["model"] == "gpt-4o"


def test_it_ends_where_it_shall(http: httpx.Client) -> None:
    long = {**ASKED, "input": "Tell a long story"}
    short = http.post("/v1/text/generation", json=long | {"max_output_tokens": 5}).json()
    assert short["usage"]["completion_tokens"] == 5 and short["finish_reason"] == "length"
    assert http.post("/v1/text/generation", json=long).json()["usage"]["completion_tokens"] <= 100
    stopped = http.post("/v1/text/generation", json=ASKED | {"stop": ["Paris"]}).json()
    assert stopped["output"] == "The capital of France is "


def test_pieces_come_as_events_and_join_to_the_whole(http: httpx.Client) -> None:
    whole = http.post("/v1/text/generation", json=ASKED).json()
    lines = http.post("/v1/text/generation", json=ASKED | {"stream": True}).text.split("\n\n")
    assert lines[-2] == "data: [DONE]"
    events = [orjson.loads(line.removeprefix("data: ")) for line in lines[:-2]]
    assert "".join(event["output"] for event in events) == whole["output"]
    assert events[-1]["usage"] == whole["usage"] and "usage" not in events[0]


@pytest.mark.parametrize(
    "fields",
    [
        {"input": ""},
        {"input": ["a"]},
        {"input": None},
        {"model": ""},
        {"model": "text-embedding-3-small"},
        {"max_output_tokens": 0},
        {"temperature": 3},
        {"top_p": -1},
        {"stop": ["a"] * 5},
        {"input": "word " * 200_000},
    ],
    ids=lambda fields: str(fields)[:40],
)
def test_what_is_wrong_is_refused_in_the_envelope(http: httpx.Client, fields: dict[str, Any]) -> None:
    reply = http.post("/v1/text/generation", json=ASKED | fields)
    assert reply.status_code == 400, reply.text
    assert set(reply.json()["error"]) == {"message", "type", "param", "code"}
