"""Prompts are answered in one way, whole, in batches and in streams, and equal ones once."""

from collections.abc import Iterator
from json import loads
from typing import Any

import httpx
import pytest

from fakeai.backends.engine_room import EngineRoom
from fakeai.backends.simulated import SimulatedModel
from fakeai.core.call import Call, Principal, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.core.errors import BadRequest, ServerError
from fakeai.core.events import Bus
from fakeai.core.feed import Feed
from fakeai.core.generation import Burst, Finish, GenerateRequest, Stop, Text, Usage
from fakeai.services.directory import ModelDirectory
from fakeai.services.front.completion_cache import CompletionCache, Rules
from fakeai.services.front.generate import Generate
from fakeai.services.responses.replay import Once
from fakeai.services.turns import Turns
from fakeai.sim.timing import LatencyProfile
from fakeai.store.sql import SqlDatabase
from fakeai.testing import FakeAI
from fakeai.wire.base import parse

GENERATE, BATCH, STREAM = Generate.ENDPOINTS
ASK: dict[str, Any] = {"prompt": "Tell a story", "max_new_tokens": 6}
ODD = ("line\n", "data: x\n\n", "\U0001f40d", "é", "\r")


class Counted(SimulatedModel):
    """A simulated model that counts what it is asked; or one that says what it is told to."""

    asked = 0
    bursts: list[Burst] | None = None
    error: Exception | None = None

    def generate(self, request: GenerateRequest) -> Feed[Burst]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return super().generate(request) if self.bursts is None else Feed(Once(self.bursts))


class Desk:
    def __init__(self, model: Counted, db: SqlDatabase, directory: ModelDirectory, clock: WallClock) -> None:
        self.model = model
        turns = Turns(model, "org-fakeai", seed=b"7", lenient=False)
        self.service = Generate(turns, directory, clock, Bus(), CompletionCache(db, None, Rules()))

    async def ask(self, path: str = "/generate", headers: dict[str, str] | None = None, **body: Any) -> Reply:
        (row,) = [row for row in Generate.ENDPOINTS if row.path == path]
        asked = {name: value for name, value in {**ASK, **body}.items() if value is not ...}
        if path == BATCH.path:
            asked = {"prompts": asked.pop("prompts"), **{name: asked[name] for name in asked if name != "prompt"}}
        raw = httpx.Request("POST", "http://x", json=asked).read()
        call = Call("req_1", row, path, headers or {}, raw, principal=Principal(key="key_1"))
        call.body = parse(row.body, raw)
        return await getattr(self.service, row.handler)(call)

    async def chunks(self, **body: Any) -> tuple[Reply, list[Any]]:
        reply = await self.ask("/stream", **body)
        assert reply.events is not None
        return reply, [loads(document) async for burst in reply.events for document in burst]


@pytest.fixture
def desk(db: SqlDatabase, directory: ModelDirectory, clock: WallClock, ids: Ids, no_latency: LatencyProfile) -> Desk:
    return Desk(Counted(clock, Bus(), no_latency, ids, EngineRoom(clock, Bus(), {})), db, directory, clock)


async def test_a_reply_has_three_fields_and_the_model_that_answered(desk: Desk) -> None:  # gateway 39, 40
    first = await desk.ask()
    assert first.body.keys() == {"model", "output", "cached"}
    assert (first.body["model"], first.body["cached"]) == (desk.service._directory.card(None).id, False)
    assert isinstance(first.body["output"], str) and first.body["output"]
    assert (await desk.ask(model="gpt-4o")).body["model"] == "gpt-4o"
    assert first.usage.completion == 6


async def test_the_second_is_the_first_one_s_answer(desk: Desk) -> None:  # gateway 49, 62
    first, second = [await desk.ask() for _ in range(2)]
    assert second.body == {**first.body, "cached": True}
    assert desk.model.asked == 1
    assert (first.headers["x-fakeai-cache"], second.headers["x-fakeai-cache"]) == ("miss", "hit")
    assert "age" not in first.headers and second.headers["age"] == "0"
    assert (first.cached, second.cached, second.usage) == (False, True, None)


