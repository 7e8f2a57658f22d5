"""`POST /completions`: texts continued, several prompts at a time, streamed or not."""

import asyncio
from collections import defaultdict
from typing import Any

import orjson
import pytest
from openai.types import Completion

from fakeai.backends.engine_room import EngineRoom
from fakeai.backends.simulated import SimulatedModel
from fakeai.core import catalog
from fakeai.core.chance import Ids
from fakeai.core.clock import VirtualLoop, WallClock
from fakeai.core.errors import ApiError, BadRequest
from fakeai.core.events import Bus
from fakeai.core.generation import Usage
from fakeai.services.completions import Completions
from fakeai.services.directory import ModelDirectory
from fakeai.sim.timing import LatencyProfile

from .conftest import MakeCall


@pytest.fixture
def service(directory: ModelDirectory, clock: WallClock, ids: Ids, no_latency: LatencyProfile) -> Completions:
    backend = SimulatedModel(clock, Bus(), no_latency, ids, EngineRoom(clock, Bus(), {}))
    return Completions(backend, directory, clock, ids, "org-fakeai", seed=b"tests", lenient=False)


@pytest.fixture
def ask(service: Completions, make_call: MakeCall) -> Any:
    async def ask(prompt: Any, headers: Any = None, **more: Any) -> Any:
        body = {"model": "gpt-3.5-turbo-instruct", "prompt": prompt, **more}
        reply = await service.create(make_call(service, "create", body, headers=headers))
        if reply.events is None:
            if not more.get("echo"):  # the SDK's type has no room for the echo's first, null log probability
                Completion.model_validate(reply.body, strict=True)
            return reply.body
        return [orjson.loads(chunk) async for burst in reply.events for chunk in burst]

    return ask


def _texts(reply: Any) -> list[str]:
    return [choice["text"] for choice in reply["choices"]]


async def test_a_text_is_continued_for_sixteen_tokens(ask: Any) -> None:
    reply = await ask("The history of lighthouses begins")
    assert reply["id"].startswith("cmpl-") and reply["object"] == "text_completion"
    assert (reply["created"], reply["model"]) == (1_760_000_000, "gpt-3.5-turbo-instruct")
    assert reply["usage"] == {"prompt_tokens": 7, "completion_tokens": 16, "total_tokens": 23}
    (choice,) = reply["choices"]
    assert (choice["index"], choice["finish_reason"], choice["logprobs"]) == (0, "length", None)
    assert len(choice["text"]) > 16


async def test_equal_requests_have_equal_answers(ask: Any) -> None:
    first = _texts(await ask("Tell me a story", seed=1))
    assert _texts(await ask("Tell me a story", seed=1)) == first
    assert _texts(await ask("Tell me a story", seed=2, n=8)) != [first[0]] * 8
    cold = [_texts(await ask("Tell me a story", seed=seed, temperature=0)) for seed in (1, 2)]
    assert cold[0] == cold[1]


async def test_several_prompts_are_answered_in_order(ask: Any) -> None:
    reply = await ask(["First", "Second", "Third"], n=2, seed=1)
    assert [choice["index"] for choice in reply["choices"]] == [0, 1, 2, 3, 4, 5]
    assert reply["usage"] == {"prompt_tokens": 3, "completion_tokens": 96, "total_tokens": 99}
    alone = await ask("Second", n=2, seed=1)
    assert _texts(reply)[2:4] == _texts(alone)


async def test_a_prompt_given_twice_is_answered_twice(ask: Any) -> None:
    texts = _texts(await ask(["Tell me a story"] * 6, max_tokens=40))
    assert len(set(texts)) > 1
    assert len(set(_texts(await ask(["Tell me a story"] * 3, temperature=0)))) == 1


async def test_token_ids_are_prompts(ask: Any) -> None:
    ids = [15339, 1917]  # "hello world" in cl100k_base
    text, flat, nested = await ask("hello world"), await ask(ids), await ask([ids, ids[:1]])
    assert _texts(text) == _texts(flat) == _texts(nested)[:1]
    assert nested["usage"]["prompt_tokens"] == 3


@pytest.mark.parametrize("prompt", [None, []])
async def test_no_prompt_begins_a_document(ask: Any, prompt: Any) -> None:
    reply = await ask(prompt, echo=True)
    assert _texts(reply)[0].startswith("<|endoftext|>")
    assert reply["usage"]["prompt_tokens"] == 1


async def test_an_echo_is_not_paid_for_and_shifts_nothing(ask: Any) -> None:
    plain, echoed = await ask("Once upon a time", logprobs=1), await ask("Once upon a time", echo=True, logprobs=1)
    assert _texts(echoed) == ["Once upon a time" + _texts(plain)[0]]
    assert echoed["usage"] == plain["usage"]
    listed = echoed["choices"][0]["logprobs"]
    assert listed["tokens"][:4] == ["Once", " upon", " a", " time"]
    assert listed["tokens"][4:] == plain["choices"][0]["logprobs"]["tokens"]
    assert listed["text_offset"][4:] == plain["choices"][0]["logprobs"]["text_offset"]
    assert listed["token_logprobs"][0] is None and None not in listed["token_logprobs"][1:]


