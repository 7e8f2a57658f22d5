"""The front door as a client meets it: on every path, over sockets, and before anything is read."""

from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from fakeai.app import build
from fakeai.testing import FakeAI

HELLO: Any = [{"role": "user", "content": "Say hello"}]


class House:
    def __init__(self, fake: FakeAI, http: httpx.Client) -> None:
        self.fake = fake
        self.http = http
        self.root = http.post("/admin/keys", json={"label": "root", "role": "admin"}).json()["key"]

    def make(self, **given: Any) -> str:
        made = self.http.post("/admin/keys", json={"label": "me", **given}, headers={"x-api-key": self.root}).json()
        return str(made["key"])

    def get(self, path: str, key: str) -> Any:
        return self.http.get(path, headers={"x-api-key": key}).json()


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with (
        FakeAI(seed=1) as fake,
        httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai/v1", timeout=30) as http,
    ):
        yield House(fake, http)


def test_no_row_but_a_probe_answers_without_a_key(house: House) -> None:  # gateway 1, 91
    rows = [row for row in build().gateway.endpoints if not row.probe and row.reply != "socket"]
    assert len(rows) > 300
    for row in rows:
        path = "".join("x" if at % 2 else part for at, part in enumerate(row.path.replace("}", "{").split("{")))
        refused = house.http.request(row.method, path)
        assert (refused.status_code, refused.json()["code"]) == (401, "missing_api_key"), row
        assert refused.headers["x-fakeai-origin"] == "gateway"
    assert house.http.get("http://fakeai/healthz").status_code == 200


def test_every_admin_row_is_for_admins(house: House) -> None:  # gateway 91
    key = house.make()
    rows = [row for row in build().gateway.endpoints if row.path.startswith("/admin/")]
    assert rows
    for row in rows:
        refused = house.http.request(row.method, row.path.replace("{key_id}", "x"), headers={"x-api-key": key})
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden"), row


def test_a_missing_key_beats_a_body_that_cannot_be_read(house: House) -> None:  # gateway 8
    for headers in ({}, {"x-api-key": "sk-none"}):
        assert house.http.post("/chat/completions", content=b"{", headers=headers).status_code == 401


def test_a_key_of_certain_models_sees_and_uses_no_others(house: House) -> None:  # gateway 99
    key = house.make(models=["gpt-4o", "text-embedding-3-small"], quota=5)
    assert [card["id"] for card in house.get("/models", key)["data"]] == ["gpt-4o", "text-embedding-3-small"]
    assert house.get("/models/o1", key)["code"] == "model_not_found"
    client = house.fake.client(api_key=key, max_retries=0)
    assert client.chat.completions.create(model="gpt-4o", messages=HELLO).model == "gpt-4o"
    with pytest.raises(openai.PermissionDeniedError, match="gpt-4o, text-embedding-3-small") as refused:
        client.chat.completions.create(model="o1", messages=HELLO)
    assert refused.value.code == "model_not_allowed"
    assert house.get("/me/usage", key)["quota_used"] == 1


def test_sockets_ask_for_a_key_too() -> None:
    with FakeAI(seed=1) as fake:
        made = httpx.post(f"{fake.base_url}/admin/keys", json={"label": "root", "role": "admin"}).json()
        with openai.OpenAI(base_url=fake.base_url, api_key=made["key"], max_retries=0) as client:
            with client.realtime.connect(model="gpt-realtime") as socket:
                assert socket.recv().type == "session.created"
            with (
                pytest.raises(Exception, match="401"),
                client.with_options(api_key="sk-none").realtime.connect(model="gpt-realtime"),
            ):
                pass
