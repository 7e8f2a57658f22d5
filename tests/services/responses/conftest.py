"""An output to feed with deltas, and a server in this process."""

from collections.abc import Callable, Iterator
from typing import Any

import openai
import orjson
import pytest

from fakeai.core.chance import Ids
from fakeai.core.generation import ToolStart
from fakeai.services.responses.calls import CallItem, function_item
from fakeai.services.responses.output import Output
from fakeai.services.responses.telling import Style
from fakeai.testing import FakeAI

MakeOutput = Callable[..., Output]


@pytest.fixture
def make_output() -> MakeOutput:
    def make(opener: Callable[[ToolStart], CallItem] | None = None, **style: Any) -> Output:
        response: Any = {"id": "resp_1", "status": "in_progress", "output": []}
        opens = opener or (lambda start: function_item(f"fc_{start.call}", start))
        return Output(response, Ids(b"1"), opens, Style(**{"framed": False, "obfuscate": False, **style}), lambda: 7)

    return make


def told(documents: list[bytes]) -> list[Any]:
    return [orjson.loads(document) for document in documents]


@pytest.fixture
def fake() -> Iterator[FakeAI]:
    with FakeAI(seed=3) as made:
        yield made


@pytest.fixture
def client(fake: FakeAI) -> openai.OpenAI:
    return fake.client()
