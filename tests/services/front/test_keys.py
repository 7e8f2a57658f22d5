"""Admins look after keys over HTTP; nobody else does."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fakeai.testing import FakeAI


@pytest.fixture
def door() -> Iterator[httpx.Client]:
    with (
        FakeAI(seed=1) as fake,
        httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai/v1", timeout=30) as http,
    ):
        made = http.post("/admin/keys", json={"label": "root", "role": "admin"}).json()
        http.headers["x-api-key"] = made["key"]
        yield http


def make(door: httpx.Client, **given: Any) -> dict[str, Any]:
    reply = door.post("/admin/keys", json={"label": "me", **given})
    assert reply.status_code == 200, reply.text
    made: dict[str, Any] = reply.json()
    return made


def test_keys_are_made_shown_changed_turned_and_let_go_of(door: httpx.Client) -> None:  # gateway 92, 94
    made = make(door, role="free", quota=2)
    at = f"/admin/keys/{made['id']}"
    assert door.get(at).json() == {name: value for name, value in made.items() if name != "key"}
    assert door.patch(at, json={"rpm": 7, "quota": None}).json()["rpm"] == 7
    assert door.get(at).json()["quota"] is None
    turned = door.post(f"{at}/rotate").json()
    asked = [door.get("/models", headers={"x-api-key": key}).status_code for key in (made["key"], turned["key"])]
    assert asked == [401, 200]
    assert door.delete(at).json() == {"id": made["id"], "object": "key.deleted", "deleted": True}
    assert door.get(at).status_code == 404
    assert door.get("/models", headers={"x-api-key": turned["key"]}).status_code == 401


def test_a_disabled_key_is_refused_in_the_words_for_one_that_is_none(door: httpx.Client) -> None:  # gateway 4, 5
    made = make(door, key="sk-fakeai-the-one-1234")
    door.patch(f"/admin/keys/{made['id']}", json={"active": False})
    refused = [door.get("/models", headers={"x-api-key": key}) for key in (made["key"], "sk-fakeai-another-1234")]
    assert refused[0].status_code == 401
    told = [{name: value for name, value in reply.json().items() if name != "request_id"} for reply in refused]
    assert told[0] == told[1]
    door.patch(f"/admin/keys/{made['id']}", json={"active": True})
    assert door.get("/models", headers={"x-api-key": made["key"]}).status_code == 200


def test_pages_are_stable_and_bounded(door: httpx.Client) -> None:  # gateway 93
    names = [make(door)["id"] for _ in range(4)]
    pages = [door.get("/admin/keys", params={"limit": 2, "offset": at}).json() for at in (0, 2, 4)]
    assert [key["id"] for page in pages for key in page["data"]][:4] == names[::-1]
    assert [page["total"] for page in pages] == [5, 5, 5]
    for limit in ("0", "201", "x"):
        refused = door.get("/admin/keys", params={"limit": limit})
        assert (refused.status_code, refused.json()["error"]["param"]) == (422, "limit")


def test_the_last_admin_is_let_go_of_by_force_only(door: httpx.Client) -> None:  # gateway 98
    (root,) = door.get("/admin/keys").json()["data"]
    assert door.delete(f"/admin/keys/{root['id']}").status_code == 409
    assert door.delete(f"/admin/keys/{root['id']}", params={"force": "true"}).status_code == 200


def test_only_admins_look_after_keys(door: httpx.Client) -> None:
    other = make(door)
    rows = [("GET", ""), ("POST", ""), ("GET", "/x"), ("PATCH", "/x"), ("POST", "/x/rotate"), ("DELETE", "/x")]
    for method, path in rows:
        refused = door.request(method, f"/admin/keys{path}", json={"label": "a"}, headers={"x-api-key": other["key"]})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
        assert refused.headers["x-fakeai-origin"] == "gateway"
        nobody = door.request(method, f"/admin/keys{path}", json={"label": "a"}, headers={"x-api-key": ""})
        assert (nobody.status_code, nobody.json()["error"]["code"]) == (401, "missing_api_key")
