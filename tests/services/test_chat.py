"""`POST /chat/completions`: what the answer depends on and what not, in one piece or as a stream."""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from openai.types.chat import ChatCompletion

from fakeai.backends.engine_room import EngineRoom
from fakeai.backends.simulated import SimulatedModel
from fakeai.core import catalog
from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.core.errors import (
    ApiError,
    BadRequest,
    ContextLengthExceeded,
    ModelNotFound,
    NotFound,
    UnsupportedParameter,
)
from fakeai.core.events import Bus
from fakeai.core.feed import Feed
from fakeai.core.generation import AudioOut, Burst, GenerateRequest, Usage
from fakeai.services.chat import Chat
from fakeai.services.directory import ModelDirectory
from fakeai.services.files import Files
from fakeai.services.stored import StoredCompletions
from fakeai.sim.timing import LatencyProfile
from fakeai.store.local import MemoryBlobs
from fakeai.store.sql import SqlDatabase
from fakeai.testing import run_virtual
from tests.content.images_made import png

from .conftest import MakeCall

SEA = [{"role": "user", "content": "Tell me about the sea."}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
PERSON = {
    "type": "json_schema",
    "json_schema": {"name": "person", "schema": {"type": "object", "properties": {"age": {"type": "integer"}}}},
}
LAX = {"x-fakeai-validation": "schema"}

Create = Callable[..., Awaitable[Any]]


class Recorder(SimulatedModel):
    """A simulated model that remembers what it was asked."""

    asked: list[GenerateRequest]

    def generate(self, request: GenerateRequest) -> Feed[Burst]:
        self.asked.append(request)
        return super().generate(request)


@pytest.fixture
def stored(db: SqlDatabase, directory: ModelDirectory) -> StoredCompletions:
    return StoredCompletions(db, directory, 100, synthesize=False)


@pytest.fixture
def backend(clock: WallClock, ids: Ids, no_latency: LatencyProfile) -> Recorder:
    made = Recorder(clock, Bus(), no_latency, ids, EngineRoom(clock, Bus(), {}))
    made.asked = []
    return made


@pytest.fixture
def files(db: SqlDatabase, clock: WallClock, ids: Ids) -> Files:
    return Files(db, MemoryBlobs().at(clock), ids, None, lenient=False, synthesize=False)


@pytest.fixture
def build(
    backend: Recorder, clock: WallClock, ids: Ids, stored: StoredCompletions, files: Files, directory: ModelDirectory
) -> Any:
    def build(directory: ModelDirectory = directory, *, seed: bytes = b"", lenient: bool = False) -> Chat:
        return Chat(backend, directory, stored, files, clock, ids, "org-fakeai", seed=seed, lenient=lenient)

    return build


@pytest.fixture
def service(build: Any) -> Chat:
    chat: Chat = build()
    return chat


@pytest.fixture
def create(service: Chat, make_call: MakeCall) -> Create:
    async def create(headers: Any = None, chat: Chat = service, **body: Any) -> Any:
        return await chat.create(
            make_call(chat, "create", {"model": "gpt-4o-mini", "messages": SEA, **body}, headers=headers)
        )

    return create


@pytest.fixture
def ask(create: Create) -> Create:
    async def ask(*args: Any, **body: Any) -> Any:
        reply = await create(*args, **body)
        if reply.events is None:
            ChatCompletion.model_validate(orjson.loads(orjson.dumps(reply.body)), strict=True)
            return reply.body
        return [orjson.loads(chunk) async for burst in reply.events for chunk in burst]

    return ask


def said(completion: Any, choice: int = 0) -> Any:
    return completion["choices"][choice]["message"]["content"]


def joined(chunks: Any) -> str:
    return "".join(item["delta"].get("content") or "" for chunk in chunks for item in chunk["choices"])


async def test_a_conversation_is_answered(ask: Create) -> None:
    reply = await ask()
    assert reply["id"].startswith("chatcmpl-") and len(reply["id"]) == 38
    assert (reply["object"], reply["created"], reply["model"]) == ("chat.completion", 1_760_000_000, "gpt-4o-mini")
    assert "sea" in said(reply)
    assert reply["choices"][0]["finish_reason"] == "stop"
    assert reply["usage"]["prompt_tokens"] == 13, (
        "six words and a full stop, three for the frame, one for the role, three for the reply"
    )
    assert (await ask())["id"] != reply["id"]


async def test_the_whole_tells_its_usage_and_the_stream_once_it_is_over(create: Create) -> None:
    whole, stream = await create(max_tokens=5), await create(max_tokens=5, stream=True)
    assert whole.usage == Usage(13, 5)
    assert (stream.usage, stream.body) == (None, None)
    await stream.events.drain(lambda burst: None)
    assert stream.usage == whole.usage


# -- what the answer depends on


@pytest.mark.parametrize(
    "more",
    [
        {"user": "me"},
        {"metadata": {"a": "b"}, "store": True},
        {"service_tier": "flex"},
        {"safety_identifier": "x"},
        {"n": 3},
        {"logprobs": True, "top_logprobs": 2},
        {"max_completion_tokens": 4000},
        {"modalities": ["text"]},
        {"stop": ["never to be found"]},
        {"prompt_cache_key": "x"},
        {"reasoning_effort": None},
        {"brand_new_field": 1},
    ],
    ids=lambda more: next(iter(more)),
)
async def test_what_has_nothing_to_do_with_the_words_does_not_change_them(ask: Create, more: dict[str, Any]) -> None:
    assert said(await ask(seed=1, **more)) == said(await ask(seed=1))


async def test_a_stream_says_the_same_as_the_whole(ask: Create) -> None:
    assert joined(await ask(stream=True)) == said(await ask())
    assert joined(await ask(stream=True, stream_options={"include_usage": True})) == said(await ask())


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"messages": [{"role": "system", "content": "Be kind."}, *SEA]},
        {"messages": [{"role": "user", "content": "Tell me about the sea!"}]},
        {"messages": [{"role": "developer", "content": "Tell me about the sea."}]},
        {"model": "gpt-4o"},
        {"seed": 2},
        {"temperature": 0.5},
        {"top_p": 0.5},
        {"presence_penalty": 1},
        {"frequency_penalty": 1},
        {"verbosity": "high"},
        {"tools": [WEATHER]},
        {"tools": [WEATHER], "tool_choice": "required"},
        {"functions": [WEATHER["function"]]},
        {"response_format": PERSON},
        {"prediction": {"type": "content", "content": "x"}},
        {
            "messages": [
                {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]}
            ]
        },
        {
            "messages": [
                {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.com/b.png"}}]}
            ]
        },
    ],
    ids=str,
)
async def test_equal_requests_have_equal_digests_and_each_other_one_its_own(
    create: Create, backend: Recorder, more: dict[str, Any]
) -> None:
    for _ in range(2):
        await create(**more)
    plain = None if not more else (await create(), backend.asked[-1].digest)[1]
    first, second = (request.digest for request in backend.asked[:2])
    assert first == second != plain
    assert len(first) == 64


