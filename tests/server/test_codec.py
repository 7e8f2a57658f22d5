"""Requests become Calls, replies become head and bytes, and whatever goes wrong becomes OpenAI's error envelope."""

import asyncio
import json
import logging
from typing import Any

import pytest

from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock, stopwatch
from fakeai.core.errors import (
    ApiError,
    BadRequest,
    MethodNotAllowed,
    PayloadTooLarge,
    ServerError,
    UnknownRoute,
    envelope,
)
from fakeai.core.events import Bus, RequestEnded, RequestStarted
from fakeai.core.feed import Feed
from fakeai.gateway.pipeline import Gateway
from fakeai.server.codec import Codec, body_bytes
from fakeai.server.routes import Routes
from fakeai.wire.engines import EngineRefusal

LIMIT = 1000


class Service:
    ENDPOINTS = (Endpoint("POST", "/echo/{name}", "echo", "Echo"),)

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer

    async def echo(self, call: Call) -> Reply:
        if isinstance(self.answer, BaseException):
            raise self.answer
        return Reply(self.answer)


def codec(answer: Any = None, bus: Bus | None = None) -> Codec:
    gateway = Gateway([Service(answer)], [])
    principal = Principal("org-test")
    return Codec(gateway, Routes(gateway.below), WallClock(), bus or Bus(), Ids(b"x"), principal, LIMIT, lambda: False)


async def opened(headers: dict[str, str] | None = None, query: bytes = b"") -> Call:
    made = codec()
    return made.open(made.read("POST", "/v1/echo/a%20b", query, headers or {}))


async def answered(answer: Any) -> Reply:
    made = codec(answer)
    return await made.answer(made.open(made.read("POST", "/echo/x", b"", {})))


async def test_a_call_has_all_that_the_head_says() -> None:
    call = await opened({"x-a": "b"}, b"limit=5&order=asc&order=desc&empty=")
    assert call.endpoint is Service.ENDPOINTS[0]
    assert call.path == "/v1/echo/a%20b"
    assert call.params == {"name": "a b"}
    assert call.headers == {"x-a": "b"}
    assert call.query == {"limit": ["5"], "order": ["asc", "desc"], "empty": [""]}
    assert call.principal.organization == "org-test"
    assert call.origin == "http"
    assert call.id.startswith("req_") and len(call.id) == 36
    assert call.arrived == pytest.approx(asyncio.get_running_loop().time(), abs=1.0)


async def test_queries_are_unescaped_as_utf8() -> None:
    assert (await opened(query=b"metadata%5Bkey%5D=caf%C3%A9+au+lait")).query == {"metadata[key]": ["café au lait"]}


async def test_a_query_of_thousands_of_fields_is_refused() -> None:
    with pytest.raises(BadRequest, match="query"):
        await opened(query=b"&".join(b"a=%d" % n for n in range(1001)))


async def test_what_is_no_row_is_refused() -> None:
    with pytest.raises(UnknownRoute):
        codec().read("POST", "/nothing", b"", {})
    with pytest.raises(MethodNotAllowed):
        codec().read("GET", "/echo/x", b"", {})


@pytest.mark.parametrize("length", ["1001", "99999999999999999999999999999999999999", "0001001"])
async def test_a_body_said_to_be_too_large_is_refused_by_its_head(length: str) -> None:
    with pytest.raises(PayloadTooLarge, match="1000"):
        await opened({"content-length": length})


@pytest.mark.parametrize("length", ["0", "1000", "0001000", "-5", "many", "", "٩٩٩٩٩"])
async def test_other_lengths_are_for_the_parser_to_judge(length: str) -> None:
    await opened({"content-length": length})


async def test_an_answer_is_encoded_once() -> None:
    assert (await answered({"a": [1, None, "é"]})).body == '{"a":[1,null,"é"]}'.encode()
    assert (await answered(b"raw")).body == b"raw"
    assert (await answered(None)).body == b""


async def test_an_api_error_is_its_envelope_status_and_headers() -> None:
    reply = await answered(ServerError("busy", code="full", param="model", retry_after=1.5, headers={"x-a": "b"}))
    assert (reply.status, reply.headers) == (500, {"x-a": "b", "retry-after": "1.5"})
    assert reply.body == {"error": {"message": "busy", "type": "server_error", "param": "model", "code": "full"}}