@pytest.mark.parametrize(
    "other",
    [
        {"model": "gpt-4o"},
        {"prompt": "Tell a story."},
        {"max_new_tokens": 7},
        {"temperature": 0.5},
        {"top_p": 0.5},
        {"top_k": 3},
        {"stop": ["zebra"]},
    ],
)
async def test_another_question_has_another_answer(desk: Desk, other: dict[str, Any]) -> None:  # gateway 50
    await desk.ask()
    assert (await desk.ask(**other)).body["cached"] is False
    assert [(await desk.ask(**more)).body["cached"] for more in ({}, other)] == [True, True]


async def test_what_is_left_out_is_its_default_said(desk: Desk) -> None:  # gateway 43, 52
    await desk.ask()
    said = {"temperature": 1, "top_p": 1.0, "top_k": 0, "stop": [], "model": desk.service._directory.card(None).id}
    assert (await desk.ask(**said, colour="red")).body["cached"] is True


async def test_who_wants_no_cache_has_none(desk: Desk) -> None:  # gateway 47, 53
    replies = [await desk.ask(cache=False) for _ in range(2)]
    replies.append(await desk.ask(headers={"x-fakeai-cache": "bypass"}))
    assert {reply.headers["x-fakeai-cache"] for reply in replies} == {"bypass"}
    assert len({reply.body["output"] for reply in replies}) == 1
    assert (await desk.ask()).body["cached"] is False, "nothing was kept"
    assert (await desk.ask(cache=False)).body["cached"] is False
    assert (await desk.ask(cache=True)).body["cached"] is True


async def test_stops_and_limits_cut_the_answer(desk: Desk) -> None:  # gateway 44
    whole = (await desk.ask(max_new_tokens=40, cache=False)).body["output"]
    word = whole.split()[3]
    stopped = (await desk.ask(max_new_tokens=40, stop=["no such text", word])).body["output"]
    assert stopped == whole[: whole.index(word)]
    for most in (1, 2, 5):
        reply = await desk.ask(max_new_tokens=most)
        assert reply.usage.completion == most and whole.startswith(reply.body["output"])


async def test_a_batch_keeps_its_order_and_works_once_on_each(desk: Desk) -> None:  # gateway 64, 65
    first, second = [await desk.ask("/generate/batch", prompts=["one", "two"]) for _ in range(2)]
    assert [result["cached"] for result in first.body["results"]] == [False, False]
    assert [result["cached"] for result in second.body["results"]] == [True, True]
    assert [result["output"] for result in first.body["results"]] == [
        result["output"] for result in second.body["results"]
    ]
    assert first.body["results"][0].keys() == {"output", "cached", "prompt_tokens", "completion_tokens"}
    assert (first.usage.completion, second.usage, second.cached, desk.model.asked) == (12, None, True, 2)
    alone = await desk.ask(prompt="two")
    assert (alone.body["cached"], alone.body["output"]) == (True, first.body["results"][1]["output"])
    mixed = await desk.ask("/generate/batch", prompts=["three", "one", "three"])
    assert [result["cached"] for result in mixed.body["results"]] == [False, True, True]
    assert (mixed.headers["x-fakeai-cache"], mixed.cached, mixed.usage.completion) == ("miss", False, 6)
    assert desk.model.asked == 3


async def test_a_batch_fails_as_a_whole(desk: Desk) -> None:
    desk.model.error = ServerError("broken")
    with pytest.raises(ServerError, match="broken"):
        await desk.ask("/generate/batch", prompts=["one", "two"])


