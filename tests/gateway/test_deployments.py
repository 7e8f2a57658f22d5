"""A deployment's name on Azure's paths is its model in the body, in JSON and in forms; elsewhere nothing is changed."""

import asyncio
from collections.abc import Awaitable, Iterator
from typing import Any

import httpx
import orjson
import pytest

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.gateway.deployments import Deployments, with_model
from fakeai.testing import FakeAI

JSON = "application/json"
CHAT = {"messages": [{"role": "user", "content": "Say hello"}]}
DATED = {"api-version": "2024-10-21"}
WORDS = "The API deployment for this resource does not exist."


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (b"{}", {"model": "m"}),
        (b" { } \n", {"model": "m"}),
        (b'{"a":{}}', {"a": {}, "model": "m"}),
        (b'{"model":"other","a":1}', {"model": "m", "a": 1}),
    ],
)
def test_an_object_has_the_model_in_it_and_no_other(raw: bytes, body: dict[str, Any]) -> None:
    assert orjson.loads(with_model(raw, JSON, "m")) == body


@pytest.mark.parametrize("raw", [b"", b"[]", b'"text"', b"{", b"}"])
def test_what_is_no_object_is_left_to_be_refused(raw: bytes) -> None:
    assert with_model(raw, JSON, "m") == raw


def test_a_models_name_cannot_break_out_of_its_string() -> None:
    name = 'a","stream":true,"b":"'
    assert orjson.loads(with_model(b'{"n":1}', JSON, name)) == {"n": 1, "model": name}


def test_a_form_has_the_model_as_its_last_part() -> None:
    raw = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
    part = b'--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nm\r\n'
    assert with_model(raw, "multipart/form-data; boundary=x", "m") == raw[:-7] + part + b"--x--\r\n"
    for broken in (b"", b"--x\r\n", b"--y--"):
        assert with_model(broken, "multipart/form-data; boundary=x", "m") == broken
    assert with_model(raw, "multipart/form-data", "m") == raw


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """A resource with deployments of its own."""
    named = {"azure.deployments": {"chatty": "gpt-4o", "listener": "whisper-1", "vectors": "text-embedding-3-small"}}
    with FakeAI(named, seed=1) as fake, httpx.Client(transport=fake.transport(httpx), base_url="http://f") as client:
        yield client


@pytest.mark.parametrize("body", [CHAT, CHAT | {"model": "chatty"}, CHAT | {"model": "gpt-4"}])
def test_the_path_says_which_deployment_whatever_the_body_says(http: httpx.Client, body: dict[str, Any]) -> None:
    reply = http.post("/openai/deployments/chatty/chat/completions", params=DATED, json=body)
    assert reply.json()["model"] == "gpt-4o"


@pytest.mark.parametrize("path", ["/openai/v1/chat/completions", "/openai/chat/completions?api-version=2024-10-21"])
def test_without_a_deployment_in_the_path_the_bodys_model_is_one(http: httpx.Client, path: str) -> None:
    assert http.post(path, json=CHAT | {"model": "chatty"}).json()["model"] == "gpt-4o"
    refused = http.post(path, json=CHAT | {"model": "gpt-4o"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "DeploymentNotFound")


@pytest.mark.parametrize("path", ["/openai/v1/audio/transcriptions", "/openai/audio/transcriptions?api-version=1"])
def test_the_model_of_a_form_is_a_deployment_too(http: httpx.Client, path: str) -> None:
    file = {"file": ("a.wav", b"no sound", "audio/wav")}
    refused = http.post(path, data={"model": "nobody"}, files=file)
    assert refused.json()["error"]["code"] == "DeploymentNotFound"
    heard = http.post(path, data={"model": "listener"}, files=file)
    assert heard.status_code == 400 and "model" not in heard.json()["error"]["message"]


@pytest.mark.parametrize("name", ["gpt-4o", "", "CHATTY", "a" * 300, "a%0d%0ab"])
def test_a_name_of_no_deployment_is_refused_in_azures_words(http: httpx.Client, name: str) -> None:
    reply = http.post(f"/openai/deployments/{name}/chat/completions", params=DATED, json=CHAT)
    assert reply.status_code == 404
    error = reply.json()["error"]
    assert (error["code"], error["message"][: len(WORDS)]) == ("DeploymentNotFound", WORDS) or not name


def test_what_uses_no_model_is_not_asked_for_a_deployment(http: httpx.Client) -> None:
    made = http.post("/openai/assistants", params=DATED, json={"model": "chatty"})
    assert made.json()["model"] == "gpt-4o"
    assert http.get("/openai/files", params=DATED).json()["data"] == []


def test_other_paths_know_no_deployments(http: httpx.Client) -> None:
    assert http.post("/v1/chat/completions", json=CHAT | {"model": "gpt-4o"}).json()["model"] == "gpt-4o"
    assert http.post("/v1/chat/completions", json=CHAT | {"model": "chatty"}).json()["model"] == "chatty"


def test_without_a_list_every_model_is_deployed_under_its_id() -> None:
    with FakeAI(strict_models=True) as fake, httpx.Client(transport=fake.transport(httpx), base_url="http://f") as http:
        path = "/openai/deployments/{}/chat/completions"
        assert http.post(path.format("gpt-4o"), params=DATED, json=CHAT).status_code == 200
        refused = http.post(path.format("gpt-4ooo"), params=DATED, json=CHAT)
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, "DeploymentNotFound")
        assert http.post(path.format("meta-llama%2FLlama-3.1-8B-Instruct"), params=DATED, json=CHAT).status_code == 200


