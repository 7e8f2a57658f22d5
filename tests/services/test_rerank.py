"""`POST /rerank` as Cohere's, Jina's, vLLM's and Text Embeddings Inference's clients know it, and `POST /score`."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fakeai.testing import FakeAI

QUERY = "What is the capital of the United States?"
DOCUMENTS = [
    "Carson City is the capital city of the American state of Nevada.",
    "The Commonwealth of the Northern Mariana Islands is a group of islands in the Pacific Ocean.",
    "Washington, D.C. is the capital of the United States.",
    "Capital punishment has existed in the United States since before it was a country.",
]


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with FakeAI(seed=1) as fake, httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai") as client:
        yield client


def asked(http: httpx.Client, path: str = "/v1/rerank", **fields: Any) -> Any:
    reply = http.post(path, json={"model": "rerank-v3.5", "query": QUERY, "documents": DOCUMENTS, **fields})
    assert reply.status_code == 200, reply.text
    return reply.json()


@pytest.mark.parametrize("path", ["/v1/rerank", "/rerank", "/v2/rerank"])
def test_one_reply_has_what_each_vendors_client_reads(http: httpx.Client, path: str) -> None:
    reply = asked(http, path)
    assert reply["id"].startswith("rerank-") and reply["object"] == "list" and reply["model"] == "rerank-v3.5"
    scores = [result["relevance_score"] for result in reply["results"]]
    assert reply["results"][0]["index"] == 2 and scores == sorted(scores, reverse=True)
    assert all(0 < score < 1 for score in scores)
    assert {result["index"] for result in reply["results"]} == {0, 1, 2, 3}
    assert all(result["document"] == {"text": DOCUMENTS[result["index"]]} for result in reply["results"])
    assert reply["usage"]["total_tokens"] == reply["usage"]["prompt_tokens"] == reply["meta"]["tokens"]["input_tokens"]
    assert reply["usage"]["total_tokens"] > 60
    assert reply["meta"]["billed_units"] == {"search_units": 1}


def test_the_best_n_come_back_and_documents_only_if_wanted(http: httpx.Client) -> None:
    reply = asked(http, top_n=2, return_documents=False)
    assert len(reply["results"]) == 2 and all("document" not in result for result in reply["results"])
    assert len(asked(http, top_n=100)["results"]) == 4


def test_documents_may_be_objects_and_come_back_as_they_were(http: httpx.Client) -> None:
    documents = [{"text": text, "title": f"Number {n}"} for n, text in enumerate(DOCUMENTS)]
    reply = asked(http, documents=documents)
    assert reply["results"][0] == {**reply["results"][0], "index": 2, "document": documents[2]}
    by_title = asked(http, documents=documents, query="Number 3", rank_fields=["title"])
    assert by_title["results"][0]["index"] == 3


def test_the_same_request_is_answered_alike_but_for_its_id(http: httpx.Client) -> None:
    assert asked(http)["results"] == asked(http)["results"]


def test_a_long_document_is_cut_and_costs_by_its_chunks(http: httpx.Client) -> None:
    long = asked(http, documents=["capital " * 20_000] * 20)
    assert long["usage"]["total_tokens"] <= 20 * (4096 + 20)
    assert long["meta"]["billed_units"]["search_units"] == 2
    assert asked(http, documents=["capital " * 20_000] * 20, max_chunks_per_doc=1)["meta"]["billed_units"] == {
        "search_units": 1
    }
    assert asked(http, documents=["capital " * 20_000], max_tokens_per_doc=100)["usage"]["total_tokens"] < 120


def test_a_client_of_text_embeddings_inference_gets_its_list(http: httpx.Client) -> None:
    reply = http.post("/rerank", json={"query": QUERY, "texts": DOCUMENTS, "return_text": True}).json()
    assert reply[0]["index"] == 2 and reply[0]["text"] == DOCUMENTS[2] and 0.5 < reply[0]["score"] < 1
    raw = http.post("/rerank", json={"query": QUERY, "texts": DOCUMENTS, "raw_scores": True}).json()
    assert raw[0]["score"] > 1 and raw[-1]["score"] < 0 and "text" not in raw[0]


@pytest.mark.parametrize(
    "fields",
    [
        {"query": ""},
        {"query": None},
        {"query": ["a"]},
        {"documents": []},
        {"documents": None},
        {"documents": "text"},
        {"documents": [1]},
        {"documents": [{"year": 1}]},
        {"documents": ["a"] * 1_001},
        {"top_n": 0},
        {"top_n": -1},
        {"top_n": "2"},
        {"top_n": 2**80},
        {"model": None},
        {"model": ""},
        {"model": "gpt-4o"},
        {"documents": ["word " * 4_000] * 300},
    ],
    ids=lambda fields: str(fields)[:40],
)
def test_what_is_wrong_is_refused_in_the_envelope(http: httpx.Client, fields: dict[str, Any]) -> None:
    reply = http.post("/v1/rerank", json={"model": "rerank-v3.5", "query": QUERY, "documents": DOCUMENTS} | fields)
    assert reply.status_code == 400, reply.text
    assert set(reply.json()["error"]) == {"message", "type", "param", "code"}


def test_an_unknown_model_is_none_when_models_are_strict() -> None:
    with FakeAI(strict_models=True) as fake, httpx.Client(transport=fake.transport(httpx), base_url="http://f") as http:
        body = {"model": "nobody/rerank", "query": "a", "documents": ["b"]}
        assert http.post("/v1/rerank", json=body).json()["error"]["code"] == "model_not_found"


@pytest.mark.parametrize("path", ["/score", "/v1/score"])
def test_pairs_are_scored_in_their_order(http: httpx.Client, path: str) -> None:
    body = {"model": "BAAI/bge-reranker-v2-m3", "text_1": QUERY, "text_2": DOCUMENTS}
    reply = http.post(path, json=body).json()
    assert [one["index"] for one in reply["data"]] == [0, 1, 2, 3]
    assert max(reply["data"], key=lambda one: one["score"])["index"] == 2
    assert reply["object"] == "list" and reply["id"].startswith("score-") and reply["usage"]["completion_tokens"] == 0
    pairs = http.post(path, json=body | {"text_1": [QUERY] * 4}).json()
    assert pairs["data"] == reply["data"]
    alone = http.post(path, json=body | {"text_2": DOCUMENTS[2]}).json()
    assert alone["data"][0]["score"] == reply["data"][2]["score"]


@pytest.mark.parametrize(
    "fields", [{"text_1": []}, {"text_2": None}, {"text_1": ["a", "b"]}, {"text_2": ["a"] * 1_001}, {"text_1": 1}]
)
def test_sides_that_cannot_be_scored_are_refused(http: httpx.Client, fields: dict[str, Any]) -> None:
    body = {"model": "BAAI/bge-reranker-v2-m3", "text_1": QUERY, "text_2": DOCUMENTS, **fields}
    reply = http.post("/v1/score", json=body)
    assert reply.status_code == 400 and reply.json()["error"]["message"]


def test_its_tokens_are_counted_as_those_of_embeddings() -> None:
    with FakeAI(seed=1) as fake, httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai") as http:
        tokens = asked(http)["usage"]["total_tokens"]
        asked_for = {"start_time": int(time.time()) - 86_400, "group_by": ["model"]}
        page = http.get("/v1/organization/usage/embeddings", params=asked_for).json()
        results = [result for bucket in page["data"] for result in bucket["results"] if result["input_tokens"]]
        assert [(result["model"], result["input_tokens"]) for result in results] == [("rerank-v3.5", tokens)]
