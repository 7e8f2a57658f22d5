"""The ASGI door answers as the socket does, streams as items come, and stops when its client leaves."""

import asyncio
import json
from typing import Any

import pytest

from fakeai.core.errors import BadRequest, ServerError
from fakeai.core.events import Bus, RequestEnded
from fakeai.server.asgi import AsgiApp


class Exchange:
    """One request: what the app is told (`tell` adds to it) and what it said."""

    def __init__(self, app: AsgiApp, method: str, path: str, *, query: bytes = b"", headers=(), **scope: Any) -> None:
        self.told: asyncio.Queue[dict] = asyncio.Queue()
        self.said: asyncio.Queue[dict] = asyncio.Queue()
        self.scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query,
            "headers": [(name.encode(), value.encode()) for name, value in headers],
            **scope,
        }
        self.app = app

    def tell(self, body: bytes = b"", more: bool = False) -> None:
        self.told.put_nowait({"type": "http.request", "body": body, "more_body": more})

    def leave(self) -> None:
        self.told.put_nowait({"type": "http.disconnect"})

    async def run(self) -> None:
        await self.app(self.scope, self.told.get, self.said.put)

    async def answer(self, body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
        """Run it to its end: status, headers and the whole body."""
        self.tell(body)
        await self.run()
        start = self.said.get_nowait()
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        parts = [self.said.get_nowait() for _ in range(self.said.qsize())]
        assert not parts[-1].get("more_body") and all(part.get("more_body") for part in parts[:-1])
        return start["status"], headers, b"".join(part["body"] for part in parts)


@pytest.fixture
def service(parts):
    return parts.Service()


@pytest.fixture
def app(parts, service) -> AsgiApp:
    return AsgiApp(parts.codec(service), lambda: service.ENDPOINTS, "1.2.3")


async def test_an_answer_has_its_head_and_body(app, service) -> None:
    status, headers, body = await Exchange(app, "GET", "/v1/things/a%20b", query=b"x=1").answer()
    assert (status, json.loads(body)) == (200, {"thing": "a b"})
    assert headers["content-type"] == "application/json" and headers["content-length"] == str(len(body))
    assert headers["x-request-id"] == service.calls[0].id
    assert service.calls[0].query == {"x": ["1"]}


async def test_names_of_headers_are_lower_case_for_handlers(app, service) -> None:
    await Exchange(app, "GET", "/things", headers=[("X-Mixed", "Value")]).answer()
    assert service.calls[0].headers == {"x-mixed": "Value"}


async def test_a_scope_without_the_raw_path_serves_as_well(app) -> None:
    _, _, body = await Exchange(app, "GET", "/things/café 50%", raw_path=None).answer()
    assert json.loads(body) == {"thing": "café 50%"}


async def test_a_body_may_come_in_parts(app) -> None:
    exchange = Exchange(app, "POST", "/echo")
    exchange.tell(b"ab", more=True)
    exchange.tell(b"cd", more=True)
    assert (await exchange.answer(b"e"))[2] == b"abcde"


@pytest.mark.parametrize("headers", [[("content-length", "10001")], []], ids=["said", "found"])
async def test_a_body_too_large_is_refused(app, service, headers) -> None:
    status, _, body = await Exchange(app, "POST", "/echo", headers=headers).answer(b"x" * 10_001)
    assert status == 413 and b"10000" in body
    assert service.calls == []


async def test_a_row_may_take_larger_bodies_than_others(app, service) -> None:
    headers = [("content-length", "20000")]
    assert (await Exchange(app, "POST", "/roomy", headers=headers).answer(b"x" * 20_000))[0] == 200
    status, _, body = await Exchange(app, "POST", "/roomy").answer(b"x" * 20_001)
    assert status == 413 and b"20000" in body
    assert len(service.calls) == 1


async def test_refusals_have_the_envelope(app) -> None:
    for method, path, expected in (("GET", "/nowhere", 404), ("PUT", "/things", 405), ("GET", "/refuse", 400)):
        status, headers, body = await Exchange(app, method, path).answer()
        assert status == expected
        assert json.loads(body)["error"]["type"] == "invalid_request_error"
        assert headers["x-request-id"].startswith("req_")


async def test_the_bus_hears_of_every_request_that_no_handler_sees(parts, service) -> None:
    bus, heard = Bus(), []
    bus.listen(RequestEnded, heard.append)
    app = AsgiApp(parts.codec(service, bus=bus), lambda: service.ENDPOINTS, "1")
    for method, path, body in (("GET", "/nowhere", b""), ("PUT", "/things", b""), ("POST", "/echo", b"x" * 10_001)):
        _, headers, _ = await Exchange(app, method, path).answer(body)
        assert heard[-1].request_id == headers["x-request-id"]
    assert [(ended.route, ended.status) for ended in heard] == [("unmatched", n) for n in (404, 405, 413)]
    await Exchange(app, "GET", "/refuse").answer()  # the gateway's to tell
    assert len(heard) == 3


async def test_a_defect_is_a_500(app, caplog) -> None:
    for path in ("/defect", "/nothing"):
        status, _, body = await Exchange(app, "GET", path).answer()
        assert status == 500 and b"secret" not in body


async def test_a_stream_comes_burst_by_burst(app, service) -> None:
    exchange = Exchange(app, "POST", "/stream")
    exchange.tell()
    task = asyncio.create_task(exchange.run())
    tape = await service.tapes.get()
    await tape.hears("begin")
    await asyncio.sleep(0)
    assert exchange.said.empty()  # the head waits for the first burst
    tape.push(b"1", b"2")
    start = await exchange.said.get()
    assert start["status"] == 200
    assert (b"content-type", b"text/event-stream; charset=utf-8") in start["headers"]
    assert await exchange.said.get() == {
        "type": "http.response.body", "body": b"data: 1\n\ndata: 2\n\n", "more_body": True,
    }  # fmt: skip
    tape.push(b"3")
    assert (await exchange.said.get())["body"] == b"data: 3\n\n"
    tape.finish()
    assert await exchange.said.get() == {"type": "http.response.body", "body": b"data: [DONE]\n\n"}
    await task
    assert tape.told == ["begin"]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([[b"1"], [b"2"], None], b"data: 1\n\ndata: 2\n\ndata: [DONE]\n\n"),
        ([None], b"data: [DONE]\n\n"),
    ],
)
async def test_a_stream_that_is_whole_at_once(app, service, parts, items, expected) -> None:
    service.source = lambda: parts.AtOnce(*items)
    status, _, body = await Exchange(app, "POST", "/stream").answer()
    assert (status, body) == (200, expected)


