"""Where things are kept on disk, the last event of a stream is told when the response is kept."""

import asyncio
from pathlib import Path
from typing import Any

import openai
import pytest

from fakeai.services.gathered import Gathered
from fakeai.testing import FakeAI


def test_a_stream_ends_when_its_response_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    add = Gathered.add

    async def watched(self: Any, thing: Any) -> None:
        await asyncio.sleep(0)
        await add(self, thing)
        order.append("kept")

    monkeypatch.setattr(Gathered, "add", watched)
    with FakeAI({"store.data_dir": str(tmp_path)}, seed=1) as fake:
        client = fake.client()
        for event in client.responses.create(model="gpt-4o-mini", input="Hi", stream=True):
            order.append(event.type)
        assert order.index("kept") < order.index("response.completed")
        assert order.count("kept") == 1
        assert client.responses.retrieve(event.response.id).output_text == event.response.output_text
        usage = event.response.usage
    assert usage is not None
    assert usage.output_tokens > 0


def test_one_that_cannot_be_kept_ends_with_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def failing(self: Any, thing: Any) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(Gathered, "add", failing)
    with FakeAI({"store.data_dir": str(tmp_path)}, seed=1) as fake:
        kinds = []
        with pytest.raises(openai.APIError):
            for event in fake.client().responses.create(model="gpt-4o-mini", input="Hi", stream=True):
                kinds.append(event.type)  # noqa: PERF401  # what came before the error counts
        assert "response.completed" not in kinds


def test_what_is_not_to_be_kept_waits_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Gathered, "add")
    with FakeAI({"store.data_dir": str(tmp_path)}, seed=1) as fake:
        events = list(fake.client().responses.create(model="gpt-4o-mini", input="Hi", stream=True, store=False))
        assert events[-1].type == "response.completed"
