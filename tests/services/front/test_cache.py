"""Admins see what answers are kept of their organization, and clear them."""

import os
from collections.abc import Iterator

import httpx
import pytest

from fakeai.testing import FakeAI


@pytest.fixture
def door() -> Iterator[httpx.Client]:
    with (
        FakeAI(seed=1) as fake,
        httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai/v1", timeout=30) as http,
    ):
        for model in ("gpt-4o", "gpt-4o-mini"):
            http.post("/generate", json={"prompt": "a", "model": model})
        yield http


def test_what_is_kept_is_told(door: httpx.Client) -> None:
    assert door.get("/admin/cache").json() == {
        "object": "cache",
        "cache": "all",
        "scope": "key",
        "entries": 2,
        "models": {"gpt-4o": 1, "gpt-4o-mini": 1},
    }


def test_it_is_cleared_by_model_by_age_and_whole(door: httpx.Client) -> None:  # gateway 61
    def clear(**query: str) -> int:
        reply = door.delete("/admin/cache", params=query).json()
        assert reply["object"] == "cache.cleared"
        return int(reply["deleted"])

    assert clear(older_than="3600") == 0
    assert clear(model="gpt-4o", older_than="0") == 1
    assert clear(model="gpt-4o") == 0
    asked = [door.post("/generate", json={"prompt": "a", "model": model}) for model in ("gpt-4o", "gpt-4o-mini")]
    assert [reply.json()["cached"] for reply in asked] == [False, True]
    assert clear() == 2


def test_an_age_is_a_number_of_seconds(door: httpx.Client) -> None:
    refused = door.delete("/admin/cache", params={"older_than": "1h"})
    assert (refused.status_code, refused.json()["error"]["param"]) == (422, "older_than")
    assert door.get("/admin/cache").json()["entries"] == 2


def test_other_organizations_see_and_clear_nothing_of_it(door: httpx.Client) -> None:
    other = {"OpenAI-Organization": "org-else"}
    assert door.get("/admin/cache", headers=other).json()["entries"] == 0
    assert door.delete("/admin/cache", headers=other).json()["deleted"] == 0
    assert door.get("/admin/cache").json()["entries"] == 2


def test_it_is_for_admins(door: httpx.Client) -> None:  # gateway 91
    root = {"x-api-key": door.post("/admin/keys", json={"label": "root", "role": "admin"}).json()["key"]}
    mine = {"x-api-key": door.post("/admin/keys", json={"label": "me"}, headers=root).json()["key"]}
    for method in ("GET", "DELETE"):
        statuses = [door.request(method, "/admin/cache", headers=key).status_code for key in ({}, mine, root)]
        assert statuses == [401, 403, 200]


def test_redis_keeps_no_answers_of_a_state_that_is_no_more(redis_server: str) -> None:
    ask = {"prompt": os.urandom(6).hex()}
    with (
        FakeAI({"store.redis": redis_server, "seed": 1}) as fake,
        httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai/v1", timeout=30) as http,
    ):

        def cached() -> list[bool]:
            return [http.post("/generate", json=ask).json()["cached"] for _ in range(2)]

        empty = http.get("/fakeai/state").content
        assert cached() == [False, True]
        fake.reset()
        assert cached() == [False, True]
        http.put("/fakeai/state", content=empty).raise_for_status()
        assert cached() == [False, True]
