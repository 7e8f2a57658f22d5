"""A server in this process, asked by hand: assistants are several services that belong together."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fakeai.testing import FakeAI


class Door:
    """The API of a server."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        reply = self.http.post(path, json={} if body is None else body, headers=headers)
        assert reply.is_success, reply.text
        return reply.json()

    def get(self, path: str) -> Any:
        reply = self.http.get(path)
        assert reply.is_success, reply.text
        return reply.json()

    def refused(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        reply = self.http.request(method, path, json=body, headers=headers)
        assert reply.is_error, reply.text
        return reply.status_code, reply.json()["error"]["message"]

    def over(self, run: Any) -> Any:
        while run["status"] in ("queued", "in_progress", "cancelling"):
            run = self.get(f"/threads/{run['thread_id']}/runs/{run['id']}")
        return run

    def file(self, name: str, data: bytes, purpose: str = "assistants") -> str:
        reply = self.http.post("/files", data={"purpose": purpose}, files={"file": (name, data)})
        return str(reply.json()["id"])

    def assistant(self, **more: Any) -> str:
        return str(self.post("/assistants", {"model": "gpt-4o", **more})["id"])

    def thread(self, *said: str, **more: Any) -> str:
        messages = [{"role": "user", "content": text} for text in said]
        return str(self.post("/threads", {"messages": messages, **more})["id"])


@pytest.fixture(scope="package")
def server() -> Iterator[FakeAI]:
    with FakeAI(seed=1) as made:
        yield made


@pytest.fixture
def door(server: FakeAI) -> Iterator[Door]:
    with httpx.Client(transport=server.transport(), base_url="http://fakeai/v1", timeout=60) as http:
        http.headers["OpenAI-Beta"] = "assistants=v2"
        yield Door(http)
