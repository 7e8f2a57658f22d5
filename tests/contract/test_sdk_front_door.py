"""What the official SDK makes of refusals of the front door: which exception, which code, and how often it tries."""

from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from fakeai.testing import FakeAI

SEA: Any = [{"role": "user", "content": "Tell me about the sea."}]


class Desk:
    def __init__(self, fake: FakeAI) -> None:
        self.fake = fake
        self.door = httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai/v1")
        made = self.door.post("/admin/keys", json={"label": "root", "role": "admin"})
        self.root = {"x-api-key": made.json()["key"]}

    def refused(self, key: str, *, stream: bool = False, **more: Any) -> tuple[openai.APIStatusError, int]:
        """What the SDK raises, as it is configured from the start, and how often it has tried."""
        before = len(self.fake.requests)
        with pytest.raises(openai.APIStatusError) as raised:
            self.fake.client(api_key=key).chat.completions.create(model="gpt-4o", messages=SEA, stream=stream, **more)
        return raised.value, len(self.fake.requests) - before


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr("openai._base_client.SyncAPIClient._sleep_for_retry", lambda *args, **named: None)
    with FakeAI(seed=1) as fake:
        yield Desk(fake)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("terms", "kind", "status", "code", "tries"),
    [
        (None, openai.AuthenticationError, 401, "invalid_api_key", 1),
        ({"active": False}, openai.AuthenticationError, 401, "invalid_api_key", 1),
        ({"quota": 0}, openai.APIStatusError, 402, "quota_exhausted", 1),
        ({"budget_usd": 0}, openai.APIStatusError, 402, "quota_exhausted", 1),
        ({"models": ["gpt-4o-mini"]}, openai.PermissionDeniedError, 403, "model_not_allowed", 1),
        ({"rpm": 1}, openai.RateLimitError, 429, "rate_limit_exceeded", 3),
    ],
)
def test_a_refusal_is_the_exception_it_should_be_and_tried_as_often_as_it_helps(  # gateway 12, 28, 87
    desk: Desk,
    stream: bool,
    terms: dict[str, Any] | None,
    kind: type[openai.APIStatusError],
    status: int,
    code: str,
    tries: int,
) -> None:
    key = "sk-fakeai-nobodys" if terms is None else _made(desk, terms)
    error, tried = desk.refused(key, stream=stream)
    assert type(error) is kind
    assert (error.status_code, error.code, tried) == (status, code, tries)
    assert error.request_id == error.response.headers["x-request-id"] == error.response.json()["request_id"]
    assert error.response.headers["x-fakeai-origin"] == "gateway"
    assert key not in str(error)


def test_a_missing_key_is_an_authentication_error(desk: Desk) -> None:  # gateway 1, 12
    error, tried = desk.refused("any", extra_headers={"Authorization": openai.Omit()})
    assert type(error) is openai.AuthenticationError
    assert (error.code, tried) == ("missing_api_key", 1)


def _made(desk: Desk, terms: dict[str, Any]) -> str:
    """A key that is refused because of its terms."""
    made = desk.door.post("/admin/keys", json={"label": "me"}, headers=desk.root).json()
    assert desk.door.patch(f"/admin/keys/{made['id']}", json=terms, headers=desk.root).status_code == 200
    if "rpm" in terms:
        desk.fake.client(api_key=made["key"]).chat.completions.create(model="gpt-4o", messages=SEA)
    return str(made["key"])
