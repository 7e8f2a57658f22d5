"""The official SDK's clients: each test that asks for `client` runs in process and through a real server's socket."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.lib.streaming.chat import ChatCompletionStreamState

from contract.tiny import tiny_chat, tiny_encoder  # noqa: F401  # fixtures
from fakeai.testing import FakeAI

MODEL = "gpt-4o-mini"
SEA = [{"role": "user", "content": "Tell me about the sea."}]


@pytest.fixture(scope="session")
def fake() -> Iterator[FakeAI]:
    with FakeAI(seed=1) as made:
        yield made


@pytest.fixture(params=["memory", "directory"])
def kept_fake(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FakeAI]:
    """One that keeps its things in memory, and one that keeps them in a directory."""
    kept = {"store.data_dir": str(tmp_path / "data")} if request.param == "directory" else {}
    with FakeAI(kept, seed=1) as made:
        yield made


@pytest.fixture(scope="session", params=["in process", "served"])
def client(fake: FakeAI, request: pytest.FixtureRequest) -> Iterator[OpenAI]:
    served = request.param == "served"
    with OpenAI(base_url=fake.base_url, api_key="any", max_retries=0) if served else fake.client(max_retries=0) as made:
        yield made


@pytest.fixture(scope="session")
def one_client(fake: FakeAI) -> Iterator[OpenAI]:
    """In process only, for what has nothing to do with a door."""
    with fake.client(max_retries=0) as made:
        yield made


def fold(chunks: Any) -> Any:
    """The completion that the SDK's own accumulator makes of a stream."""
    state: ChatCompletionStreamState[Any] = ChatCompletionStreamState()
    for chunk in chunks:
        state.handle_chunk(chunk)
    return state.current_completion_snapshot


@pytest.fixture(params=["whole", "stream"])
def complete(client: OpenAI, request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Asks for a chat completion, in one piece or as a stream that the SDK puts together."""

    def ask(**asked: Any) -> Any:
        asked = {"model": MODEL, "messages": SEA, **asked}
        if request.param == "whole":
            return client.chat.completions.create(**asked)
        return fold(client.chat.completions.create(stream=True, stream_options={"include_usage": True}, **asked))

    return ask


@pytest.fixture
def refused(one_client: OpenAI) -> Callable[..., openai.APIStatusError]:
    """The SDK's exception for a chat request that must be refused."""

    def ask(**asked: Any) -> openai.APIStatusError:
        with pytest.raises(openai.APIStatusError) as caught:
            one_client.chat.completions.create(**{"model": MODEL, "messages": SEA, **asked})
        return caught.value

    return ask
