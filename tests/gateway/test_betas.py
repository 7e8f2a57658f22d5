"""Assistants and ChatKit ask for their OpenAI-Beta header, as OpenAI does; nothing else does."""

from collections.abc import Iterator

import httpx
import openai
import pytest

from fakeai.testing import FakeAI

WORDS = (
    "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting the header "
)


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeAI]:
    with FakeAI(seed=1) as made:
        yield made


@pytest.fixture
def http(fake: FakeAI) -> Iterator[httpx.Client]:
    with httpx.Client(transport=fake.transport(), base_url="http://fakeai/v1") as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/assistants"), ("POST", "/threads"), ("GET", "/threads/thread_x")]
)
@pytest.mark.parametrize("value", [None, "", "assistants=v1", "realtime=v1", "assistants=v22"])
def test_without_its_value_a_call_is_refused_before_its_body_is_read(
    http: httpx.Client, method: str, path: str, value: str | None
) -> None:
    headers = {} if value is None else {"OpenAI-Beta": value}
    reply = http.request(method, path, content=b"{", headers=headers)
    assert reply.status_code == 400
    assert reply.json()["error"] == {
        "message": WORDS + "'OpenAI-Beta: assistants=v2'.",
        "type": "invalid_request_error",
        "param": None,
        "code": "invalid_beta",
    }


@pytest.mark.parametrize("value", ["assistants=v2", "realtime=v1, Assistants=v2"])
def test_with_it_a_call_is_answered(http: httpx.Client, value: str) -> None:
    assert http.post("/threads", json={}, headers={"OpenAI-Beta": value}).json()["object"] == "thread"


def test_chatkit_asks_for_a_value_of_its_own(http: httpx.Client) -> None:
    wanted = {"user": "u", "workflow": {"id": "wf_1"}}
    refused = http.post("/chatkit/sessions", json=wanted, headers={"OpenAI-Beta": "assistants=v2"})
    assert refused.json()["error"]["code"] == "invalid_beta" and "ChatKit API" in refused.json()["error"]["message"]
    made = http.post("/chatkit/sessions", json=wanted, headers={"OpenAI-Beta": "chatkit_beta=v1"})
    assert made.status_code == 200
    assert http.post("/chatkit/conversation", json={"type": "threads.list"}).status_code == 401


def test_who_is_held_to_the_document_only_may_leave_it_out(http: httpx.Client) -> None:
    assert http.get("/assistants", headers={"x-fakeai-validation": "schema"}).status_code == 200
    with FakeAI(validation="schema") as easy:
        reply = httpx.Client(transport=easy.transport(), base_url="http://fakeai/v1").get("/assistants")
    assert reply.status_code == 200


def test_azures_paths_and_other_families_ask_for_none(http: httpx.Client) -> None:
    azure = http.get("http://fakeai/openai/assistants?api-version=2024-10-21")
    assert azure.status_code == http.get("/vector_stores").status_code == 200


def test_the_sdk_sends_them(fake: FakeAI) -> None:
    client = fake.client(max_retries=0)
    with pytest.warns(DeprecationWarning):
        assert client.beta.assistants.list().data == []
    assert client.beta.chatkit.threads.list().data == []
    with pytest.raises(openai.BadRequestError), pytest.warns(DeprecationWarning):
        client.beta.assistants.list(extra_headers={"OpenAI-Beta": "assistants=v1"})