async def test_all_of_these_requests_differ_from_each_other(create: Create, backend: Recorder) -> None:
    legacy = {"functions": [WEATHER["function"]]}
    bodies: list[dict[str, Any]] = [
        {"seed": 2}, {"seed": 3}, {"temperature": 2}, {"top_p": 0}, {"messages": [{"role": "user", "content": "2"}]},
        legacy, {**legacy, "function_call": "none"}, {**legacy, "function_call": {"name": "get_weather"}},
    ]  # fmt: skip
    for body in bodies:
        await create(**body)
    assert len({request.digest for request in backend.asked}) == len(bodies)


async def test_earlier_tool_calls_and_their_results_count(create: Create, backend: Recorder) -> None:
    for arguments, result in (("{}", "18"), ('{"a":1}', "18"), ("{}", "19")):
        call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": arguments}}
        turns = [
            *SEA,
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": result},
        ]
        await create(messages=turns)
    assert len({request.digest for request in backend.asked}) == 3


async def test_without_heat_the_seed_does_not_count(ask: Create, create: Create, backend: Recorder) -> None:
    await create(temperature=0, seed=1)
    await create(temperature=0, seed=2)
    await create(temperature=0)
    assert len({request.digest for request in backend.asked}) == 1
    assert len({said(await ask(seed=seed)) for seed in range(6)}) > 3


async def test_another_server_seed_gives_other_answers(build: Any, ask: Create) -> None:
    one, other = build(seed=b"1" * 32), build(seed=b"2" * 32)
    assert said(await ask(None, one)) == said(await ask(None, one)) != said(await ask(None, other))