async def test_nothing_but_the_echo_scores_a_text(ask: Any) -> None:
    reply = await ask("Once upon a time", echo=True, logprobs=0, max_tokens=0)
    assert _texts(reply) == ["Once upon a time"]
    assert reply["choices"][0]["logprobs"]["tokens"] == ["Once", " upon", " a", " time"]
    assert (reply["choices"][0]["finish_reason"], reply["usage"]["completion_tokens"]) == ("length", 0)


async def test_stop_sequences_end_the_text_before_them(ask: Any) -> None:
    whole = _texts(await ask("Tell me a story", max_tokens=60, temperature=0))[0]
    word = whole.split()[3]
    reply = await ask("Tell me a story", max_tokens=60, temperature=0, stop=["%%", word])
    assert _texts(reply) == [whole[: whole.index(word)]]
    assert reply["choices"][0]["finish_reason"] == "stop"


async def test_the_best_of_many_are_kept_and_all_are_paid_for(ask: Any) -> None:
    best = await ask("Tell me a story", n=2, best_of=5, logprobs=0, max_tokens=10)
    everything = await ask("Tell me a story", n=5, logprobs=0, max_tokens=10)

    def mean(choice: Any) -> float:
        chances: list[float] = choice["logprobs"]["token_logprobs"]
        return sum(chances) / len(chances)

    ranked = sorted(everything["choices"], key=mean, reverse=True)
    assert _texts(best) == [choice["text"] for choice in ranked[:2]]
    assert best["usage"]["completion_tokens"] == 50
    unlisted = await ask("Tell me a story", n=2, best_of=5, max_tokens=10)
    assert _texts(unlisted) == _texts(best) and unlisted["choices"][0]["logprobs"] is None


