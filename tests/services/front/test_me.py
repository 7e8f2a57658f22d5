"""A key is told what it has used and what it has left, and nothing of others."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fakeai.testing import FakeAI

ASK = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Say hello"}], "max_tokens": 20}


@pytest.fixture
def door() -> Iterator[httpx.Client]:
    with (
        FakeAI(seed=1) as fake,
        httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai/v1", timeout=30) as http,
    ):
        yield http


def make(door: httpx.Client, **given: Any) -> dict[str, str]:
    """The header that shows a new key."""
    root = {"x-api-key": door.headers.get("x-root", "")}
    made = door.post("/admin/keys", json={"label": "me", **given}, headers=root).json()
    return {"x-api-key": made["key"]}


def test_what_was_used_is_told_with_what_is_left(door: httpx.Client) -> None:  # gateway 26, 90
    door.headers["x-root"] = make(door, role="admin")["x-api-key"]
    mine, other = make(door, quota=5, rpm=10, tpm=1_000), make(door, quota=5)
    replies = [door.post("/chat/completions", json=ASK, headers=mine).json() for _ in range(2)]
    told = door.get("/me/usage", headers=mine).json()
    assert (told["quota_used"], told["quota_monthly"], told["quota_unit"]) == (2, 5, "requests")
    assert (told["rpm_limit"], told["rpm_remaining"]) == (10, 8)
    used = sum(reply["usage"]["total_tokens"] for reply in replies)
    assert (told["tpm_limit"], told["tpm_remaining"]) == (1_000, 1_000 - used)
    assert told["totals"]["requests"] == 2
    assert told["totals"]["prompt_tokens"] + told["totals"]["completion_tokens"] == used
    assert told["totals"]["cost_usd"] == pytest.approx(told["spent_usd"]) and told["spent_usd"] > 0
    assert told["quota_reset_at"] > 1_700_000_000
    again = door.get("/me/usage", headers=mine).json()
    assert again == told, "looking takes nothing"
    others = door.get("/me/usage", headers=other).json()
    assert (others["quota_used"], others["totals"]["requests"], others["rpd_limit"]) == (0, 0, None)


def test_whoever_shows_no_key_of_the_door_is_told_so(door: httpx.Client) -> None:
    refused = door.get("/me/usage")
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "missing_api_key")
