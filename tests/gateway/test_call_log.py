"""Every call that is let in and uses a model is noted once, however it ends; and nothing else is."""

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.clock import WallClock
from fakeai.core.generation import Usage
from fakeai.gateway.call_log import CallLog
from fakeai.server.logs import JsonFormatter
from fakeai.services.fresh import Changes
from fakeai.services.front.call_book import CallBook
from fakeai.services.front.door import Door
from fakeai.services.keys import Keys
from fakeai.store.calls import CallRow, Wanted
from fakeai.store.sql import Sql, SqlDatabase
from fakeai.testing import FakeAI

ASK: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Say hello"}], "max_tokens": 20}


class Desk:
    def __init__(self, fake: FakeAI, http: httpx.Client) -> None:
        self.fake = fake
        self.http = http
        self.root: dict[str, str] = {}
        self.root = self.make(role="admin")

    def make(self, **given: Any) -> dict[str, str]:
        made = self.http.post("/admin/keys", json={"label": "me", **given}, headers=self.root).json()
        return {"x-api-key": made["key"]}

    def ask(self, key: dict[str, str], **given: Any) -> httpx.Response:
        return self.http.post("/chat/completions", json={**ASK, **given}, headers=key)

    def rows(self) -> list[dict[str, Any]]:
        """The oldest first."""
        found: list[dict[str, Any]] = self.http.get("/admin/logs", headers=self.root).json()["data"]
        return found[::-1]