@pytest.mark.parametrize(("error", "expected"), [(BadRequest("no"), 400), (ZeroDivisionError(), 500)])
async def test_an_error_before_the_first_event_has_a_proper_status(
    app, service, parts, caplog, error, expected
) -> None:
    service.source = lambda: parts.AtOnce(error)
    status, headers, body = await Exchange(app, "POST", "/stream").answer()
    assert status == expected and headers["content-type"] == "application/json"
    assert "error" in json.loads(body)


async def test_an_error_on_the_way_is_the_last_event(app, service, parts) -> None:
    service.source = lambda: parts.AtOnce([b"1"], ServerError("too much"))
    status, _, body = await Exchange(app, "POST", "/stream").answer()
    first, last, rest = body.split(b"\n\n")
    assert (status, first, rest) == (200, b"data: 1", b"")
    assert json.loads(last.removeprefix(b"data: "))["error"]["message"] == "too much"


async def test_events_that_have_names_go_out_as_they_are(app, service, parts) -> None:
    service.source = lambda: parts.AtOnce([b"event: a\ndata: 1\n\n"], None)
    status, headers, body = await Exchange(app, "POST", "/named").answer()
    assert (status, headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert body == b"event: a\ndata: 1\n\n"


async def test_a_client_that_leaves_a_stream_has_it_cancelled_and_the_app_ends(app, service) -> None:
    exchange = Exchange(app, "POST", "/stream")
    exchange.tell()
    task = asyncio.create_task(exchange.run())
    tape = await service.tapes.get()
    await tape.hears("begin")
    tape.push(b"1")
    await exchange.said.get()
    exchange.leave()
    async with asyncio.timeout(1):
        await tape.hears("cancel")
        await task
    said = [exchange.said.get_nowait() for _ in range(exchange.said.qsize())]
    assert all(message["more_body"] for message in said)  # nobody is told that it is done


async def test_a_client_that_leaves_before_the_first_event_has_the_stream_cancelled(app, service) -> None:
    exchange = Exchange(app, "POST", "/stream")
    exchange.tell()
    task = asyncio.create_task(exchange.run())
    tape = await service.tapes.get()
    await tape.hears("begin")
    exchange.leave()
    async with asyncio.timeout(1):
        await task
    assert tape.told == ["begin", "cancel"] and exchange.said.empty()


async def test_a_client_that_leaves_while_the_handler_works_has_it_cancelled_and_the_app_ends(app, service) -> None:
    exchange = Exchange(app, "GET", "/wait")
    exchange.tell()
    task = asyncio.create_task(exchange.run())
    await service.waiting.wait()
    exchange.leave()
    async with asyncio.timeout(1):
        await service.cancelled.wait()
        await task
    assert exchange.said.empty()


async def test_a_client_that_leaves_in_the_middle_of_its_body_is_not_answered(app, service) -> None:
    exchange = Exchange(app, "POST", "/echo")
    exchange.tell(b"half", more=True)
    exchange.leave()
    await exchange.run()
    assert service.calls == [] and exchange.said.empty()


async def test_a_server_that_cancels_the_app_cancels_the_handler_and_the_stream(app, service) -> None:
    waiting, streaming = Exchange(app, "GET", "/wait"), Exchange(app, "POST", "/stream")
    tasks = []
    for exchange in (waiting, streaming):
        exchange.tell()
        tasks.append(asyncio.create_task(exchange.run()))
    await service.waiting.wait()
    tape = await service.tapes.get()
    await tape.hears("begin")
    for task in tasks:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await service.cancelled.wait()
    assert tape.told == ["begin", "cancel"]


async def test_a_stream_to_a_broken_pipe_is_cancelled(app, service) -> None:
    exchange = Exchange(app, "POST", "/stream")
    exchange.tell()
    sent: list[dict] = []

    async def send(message: dict) -> None:
        sent.append(message)
        if len(sent) == 2:
            raise OSError("broken pipe")

    task = asyncio.create_task(app(exchange.scope, exchange.told.get, send))
    tape = await service.tapes.get()
    await tape.hears("begin")
    tape.push(b"1")
    await task
    assert tape.told == ["begin", "cancel"] and len(sent) == 2


async def test_an_answer_to_a_broken_pipe_is_nobodys_error(app) -> None:
    async def send(message: dict) -> None:
        raise BrokenPipeError

    exchange = Exchange(app, "GET", "/things")
    exchange.tell()
    await app(exchange.scope, exchange.told.get, send)


async def test_documents_are_served_beside_the_rows(app) -> None:
    status, headers, body = await Exchange(app, "GET", "/openapi.json").answer()
    document = json.loads(body)
    assert status == 200 and document["info"]["version"] == "1.2.3"
    assert {"/v1/things", "/v1/stream"} <= document["paths"].keys()
    assert app.documents is app.documents
    status, headers, _ = await Exchange(app, "GET", "/docs").answer()
    assert status == 200 and headers["content-type"].startswith("text/html")


async def test_a_servers_lifespan_is_acknowledged(app) -> None:
    told: asyncio.Queue[dict] = asyncio.Queue()
    said: asyncio.Queue[dict] = asyncio.Queue()
    told.put_nowait({"type": "lifespan.startup"})
    told.put_nowait({"type": "lifespan.shutdown"})
    await app({"type": "lifespan"}, told.get, said.put)
    assert [said.get_nowait()["type"] for _ in range(2)] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


class Conversation(Exchange):
    """A WebSocket: `told` and `said` are ASGI's messages."""

    def __init__(self, app: AsgiApp, path: str, *, headers=(), **scope: Any) -> None:
        super().__init__(app, "GET", path, headers=headers, **{"type": "websocket", **scope})
        self.told.put_nowait({"type": "websocket.connect"})

    def say(self, **message: Any) -> None:
        self.told.put_nowait({"type": "websocket.receive", **message})

    def everything(self) -> list[dict]:
        return [self.said.get_nowait() for _ in range(self.said.qsize())]


async def test_a_websocket_is_accepted_and_talked_to(app, service) -> None:
    offer = ("sec-websocket-protocol", "realtime, openai-insecure-api-key.sk-mine, openai-beta.realtime-v1")
    socket = Conversation(app, "/v1/talk", headers=[offer])
    socket.say(text="a")
    socket.say(bytes=b"b", text=None)
    socket.told.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await socket.run()
    accepted, *said = socket.everything()
    assert (accepted["type"], accepted["subprotocol"]) == ("websocket.accept", "realtime")
    assert (b"x-request-id", service.calls[0].id.encode()) in accepted["headers"]
    assert said == [{"type": "websocket.send", "text": "a"}, {"type": "websocket.send", "bytes": b"b"}]
    assert service.calls[0].headers["authorization"] == "Bearer sk-mine"
    assert service.calls[0].headers["openai-beta"] == "realtime=v1"


async def test_a_websocket_is_refused_in_words_where_the_server_can(app) -> None:
    wrong = ("authorization", "Bearer nobody")
    told = Conversation(app, "/v1/talk", headers=[wrong], extensions={"websocket.http.response": {}})
    await told.run()
    start, body = told.everything()
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 401)
    assert json.loads(body["body"])["error"]["code"] == "invalid_api_key"
    for path in ("/v1/talk", "/v1/nowhere", "/v1/things", "/v1/stream"):
        untold = Conversation(app, path, headers=[wrong])
        await untold.run()
        assert [message["type"] for message in untold.everything()] == ["websocket.close"]


async def test_a_websocket_is_closed_with_its_talk_or_for_what_its_client_does(parts, service) -> None:
    app = AsgiApp(parts.codec(service), lambda: service.ENDPOINTS, "1.2.3", max_message_bytes=10)
    socket = Conversation(app, "/v1/talk")
    socket.say(text="x" * 11)
    await socket.run()
    assert socket.everything()[-1]["code"] == 1009

    async def goodbye(it) -> None:
        await it.send("bye")

    service.talker = goodbye
    socket = Conversation(app, "/v1/talk")
    await socket.run()
    assert [message["type"] for message in socket.everything()] == [
        "websocket.accept", "websocket.send", "websocket.close",
    ]  # fmt: skip


async def test_a_talk_is_over_when_its_websocket_breaks(app, service) -> None:
    socket = Conversation(app, "/v1/talk")

    async def send(message: dict) -> None:
        if message["type"] != "websocket.accept":
            raise OSError

    socket.say(text="a")
    await app(socket.scope, socket.told.get, send)
    assert len(service.calls) == 1
