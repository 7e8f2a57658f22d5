"""Admins are told of calls, all that they ask for and nothing else; and each part adds up to the whole."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fakeai import registry
from fakeai.testing import FakeAI

CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Say hello"}], "max_tokens": 20}
VECTOR = {"model": "text-embedding-3-small", "input": "hi"}
NUMBERS = ("prompt_tokens", "completion_tokens", "latency_ms")


class Desk:
    """A door with calls behind it: of two keys, to two models, one of which failed."""

    def __init__(self, fake: FakeAI, http: httpx.Client) -> None:
        self.fake = fake
        self.http = http
        self.http.headers["x-api-key"] = http.post("/admin/keys", json={"label": "root", "role": "admin"}).json()["key"]
        self.keys = [http.post("/admin/keys", json={"label": label}).json() for label in ("a", "b")]
        for key in self.keys:
            shown = {"x-api-key": key["key"]}
            for _ in range(2):
                assert http.post("/chat/completions", json=CHAT, headers=shown).status_code == 200
            assert http.post("/embeddings", json=VECTOR, headers=shown).status_code == 200
        assert http.post("/embeddings", json={"model": "text-embedding-3-small"}, headers=shown).status_code == 400

    def told(self, path: str = "logs", **wanted: Any) -> Any:
        reply = self.http.get(f"/admin/{path}", params=wanted)
        assert reply.status_code == 200, reply.text
        return reply.json()


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with (
        FakeAI(seed=1) as fake,
        httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai/v1", timeout=30) as http,
    ):
        yield Desk(fake, http)


def test_filters_count_together(desk: Desk) -> None:  # gateway 96
    a, b = (key["id"] for key in desk.keys)

    def count(**wanted: Any) -> int:
        told = desk.told(**wanted)
        assert told["total"] == len(told["data"])
        return len(told["data"])

    assert count() == 7
    assert [count(key=a), count(key=b), count(key="key_nobody")] == [3, 4, 0]
    assert [count(model="gpt-4o"), count(key=a, model="gpt-4o"), count(model="gpt-4o", route="/embeddings")] == [
        4,
        2,
        0,
    ]
    assert [count(route="/v1/embeddings"), count(status=400), count(status=400, key=a)] == [3, 1, 0]
    assert [count(cached="true"), count(cached="false"), count(cached=0, status=200)] == [0, 7, 6]
    last = int(desk.told(limit=1)["data"][0]["created_at"])
    assert [count(to=last + 1), count(**{"from": last + 1}), count(**{"from": last - 900}, to=last + 1)] == [7, 0, 7]


def test_pages_hold_all_once_the_newest_first(desk: Desk) -> None:  # gateway 93, 96
    whole = desk.told(limit=200)["data"]
    pages = [desk.told(limit=3, offset=n) for n in (0, 3, 6, 9)]
    assert [row for page in pages for row in page["data"]] == whole
    assert {page["total"] for page in pages} == {7} and pages[-1]["data"] == []
    times = [row["created_at"] for row in whole]
    assert times == sorted(times, reverse=True) and len({row["id"] for row in whole}) == 7


@pytest.mark.parametrize(
    ("name", "value"),
    [("limit", 0), ("limit", 201), ("offset", -1), ("from", "noon"), ("to", ""), ("status", 20), ("cached", "maybe")],
)
def test_what_cannot_be_asked_for_is_refused(desk: Desk, name: str, value: Any) -> None:
    reply = desk.http.get("/admin/logs", params={name: value})
    told = reply.json()["error"]
    assert (reply.status_code, told["code"], told["param"]) == (422, "validation_error", name)


@pytest.mark.parametrize("wanted", [{}, {"model": "gpt-4o"}, {"status": 400}, {"from": 0, "to": 5}, {"key": "a"}])
def test_stats_are_the_sums_of_rows_and_their_parts_add_up(desk: Desk, wanted: dict[str, Any]) -> None:  # gateway 97
    if "key" in wanted:
        wanted = {"key": desk.keys[0]["id"]}
    rows, stats = desk.told(limit=200, **wanted)["data"], desk.told("stats", **wanted)

    def summed(some: list[dict[str, Any]]) -> dict[str, Any]:
        counts = {"requests": len(some), "errors": sum(row["error"] is not None for row in some)}
        counts["cached"] = sum(row["cached"] for row in some)
        return counts | {name: pytest.approx(sum(row[name] for row in some)) for name in NUMBERS}

    assert stats["totals"] == summed(rows)
    for of, name in (("models", "model"), ("keys", "key_id")):
        assert {part[name] for part in stats[of]} == {row[name] for row in rows}
        for part in stats[of]:
            assert {**part, name: None} == {name: None, **summed([row for row in rows if row[name] == part[name]])}
        for number in stats["totals"]:
            assert sum(part[number] for part in stats[of]) == pytest.approx(stats["totals"][number])
    assert (stats["from"], stats["to"]) == (wanted.get("from"), wanted.get("to"))


def test_rows_outlast_their_keys() -> None:  # gateway 94
    with (
        FakeAI(seed=1) as fake,
        httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai/v1", timeout=30) as http,
    ):
        desk = Desk(fake, http)
        turned, gone = (key["id"] for key in desk.keys)
        assert http.post(f"/admin/keys/{turned}/rotate").status_code == 200
        assert http.delete(f"/admin/keys/{gone}").status_code == 200
        assert [desk.told(key=name)["total"] for name in (turned, gone)] == [3, 4]
        assert {part["key_id"] for part in desk.told("stats")["keys"]} == {turned, gone}


def test_every_row_for_admins_is_for_admins_only() -> None:  # gateway 91
    with (
        FakeAI(seed=1) as fake,
        httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai/v1", timeout=30) as http,
    ):
        root = {"x-api-key": http.post("/admin/keys", json={"label": "root", "role": "admin"}).json()["key"]}
        other = {"x-api-key": http.post("/admin/keys", json={"label": "me"}, headers=root).json()["key"]}
        rows = [row for _, where, roots in registry.SERVICES if "admin" in roots.split() for row in _rows(where)]
        rows = [row for row in rows if row.path.startswith("/admin/")]
        assert {row.path for row in rows} >= {"/admin/keys", "/admin/logs", "/admin/stats", "/admin/usage"}
        for row in rows:
            assert row.front, row
            spare = http.post("/admin/keys", json={"label": "spare"}, headers=root).json()["id"]
            path = row.path.format_map({"key_id": spare})
            example = (row.body.model_config.get("json_schema_extra") or {}) if row.body is not None else {}
            body = {"json": example.get("examples", [{}])[0]} if row.body is not None else {}
            replies = [http.request(row.method, path, headers=shown, **body) for shown in ({}, other, root)]
            assert [reply.status_code for reply in replies] == [401, 403, 200], (row.method, path, replies[-1].text)
            assert [reply.json()["code"] for reply in replies[:2]] == ["missing_api_key", "forbidden"]


def _rows(where: str) -> Any:
    """The rows of a service. Any: endpoints."""
    module, _, name = where.partition(":")
    return getattr(__import__(module, fromlist=[name]), name).ENDPOINTS
