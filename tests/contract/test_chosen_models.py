"""A server of certain models: it lists and answers for these, and tells which when it is asked for others."""

from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from fakeai.settings import load
from fakeai.testing import FakeAI

HELLO: Any = [{"role": "user", "content": "Say hello"}]


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeAI]:
    with FakeAI(seed=1) as far:
        file = tmp_path_factory.mktemp("models") / "models.yaml"
        file.write_text(
            "default_model: small\n"
            "models:\n  - gpt-4o\n  - small\n"
            f"  - {{id: far, backend: openai, base_url: '{far.base_url}', upstream_model: gpt-4o}}\n"
            "  - {id: gone, backend: openai, base_url: 'http://127.0.0.1:9/v1'}\n"
        )
        with FakeAI(load(None, {"models_file": str(file)}, {})) as made:
            yield made


def test_the_list_shows_them_the_default_first(fake: FakeAI) -> None:  # gateway 78
    with httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai/v1") as http:
        told = http.get("/models").json()
    assert [card["id"] for card in told["data"]] == told["models"] == ["small", "gpt-4o", "far", "gone"]
    assert (told["object"], told["default_model"]) == ("list", "small")
    assert [card.id for card in fake.client().models.list()] == told["models"]


def test_each_is_answered_by_who_is_said_to(fake: FakeAI) -> None:  # gateway 79, 83
    client = fake.client(max_retries=0)
    for model in ("small", "gpt-4o", "far"):
        assert client.chat.completions.create(model=model, messages=HELLO).choices[0].message.content
    with pytest.raises(openai.APIStatusError) as refused:
        client.chat.completions.create(model="gone", messages=HELLO)
    assert (refused.value.status_code, refused.value.code) == (502, "upstream_error")
    assert client.chat.completions.create(model="small", messages=HELLO).model == "small"


def test_others_are_refused_with_those_that_there_are(fake: FakeAI) -> None:  # gateway 80
    client = fake.client(max_retries=0)
    with pytest.raises(openai.NotFoundError, match="There are: small, gpt-4o, far, gone") as refused:
        client.chat.completions.create(model="o1", messages=HELLO)
    assert refused.value.code == "model_not_found"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("o1")
