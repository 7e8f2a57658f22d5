"""Runs in time: paced, expired, stopped, and carried on by the next server when theirs is killed. And every event they tell."""

import asyncio
import json
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest
from openai.types.beta import AssistantStreamEvent
from pydantic import TypeAdapter

from benchmarks.kept import KeptServer
from contract import document
from contract.document import faults
from fakeai.testing import FakeAI, run_virtual

ESSAY = "Write a long essay of 2000 words about whales."
WEATHER = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}
SLOW = {"x-fakeai-itl-ms": "50"}
OVER = {"completed", "failed", "expired", "cancelled", "incomplete"}
SCHEMAS = {
    "thread.created": "ThreadObject",
    "thread.run": "RunObject",
    "thread.run.step": "RunStepObject",
    "thread.run.step.delta": "RunStepDeltaObject",
    "thread.message": "MessageObject",
    "thread.message.delta": "MessageDeltaObject",
}


class Door:
    """A server's API, asked by hand."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        http.headers["OpenAI-Beta"] = "assistants=v2"

    async def post(self, path: str, body: Any, **headers: str) -> Any:
        reply = await self.http.post(path, json=body, headers=headers)
        assert reply.is_success, reply.text
        return reply.json()

    async def get(self, path: str) -> Any:
        reply = await self.http.get(path)
        assert reply.is_success, reply.text
        return reply.json()

    async def assistant(self, **more: Any) -> str:
        return str((await self.post("/assistants", {"model": "gpt-4o", **more}))["id"])

    async def thread(self, said: str) -> str:
        return str((await self.post("/threads", {"messages": [{"role": "user", "content": said}]}))["id"])

    async def events(self, path: str, body: Any) -> list[tuple[str, Any]]:
        async with self.http.stream("POST", path, json={**body, "stream": True}) as reply:
            assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
            text = (await reply.aread()).decode()
        found = []
        for block in text.removesuffix("\n\n").split("\n\n"):
            name, data = block.split("\n")
            found.append((name.removeprefix("event: "), data.removeprefix("data: ")))
        assert found.pop() == ("done", "[DONE]")
        return [(name, json.loads(data)) for name, data in found]

    async def until(self, run: Any, *statuses: str, every_s: float = 10.0) -> Any:
        while run["status"] not in statuses:
            await asyncio.sleep(every_s)
            run = await self.get(f"/threads/{run['thread_id']}/runs/{run['id']}")
        return run


def at_a_server(work: Any, **settings: Any) -> Any:
    """Do something with a server in virtual time."""

    async def main() -> Any:
        async with (
            FakeAI(seed=1, **settings) as fake,
            httpx.AsyncClient(transport=fake.async_transport(), base_url="http://fakeai/v1", timeout=1e9) as http,
        ):
            return await work(Door(http))

    made: Coroutine[Any, Any, Any] = main()
    return run_virtual(made)


def wrong(events: list[tuple[str, Any]]) -> list[str]:
    """What is not as the document and the SDK's classes say."""
    sdk: TypeAdapter[Any] = TypeAdapter(AssistantStreamEvent)
    found = []
    for name, data in events:
        sdk.validate_python({"event": name, "data": data}, strict=False)
        schema = SCHEMAS.get(name) or SCHEMAS[name.rpartition(".")[0]]
        found += faults(f"#/components/schemas/{schema}", data, name)
    return found


@document.pytestmark
def test_every_event_is_what_the_document_and_the_sdk_say() -> None:
    async def work(door: Door) -> None:
        reply = await door.http.post(
            "/files", data={"purpose": "assistants"}, files={"file": ("a.txt", b"Whales are mammals of the sea.")}
        )
        stores = {"file_search": {"vector_stores": [{"file_ids": [reply.json()["id"]]}]}}
        kinds: Any = [{"type": "file_search"}]
        searching = await door.assistant(tools=kinds, tool_resources=stores)
        coding = await door.assistant(tools=[{"type": "code_interpreter"}])
        calling = await door.assistant(tools=[WEATHER])
        asked = {
            searching: "What are whales?",
            coding: "Use Python to calculate 12 * 12 and save a chart as /mnt/data/plot.png",
            calling: "What is the weather in Paris and in Rome?",
        }
        told: list[tuple[str, Any]] = []
        for assistant, said in asked.items():
            thread: Any = {"messages": [{"role": "user", "content": said}]}
            told += await door.events("/threads/runs", {"assistant_id": assistant, "thread": thread})
        name, run = told[-1]
        assert name == "thread.run.requires_action"
        calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        outputs = [{"tool_call_id": call["id"], "output": "sunny"} for call in calls]
        path = f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs"
        told += await door.events(path, {"tool_outputs": outputs})
        thread_id = await door.thread(ESSAY)
        few = {"assistant_id": coding, "max_completion_tokens": 256, "tools": []}
        told += await door.events(f"/threads/{thread_id}/runs", few)
        assert wrong(told) == []
        assert {name for name, _ in told} >= {
            "thread.created",
            "thread.run.requires_action",
            "thread.run.incomplete",
            "thread.message.incomplete",
            "thread.run.step.delta",
            "thread.message.delta",
            "thread.run.completed",
        }

    at_a_server(work)