def test_two_deployments_with_equal_bodies_do_not_share_an_answer(http: httpx.Client) -> None:
    vectors = http.post("/openai/deployments/vectors/embeddings", params=DATED, json={"input": "a"})
    assert vectors.json()["model"] == "text-embedding-3-small"
    with FakeAI(seed=1) as fake, httpx.Client(transport=fake.transport(httpx), base_url="http://f") as anywhere:
        models = [
            anywhere.post(f"/openai/deployments/{name}/chat/completions", params=DATED, json=CHAT).json()["model"]
            for name in ("gpt-4o", "gpt-4.1", "gpt-4o")
        ]
    assert models == ["gpt-4o", "gpt-4.1", "gpt-4o"]


def test_a_project_may_not_reach_a_blocked_model_by_its_deployment() -> None:
    named = {"azure.deployments": {"chatty": "gpt-4o"}}
    with FakeAI(named, seed=1) as fake, httpx.Client(transport=fake.transport(httpx), base_url="http://f") as http:
        project = http.post("/v1/organization/projects", json={"name": "p"}).json()["id"]
        rule = {"mode": "deny_list", "model_ids": ["gpt-4o"]}
        changed = http.post(f"/v1/organization/projects/{project}/model_permissions", json=rule)
        assert changed.status_code == 200, changed.text
        headers = {"openai-project": project}
        for path in ("/openai/deployments/chatty/chat/completions", "/openai/chat/completions"):
            reply = http.post(path, params=DATED, headers=headers, json=CHAT | {"model": "chatty"})
            assert reply.status_code == 403, reply.text


@pytest.mark.parametrize(
    ("raw", "endpoint"),
    [
        (b'{"endpoint":"/chat/completions"}', "/v1/chat/completions"),
        (b'{"endpoint":"/v1/embeddings"}', "/v1/embeddings"),
        (b'{"endpoint":5}', 5),
    ],
)
def test_a_batch_may_be_for_a_path_without_its_version(raw: bytes, endpoint: Any) -> None:
    async def handler(call: Call) -> Reply:
        return Reply(orjson.loads(call.raw))

    row = Endpoint("POST", "/batches", "create", "Make a batch", body=dict)
    step = Deployments({})
    for path, seen in (("/openai/batches", endpoint), ("/v1/batches", orjson.loads(raw)["endpoint"])):
        reply = asyncio.run(_awaited(step(Call("req_1", row, path, {}, raw), handler)))
        assert reply.body["endpoint"] == seen


async def _awaited(reply: Awaitable[Reply]) -> Reply:
    return await reply


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b'"/chat"'])
def test_a_batch_that_is_no_object_is_left_to_be_refused(http: httpx.Client, raw: bytes) -> None:
    headers = {"content-type": JSON}
    assert http.post("/openai/batches", params=DATED, content=raw, headers=headers).status_code == 400