async def test_pieces_are_the_whole_and_come_again_as_they_were(desk: Desk) -> None:  # gateway 85, 89
    first, chunks = await desk.chunks()
    assert [chunk.keys() == {"model", "output", "cached"} for chunk in chunks] == [True] * len(chunks)
    assert len(chunks) == 6 and first.usage.completion == 6
    again, replayed = await desk.chunks()
    assert [chunk["output"] for chunk in replayed] == [chunk["output"] for chunk in chunks]
    assert {chunk["cached"] for chunk in replayed} == {True}
    assert (first.headers["x-fakeai-cache"], again.headers["x-fakeai-cache"], again.usage) == ("miss", "hit", None)
    assert again.cached and not first.cached
    whole = await desk.ask()
    assert (whole.body["output"], whole.body["cached"]) == ("".join(chunk["output"] for chunk in chunks), True)
    assert desk.model.asked == 1


async def test_whatever_is_said_survives_its_framing(desk: Desk) -> None:  # gateway 86
    desk.model.bursts = [(Text(0, ODD[:2]),), (Text(0, ("", *ODD[2:])),), (Stop(0, "stop"), Finish(Usage(1, 5)))]
    reply = await desk.ask("/stream")
    assert reply.events is not None
    documents = [document async for burst in reply.events for document in burst]
    assert not any(b"\n" in document or b"\r" in document for document in documents)
    assert [loads(document)["output"] for document in documents] == list(ODD)
    assert [chunk["output"] for chunk in (await desk.chunks())[1]] == list(ODD)


async def test_a_stream_that_is_left_is_not_kept_and_stops_the_work(desk: Desk) -> None:  # gateway 59, 88
    reply = await desk.ask("/stream", {"x-fakeai-itl-ms": "60000"})
    assert reply.events is not None
    async for burst in reply.events:
        if burst:
            reply.events.cancel()
            break
    assert reply.usage.completion == 1
    assert (await desk.ask()).body["cached"] is False


async def test_what_ends_by_no_wish_of_its_asker_is_not_kept(desk: Desk) -> None:  # gateway 45, 59
    desk.model.error = ServerError("broken")
    with pytest.raises(ServerError):
        await desk.ask()
    desk.model.error = None
    for reason, more, kept in (
        ("content_filter", {"prompt": "filtered"}, False),
        ("length", {"prompt": "cut"}, True),
        ("length", {"prompt": "cut", "max_new_tokens": ...}, False),
        ("stop", {"prompt": "whole"}, True),
    ):
        desk.model.bursts = [(Text(0, ("a",)),), (Stop(0, reason), Finish(Usage(1, 1)))]
        assert [(await desk.ask(**more)).body["cached"] for _ in range(2)] == [False, kept]


async def test_a_model_that_is_none_is_refused_with_those_there_are(desk: Desk) -> None:  # gateway 80
    desk.service._directory._strict = True
    with pytest.raises(BadRequest, match=r"There is no model 'nothing' here\. There are: .*gpt-") as refused:
        await desk.ask(model="nothing")
    assert (refused.value.code, refused.value.param) == ("model_not_allowed", "model")
    with pytest.raises(BadRequest):
        await desk.ask(model="text-embedding-3-small")
    assert desk.model.asked == 0


@pytest.fixture
def door() -> Iterator[httpx.Client]:
    with (
        FakeAI(seed=1) as fake,
        httpx.Client(transport=fake.transport(httpx), base_url="http://fakeai/v1", timeout=30) as http,
    ):
        yield http


def make(door: httpx.Client, **given: Any) -> dict[str, str]:
    """The header that shows a new key."""
    root = {"x-api-key": door.headers.get("x-root", "")}
    return {"x-api-key": door.post("/admin/keys", json={"label": "me", **given}, headers=root).json()["key"]}


@pytest.fixture
def shut(door: httpx.Client) -> httpx.Client:
    door.headers["x-root"] = make(door, role="admin")["x-api-key"]
    return door


