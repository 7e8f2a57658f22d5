"""`POST /ranking` as NVIDIA NIM has it."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fakeai.services.ranking import counted
from fakeai.testing import FakeAI

MODEL = "nvidia/nv-rerankqa-mistral-4b-v3"
QUERY = {"text": "What is the GPU memory bandwidth of H100 SXM?"}
PASSAGES = [
    {"text": "The Hopper GPU is paired with the Grace CPU, delivering 900GB/s of bandwidth."},
    {"text": "A100 provides up to 20X higher performance over the prior generation."},
    {"text": "Servers with H100 deliver 3 terabytes per second (TB/s) of memory bandwidth per GPU."},
]


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with FakeAI(seed=1) as fake, httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai") as client:
        yield client


def asked(http: httpx.Client, **fields: Any) -> httpx.Response:
    return http.post("/v1/ranking", json={"model": MODEL, "query": QUERY, "passages": PASSAGES} | fields)


def test_passages_come_back_by_their_logits(http: httpx.Client) -> None:
    reply = asked(http).json()
    assert reply["rankings"][0]["index"] == 2
    logits = [one["logit"] for one in reply["rankings"]]
    assert logits == sorted(logits, reverse=True) and logits[0] > 0 > logits[-1]
    assert reply == asked(http).json()
    assert reply["usage"]["prompt_tokens"] == reply["usage"]["total_tokens"] > 30


@pytest.mark.parametrize("path", ["nvidia/reranking", "nvidia/nv-rerankqa-mistral-4b-v3/reranking"])
def test_nvidias_catalog_has_it_at_paths_of_its_own(http: httpx.Client, path: str) -> None:
    body = {"model": MODEL, "query": QUERY, "passages": PASSAGES}
    assert http.post(f"/v1/retrieval/{path}", json=body).json() == asked(http).json()


def test_what_is_too_long_for_the_model_is_refused_or_cut(http: httpx.Client) -> None:
    long = [{"text": "bandwidth " * 600}]
    refused = asked(http, passages=long)
    assert refused.status_code == 400 and "maximum allowed token size 512" in refused.json()["error"]["message"]
    assert asked(http, passages=long, truncate="NONE").status_code == 400
    assert asked(http, passages=long, truncate="END").json()["usage"]["total_tokens"] <= 512 + 20


@pytest.mark.parametrize(
    "fields",
    [
        {"query": "text"},
        {"query": {}},
        {"query": {"text": ""}},
        {"passages": []},
        {"passages": ["a"]},
        {"passages": [{"text": "a"}] * 513},
        {"passages": [{}]},
        {"truncate": "START"},
        {"model": ""},
        {"model": "gpt-4o"},
    ],
    ids=str,
)
def test_what_is_wrong_is_refused_in_the_envelope(http: httpx.Client, fields: dict[str, Any]) -> None:
    reply = asked(http, **fields)
    assert reply.status_code == 400, reply.text
    assert set(reply.json()["error"]) == {"message", "type", "param", "code"}


async def test_texts_are_cut_where_their_tokens_end() -> None:
    (short, long) = await counted(["one two", "one two three " * 50], "o200k_base", 10)
    assert short == ("one two", 2, None)
    assert long.tokens == 10 and long.text == "one two three one two three one two three one"