def test_a_run_takes_the_time_that_its_tokens_take_and_is_seen_at_it() -> None:
    async def work(door: Door) -> None:
        assistant, thread = await door.assistant(), await door.thread(ESSAY)
        run = await door.post(f"/threads/{thread}/runs", {"assistant_id": assistant}, **SLOW)
        assert (run["status"], run["started_at"]) == ("queued", None)
        await asyncio.sleep(5)
        run = await door.get(f"/threads/{thread}/runs/{run['id']}")
        assert run["status"] == "in_progress" and run["started_at"] is not None and run["usage"] is None
        (step,) = (await door.get(f"/threads/{thread}/runs/{run['id']}/steps"))["data"]
        message = (await door.get(f"/threads/{thread}/messages"))["data"][0]
        assert (step["status"], message["status"], message["content"]) == ("in_progress", "in_progress", [])
        refused = await door.http.post(f"/threads/{thread}/messages", json={"role": "user", "content": "And?"})
        assert refused.status_code == 400
        run = await door.until(run, *OVER)
        assert run["status"] == "completed"
        took = run["completed_at"] - run["created_at"]
        assert abs(took - run["usage"]["completion_tokens"] * 0.05) < 5
        assert (await door.get(f"/threads/{thread}/messages"))["data"][0]["content"][0]["text"]["value"]

    at_a_server(work)


def test_a_run_whose_caller_does_not_answer_expires_after_ten_minutes() -> None:
    async def work(door: Door) -> None:
        assistant = await door.assistant(tools=[WEATHER])
        thread = await door.thread("What is the weather in Paris?")
        run = await door.post(f"/threads/{thread}/runs", {"assistant_id": assistant})
        run = await door.until(run, "requires_action")
        assert run["expires_at"] == run["created_at"] + 600
        await asyncio.sleep(570)
        assert (await door.get(f"/threads/{thread}/runs/{run['id']}"))["status"] == "requires_action"
        await asyncio.sleep(30)
        run = await door.get(f"/threads/{thread}/runs/{run['id']}")
        assert (run["status"], run["required_action"]) == ("expired", None)
        (step,) = (await door.get(f"/threads/{thread}/runs/{run['id']}/steps"))["data"]
        assert step["status"] == "expired" and step["expired_at"] is not None
        await door.post(f"/threads/{thread}/messages", {"role": "user", "content": "Hello!"})

    at_a_server(work)


def test_a_run_that_writes_for_too_long_expires_with_what_it_has_written() -> None:
    async def work(door: Door) -> None:
        assistant, thread = await door.assistant(), await door.thread(ESSAY)
        run = await door.post(f"/threads/{thread}/runs", {"assistant_id": assistant}, **{"x-fakeai-itl-ms": "2000"})
        run = await door.until(run, *OVER)
        assert run["status"] == "expired" and run["usage"]["completion_tokens"] == 0
        message = (await door.get(f"/threads/{thread}/messages"))["data"][0]
        assert (message["status"], message["incomplete_details"]) == ("incomplete", {"reason": "run_expired"})
        assert message["content"][0]["text"]["value"]

    at_a_server(work)


def test_a_run_is_stopped_at_once_and_tells_what_it_had() -> None:
    async def work(door: Door) -> None:
        assistant, thread = await door.assistant(), await door.thread(ESSAY)
        run = await door.post(f"/threads/{thread}/runs", {"assistant_id": assistant}, **SLOW)
        await asyncio.sleep(3)
        assert (await door.post(f"/threads/{thread}/runs/{run['id']}/cancel", {}))["status"] == "cancelling"
        run = await door.until(run, *OVER)
        assert run["status"] == "cancelled"
        message = (await door.get(f"/threads/{thread}/messages"))["data"][0]
        assert message["incomplete_details"] == {"reason": "run_cancelled"}

    at_a_server(work)


