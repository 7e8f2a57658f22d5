"""What only a real model in this process has to keep: forms, calls, its own tokens; asked by the official SDK."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from contract import tiny
from contract.conftest import SEA, fold
from fakeai.testing import FakeAI
from fakeai.testing.loops import run_virtual

SCHEMA = {
    "type": "object",
    "properties": {"colour": {"enum": ["blue", "green"]}, "depth": {"type": "integer", "minimum": 0, "maximum": 9}},
    "required": ["colour", "depth"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "sound", "description": "Measures.", "parameters": SCHEMA}}


@pytest.fixture(scope="module")
def fake(tiny_chat: Path, tiny_encoder: Path) -> Iterator[FakeAI]:
    flags = {
        "models.tiny.backend": "transformers",
        "models.tiny.path": str(tiny_chat),
        "models.vectors.backend": "transformers",
        "models.vectors.path": str(tiny_encoder),
        "models.vectors.family": "embedding",
    }
    with FakeAI(flags, seed=1) as made:
        yield made


@pytest.fixture(scope="module")
def client(fake: FakeAI) -> Iterator[openai.OpenAI]:
    with fake.client(max_retries=0) as made:
        yield made


@pytest.fixture(params=["whole", "stream"])
def complete(client: openai.OpenAI, request: pytest.FixtureRequest) -> Callable[..., Any]:
    def ask(**asked: Any) -> Any:
        asked = {"model": "tiny", "messages": SEA, "max_tokens": 200, **asked}
        if request.param == "whole":
            return client.chat.completions.create(**asked)
        return fold(client.chat.completions.create(stream=True, stream_options={"include_usage": True}, **asked))

    return ask


@pytest.mark.parametrize("seed", range(3))
def test_an_answer_follows_its_schema(complete: Callable[..., Any], seed: int) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "sea", "schema": SCHEMA, "strict": True}}
    choice = complete(response_format=form, seed=seed).choices[0]
    said = json.loads(choice.message.content)
    assert said["colour"] in ("blue", "green")
    assert 0 <= said["depth"] <= 9
    assert choice.finish_reason == "stop"


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "sound"}}])
def test_a_tool_that_must_be_called_is_called(complete: Callable[..., Any], choice: Any) -> None:
    made = complete(tools=[TOOL], tool_choice=choice, n=2, temperature=1, seed=4)
    for one in made.choices:
        [call] = one.message.tool_calls
        assert call.function.name == "sound"
        assert set(json.loads(call.function.arguments)) == {"colour", "depth"}
        assert one.message.content is None
        assert one.finish_reason == "tool_calls"
    assert len({call.id for one in made.choices for call in one.message.tool_calls}) == 2


def test_tokens_are_counted_and_biased_by_the_models_own_vocabulary(client: openai.OpenAI) -> None:
    words = tiny.tokenizer()
    sea = words.convert_tokens_to_ids("Ġsea")
    made = client.completions.create(
        model="tiny", prompt="The sea", max_tokens=3, temperature=0, logit_bias={str(sea): 100}
    )
    assert made.choices[0].text == " sea sea sea"
    assert made.usage.prompt_tokens == len(words("The sea")["input_ids"])
    ids = words("The sea")["input_ids"]
    again = client.completions.create(model="tiny", prompt=ids, max_tokens=3, temperature=0, logit_bias={str(sea): 100})
    assert (again.choices[0].text, again.usage.prompt_tokens) == (" sea sea sea", len(ids))


def test_a_text_is_scored_without_a_token_of_the_models_own(client: openai.OpenAI) -> None:
    made = client.completions.create(model="tiny", prompt="The sea is blue", max_tokens=0, echo=True, logprobs=1)
    listed = made.choices[0].logprobs
    assert "".join(listed.tokens) == made.choices[0].text == "The sea is blue"
    assert listed.token_logprobs[0] is None
    assert all(logprob < 0 for logprob in listed.token_logprobs[1:])
    assert made.usage.completion_tokens == 0


def test_the_best_of_several_is_the_likeliest(client: openai.OpenAI) -> None:
    asked = {"model": "tiny", "prompt": "The", "max_tokens": 5, "seed": 3}
    best = client.completions.create(**asked, best_of=4, n=1, logprobs=0).choices[0]
    every = client.completions.create(**asked, n=4, logprobs=0).choices
    means = [sum(one.logprobs.token_logprobs) / len(one.logprobs.tokens) for one in every]
    assert best.text == every[means.index(max(means))].text


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}]},
            "messages",
        ),
        ({"messages": [{"role": "user", "content": "sea " * 600}]}, "messages"),
        ({"tools": [{"type": "custom", "custom": {"name": "free"}}]}, "tools"),
        ({"web_search_options": {}}, "web_search_options"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_the_model_cannot_be_asked_is_refused_by_name(
    client: openai.OpenAI, asked: dict[str, Any], param: str, stream: bool
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**{"model": "tiny", "messages": SEA, **asked}, stream=stream)
    assert str(caught.value.param).startswith(param)


def test_each_kind_of_model_has_its_own_endpoints(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="vectors", messages=SEA)
    with pytest.raises(openai.PermissionDeniedError):
        client.embeddings.create(model="tiny", input="x")
    with pytest.raises(openai.BadRequestError, match="does not support specifying dimensions"):
        client.embeddings.create(model="vectors", input="x", dimensions=8)


def test_numbers_and_base64_are_the_same_vector(client: openai.OpenAI) -> None:
    floats = client.embeddings.create(model="vectors", input="The sea", encoding_format="float").data[0].embedding
    packed = client.embeddings.create(model="vectors", input="The sea").data[0].embedding  # the SDK asks for base64
    assert floats == pytest.approx(packed, abs=1e-6)


def test_metrics_and_probes_know_real_models(fake: FakeAI, client: openai.OpenAI) -> None:
    list(client.chat.completions.create(model="tiny", messages=SEA, max_tokens=4, stream=True))
    with httpx.Client(transport=fake.transport(), base_url="http://fakeai") as door:
        lines = door.get("/metrics").text.splitlines()
        ready = door.get("/readyz").status_code
    assert any(line.startswith('fakeai_requests_total{route="/chat/completions",model="tiny"') for line in lines)
    assert any(line.startswith('fakeai_time_to_first_token_seconds_count{model="tiny"') for line in lines)
    assert ready == 200


def test_simulated_and_real_models_answer_side_by_side(client: openai.OpenAI) -> None:
    simulated = client.chat.completions.create(model="gpt-4o", messages=SEA, max_tokens=4)
    assert (simulated.model, simulated.usage.completion_tokens) == ("gpt-4o", 4)


def test_virtual_time_stands_still_while_a_real_model_works(fake: FakeAI) -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        loop.call_later(3600, lambda: None)
        async with fake.async_client() as client:
            before = loop.time()
            await client.chat.completions.create(model="tiny", messages=SEA, max_tokens=8)
            await client.embeddings.create(model="vectors", input="x")
            return loop.time() - before

    assert run_virtual(main()) == 0


def test_apps_of_one_fakeai_share_the_weights(fake: FakeAI, client: openai.OpenAI) -> None:
    asked = {"model": "tiny", "messages": SEA, "max_tokens": 6, "temperature": 0}
    with openai.OpenAI(base_url=fake.base_url, api_key="x") as served:
        said = [made.chat.completions.create(**asked).choices[0].message.content for made in (client, served)]
    assert said[0] == said[1]
    assert len(fake._kept.local._engines) == 2


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        ({"path": "/no/such/model"}, r"models\.m: cannot read config\.json of the model '/no/such/model'"),
        ({"context_window": "4096"}, r"models\.m: context_window 4096 is more than the 512 tokens"),
        ({"family": "embedding", "context_window": "4096"}, r"models\.m: context_window 4096"),
    ],
)
def test_what_cannot_be_served_stops_the_start(tiny_chat: Path, flags: dict[str, str], complaint: str) -> None:
    given = {"backend": "transformers", "path": str(tiny_chat), **flags}
    with pytest.raises(ValueError, match=complaint):
        FakeAI({f"models.m.{name}": value for name, value in given.items()})


def test_without_real_models_nothing_of_theirs_is_imported() -> None:
    code = (
        "import sys; from fakeai.app import build; build().warm_up();"
        "print({'torch', 'transformers', 'tokenizers', 'vllm', 'httpx'} & set(sys.modules))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"
