"""A server in this process, and somebody who asks it."""

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