@pytest.mark.parametrize("more", [{}, {"logprobs": 2}, {"echo": True, "logprobs": 3}, {"n": 3, "stop": ["."]}])
async def test_a_stream_adds_up_to_the_whole(ask: Any, more: dict[str, Any]) -> None:
    prompts = ["Once upon a time", "こんにちは 🌍"]
    whole = await ask(prompts, max_tokens=40, **more)
    chunks = await ask(prompts, max_tokens=40, stream=True, stream_options={"include_usage": True}, **more)
    texts: dict[int, str] = defaultdict(str)
    listed: dict[int, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    reasons: dict[int, str] = {}
    for chunk in chunks[:-1]:
        assert chunk["usage"] is None
        (choice,) = chunk["choices"]
        index = choice["index"]
        assert index not in reasons
        texts[index] += choice["text"]
        for name, values in (choice["logprobs"] or {}).items():
            listed[index][name] += values
        if choice["finish_reason"]:
            reasons[index] = choice["finish_reason"]
    for choice in whole["choices"]:
        index = choice["index"]
        assert (texts[index], reasons[index]) == (choice["text"], choice["finish_reason"])
        assert listed.get(index) == choice["logprobs"]
    assert (chunks[-1]["choices"], chunks[-1]["usage"]) == ([], whole["usage"])
    assert len({chunk["id"] for chunk in chunks}) == 1


async def test_a_streams_usage_is_known_at_its_end(service: Completions, make_call: MakeCall) -> None:
    body = {"model": "davinci-002", "prompt": ["hello", "hello world"], "max_tokens": 2, "stream": True}
    reply = await service.create(make_call(service, "create", body))
    assert reply.usage is None and reply.events is not None
    await reply.events.drain(print)
    assert reply.usage == Usage(3, 4)


_CHAT_MODEL = (
    "This is a chat model and not supported in the v1/completions endpoint. Did you mean to use v1/chat/completions?"
)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"model": "gpt-4o"}, 404, _CHAT_MODEL),
        ({"model": "text-embedding-3-small"}, 403, "You are not allowed to sample from this model"),
        (
            {"prompt": "a " * 4000, "max_tokens": 100},
            400,
            "This model's maximum context length is 4096 tokens, however you requested 4101 tokens "
            "(4001 in your prompt; 100 for the completion). Please reduce your prompt; or completion length.",
        ),
        ({"prompt": [100_300]}, 400, "Invalid 'prompt': there is a token id outside"),
        ({"prompt": ["x"] * 1025, "n": 2}, 400, "Too many choices: 1025 prompts with 2 completions each."),
        ({"n": 3, "best_of": 2}, 400, "You requested that the server return more choices than it will generate"),
    ],
)
async def test_what_cannot_be_done_is_refused(ask: Any, body: dict[str, Any], status: int, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        await ask(**{"prompt": "x", **body})
    assert caught.value.message.startswith(message)
    assert caught.value.status == status


@pytest.mark.parametrize(
    "model", ["acme-large", "meta-llama/Llama-3.1-8B-Instruct", "openai/gpt-oss-20b", "deepseek-reasoner"]
)
async def test_models_of_others_continue_texts_without_thinking(ask: Any, model: str) -> None:
    assert (await ask("x", model=model))["usage"]["completion_tokens"] == 16


async def test_schema_validation_takes_what_the_document_allows(ask: Any) -> None:
    reply = await ask("x", {"x-fakeai-validation": "schema"}, model="gpt-4o", best_of=0, n=1, max_tokens=4096)
    assert len(reply["choices"]) == 1
    chunks = await ask("x", {"x-fakeai-validation": "schema"}, best_of=3, stream=True)
    assert {chunk["choices"][0]["index"] for chunk in chunks} == {0}


async def test_schema_validation_replies_with_what_the_document_allows(ask: Any) -> None:
    reply = await ask("x", {"x-fakeai-validation": "schema"}, echo=True, logprobs=1)
    Completion.model_validate(reply, strict=True)
    assert reply["choices"][0]["logprobs"]["text_offset"][:2] == [0, 1]


async def test_a_latency_that_cannot_be_read_is_the_callers_mistake(ask: Any) -> None:
    with pytest.raises(BadRequest, match="'soon' is not a latency"):
        await ask(["x", "y"], {"x-fakeai-itl-ms": "soon"})


def test_prompts_are_answered_side_by_side(no_latency: LatencyProfile, make_call: MakeCall) -> None:
    async def run(*, stream: bool) -> float:
        clock, ids = WallClock(), Ids(b"tests")
        directory = ModelDirectory(catalog.load(), strict=False, default="gpt-4o-mini")
        backend = SimulatedModel(clock, Bus(), no_latency, ids, EngineRoom(clock, Bus(), {}))
        service = Completions(backend, directory, clock, ids, "org-fakeai", seed=b"", lenient=False)
        body = {"model": "davinci-002", "prompt": ["a", "b", "c"], "max_tokens": 5, "stream": stream, "logprobs": 0}
        headers = {"x-fakeai-ttft-ms": "500", "x-fakeai-itl-ms": "100"}
        reply = await service.create(make_call(service, "create", body, headers=headers))
        if reply.events is not None:
            await reply.events.drain(print)
        return asyncio.get_running_loop().time()

    for stream in (True, False):
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            assert runner.run(run(stream=stream)) == pytest.approx(0.9)


@pytest.mark.parametrize("more", [{"n": 2}, {"logprobs": 1}, {}])
def test_usage_comes_after_the_last_token_of_every_prompt(
    make_call: MakeCall, no_latency: LatencyProfile, more: dict[str, Any]
) -> None:
    async def run(seed: int) -> list[Any]:
        clock, ids = WallClock(), Ids(b"tests")
        directory = ModelDirectory(catalog.load(), strict=False, default="gpt-4o-mini")
        backend = SimulatedModel(clock, Bus(), no_latency, ids, EngineRoom(clock, Bus(), {}))
        service = Completions(backend, directory, clock, ids, "org-fakeai", seed=b"", lenient=False)
        body = {"model": "davinci-002", "prompt": ["Once", "Twice"], "max_tokens": 31, "stream": True, "seed": seed}
        body |= {"stream_options": {"include_usage": True}, **more}
        headers = {"x-fakeai-itl-ms": "uniform(1,40)"}
        reply = await service.create(make_call(service, "create", body, headers=headers))
        assert reply.events is not None
        return [orjson.loads(chunk) async for burst in reply.events for chunk in burst]

    for seed in range(12):
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            chunks = runner.run(run(seed))
        assert [bool(chunk["usage"]) for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
        assert chunks[-1]["usage"]["completion_tokens"] == 62 * more.get("n", 1)


@pytest.mark.parametrize("more", [{"n": 2}, {"logprobs": 1}, {}])
async def test_a_stream_that_was_cut_off_has_used_what_was_delivered(
    service: Completions, make_call: MakeCall, more: dict[str, Any]
) -> None:
    body = {"model": "davinci-002", "prompt": "a", "max_tokens": 3, "stream": True, **more}
    reply = await service.create(make_call(service, "create", body, headers={"x-fakeai-itl-ms": "60000"}))
    assert reply.events is not None
    async for _ in reply.events:
        break
    reply.events.cancel()
    assert reply.usage is not None
    assert reply.usage.completion == more.get("n", 1) < 3
    assert reply.usage.prompt > 0


async def test_a_client_that_leaves_frees_every_answer(service: Completions, make_call: MakeCall) -> None:
    body = {"model": "davinci-002", "prompt": ["a", "b"], "stream": True}
    headers = {"x-fakeai-ttft-ms": "1", "x-fakeai-itl-ms": "60000"}
    reply = await service.create(make_call(service, "create", body, headers=headers))
    assert reply.events is not None
    ended: list[bool] = []
    reply.events.on_end(lambda _error, cancelled: ended.append(cancelled))
    async for _ in reply.events:
        break
    reply.events.cancel()
    assert ended == [True]