@pytest.fixture(params=["metadata"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with (
        FakeAI({"gateway.log": request.param}, seed=1) as fake,
        httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai/v1", timeout=30) as http,
    ):
        yield Desk(fake, http)


full = pytest.mark.parametrize("desk", ["full"], indirect=True)


def test_a_call_is_noted_with_what_it_used_and_without_its_words(desk: Desk) -> None:  # gateway 48
    key = desk.make()
    reply = desk.ask(key, temperature=0.5)
    usage, (row,) = reply.json()["usage"], desk.rows()
    assert row["request_id"] == reply.headers["x-request-id"]
    assert row["key_id"] == desk.http.get("/me/usage", headers=key).json()["id"]
    assert (row["route"], row["model"], row["status"], row["error"]) == ("/chat/completions", "gpt-4o", 200, None)
    assert row["params"] == {"max_tokens": 20, "temperature": 0.5}
    assert (row["prompt"], row["output"], row["cached"]) == (None, None, False)
    assert (row["prompt_tokens"], row["completion_tokens"]) == (usage["prompt_tokens"], usage["completion_tokens"])
    assert row["latency_ms"] >= 0 and row["created_at"] > 1_700_000_000


@full
def test_words_are_kept_where_the_settings_say_so(desk: Desk) -> None:  # gateway 48
    key = desk.make()
    whole = desk.ask(key).json()["choices"][0]["message"]["content"]
    with desk.http.stream("POST", "/chat/completions", json={**ASK, "stream": True}, headers=key) as reply:
        reply.read()
    first, second = desk.rows()
    assert json.loads(first["prompt"]) == {"messages": ASK["messages"]}
    assert first["output"] == whole and second["output"]
    assert second["params"]["stream"] is True and second["completion_tokens"] > 0


@pytest.mark.parametrize("desk", ["off"], indirect=True)
def test_nothing_is_kept_where_the_settings_say_so(desk: Desk) -> None:  # gateway 48
    assert desk.ask(desk.make()).status_code == 200
    assert desk.rows() == []


@full
def test_what_is_not_let_in_or_uses_no_model_leaves_no_row(desk: Desk) -> None:  # gateway 1, 35
    key = desk.make()
    assert [desk.ask(shown).status_code for shown in ({}, {"x-api-key": "sk-nobodys-key-at-all"})] == [401, 401]
    for path in ("/models", "/me/usage", "/files"):
        assert desk.http.get(path, headers=key).status_code == 200
    assert desk.rows() == []


@full
def test_refusals_of_the_door_are_told_without_words(desk: Desk) -> None:  # gateway 20, 48
    limited, used_up = desk.make(rpm=1), desk.make(quota=0)
    assert [desk.ask(key).status_code for key in (limited, limited, used_up)] == [200, 429, 402]
    rows = desk.rows()
    assert [(row["status"], row["error"]) for row in rows[1:]] == [
        (429, "rate_limit_exceeded"),
        (402, "quota_exhausted"),
    ]
    assert [(row["prompt"], row["output"], row["params"], row["model"]) for row in rows[1:]] == [
        (None, None, {}, "gpt-4o")
    ] * 2


@full
def test_what_fails_is_noted_with_its_error(desk: Desk) -> None:  # gateway 45, 48
    key = desk.make()
    assert desk.ask(key, max_tokens=-1).status_code == 400
    (row,) = desk.rows()
    assert (row["status"], row["prompt_tokens"], row["output"]) == (400, 0, None)
    assert row["error"] and json.loads(row["prompt"]) == {"messages": ASK["messages"]}


async def test_a_stream_whose_client_leaves_is_noted_with_what_it_got() -> None:  # gateway 88
    async with (
        FakeAI({"latency.itl": "50"}, seed=1) as fake,
        httpx.AsyncClient(transport=fake.async_transport(httpx), base_url="http://fakeai/v1", timeout=30) as http,
    ):
        root = (await http.post("/admin/keys", json={"label": "root", "role": "admin"})).json()["key"]
        http.headers["x-api-key"] = root
        story = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Tell a long story"}], "stream": True}
        async with http.stream("POST", "/chat/completions", json=story) as reply:
            async for line in reply.aiter_lines():
                if line:
                    break
        rows: list[dict[str, Any]] = []
        while not rows:
            rows = (await http.get("/admin/logs")).json()["data"]
            await asyncio.sleep(0)
    (row,) = rows
    assert (row["status"], row["error"]) == (200, "cancelled")
    assert row["prompt_tokens"] > 0


async def test_many_at_once_are_all_noted() -> None:  # gateway 48
    async with (
        FakeAI(seed=1) as fake,
        httpx.AsyncClient(transport=fake.async_transport(httpx), base_url="http://fakeai/v1", timeout=30) as http,
    ):
        root = (await http.post("/admin/keys", json={"label": "root", "role": "admin"})).json()["key"]
        http.headers["x-api-key"] = root
        replies = await asyncio.gather(*(http.post("/chat/completions", json=ASK) for _ in range(60)))
        told = (await http.get("/admin/logs", params={"limit": 200})).json()
    assert {row["request_id"] for row in told["data"]} == {reply.headers["x-request-id"] for reply in replies}
    assert told["total"] == 60


def test_while_the_door_is_open_nothing_is_noted() -> None:
    with FakeAI(seed=1) as fake:
        fake.client().embeddings.create(model="text-embedding-3-small", input="hi")
        http = httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai/v1", timeout=30)
        root = http.post("/admin/keys", json={"label": "root", "role": "admin"}).json()["key"]
        assert http.get("/admin/logs", headers={"x-api-key": root}).json()["total"] == 0


def test_no_value_of_a_key_is_anywhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:  # gateway 13
    values = ["sk-fakeai-0123456789abcdefghij", "a-value-of-my-own-choice-1"]
    settings = {"store.data_dir": str(tmp_path), "gateway.log": "full", "server.access_log": True}
    with (
        caplog.at_level("INFO"),
        FakeAI(settings, seed=1) as fake,
        httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai/v1", timeout=30) as http,
    ):
        http.post("/admin/keys", json={"label": "root", "role": "admin", "key": values[0]})
        root = {"x-api-key": values[0]}
        http.post("/admin/keys", json={"label": "own", "key": values[1]}, headers=root)
        for value in values:
            words = {**ASK, "messages": [{"role": "user", "content": f"My key is {value}"}], "user": value}
            asked = {"x-api-key": value, "x-request-id": values[0]}
            assert http.post("/chat/completions", json=words, headers=asked).status_code == 200
        told = [
            http.get(path, headers=root).text for path in ("/admin/logs", "/admin/keys", "/admin/usage", "/me/usage")
        ]
        told.append(http.get("http://fakeai/metrics").text)
    told += [JsonFormatter().format(record) for record in caplog.records if record.name.startswith("fakeai")]
    assert sum('"key_label": "own"' in line for line in told) == 1
    assert logging.getLogger("fakeai.requests").name in "".join(told)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"My key is" in kept
    for value in values:
        assert not any(value in text for text in told)
        assert value.encode() not in kept


async def noted(outcome: Reply | BaseException) -> CallRow:
    """What is noted of a call that ends so."""
    clock, changes = WallClock(), Changes()
    db = SqlDatabase(Sql(), clock)
    door = Door(db, clock, Keys(db, b"pepper" * 6, changes), changes, gateway=True)
    book = CallBook(db, clock, 10)

    async def handler(call: Call) -> Reply:
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    row = Endpoint("POST", "/embeddings", "create", "Embed", usage="embeddings")
    call = Call("req_12345678", row, "/v1/embeddings", {}, b'{"model": "m"}', principal=Principal(key="key_1"))
    try:
        assert await CallLog(clock, door, book, "full")(call, handler) is outcome
    except BaseException as error:  # noqa: BLE001  # whatever it is, it goes on as it came
        assert error is outcome
    ((_, found),), _ = await book.page(Wanted(call.principal.organization), 10, 0)
    return found


async def test_a_hit_of_the_cache_is_noted_as_such() -> None:  # gateway 62
    hit, miss = Reply({"output": "hi"}, cached=True), Reply({}, usage=Usage(3, 4))
    assert (await noted(hit))._replace(at=0, latency_us=0) == CallRow(
        0, "org-fakeai", "key_1", "req_12345678", "/embeddings", "", "{}", "{}", "hi", 0, 0, 0, True, 200, ""
    )
    found = await noted(miss)
    assert (found.cached, found.prompt_tokens, found.completion_tokens) == (False, 3, 4)


async def test_whatever_goes_wrong_is_noted_and_goes_on() -> None:  # gateway 45, 48
    refused = Reply({"error": {"code": "model_overloaded"}}, 503)
    ends = [
        await noted(outcome) for outcome in (ZeroDivisionError(), asyncio.CancelledError(), refused, Reply(b"", 502))
    ]
    assert [(row.status, row.error) for row in ends] == [
        (500, "server_error"),
        (499, "cancelled"),
        (503, "model_overloaded"),
        (502, "server_error"),
    ]
