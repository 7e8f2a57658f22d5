"""Each key's consumption is what its holder is told, whatever has become of the key since."""

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
        http.headers["x-api-key"] = http.post("/admin/keys", json={"label": "root", "role": "admin"}).json()["key"]
        yield http


def make(door: httpx.Client, **given: Any) -> dict[str, Any]:
    made: dict[str, Any] = door.post("/admin/keys", json={"label": "me", **given}).json()
    return made


def test_it_is_what_the_keys_holder_is_told(door: httpx.Client) -> None:  # gateway 26, 90
    one, idle = make(door, quota=5, budget_usd=1), make(door)
    shown = {"x-api-key": one["key"]}
    assert [door.post("/chat/completions", json=ASK, headers=shown).status_code for _ in range(3)] == [200] * 3
    own = door.get("/me/usage", headers=shown).json()
    told = {key["id"]: key for key in door.get("/admin/usage").json()["data"]}
    same = "label", "role", "quota_used", "quota_monthly", "quota_unit", "quota_reset_at", "spent_usd", "budget_usd"
    assert {name: told[one["id"]][name] for name in same} == {name: own[name] for name in same}
    totals = {name: told[one["id"]][name] for name in own["totals"]}
    assert totals == own["totals"] and totals["requests"] == 3 and totals["cost_usd"] > 0
    nothing = [
        told[idle["id"]][name] for name in ("quota_used", "quota_monthly", "quota_reset_at", "requests", "cost_usd")
    ]
    assert nothing == [0, None, None, 0, 0]


def test_a_key_that_is_turned_over_keeps_what_it_has_used(door: httpx.Client) -> None:  # gateway 94
    made = make(door)
    door.post("/chat/completions", json=ASK, headers={"x-api-key": made["key"]})
    door.post(f"/admin/keys/{made['id']}/rotate")
    told = {key["id"]: key["requests"] for key in door.get("/admin/usage").json()["data"]}
    assert told[made["id"]] == 1


def test_pages_are_of_all_keys_the_newest_first(door: httpx.Client) -> None:  # gateway 93
    made = [make(door, label=f"key {n}")["label"] for n in range(5)]
    pages = [door.get("/admin/usage", params={"limit": 2, "offset": n}).json() for n in (0, 2, 4)]
    assert [key["label"] for page in pages for key in page["data"]] == [*made[::-1], "root"]
    assert {(page["total"], page["limit"]) for page in pages} == {(6, 2)}
