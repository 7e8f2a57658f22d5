"""A server in this process, and somebody who asks it."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest

from fakeai.testing import FakeAI, run_virtual

Ask = Callable[..., Any]


@pytest.fixture
def fake() -> Iterator[FakeAI]:
    with FakeAI(seed=1) as made:
        yield made


@pytest.fixture
def ask(fake: FakeAI) -> Iterator[Ask]:
    """Sends a request, and gives the JSON of its answer, which must have the status that is expected."""
    with httpx.Client(transport=fake.transport(), base_url="http://fakeai/v1", timeout=30) as door:

        def send(method: str, path: str, body: Any = None, status: int = 200, **more: Any) -> Any:
            reply = door.request(method, path, json=body, **more) if method == "POST" else door.request(method, path)
            assert reply.status_code == status, (method, path, reply.text)
            return reply.json() if reply.content else None

        yield send


class Door:
    """Asks a server in virtual time."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def __call__(self, method: str, path: str, body: Any = None, status: int = 200, **more: Any) -> Any:
        reply = await self.http.request(method, path, json=body if method == "POST" else None, **more)
        assert reply.status_code == status, (method, path, reply.text)
        return reply.json() if reply.content else None


def virtually(main: Callable[[Door], Awaitable[None]], **settings: Any) -> None:
    """Run `main` with somebody who asks a server, in virtual time."""

    async def run() -> None:
        async with (
            FakeAI(seed=1, **settings) as fake,
            httpx.AsyncClient(transport=fake.async_transport(), base_url="http://fakeai/v1", timeout=1e9) as http,
        ):
            await main(Door(http))

    run_virtual(run())


MODEL = {"model": "gpt-4o-mini"}
NOWHERE = {"type": "none"}
HOSTED = {"type": "openai_hosted"}
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


async def opened(ask: Door, input: Any, *tools: Any, environment: Any = NOWHERE, **more: Any) -> str:
    """The path of a session that was told something, and has come to rest."""
    agent = {**MODEL, "tools": list(tools), **more.pop("agent", {})}
    made = await ask("POST", "/agents/sessions", {"agent": agent, "environment": environment, "input": input, **more})
    at = f"/agents/sessions/{made['id']}"
    await rested(ask, at)
    return at


async def rested(ask: Door, at: str) -> Any:
    """A session once nothing happens in it any more."""
    for _ in range(1_000):
        session = await ask("GET", at)
        if session["status"] != "in_progress":
            return session
        await asyncio.sleep(0.1)
    raise AssertionError(session)


async def said(ask: Door, at: str, text: str) -> None:
    """Tell a session something."""
    message = {"role": "user", "content": [{"type": "input_text", "text": text}]}
    await given(ask, at, {"type": "agent.session.input.message", "input": [message]})


async def given(ask: Door, at: str, *events: Any, status: int = 202) -> Any:
    """Give a session input."""
    return await ask("POST", f"{at}/events", {"events": list(events)}, status=status)


async def items_of(ask: Door, at: str) -> list[Any]:
    """All items of a thread, the oldest first."""
    return list((await ask("GET", f"{at}/items?order=asc&limit=100"))["data"])


async def events_of(ask: Door, at: str, after: str) -> list[Any]:
    """The events of a session that is idle, behind one, up to the last."""
    found: list[Any] = []
    async with ask.http.stream("GET", f"{at}/events?after={after}&include_obfuscation=false") as reply:
        assert reply.status_code == 200
        async for line in reply.aiter_lines():
            if line.startswith("data: "):
                found.append(json.loads(line[6:]))
                if found[-1]["type"] in ("agent.session.idle", "agent.session.failed", "agent.session.requires_action"):
                    break
    return found
