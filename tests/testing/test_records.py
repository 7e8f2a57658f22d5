"""What a FakeAI was asked, through either door."""

import httpx
import openai
import pytest

from fakeai import FakeAI
from fakeai.testing.records import LIMIT

HELLO = [{"role": "user", "content": "Say hello"}]
ASK = {"model": "gpt-4o-mini", "messages": HELLO}


@pytest.fixture
def fake():
    with FakeAI(seed=1) as made:
        yield made


def test_requests_say_what_was_asked_in_order(fake):
    client = fake.client(max_retries=0)
    client.chat.completions.create(**ASK, extra_headers={"X-Mine": "1"})
    client.models.list()
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="gpt-4o-mini", messages=[])
    with pytest.raises(openai.NotFoundError):
        client.get("/nowhere", cast_to=object)
    client.get("/healthz", cast_to=str)
    seen = [(r.method, r.path, r.model, r.status) for r in fake.requests]
    assert seen == [
        ("POST", "/v1/chat/completions", "gpt-4o-mini", 200),
        ("GET", "/v1/models", None, 200),
        ("POST", "/v1/chat/completions", "gpt-4o-mini", 400),
        ("GET", "/v1/nowhere", None, 404),
    ]
    assert fake.requests[0].body["messages"] == HELLO
    assert fake.requests[0].headers["x-mine"] == "1"
    assert fake.requests[1].body is None
    fake.clear()
    assert fake.requests == []


def test_requests_of_the_server_are_seen_too(fake):
    httpx.post(f"{fake.url}/v1/chat/completions", json=ASK)
    httpx.post(f"{fake.url}/v1/chat/completions", content=b'["not an object"]')
    assert [(r.model, r.status) for r in fake.requests] == [("gpt-4o-mini", 200), (None, 400)]


def test_a_request_whose_client_left_is_499():
    with FakeAI(ttft=60_000) as fake:
        with pytest.raises(openai.APITimeoutError):
            fake.client(max_retries=0, timeout=0.05).chat.completions.create(**ASK)
        assert [r.status for r in fake.requests] == [499]


def test_requests_are_bounded(fake):
    with httpx.Client(transport=fake.transport(), base_url="http://any") as client:
        for n in range(LIMIT + 5):
            client.get(f"/v1/nothing-{n}")
    assert len(fake.requests) == LIMIT
    assert fake.requests[0].path == "/v1/nothing-5"
