"""Keys use up their quotas: what succeeds counts, what fails does not, and the next period begins anew."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakeai.testing import FakeAI

ASK: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Say hello"}], "max_tokens": 20}


class Desk:
    def __init__(self, fake: FakeAI, http: httpx.Client) -> None:
        self.fake = fake
        self.http = http
        self.root = self.make(role="admin")

    def make(self, **given: Any) -> dict[str, str]:
        headers = getattr(self, "root", {})
        made = self.http.post("/admin/keys", json={"label": "me", **given}, headers=headers).json()
        return {"x-api-key": made["key"]}

    def ask(self, key: dict[str, str], **given: Any) -> httpx.Response:
        return self.http.post("/chat/completions", json={**ASK, **given}, headers=key)

    def used(self, key: dict[str, str]) -> int:
        return int(self.http.get("/me/usage", headers=key).json()["quota_used"])


@pytest.fixture
def desk() -> Iterator[Desk]:
    with (
        FakeAI(seed=1) as fake,
        httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai/v1", timeout=30) as http,
    ):
        yield Desk(fake, http)


def test_two_go_through_and_the_third_does_not(desk: Desk) -> None:  # gateway 26, 27, 28
    key = desk.make(quota=2)
    assert [desk.ask(key, stream=n == 1).status_code for n in range(2)] == [200, 200]
    refused = desk.ask(key)
    told = refused.json()["error"]
    assert (refused.status_code, told["code"], told["type"]) == (402, "quota_exhausted", "insufficient_quota")
    assert (refused.headers["x-should-retry"], refused.headers["x-fakeai-origin"]) == ("false", "gateway")
    assert 0 < told["reset_in_seconds"] <= 31 * 86_400 and "'me' has used 2 of 2 requests" in told["message"]
    assert desk.used(key) == 2


def test_no_quota_never_ends_and_none_at_all_never_begins(desk: Desk) -> None:  # gateway 32
    assert {desk.ask(desk.make()).status_code for _ in range(3)} == {200}
    assert desk.ask(desk.make(quota=0)).status_code == 402


def test_what_fails_is_given_back(desk: Desk) -> None:  # gateway 20, 36
    key = desk.make(quota=1)
    assert desk.ask(key, messages=[]).status_code == 400
    assert desk.ask(key, model=5).status_code == 400
    assert desk.used(key) == 0
    assert desk.ask(key).status_code == 200


def test_what_fails_counts_where_the_settings_say_so() -> None:  # gateway 36
    with (
        FakeAI({"gateway.charge_failures": True}) as fake,
        httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai/v1", timeout=30) as http,
    ):
        desk = Desk(fake, http)
        key = desk.make(quota=1)
        assert [desk.ask(key, messages=[]).status_code, desk.ask(key).status_code] == [400, 402]


def test_what_generates_nothing_takes_nothing(desk: Desk) -> None:  # gateway 35
    key = desk.make(quota=1)
    for path in ("/me/usage", "/models", "/files"):
        assert desk.http.get(path, headers=key).status_code == 200
    assert desk.used(key) == 0


@pytest.mark.parametrize("unit", ["tokens", "output_tokens"])
def test_the_call_that_crosses_the_line_goes_through(desk: Desk, unit: str) -> None:  # gateway 37
    key = desk.make(quota=1, quota_unit=unit)
    usage = desk.ask(key).json()["usage"]
    counted = usage["total_tokens"] if unit == "tokens" else usage["completion_tokens"]
    assert desk.used(key) == counted > 0
    assert desk.ask(key).status_code == 402


def test_a_stream_is_charged_at_its_end(desk: Desk) -> None:  # gateway 37
    key = desk.make(quota=1, quota_unit="tokens")
    assert desk.ask(key, stream=True).status_code == 200
    whole = desk.ask(desk.make()).json()["usage"]["total_tokens"]
    assert desk.used(key) == whole
    assert desk.ask(key, stream=True).status_code == 402


def test_a_budget_ends_by_the_price_of_what_was_used(desk: Desk) -> None:
    key = desk.make(budget_usd=1e-6)
    assert desk.ask(key).status_code == 200
    refused = desk.ask(key)
    assert refused.status_code == 402 and "of 1e-06 US dollars" in refused.json()["error"]["message"]


def test_keys_have_quotas_of_their_own_and_a_raised_one_counts_at_once(desk: Desk) -> None:  # gateway 38
    key, other = desk.make(quota=1), desk.make(quota=1)
    assert [desk.ask(one).status_code for one in (key, key, other)] == [200, 402, 200]
    (mine,) = [
        one
        for one in desk.http.get("/admin/keys", headers=desk.root).json()["data"]
        if key["x-api-key"].startswith(one["prefix"])
    ]
    desk.http.patch(f"/admin/keys/{mine['id']}", json={"quota": 2}, headers=desk.root)
    assert desk.ask(key).status_code == 200


def test_what_was_used_last_is_kept_when_the_server_ends(tmp_path: Path) -> None:
    kept = {"store.data_dir": str(tmp_path)}
    with FakeAI(kept) as fake, httpx.Client(base_url=fake.base_url, timeout=30) as http:
        key = Desk(fake, http).make()
        for _ in range(20):
            http.post("/chat/completions", json=ASK, headers=key)
    with FakeAI(kept) as fake, httpx.Client(base_url=fake.base_url, timeout=30) as http:
        assert http.get("/me/usage", headers=key).json()["quota_used"] == 20