# -- from the wire to the model


async def test_sampling_and_limits_reach_the_model(create: Create, backend: Recorder) -> None:
    await create(
        n=2, max_completion_tokens=7, temperature=0.3, top_p=0.4, seed=5, stop=["a", "b"], presence_penalty=-1,
        frequency_penalty=1.5, logit_bias={"13": -100}, logprobs=True, top_logprobs=4,
    )  # fmt: skip
    sampling = backend.asked[0].sampling
    assert sampling == (2, 7, 0.3, 0.4, 5, ("a", "b"), -1, 1.5, {13: -100}, 4)
    await create(stop="x", max_tokens=3, logprobs=True)
    assert backend.asked[1].sampling[:2] == (1, 3)
    assert (backend.asked[1].sampling.stop, backend.asked[1].sampling.top_logprobs) == (("x",), 0)
    await create()
    assert backend.asked[2].sampling == (1, None, 1.0, 1.0, None, (), 0.0, 0.0, {}, None)


async def test_tools_schemas_and_forms_reach_the_model(create: Create, backend: Recorder) -> None:
    await create(
        tools=[WEATHER], tool_choice="required", parallel_tool_calls=False, response_format=PERSON,
        verbosity="low", prediction={"type": "content", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
    )  # fmt: skip
    asked = backend.asked[0]
    assert [tool.name for tool in asked.tools] == ["get_weather"]
    assert (asked.tool_choice.mode, asked.parallel_tool_calls, asked.verbosity) == ("required", False, "low")
    assert asked.json_schema == PERSON["json_schema"]["schema"]  # type: ignore[index]
    assert (asked.prediction, asked.json_object, asked.streamed) == ("ab", False, False)
    await create(
        messages=[{"role": "user", "content": "JSON please"}], response_format={"type": "json_object"}, stream=True
    )
    assert (backend.asked[1].json_object, backend.asked[1].json_schema, backend.asked[1].streamed) == (True, None, True)
    await create(model="gpt-5", reasoning_effort="low")
    assert backend.asked[2].reasoning_effort == "low"


async def test_legacy_functions_are_tools_called_one_at_a_time(ask: Create, backend: Recorder) -> None:
    reply = await ask(functions=[WEATHER["function"]], function_call={"name": "get_weather"})
    assert backend.asked[0].parallel_tool_calls is False
    message = reply["choices"][0]["message"]
    assert message["function_call"]["name"] == "get_weather"
    assert orjson.loads(message["function_call"]["arguments"]).keys() == {"city"}
    assert reply["choices"][0]["finish_reason"] == "function_call"


async def test_sound_is_made_where_it_is_asked_for(ask: Create, create: Create, backend: Recorder) -> None:
    spoken = {"model": "gpt-4o-audio-preview", "audio": {"voice": "alloy", "format": "pcm16"}}
    reply = await ask(**spoken, modalities=["text", "audio"], max_tokens=5)
    assert reply["choices"][0]["message"]["audio"]["transcript"]
    assert backend.asked[0].audio == AudioOut("alloy", "pcm16")
    await create(**spoken, modalities=["text"])
    assert backend.asked[1].audio is None


async def test_search_models_search_and_others_when_told(create: Create, backend: Recorder) -> None:
    await create(model="gpt-4o-search-preview")
    await create()
    await create(web_search_options={})
    assert [request.web_search for request in backend.asked] == [True, False, True]


async def test_a_long_prompt_and_media_are_counted_aside(create: Create, backend: Recorder) -> None:
    await create(messages=[{"role": "user", "content": "sea " * 20_000}])
    assert backend.asked[0].prompt_tokens == 20_001 + 7
    picture = {
        "type": "image_url",
        "image_url": {"url": "data:image/png;base64," + b64encode(png(512, 512)).decode(), "detail": "low"},
    }
    await create(model="gpt-4o", messages=[{"role": "user", "content": [picture]}])
    assert backend.asked[1].prompt_tokens == 85 + 7


# -- models


async def test_a_model_nobody_knows_is_accepted_unless_strict(ask: Create, build: Any) -> None:
    assert (await ask(model="my-own-model"))["model"] == "my-own-model"
    strict = build(ModelDirectory(catalog.load(), strict=True, default="gpt-4o-mini"))
    with pytest.raises(ModelNotFound):
        await ask(None, strict, model="my-own-model")
    assert (await ask(None, strict))["model"] == "gpt-4o-mini"


async def test_the_call_learns_its_model(service: Chat, make_call: MakeCall) -> None:
    call = make_call(service, "create", {"model": "gpt-4o-2024-08-06", "messages": SEA})
    await service.create(call)
    assert call.model == "gpt-4o-2024-08-06"
    refused = make_call(service, "create", {"model": "whisper-1", "messages": SEA})
    with pytest.raises(NotFound):
        await service.create(refused)
    assert refused.model == "whisper-1"


async def test_no_model_is_a_fault_unless_only_the_document_counts(ask: Create, build: Any) -> None:
    with pytest.raises(BadRequest, match="you must provide a model parameter"):
        await ask(model=None)
    assert (await ask(LAX, model=None))["model"] == "gpt-4o-mini"
    assert (await ask(None, build(lenient=True), model=None))["model"] == "gpt-4o-mini"
    with pytest.raises(BadRequest):
        await ask({"x-fakeai-validation": "strict"}, build(lenient=True), model=None)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"model": "text-embedding-3-small"}, NotFound),
        ({"model": "o3", "max_tokens": 9}, UnsupportedParameter),
        ({"max_tokens": 9, "max_completion_tokens": 9}, BadRequest),
        ({"max_tokens": 99_999}, BadRequest),
        ({"max_tokens": 0}, BadRequest),
        ({"metadata": {"a": "b"}}, BadRequest),
        ({"messages": [{"role": "tool", "content": "x", "tool_call_id": "y"}]}, BadRequest),
        (
            {"model": "gpt-4", "messages": [{"role": "user", "content": "hi"}], "max_completion_tokens": 8_190},
            ContextLengthExceeded,
        ),
    ],
    ids=str,
)
async def test_openais_own_rules_hold_unless_only_the_document_counts(
    ask: Create, body: dict[str, Any], error: type[ApiError]
) -> None:
    with pytest.raises(error):
        await ask(**body)
    assert said(await ask(LAX, **body)) is not None


