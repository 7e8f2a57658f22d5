"""A server in this process, and somebody who asks it."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from fakeai.testing import FakeAI

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
