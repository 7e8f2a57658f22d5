"""Where answers are looked for: what filters leave of documents and stores, and that nobody finds what is another's."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from openai import OpenAI

from fakeai.testing import FakeAI

TEXTS = {
    "leave.txt": b"Employees have thirty days of paid vacation a year.",
    "boiler.txt": b"The boiler is inspected every March.",
}
QUERY = "How many days of paid vacation do employees have?"
OTHERS = {"openai-project": "proj_other"}


@pytest.fixture
def fake() -> Iterator[FakeAI]:
    with FakeAI(seed=1) as fake:
        yield fake


@pytest.fixture
def http(fake: FakeAI) -> Iterator[httpx.Client]:
    with httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai") as client:
        yield client


def store(client: OpenAI, name: str) -> str:
    """A store of one of the texts."""
    made = client.vector_stores.create(name=name)
    client.vector_stores.files.upload_and_poll(vector_store_id=made.id, file=(name, TEXTS[name]), poll_interval_ms=20)
    return made.id


def asked(http: httpx.Client, query: str = QUERY, headers: Any = None, **fields: Any) -> Any:
    reply = http.post("/rag/api/prompt", json={"query": query, **fields}, headers=headers)
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_the_callers_stores_are_searched_all_or_those_named(fake: FakeAI, http: httpx.Client) -> None:
    leave, boiler = (store(fake.client(), name) for name in TEXTS)
    found = asked(http)
    assert "thirty days of paid vacation a year. [1]" in found["content"]
    assert [source["source"] for source in found["sources"]] == ["leave.txt"]
    assert asked(http, filters={"vector_store_ids": [leave]})["sources"] == found["sources"]
    assert asked(http, filters={"vector_store_id": boiler})["sources"] == []
    assert asked(http, filters={"vector_store_ids": []})["sources"] == []


def test_nobody_finds_what_is_anothers(fake: FakeAI, http: httpx.Client) -> None:
    mine = store(fake.client(), "leave.txt")
    assert "thirty days" not in asked(http, headers=OTHERS)["content"]
    for name in (mine, "vs_missing"):
        body = {"query": QUERY, "filters": {"vector_store_ids": [name]}}
        reply = http.post("/rag/api/prompt", json=body, headers=OTHERS)
        assert reply.status_code == 404
        assert reply.json()["error"]["message"].replace(name, "") == "Vector store with id '' not found."


@pytest.mark.parametrize("given", [1, [1], {"a": 1}, ["vs_a"] * 21, None])
def test_stores_are_named_by_their_ids(http: httpx.Client, given: Any) -> None:
    reply = http.post("/rag/api/prompt", json={"query": QUERY, "filters": {"vector_store_ids": given}})
    assert reply.status_code == (200 if given is None else 400)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["a", "b", "c"]),
        ({"tool": "SDE"}, ["a", "c"]),
        ({"tool": ["SDE", "DRC"]}, ["a", "b", "c"]),
        ({"tool": "LVS"}, ["c"]),
        ({"color": "red"}, ["a", "b", "c"]),
        ({"tool": "DRC", "family": "Calibre"}, ["b", "c"]),
    ],
)
def test_documents_that_say_something_else_are_left_out(http: httpx.Client, filters: Any, found: list[str]) -> None:
    documents = [
        {"id": "a", "text": "Sweeps are set up in the menu.", "metadata": {"tool": "SDE"}},
        {"id": "b", "text": "Sweeps are set up in the menu.", "metadata": {"tool": "DRC", "family": "Calibre"}},
        {"id": "c", "text": "Sweeps are set up in the menu."},
    ]
    reply = asked(http, "How are sweeps set up?", documents=documents, filters=filters)
    assert [one["id"] for one in reply["retrieved_docs"]] == found


def test_long_documents_are_looked_into_by_their_parts(http: httpx.Client) -> None:
    long = "Gardens need water. " * 400 + "The boiler is inspected every March. " + "Roads need asphalt. " * 400
    reply = asked(http, "When is the boiler inspected?", documents=[long], top_k=1)
    assert "The boiler is inspected every March. [1]" in reply["content"]
    assert len(reply["retrieved_docs"][0]["content"]) < 3_000


def test_the_best_come_first_and_no_more_than_wanted(http: httpx.Client) -> None:
    documents = [f"Number {n} likes tea." for n in range(12)]
    assert len(asked(http, "Who likes tea?", documents=documents)["retrieved_docs"]) == 5
    reply = asked(http, "Who likes tea?", documents=documents, top_k=12)
    scores = [one["score"] for one in reply["retrieved_docs"]]
    assert len(scores) == 12 and scores == sorted(scores, reverse=True)