@pytest.mark.parametrize("headers", [None, LAX])
@pytest.mark.parametrize("stream", [True, False])
async def test_a_prompt_longer_than_the_window_is_refused_before_anything_is_said(
    create: Create, backend: Recorder, headers: Any, stream: bool
) -> None:
    with pytest.raises(ContextLengthExceeded, match="maximum context length is 8192 tokens"):
        await create(headers, model="gpt-4", messages=[{"role": "user", "content": "sea " * 9_000}], stream=stream)
    assert backend.asked == []


@pytest.mark.parametrize("headers", [None, LAX])
async def test_schemas_that_nothing_satisfies_are_refused_either_way(create: Create, headers: Any) -> None:
    impossible = {"type": "object", "properties": {"a": {"type": "nothing"}}}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": impossible}}
    with pytest.raises(BadRequest, match="Invalid schema for response_format 'x'"):
        await create(headers, response_format=form)


# -- time


@pytest.mark.parametrize("name", ["x-fakeai-ttft-ms", "x-fakeai-itl-ms"])
@pytest.mark.parametrize("value", ["soon", "", "-5", "1e9", "9" * 100])
async def test_a_latency_that_cannot_be_read_is_the_callers_mistake(create: Create, name: str, value: str) -> None:
    for stream in (True, False):
        with pytest.raises(BadRequest) as caught:
            await create({name: value}, stream=stream)
        assert caught.value.code == "invalid_value"


def test_a_request_may_ask_for_its_own_latency(build: Any, make_call: MakeCall) -> None:
    async def run(stream: bool) -> float:
        chat = build()
        headers = {"x-fakeai-ttft-ms": "2000", "x-fakeai-itl-ms": "500"}
        body = {"model": "gpt-4o-mini", "messages": SEA, "max_tokens": 5, "stream": stream}
        reply = await chat.create(make_call(chat, "create", body, headers=headers))
        if stream:
            await reply.events.drain(lambda burst: None)
        return asyncio.get_running_loop().time()

    assert [run_virtual(run(stream)) for stream in (True, False)] == pytest.approx([4.0, 4.0])


# -- shape of the reply


