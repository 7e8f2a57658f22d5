"""`POST /rag/api/prompt`: the answer quotes what was found, numbers its sources, and does the same streamed."""

from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest

from fakeai.testing import FakeAI

DOCUMENTS: list[Any] = [
    "Employees have thirty days of paid vacation a year.",
    {
        "id": "boiler",
        "text": "The boiler is inspected every March by a certified engineer.",
        "source": "boiler.pdf",
        "metadata": {"family": "Solido", "tool": "SDE"},
    },
    {"content": "Customers can return a product within two weeks and get their money back.", "title": "Refunds"},
]


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with FakeAI(seed=1) as fake, httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai") as client:
        yield client


def asked(http: httpx.Client, query: Any = "When is the boiler inspected?", **fields: Any) -> Any:
    reply = http.post("/rag/api/prompt", json={"query": query, "documents": DOCUMENTS, **fields})
    assert reply.status_code == 200, reply.text
    return reply.json()


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("How many days of vacation do employees get?", 0),
        ("When is the boiler inspected?", 1),
        ("Can I bring back what I have bought, for a refund?", 2),
    ],
)
def test_the_answer_quotes_the_document_that_has_it(http: httpx.Client, query: str, number: int) -> None:
    reply = asked(http, query)
    texts = [one if isinstance(one, str) else one.get("text") or one["content"] for one in DOCUMENTS]
    assert f"{texts[number]} [1]" in reply["content"]
    assert [text for text in texts if text in reply["content"]] == [texts[number]]
    assert reply["retrieved_docs"][0]["content"] == texts[number]
    (citation,) = reply["citations"]
    assert reply["content"][citation["start"] : citation["end"]] == "[1]"
    assert citation["id"] == reply["sources"][0]["id"] == reply["retrieved_docs"][0]["id"]


def test_sources_are_told_as_they_were_given(http: httpx.Client) -> None:
    reply = asked(http)
    assert reply["sources"][0] | {"score": 1} == {
        "number": 1,
        "id": "boiler",
        "title": "boiler.pdf",
        "source": "boiler.pdf",
        "score": 1,
    }
    assert reply["retrieved_docs"][0]["metadata"] == {"family": "Solido", "tool": "SDE"}
    assert asked(http, "refund money")["sources"][0]["title"] == "Refunds"


def test_a_stream_has_its_sources_first_and_joins_to_the_same_answer(http: httpx.Client) -> None:
    whole = asked(http, temperature=0)
    body = {"query": "When is the boiler inspected?", "documents": DOCUMENTS, "temperature": 0, "stream": True}
    lines = http.post("/rag/api/prompt", json=body).text.split("\n\n")
    assert lines[-2] == "data: [DONE]"
    events = [orjson.loads(line.removeprefix("data: ")) for line in lines[:-2]]
    assert "".join(event["content"] for event in events) == whole["content"]
    assert len(events) > 10 and events[0]["content"] and "sources" not in events[1]
    for name in ("sources", "retrieved_docs"):
        assert events[0][name] == whole[name]
    for name in ("citations", "usage"):
        assert events[-1][name] == whole[name]


def test_an_aiperf_request_needs_no_documents(http: httpx.Client) -> None:
    body = {
        "query": ["What is SOLIDO?"],
        "filters": {"family": "Solido", "tool": "SDE"},
        "inference_model": "test-model",
    }
    reply = http.post("/rag/api/prompt", json=body).json()
    assert reply["inference_model"] == "test-model" and reply["filters"] == body["filters"]
    assert reply["content"] and reply["sources"] and reply["citations"]
    assert all(source["source"].startswith("https://") for source in reply["sources"])
    again = http.post("/v1/rag/api/prompt", json=body).json()
    assert {**again, "id": "", "created": 0} == {**reply, "id": "", "created": 0}


def test_what_is_in_no_document_is_not_made_up(http: httpx.Client) -> None:
    reply = asked(http, "Who won the 1987 chess tournament?")
    assert "Nothing was found in the documents." in reply["content"]
    assert reply["sources"] == reply["retrieved_docs"] == reply["citations"] == []


def test_the_prompt_that_is_counted_holds_the_passages(http: httpx.Client) -> None:
    short = asked(http, documents=["Boilers are hot."])["usage"]["prompt_tokens"]
    long = asked(http, documents=["Boilers are hot. " * 80])["usage"]["prompt_tokens"]
    assert long > short + 200


def test_its_tokens_are_counted_as_those_of_completions(http: httpx.Client) -> None:
    used = asked(http, model="gpt-4o")["usage"]
    start = asked(http)["created"] - 86_400
    page = http.get("/v1/organization/usage/completions", params={"start_time": start, "group_by": ["model"]}).json()
    found = {one["model"]: one["input_tokens"] for bucket in page["data"] for one in bucket["results"]}
    assert found["gpt-4o"] == used["prompt_tokens"]


@pytest.mark.parametrize(
    "fields",
    [
        {"query": ""},
        {"query": []},
        {"query": [""]},
        {"query": 1},
        {"documents": [{}]},
        {"documents": [{"text": ""}]},
        {"documents": "text"},
        {"documents": ["a"] * 1_001},
        {"documents": ["a" * 2_000_001] * 2},
        {"top_k": 0},
        {"top_k": 21},
        {"filters": []},
        {"documents": None},
        {"inference_model": "text-embedding-3-small"},
        {"query": "word " * 200_000},
    ],
    ids=lambda fields: str(fields)[:40],
)
def test_what_is_wrong_is_refused_in_the_envelope(http: httpx.Client, fields: dict[str, Any]) -> None:
    reply = http.post("/rag/api/prompt", json={"query": "boiler", "documents": DOCUMENTS} | fields)
    assert reply.status_code == 400, reply.text
    assert set(reply.json()["error"]) == {"message", "type", "param", "code"}


def test_a_denied_model_is_denied_by_its_other_name_too(http: httpx.Client) -> None:
    project = http.post("/v1/organization/projects", json={"name": "p"}).json()["id"]
    rule = {"mode": "deny_list", "model_ids": ["gpt-4o"]}
    assert http.post(f"/v1/organization/projects/{project}/model_permissions", json=rule).status_code == 200
    for field in ("model", "inference_model"):
        body = {"query": "boiler", "documents": DOCUMENTS, field: "gpt-4o"}
        assert http.post("/rag/api/prompt", json=body, headers={"openai-project": project}).status_code == 403
