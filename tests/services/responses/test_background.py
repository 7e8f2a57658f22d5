"""Responses in the background: made by whoever is there, told from any event on, counted, cancelled, told of."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from fakeai.testing import FakeAI, run_virtual

ASKED = {"model": "gpt-4o-mini", "input": "Tell me about the sea.", "background": True}
SLOW = {"x-fakeai-ttft-ms": "1000", "x-fakeai-itl-ms": "100"}


def door(fake: FakeAI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=fake.async_transport(), base_url="http://fakeai/v1", timeout=1e6)


def events_of(text: str) -> list[Any]:
    return [orjson.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


async def polled(http: httpx.AsyncClient, name: str) -> Any:
    while True:
        told = (await http.get(f"/responses/{name}")).json()
        if told["status"] not in ("queued", "in_progress"):
            return told
        await asyncio.sleep(0.5)


def test_it_takes_the_time_of_its_tokens_and_is_seen_on_its_way() -> None:
    async def main() -> None:
        async with FakeAI(seed=1) as fake, door(fake) as http:
            began = asyncio.get_running_loop().time()
            made = (await http.post("/responses", json=ASKED, headers=SLOW)).json()
            assert made["status"] == "queued"
            await asyncio.sleep(0.5)
            assert (await http.get(f"/responses/{made['id']}")).json()["status"] in ("queued", "in_progress")
            done = await polled(http, made["id"])
            assert done["status"] == "completed"
            took = asyncio.get_running_loop().time() - began
            assert took >= 1.0 + 0.1 * (done["usage"]["output_tokens"] - 1)

    run_virtual(main())


def test_two_who_follow_are_told_the_same_and_that_soon() -> None:
    async def main() -> None:
        async with FakeAI(seed=1) as fake, door(fake) as http:
            made = (await http.post("/responses", json=ASKED, headers=SLOW)).json()
            path = f"/responses/{made['id']}"
            first = asyncio.ensure_future(http.get(path, params={"stream": "true"}))
            await asyncio.sleep(2.0)
            second = await http.get(path, params={"stream": "true", "starting_after": "3"})
            events = events_of((await first).text)
            assert events_of(second.text) == events[4:]
            assert [event["sequence_number"] for event in events] == list(range(len(events)))
            assert [event["type"] for event in events[:3]] == [
                "response.created",
                "response.queued",
                "response.in_progress",
            ]

    run_virtual(main())


def test_what_it_used_is_counted_once() -> None:
    async def main() -> None:
        async with FakeAI(seed=1) as fake, door(fake) as http:
            made = (await http.post("/responses", json=ASKED)).json()
            done = await polled(http, made["id"])
            await asyncio.sleep(5)
            since = {"start_time": str(made["created_at"] // 86_400 * 86_400), "bucket_width": "1d", "limit": "2"}
            told = (await http.get("/organization/usage/completions", params=since)).json()
            results = [result for bucket in told["data"] for result in bucket["results"]]
            assert sum(result["output_tokens"] for result in results) == done["usage"]["output_tokens"]

    run_virtual(main())


def test_a_cancelled_one_stops_where_it_is() -> None:
    async def main() -> None:
        async with FakeAI(seed=1) as fake, door(fake) as http:
            made = (await http.post("/responses", json=ASKED, headers=SLOW)).json()
            await asyncio.sleep(2.0)
            assert (await http.post(f"/responses/{made['id']}/cancel")).json()["status"] == "cancelled"
            await asyncio.sleep(100.0)
            assert (await http.get(f"/responses/{made['id']}")).json()["output"] == []
            again = await http.post(f"/responses/{made['id']}/cancel")
            assert again.json()["status"] == "cancelled"

    run_virtual(main())


def test_one_that_is_deleted_ends_its_streams() -> None:
    async def main() -> None:
        async with FakeAI(seed=1) as fake, door(fake) as http:
            made = (await http.post("/responses", json=ASKED, headers=SLOW)).json()
            following = asyncio.ensure_future(http.get(f"/responses/{made['id']}", params={"stream": "true"}))
            await asyncio.sleep(1.0)
            await http.delete(f"/responses/{made['id']}")
            assert (await following).status_code == 200
            assert (await http.get(f"/responses/{made['id']}")).status_code == 404

    run_virtual(main())


@pytest.mark.parametrize("stop_after", [0.2, 3.0])
def test_another_server_carries_on_and_says_the_same(tmp_path: Path, stop_after: float) -> None:
    async def main() -> None:
        where = {"store.data_dir": str(tmp_path), "seed": 1}
        async with FakeAI(**where) as fake, door(fake) as http:
            name = (await http.post("/responses", json=ASKED, headers=SLOW)).json()["id"]
            await asyncio.sleep(stop_after)
        async with FakeAI(**where) as fake, door(fake) as http:
            await http.post("/responses", json=ASKED)  # rings for whatever there is to do, as a server's start does
            later = await http.get(f"/responses/{name}", params={"stream": "true"})
            events = events_of(later.text)
            assert [event["sequence_number"] for event in events] == list(range(len(events)))
            assert events[-1]["type"] == "response.completed"
            calm = (await http.post("/responses", json={**ASKED, "background": False})).json()
            assert events[-1]["response"]["output"][0]["content"] == calm["output"][0]["content"]

    run_virtual(main())