async def test_a_defect_is_told_to_the_log_in_full_and_to_the_client_not_at_all(caplog) -> None:
    with caplog.at_level(logging.ERROR, "fakeai.server"):
        reply = await answered(KeyError("secret detail"))
    assert reply.status == 500
    text = json.dumps(reply.body)
    assert "secret" not in text and "KeyError" not in text
    assert "req_" in reply.body["error"]["message"]
    assert "secret detail" in caplog.text


async def test_an_answer_that_is_no_json_is_a_defect_not_a_silence(caplog) -> None:
    reply = await answered({"a": object()})
    assert reply.status == 500 and reply.body["error"]["type"] == "server_error"
    assert "not JSON serializable" in caplog.text


async def test_the_bus_hears_of_a_request_that_is_turned_away_but_not_what_its_path_was() -> None:
    bus, heard = Bus(), []
    bus.listen(RequestStarted, heard.append)
    bus.listen(RequestEnded, heard.append)
    made = codec(bus=bus)
    reply = made.turn_away(UnknownRoute("GET", "/secret"), "req_1", stopwatch() - 2.0)
    assert reply.status == 404
    started, ended = heard
    assert (started.route, started.origin) == ("unmatched", "http")
    assert (ended.route, ended.model, ended.status, ended.request_id) == ("unmatched", "", 404, "req_1")
    assert ended.error == "invalid_request_error"
    assert ended.duration_s == pytest.approx(2.0, abs=0.5)
    assert "secret" not in repr(heard)


async def test_the_bus_hears_of_a_refusal_by_its_code_and_of_a_defect_as_one(caplog) -> None:
    bus, heard = Bus(), []
    bus.listen(RequestEnded, heard.append)
    made = codec(bus=bus)
    for error in (BadRequest("no"), BadRequest("no", code="why"), KeyError("secret")):
        made.turn_away(error, "req_1", stopwatch())
    assert [ended.error for ended in heard] == ["invalid_request_error", "why", "server_error"]


async def test_cancellation_is_no_error() -> None:
    with pytest.raises(asyncio.CancelledError):
        await answered(asyncio.CancelledError())


def lines(made: Codec, reply: Reply) -> dict[str, str]:
    text = made.head(reply, "req_1", 0.0)
    assert text.endswith("\r\n")
    return dict(line.split(": ", 1) for line in text[:-2].split("\r\n"))


def test_the_head_of_an_answer() -> None:
    found = lines(codec(), Reply({}, headers={"x-own": "1"}))
    assert int(found.pop("openai-processing-ms")) >= 0
    assert found == {
        "content-type": "application/json",
        "x-request-id": "req_1",
        "openai-version": "2020-10-01",
        "openai-organization": "org-test",
        "openai-project": "proj_fakeai",
        "x-own": "1",
    }


def test_the_head_of_a_stream_tells_caches_and_proxies_to_keep_off() -> None:
    class Nothing:
        def begin(self, feed: Feed, /) -> None: ...

        def cancel(self) -> None: ...

        def pause(self) -> None: ...

        def resume(self) -> None: ...

    found = lines(codec(), Reply(events=Feed(Nothing())))
    assert found["content-type"] == "text/event-stream; charset=utf-8"
    assert found["cache-control"] == "no-cache" and found["x-accel-buffering"] == "no"


def test_new_ids_differ() -> None:
    made = codec()
    assert len({made.new_id() for _ in range(100)}) == 100


def test_bodies_of_replies() -> None:
    assert body_bytes(Reply(None)) == b""
    assert body_bytes(Reply(b"\x00")) == b"\x00"
    assert body_bytes(Reply([])) == b"[]"


def test_refusals_of_vllms_own_paths_have_its_types_and_the_status_as_code() -> None:
    error = EngineRefusal("The lora adapter 'x' cannot be found.", "NotFoundError", 404)
    assert envelope(error)["error"] == {
        "message": "The lora adapter 'x' cannot be found.",
        "type": "NotFoundError",
        "param": None,
        "code": 404,
    }


def test_the_envelope_has_its_four_fields_always() -> None:
    assert envelope(ApiError("x")) == {"error": {"message": "x", "type": "server_error", "param": None, "code": None}}