def test_a_thread_that_is_deleted_takes_its_run_along() -> None:
    async def work(door: Door) -> None:
        assistant, thread = await door.assistant(), await door.thread(ESSAY)
        run = await door.post(f"/threads/{thread}/runs", {"assistant_id": assistant}, **SLOW)
        await asyncio.sleep(3)
        assert (await door.http.delete(f"/threads/{thread}")).json()["deleted"]
        await asyncio.sleep(600)
        assert (await door.http.get(f"/threads/{thread}/runs/{run['id']}")).status_code == 404

    at_a_server(work)


def test_a_client_that_leaves_a_stream_does_not_end_the_run() -> None:
    async def work(door: Door) -> None:
        assistant, thread = await door.assistant(), await door.thread(ESSAY)
        body = {"assistant_id": assistant, "stream": True}
        async with door.http.stream("POST", f"/threads/{thread}/runs", json=body, headers=SLOW) as reply:
            await anext(reply.aiter_lines())
        run = (await door.get(f"/threads/{thread}/runs"))["data"][0]
        assert (await door.until(run, *OVER))["status"] == "completed"

    at_a_server(work)


def test_twenty_runs_go_on_at_once() -> None:
    async def work(door: Door) -> None:
        assistant = await door.assistant()

        async def one() -> Any:
            thread: Any = {"messages": [{"role": "user", "content": ESSAY}]}
            body = {"assistant_id": assistant, "thread": thread, "max_completion_tokens": 256}
            return await door.until(await door.post("/threads/runs", body, **SLOW), *OVER)

        runs = await asyncio.gather(*(one() for _ in range(20)))
        assert {run["status"] for run in runs} == {"incomplete"}
        assert max(run["started_at"] for run in runs) - min(run["started_at"] for run in runs) < 5

    at_a_server(work)


@pytest.mark.parametrize("cancelled", [False, True], ids=["left", "cancelled"])
async def test_a_run_whose_server_is_killed_is_carried_on_by_the_next(tmp_path: Path, cancelled: bool) -> None:
    with KeptServer(tmp_path / "data", "--seed", "1", "--itl", "20") as server:
        async with httpx.AsyncClient(base_url=f"{server.url}/v1", timeout=30) as http:
            door = Door(http)
            assistant, thread = await door.assistant(), await door.thread(ESSAY)
            run = await door.post(f"/threads/{thread}/runs", {"assistant_id": assistant, "max_completion_tokens": 256})
            while not (await door.get(f"/threads/{thread}/runs/{run['id']}/steps"))["data"]:
                await asyncio.sleep(0.05)
        server.kill()
        server.start()
        async with httpx.AsyncClient(base_url=f"{server.url}/v1", timeout=30) as http:
            door = Door(http)
            if cancelled:
                await door.post(f"/threads/{thread}/runs/{run['id']}/cancel", {})
            run = await door.until(run, *OVER, every_s=0.2)
            assert run["status"] == ("cancelled" if cancelled else "incomplete")
            messages = (await door.get(f"/threads/{thread}/messages"))["data"]
            steps = (await door.get(f"/threads/{thread}/runs/{run['id']}/steps"))["data"]
            assert len(messages) == 2 and len(steps) == 1
            assert messages[0]["status"] == "incomplete"


async def test_a_run_is_stopped_through_another_server_on_the_same_database(tmp_path: Path) -> None:
    options = ("--seed", "1", "--itl", "100")
    with KeptServer(tmp_path / "data", *options) as one, KeptServer(tmp_path / "data", *options) as other:
        async with (
            httpx.AsyncClient(base_url=f"{one.url}/v1", timeout=30) as here,
            httpx.AsyncClient(base_url=f"{other.url}/v1", timeout=30) as there,
        ):
            door = Door(here)
            assistant, thread = await door.assistant(), await door.thread(ESSAY)
            streamed = asyncio.create_task(door.events(f"/threads/{thread}/runs", {"assistant_id": assistant}))
            while not (runs := (await door.get(f"/threads/{thread}/runs"))["data"]):
                await asyncio.sleep(0.05)
            path = f"/threads/{thread}/runs/{runs[0]['id']}"
            while not (await door.get(f"{path}/steps"))["data"]:
                await asyncio.sleep(0.05)
            await Door(there).post(f"{path}/cancel", {})
            await door.until(runs[0], "cancelled", every_s=0.1)
            names = [name for name, _ in await asyncio.wait_for(streamed, 20)]
            assert "thread.run.completed" not in names
            messages = (await door.get(f"/threads/{thread}/messages"))["data"]
            assert [message["status"] for message in messages] == ["incomplete", "completed"]