def test_a_stream_is_events_with_an_end(door: httpx.Client) -> None:  # gateway 85, 89
    first, again = [door.post("/stream", json=ASK) for _ in range(2)]
    assert first.headers["content-type"].startswith("text/event-stream")
    assert first.text.endswith("\n\ndata: [DONE]\n\n")
    assert again.text == first.text.replace('"cached":false', '"cached":true')


@pytest.mark.parametrize("path", ["/generate", "/generate/batch", "/stream"])
def test_who_may_not_is_told_before_anything_happens(shut: httpx.Client, path: str) -> None:  # gateway 1, 3, 8, 87
    body: dict[str, Any] = {"prompts": ["a"]} if path == "/generate/batch" else ASK
    for key, code in (("", "missing_api_key"), ("sk-none", "invalid_api_key")):
        refused = shut.post(path, json=body, headers={"x-api-key": key})
        assert (refused.status_code, refused.json()["detail"]["code"]) == (401, code)
    assert shut.post(path, content=b"{").status_code == 401
    slow = make(shut, rpm=1)
    assert [shut.post(path, json=body, headers=slow).status_code for _ in range(2)] == [200, 429]
    used = make(shut, quota=0)
    refused = shut.post(path, json=body, headers=used)
    assert (refused.status_code, refused.json()["error"]["code"]) == (402, "quota_exhausted")
    assert refused.headers["content-type"].startswith("application/json")


def test_a_hit_is_free(shut: httpx.Client) -> None:  # gateway 36
    key = make(shut, quota=2)
    for path in ("/generate", "/generate", "/stream", "/stream"):
        assert shut.post(path, json=ASK, headers=key).status_code == 200
    assert shut.get("/me/usage", headers=key).json()["quota_used"] == 1
    assert shut.post("/stream", json={**ASK, "prompt": "other"}, headers=key).status_code == 200
    assert shut.post("/generate", json={**ASK, "prompt": "third"}, headers=key).status_code == 402


def test_a_fault_costs_nothing(shut: httpx.Client) -> None:  # gateway 41
    key = make(shut, quota=1)
    refused = shut.post("/generate", json={**ASK, "top_p": 0}, headers=key)
    assert (refused.status_code, refused.json()["error"]["param"]) == (422, "top_p")
    assert shut.get("/me/usage", headers=key).json()["quota_used"] == 0


def test_keys_have_answers_of_their_own(shut: httpx.Client) -> None:  # gateway 60
    keys = [make(shut) for _ in range(2)]
    cached = [shut.post("/generate", json=ASK, headers=key).json()["cached"] for key in (*keys, *keys)]
    assert cached == [False, False, True, True]


def test_a_key_of_other_models_is_refused_the_default_too(shut: httpx.Client) -> None:  # gateway 99
    key = make(shut, models=["gpt-4o"])
    refused = shut.post("/generate", json=ASK, headers=key)
    assert (refused.status_code, refused.json()["code"]) == (403, "model_not_allowed")
    assert "`gpt-4o-mini`" in refused.json()["message"]
    assert shut.post("/generate", json={**ASK, "model": "gpt-4o"}, headers=key).status_code == 200
    default = make(shut, models=["gpt-4o-mini"])
    assert shut.post("/generate", json=ASK, headers=default).status_code == 200


def test_hits_and_misses_are_counted(door: httpx.Client) -> None:  # gateway 62, 75
    for path, more in (("/generate", {}), ("/stream", {}), ("/generate", {"cache": False}), ("/stream", {"top_k": 1})):
        assert door.post(path, json={**ASK, **more}).status_code == 200
    lines = door.get("/metrics").text.splitlines()
    counted = {line for line in lines if line.startswith("fakeai_completion_cache_requests_total{")}
    name = "fakeai_completion_cache_requests_total"
    assert counted == {f'{name}{{result="hit"}} 1', f'{name}{{result="bypass"}} 1', f'{name}{{result="miss"}} 2'}