@pytest.mark.parametrize(
    ("asked", "served"),
    [(None, "default"), ("auto", "default"), ("default", "default"), ("flex", "flex"), ("priority", "priority"),
     ("fast", "priority"), ("scale", "scale")],
)  # fmt: skip
async def test_the_tier_that_served_is_told(ask: Create, asked: str | None, served: str) -> None:
    assert (await ask(service_tier=asked))["service_tier"] == served
    assert {chunk["service_tier"] for chunk in await ask(service_tier=asked, stream=True)} == {served}


async def test_usage_and_padding_come_where_they_are_asked_for(ask: Create) -> None:
    plain = await ask(stream=True, max_tokens=3)
    assert all("usage" not in chunk and "obfuscation" not in chunk for chunk in plain)
    *_, last = await ask(stream=True, max_tokens=3, stream_options={"include_usage": True})
    assert (last["choices"], last["usage"]) == ([], (await ask(max_tokens=3))["usage"])
    padded = await ask(stream=True, max_tokens=3, stream_options={"include_obfuscation": True})
    assert all(chunk["obfuscation"] and "usage" not in chunk for chunk in padded)


# -- stored


@pytest.mark.parametrize("stream", [True, False])
async def test_a_completion_is_kept_when_it_is_over_and_only_if_wanted(
    ask: Create, stored: StoredCompletions, make_call: MakeCall, stream: bool
) -> None:
    await ask(stream=stream)
    await ask(stream=stream, store=False)
    assert (await stored.list(make_call(stored, "list"))).body["data"] == []
    reply = await ask(stream=stream, store=True, metadata={"a": "b"}, seed=3)
    (kept,) = (await stored.list(make_call(stored, "list"))).body["data"]
    assert kept["id"] == (reply[0] if stream else reply)["id"]
    assert said(kept) == (joined(reply) if stream else said(reply))
    assert (kept["metadata"], kept["seed"], kept["object"]) == ({"a": "b"}, 3, "chat.completion")
    messages = (await stored.messages(make_call(stored, "messages", params={"completion_id": kept["id"]}))).body
    assert [message["content"] for message in messages["data"]] == ["Tell me about the sea."]


async def test_a_stream_that_was_left_is_not_kept(
    create: Create, stored: StoredCompletions, make_call: MakeCall
) -> None:
    reply = await create({"x-fakeai-ttft-ms": "60000"}, stream=True, store=True)
    task = asyncio.ensure_future(reply.events.drain(lambda burst: None))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await stored.list(make_call(stored, "list"))).body["data"] == []
    assert reply.usage is None


async def test_the_same_bytes_are_thought_through_once(service: Chat, make_call: MakeCall, backend: Recorder) -> None:
    async def ask(headers: Any = None, **more: Any) -> Any:
        call = make_call(service, "create", {"model": "gpt-4o-mini", "messages": SEA, **more}, headers=headers)
        call.raw = orjson.dumps(more) + b" "
        return (await service.create(call)).body

    first, again = await ask(), await ask()
    assert backend.asked[0] is backend.asked[1]
    assert first["id"] != again["id"]
    assert {**first, "id": ""} == {**again, "id": ""}
    assert (await ask(max_tokens=2))["usage"]["completion_tokens"] == 2
    await ask({"x-fakeai-itl-ms": "0"})
    await ask(LAX)
    assert len({id(request) for request in backend.asked}) == 4


async def test_a_model_that_has_gone_is_gone_for_bytes_seen_before(
    build: Any, make_call: MakeCall, directory: ModelDirectory
) -> None:
    chat = build()
    model = "ft:gpt-4o-mini:org:name:id"

    def call() -> Any:
        made = make_call(chat, "create", {"model": model, "messages": SEA})
        made.raw = b"the same bytes"
        return made

    assert (await chat.create(call())).body["model"] == model
    directory.delete(model)
    with pytest.raises(ModelNotFound):
        await chat.create(call())


@pytest.mark.parametrize("more", [{"n": 2}, {"logprobs": True}, {}])
async def test_a_stream_that_was_cut_off_has_used_what_was_delivered(create: Create, more: dict[str, Any]) -> None:
    reply = await create({"x-fakeai-itl-ms": "60000"}, max_tokens=3, stream=True, **more)
    async for _ in reply.events:
        break
    reply.events.cancel()
    assert reply.usage is not None
    assert reply.usage.completion == more.get("n", 1) < 3
    assert reply.usage.prompt > 0
