"""HTTP/1.1 over a real socket: what is answered, in which order, what is refused, and who may keep whom waiting."""

import asyncio
import gc
import json
import logging

import pytest

from fakeai.core.errors import BadRequest, ServerError
from fakeai.server.exchange import Exchange
from fakeai.server.limits import SocketLimits

GET = ("GET /v1/things HTTP/1.1", "host: x")
STREAM = ("POST /v1/stream HTTP/1.1", "host: x", "content-length: 0")
NAMED = ("POST /v1/named HTTP/1.1", "host: x", "content-length: 0")


def error(answer) -> dict:
    return json.loads(answer.body)["error"]


def loop_time() -> float:
    return asyncio.get_running_loop().time()


# -- answers


def test_an_answer_has_its_length_id_and_the_servers_headers(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send(*GET)
        answer = await client.answer()
        assert (answer.status, answer.body) == (200, b'{"things":["a","b"]}')
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["date"] == "today"
        assert answer.headers["x-request-id"] == lab.service.calls[0].id
        assert "connection" not in answer.headers

    serve(main)


def test_a_connection_is_kept_for_the_next_request(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        for name in ("a", "b%20c"):
            client.send(f"GET /things/{name}?x=1 HTTP/1.1", "host: x")
            assert json.loads((await client.answer()).body) == {"thing": name.replace("%20", " ")}
        assert len(lab.state.connections) == 1 and lab.state.total_requests == 2

    serve(main)


def test_a_head_seen_before_is_answered_alike_on_any_connection(serve) -> None:
    async def main(lab) -> None:
        for client in (await lab.connect(), await lab.connect()):
            for body in (b"abc", b"xyz", b"\r\n\r", b"a\0b"):
                client.write(b"POST /echo?a=b HTTP/1.1\r\nX-Name: v\r\nContent-Length: 3\r\n\r\n" + body)
                assert (await client.answer()).body == body
        assert {call.headers["x-name"] for call in lab.service.calls} == {"v"}
        assert {call.path for call in lab.service.calls} == {"/echo"}
        assert len({call.id for call in lab.service.calls}) == len(lab.service.calls) == 8
        assert lab.state.total_requests == 8

    serve(main)


def test_a_head_seen_before_may_come_in_pieces_or_with_the_next_request(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        request = b"POST /echo HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
        client.write(request)
        assert (await client.answer()).body == b"abc"
        for cut in range(len(request)):
            client.write(request[:cut])
            await asyncio.sleep(0.001)
            client.write(request[cut:])
            assert (await client.answer()).body == b"abc"
        client.write(request * 3)
        assert [(await client.answer()).body for _ in range(3)] == [b"abc"] * 3
        client.write(request + b"GET /nowhere HTTP/1.1\r\n\r\n")
        assert [(await client.answer()).status for _ in range(2)] == [200, 404]

    serve(main)


def test_a_head_that_ends_the_connection_does_so_each_time(serve) -> None:
    async def main(lab) -> None:
        for _ in range(2):
            client = await lab.connect()
            client.send("GET /things HTTP/1.1", "connection: close")
            assert (await client.answer()).headers["connection"] == "close"
            assert await client.ended() == b""
            client = await lab.connect()
            client.send("HEAD /things HTTP/1.1", "host: x")
            assert (await client.answer(bodiless=True)).status == 405

    serve(main)


def test_pipelined_requests_are_answered_in_order_though_the_first_takes_longest(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.write(
            b"GET /wait HTTP/1.1\r\nhost: x\r\n\r\n"
            b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc"
            b"GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n"
            b"GET /things HTTP/1.1\r\nhost: x\r\n\r\n"
        )
        await lab.service.waiting.wait()
        assert len(lab.service.calls) == 1
        lab.service.go.set()
        assert json.loads((await client.answer()).body) == {"waited": True}
        assert (await client.answer()).body == b"abc"
        assert (await client.answer()).status == 404
        assert json.loads((await client.answer()).body) == {"things": ["a", "b"]}

    serve(main)


def test_a_pipeline_of_thousands_is_answered_to_its_end(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        requests = [
            b"GET /wait HTTP/1.1\r\n\r\n",
            *[b"GET /nowhere HTTP/1.1\r\n\r\n"] * 2000,
            b"GET /things HTTP/1.1\r\n\r\n",
        ]
        client.write(b"".join(requests))
        await lab.service.waiting.wait()
        lab.service.go.set()
        assert [(await client.answer()).status for _ in requests] == [200, *[404] * 2000, 200]

    serve(main)


def test_a_request_may_arrive_byte_by_byte(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        for byte in b"POST /echo?a=b HTTP/1.1\r\nX-Long-Name: some value\r\nContent-Length: 2\r\n\r\nhi":
            client.write(bytes([byte]))
            await asyncio.sleep(0)
        assert (await client.answer()).body == b"hi"
        (call,) = lab.service.calls
        assert call.headers == {"x-long-name": "some value", "content-length": "2"}
        assert call.query == {"a": ["b"]}

    serve(main)


def test_a_chunked_body_is_joined_and_its_trailers_are_no_headers(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send("POST /echo HTTP/1.1", "host: x", "transfer-encoding: chunked")
        for piece in (b"3\r\nabc\r\n", b"5;extension=1\r\n", b"defgh", b"\r\n0\r\nauthorization: Bearer x\r\n\r\n"):
            client.write(piece)
            await asyncio.sleep(0.001)
        assert (await client.answer()).body == b"abcdefgh"
        assert "authorization" not in lab.service.calls[0].headers
        client.send(*GET)
        assert (await client.answer()).status == 200

    serve(main)


def test_http_1_0_is_answered_and_closed(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send("GET /things HTTP/1.0")
        answer = await client.answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert await client.ended() == b""

    serve(main)


def test_a_stream_to_http_1_0_ends_with_the_connection(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send("POST /stream HTTP/1.0", "content-length: 0")
        tape = await lab.service.tapes.get()
        await tape.hears("begin")
        tape.push(b"1")
        tape.finish()
        answer = await client.answer()
        assert "transfer-encoding" not in answer.headers
        assert answer.body == b"data: 1\n\ndata: [DONE]\n\n"

    serve(main)


def test_connection_close_is_honoured(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send(*GET, "connection: close")
        assert (await client.answer()).headers["connection"] == "close"
        assert await client.ended() == b""

    serve(main)


def test_a_client_that_asks_first_is_told_to_continue(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send("POST /echo HTTP/1.1", "host: x", "content-length: 2", "expect: 100-continue")
        assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.write(b"hi")
        assert (await client.answer()).body == b"hi"

    serve(main)


def test_the_word_to_continue_does_not_break_into_another_answer(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send(*STREAM)
        tape = await lab.service.tapes.get()
        await tape.hears("begin")
        tape.push(b"1")
        client.send("POST /echo HTTP/1.1", "host: x", "content-length: 2", "expect: 100-continue")
        await asyncio.sleep(0.01)
        tape.finish()
        client.write(b"hi")
        assert (await client.answer()).body == b"data: 1\n\ndata: [DONE]\n\n"
        assert (await client.answer()).body == b"hi"

    serve(main)


def test_a_host_is_not_needed(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.write(b"\r\nGET /things HTTP/1.1\r\n\r\n")
        assert (await client.answer()).status == 200

    serve(main)


# -- streams


def test_each_burst_is_one_chunk_and_the_head_comes_with_the_first(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send(*STREAM)
        tape = await lab.service.tapes.get()
        await tape.hears("begin")
        tape.push(b'{"a":1}', b'{"b":2}')
        status, headers = await client.head()
        assert (status, headers["transfer-encoding"]) == (200, "chunked")
        assert headers["content-type"] == "text/event-stream; charset=utf-8"
        assert await client.chunk() == b'data: {"a":1}\n\ndata: {"b":2}\n\n'
        tape.push(b"3")
        assert await client.chunk() == b"data: 3\n\n"
        tape.push()
        tape.finish()
        assert await client.chunk() == b"data: [DONE]\n\n"
        assert await client.chunk() == b""
        client.send(*GET)
        assert (await client.answer()).status == 200

    serve(main)


def test_a_stream_that_is_whole_at_once_is_sent_whole(serve, parts) -> None:
    async def main(lab) -> None:
        lab.service.source = lambda: parts.AtOnce([b"1"], [b"2"], None)
        client = await lab.connect()
        client.send(*STREAM)
        client.send(*GET)
        answer = await client.answer()
        assert answer.chunks == [b"data: 1\n\n", b"data: 2\n\n", b"data: [DONE]\n\n"]
        assert (await client.answer()).status == 200

    serve(main)


def test_a_stream_that_is_silent_has_comments_and_goes_on(serve, parts) -> None:
    async def main(lab) -> None:
        tape = parts.Tape()
        lab.service.source = lambda: tape
        client = await lab.connect()
        client.send(*STREAM)
        status, headers = await client.head()
        assert (status, headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert await client.chunk() == b": keep-alive\n\n"
        tape.push(b"1")
        while (told := await client.chunk()) == b": keep-alive\n\n":
            pass
        assert told == b"data: 1\n\n"
        tape.finish(RuntimeError("late"))
        assert (await client.chunk()).startswith(b'data: {"error"')
        assert await client.chunk() == b""
        client.send(*GET)
        assert (await client.answer()).status == 200

    serve(main, sweeping=True, socket=SocketLimits(ping_s=0.01))


def test_a_stream_of_nothing_is_done(serve, parts) -> None:
    async def main(lab) -> None:
        lab.service.source = lambda: parts.AtOnce(None)
        client = await lab.connect()
        client.send(*STREAM)
        assert (await client.answer()).body == b"data: [DONE]\n\n"

    serve(main)


def test_events_that_have_names_go_out_as_they_are_and_end_as_they_end(serve, parts) -> None:
    async def main(lab) -> None:
        lab.service.source = lambda: parts.AtOnce([b"event: a\ndata: 1\n\n"], [], [b"event: b\ndata: 2\n\n"], None)
        client = await lab.connect()
        client.send(*NAMED)
        answer = await client.answer()
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.chunks == [b"event: a\ndata: 1\n\n", b"event: b\ndata: 2\n\n"]

    serve(main)


def test_a_stream_of_named_events_that_fails_ends_with_an_event_of_that_name(serve, parts) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send(*NAMED)
        tape = await lab.service.tapes.get()
        await tape.hears("begin")
        tape.push(b"event: a\ndata: 1\n\n")
        tape.finish(ServerError("too much"))
        first, last = (await client.answer()).chunks
        assert first == b"event: a\ndata: 1\n\n"
        assert last.startswith(b'event: error\ndata: {"error":{"message":"too much"') and last.endswith(b"}}\n\n")

    serve(main)


def test_an_error_on_the_way_is_the_last_event_and_the_stream_is_not_done(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send(*STREAM)
        tape = await lab.service.tapes.get()
        await tape.hears("begin")
        tape.push(b"1")
        tape.finish(ServerError("too much"))
        answer = await client.answer()
        first, last = answer.chunks
        assert (answer.status, first) == (200, b"data: 1\n\n")
        assert json.loads(last.removeprefix(b"data: "))["error"]["message"] == "too much"
        assert b"[DONE]" not in answer.body
        client.send(*GET)
        assert (await client.answer()).status == 200

    serve(main)


@pytest.mark.parametrize("items", [[BadRequest("no")], [ZeroDivisionError()]], ids=["fails", "raises"])
def test_an_error_before_the_first_event_has_a_proper_status(serve, parts, caplog, items) -> None:
    async def main(lab) -> None:
        lab.service.source = lambda: parts.AtOnce(*items)
        client = await lab.connect()
        client.send(*STREAM)
        client.send(*GET)
        answer = await client.answer()
        assert answer.status == (500 if isinstance(items[0], ZeroDivisionError) else 400)
        assert answer.headers["content-type"] == "application/json"
        assert error(answer)["type"] in ("server_error", "invalid_request_error")
        assert json.loads((await client.answer()).body) == {"things": ["a", "b"]}

    serve(main)


def test_a_stream_that_fails_later_but_before_its_first_event_has_a_proper_status_too(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send(*STREAM)
        tape = await lab.service.tapes.get()
        await tape.hears("begin")
        tape.finish(ServerError("too much", retry_after=3.0))
        answer = await client.answer()
        assert (answer.status, answer.headers["retry-after"]) == (500, "3")

    serve(main)


def test_a_source_that_pushes_and_then_raises_ends_its_stream_with_the_error(serve, parts, caplog) -> None:
    async def main(lab) -> None:
        lab.service.source = lambda: parts.AtOnce([b"1"], ZeroDivisionError())
        client = await lab.connect()
        client.send(*STREAM)
        client.send(*GET)
        answer = await client.answer()
        assert answer.status == 200 and answer.chunks[0] == b"data: 1\n\n"
        assert b'"server_error"' in answer.chunks[1] and len(answer.chunks) == 2
        assert (await client.answer()).status == 200

    serve(main)


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_client_that_leaves_a_stream_has_it_cancelled_at_once(serve, how: str) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send(*STREAM)
        tape = await lab.service.tapes.get()
        await tape.hears("begin")
        tape.push(b"1")
        await client.head()
        getattr(client, how)()
        began = loop_time()
        await tape.hears("cancel")
        assert loop_time() - began < 0.2
        tape.push(b"2")  # nobody listens
        assert lab.state.connections == set()

    serve(main)


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_client_that_leaves_while_the_handler_works_has_it_cancelled_at_once(serve, how: str) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send("GET /wait HTTP/1.1", "host: x")
        client.send(*STREAM)  # pipelined: never begun
        await lab.service.waiting.wait()
        getattr(client, how)()
        began = loop_time()
        await lab.service.cancelled.wait()
        assert loop_time() - began < 0.2
        assert len(lab.service.calls) == 1

    serve(main)


def test_a_slow_reader_pauses_its_stream_and_resumes_it(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect(receive_buffer=4096)
        client.send(*STREAM)
        tape = await lab.service.tapes.get()
        await tape.hears("begin")
        pushed = 0
        while "pause" not in tape.told:
            tape.push(b"x" * 100_000)
            pushed += 1
            assert pushed < 1000
            await asyncio.sleep(0)
        assert tape.told == ["begin", "pause"]
        reading = asyncio.create_task(client.answer())
        await tape.hears("resume")
        tape.finish()
        answer = await reading
        assert len(answer.body) == pushed * len(b"data: \n\n" + b"x" * 100_000) + len(b"data: [DONE]\n\n")
        assert "cancel" not in tape.told

    serve(main)


def test_a_stream_that_begins_behind_a_full_socket_begins_paused(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect(receive_buffer=4096)
        client.send("GET /large HTTP/1.1", "host: x")
        client.send(*STREAM)
        tape = await lab.service.tapes.get()
        await tape.hears("pause")
        reading = asyncio.create_task(client.answer())
        await tape.hears("resume")
        tape.finish()
        assert len((await reading).body) == 20_000_000
        assert (await client.answer()).body == b"data: [DONE]\n\n"

    serve(main)


# -- refusals


def test_an_unknown_path_has_openais_envelope(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send("POST /v1/nowhere?x=1 HTTP/1.1", "host: x", "content-length: 3", body=b"abc")
        answer = await client.answer()
        assert answer.status == 404
        assert error(answer) == {
            "message": "Invalid URL (POST /v1/nowhere)", "type": "invalid_request_error", "param": None, "code": None,
        }  # fmt: skip
        assert answer.headers["x-request-id"].startswith("req_")
        client.send(*GET)
        assert (await client.answer()).status == 200

    serve(main)


def test_another_method_is_refused_with_those_allowed(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send("DELETE /v1/things HTTP/1.1", "host: x")
        answer = await client.answer()
        assert (answer.status, answer.headers["allow"]) == (405, "GET")
        assert error(answer)["code"] == "method_not_supported"

    serve(main)


def test_a_head_request_is_refused_without_a_body(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send("HEAD /v1/things HTTP/1.1", "host: x")
        answer = await client.answer(bodiless=True)
        assert (answer.status, answer.headers["allow"]) == (405, "GET")
        assert int(answer.headers["content-length"]) > 0
        client.send(*GET)
        assert (await client.answer()).status == 200

    serve(main)


def test_refusals_and_defects_of_handlers_have_their_status(serve, caplog) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send("GET /refuse HTTP/1.1", "host: x")
        refused = await client.answer()
        assert (refused.status, refused.headers["retry-after"], error(refused)["param"]) == (400, "2", "thing")
        for path in ("/defect", "/nothing"):
            client.send(f"GET {path} HTTP/1.1", "host: x")
            answer = await client.answer()
            assert answer.status == 500 and b"secret" not in answer.body
            assert answer.headers["x-request-id"] in error(answer)["message"]

    with caplog.at_level(logging.ERROR, "fakeai.server"):
        serve(main)
    assert "secret" in caplog.text


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /nowhere HTTP/1.1\r\n\r\n", 404),
        (b"HEAD /things HTTP/1.1\r\n\r\n", 405),
        (b"POST /nowhere HTTP/1.1\r\ncontent-length: 3\r\n\r\nab", 408),
        (b"POST /echo HTTP/1.1\r\ncontent-length: 10001\r\n\r\n", 413),
        (b"POST /echo HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2711\r\n" + b"x" * 10_001, 413),
        (b"GET /things HTTP/1.1\r\nx: " + b"y" * 70_000 + b"\r\n\r\n", 431),
        (b"GET /thi", 408),
        (b"\0", 400),
    ],
)  # fmt: skip
def test_the_bus_hears_once_of_a_request_that_no_handler_sees(serve, request_: bytes, status: int) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.write(request_)
        got, headers = await client.head()
        assert got == status
        assert [(ended.route, ended.status) for ended in lab.ended] == [("unmatched", status)]
        assert lab.ended[0].request_id == headers["x-request-id"]

    serve(main, sweeping=True, head_s=0.05, body_s=0.05)


def test_a_request_that_is_turned_away_leaves_nothing_for_the_collector(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        gc.collect()
        gc.disable()
        try:
            others = [
                found for found in gc.get_objects() if type(found) is Exchange
            ]  # of other tests; isinstance() would have torch complain
            for _ in range(3):
                client.send("GET /nowhere HTTP/1.1", "host: x")
                await client.answer()
            left = [found for found in gc.get_objects() if type(found) is Exchange and found not in others]
        finally:
            gc.enable()
        assert left == []

    serve(main)


def test_the_bus_is_not_told_by_the_door_of_what_a_handler_has_seen(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        for path in ("/refuse", "/things"):
            client.send(f"GET {path} HTTP/1.1", "host: x")
            await client.answer()
        assert lab.ended == []

    serve(main)


def test_a_body_said_to_be_too_large_is_refused_before_it_is_read(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send("POST /echo HTTP/1.1", "host: x", "content-length: 10001", "expect: 100-continue")
        answer = await client.answer()
        assert (answer.status, answer.headers["connection"]) == (413, "close")
        assert "10000" in error(answer)["message"]
        assert lab.service.calls == []

    serve(main)


def test_a_row_may_take_larger_bodies_than_others(serve) -> None:
    async def main(lab) -> None:
        for framing in ("content-length: 20001", "transfer-encoding: chunked"):
            client = await lab.connect()
            client.send("POST /roomy HTTP/1.1", "host: x", "content-length: 20000", body=b"x" * 20_000)
            assert (await client.answer()).status == 200
            client.send("POST /roomy HTTP/1.1", "host: x", framing, body=b"4e21\r\n" + b"x" * 20_001)
            answer = await client.answer()
            assert answer.status == 413
            assert "20000" in error(answer)["message"]
        assert len(lab.service.calls) == 2

    serve(main)


def test_the_refusal_of_a_large_body_survives_what_the_client_still_sends(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send("POST /echo HTTP/1.1", "host: x", "content-length: 5000000", body=b"x" * 5_000_000)
        await client.writer.drain()
        assert (await client.answer()).status == 413
        client.close()
        await client.writer.wait_closed()

    serve(main)


def test_a_chunked_body_is_refused_when_it_grows_too_large(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send("POST /echo HTTP/1.1", "host: x", "transfer-encoding: chunked")
        client.write(b"%x\r\n%b\r\n" % (6000, b"x" * 6000) * 2 + b"0\r\n\r\n" + b"GET /things HTTP/1.1\r\n\r\n")
        answer = await client.answer()
        assert (answer.status, answer.headers["connection"]) == (413, "close")
        client.write(b"GET /things HTTP/1.1\r\n\r\n")
        await asyncio.sleep(0.01)
        assert lab.service.calls == []  # nothing behind a refused body is read

    serve(main)


def test_the_largest_body_is_taken(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send("POST /echo HTTP/1.1", "host: x", "content-length: 10000", body=b"x" * 10_000)
        assert len((await client.answer()).body) == 10_000

    serve(main)


def test_a_large_body_behind_a_stream_is_refused_after_it(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send(*STREAM)
        tape = await lab.service.tapes.get()
        await tape.hears("begin")
        tape.push(b"1")
        client.send("POST /echo HTTP/1.1", "host: x", "content-length: 10001")
        await asyncio.sleep(0.01)
        tape.push(b"2")
        tape.finish()
        assert (await client.answer()).chunks == [b"data: 1\n\n", b"data: 2\n\n", b"data: [DONE]\n\n"]
        assert (await client.answer()).status == 413

    serve(main)


@pytest.mark.parametrize("pieces", [1, 7])
@pytest.mark.parametrize(
    "head",
    [
        b"GET /things HTTP/1.1\r\nx-huge: " + b"x" * 2000 + b"\r\n\r\n",
        b"GET /things?" + b"x" * 2000 + b" HTTP/1.1\r\n\r\n",
        b"GET /things HTTP/1.1\r\n" + b"".join(b"x-%d: y\r\n" % n for n in range(200)) + b"\r\n",
        b"GET /things HTTP/1.1\r\nx-endless: " + b"x" * 2000,
        b"GET /" + b"x" * 2000,
    ],
    ids=["long value", "long query", "many", "endless value", "endless path"],
)
def test_a_head_that_is_too_large_is_refused(serve, head: bytes, pieces: int) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        size = -(-len(head) // pieces)
        for at in range(0, len(head), size):
            client.write(head[at : at + size])
            await asyncio.sleep(0.002)
        if not head.endswith(b"\r\n\r\n"):
            client.write(b"x" * 1100)  # what ends nowhere is measured as it comes
        answer = await client.answer()
        assert (answer.status, answer.headers["connection"]) == (431, "close")
        assert "1000 bytes" in error(answer)["message"]
        assert lab.service.calls == []

    serve(main, max_head_bytes=1000)


def test_endless_trailers_are_refused_too(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send("POST /echo HTTP/1.1", "host: x", "transfer-encoding: chunked", body=b"1\r\nx\r\n0\r\n")
        for _ in range(4):
            await asyncio.sleep(0.002)
            client.write(b"x-trailer: " + b"y" * 500 + b"\r\n")
        assert (await client.answer()).status == 431

    serve(main, max_head_bytes=1000)


def test_a_large_body_is_no_large_head(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send("POST /echo HTTP/1.1", "host: x", "transfer-encoding: chunked")
        for _ in range(40):
            client.write(b"c8\r\n" + b"x" * 200 + b"\r\n")
            await asyncio.sleep(0)
        client.write(b"0\r\n\r\n")
        assert len((await client.answer()).body) == 8000

    serve(main, max_head_bytes=1000)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET /things HTTP/9.9\r\n\r\n",
        b"GET /things HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /things HTTP/1.1\r\nx: a\x00b\r\n\r\n",
        b"POST /echo HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST /echo HTTP/1.1\r\ncontent-length: 1e3\r\n\r\n",
        b"POST /echo HTTP/1.1\r\ncontent-length: 99999999999999999999999999\r\n\r\n",
        b"POST /echo HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        # two readings of where a body ends are how requests are smuggled
        b"POST /echo HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /echo HTTP/1.1\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
        b"POST /echo HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\nx",
        b"POST /echo HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxy",
        b"POST /echo HTTP/1.1\r\ntransfer-encoding: identity\r\n\r\n",
        b"POST /echo HTTP/1.1\r\ntransfer-encoding: chunked, gzip\r\n\r\n",
        b"POST /echo HTTP/1.1\r\ncontent-length : 1\r\n\r\nx",
        b"GET /things HTTP/1.1\nhost: x\n\n",
    ],
)
def test_what_is_not_http_is_refused_and_the_connection_ends(serve, garbage: bytes) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.write(garbage)
        answer = await client.answer()
        assert (answer.status, answer.headers["connection"]) == (400, "close")
        assert error(answer)["type"] == "invalid_request_error"
        client.send(*GET)
        await asyncio.sleep(0.01)
        assert lab.service.calls == []

    serve(main)


def test_garbage_behind_requests_is_refused_after_their_answers(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.write(b"GET /wait HTTP/1.1\r\n\r\nGET /things HTTP/1.1\r\n\r\nnonsense\r\n\r\n")
        await lab.service.waiting.wait()
        lab.service.go.set()
        assert [(await client.answer()).status for _ in range(3)] == [200, 200, 400]

    serve(main)


def test_a_request_behind_a_last_one_is_not_run(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.write(b"GET /nowhere HTTP/1.1\r\nconnection: close\r\n\r\nGET /things HTTP/1.1\r\n\r\n")
        assert (await client.answer()).status == 404
        assert await client.ended() == b""
        assert lab.service.calls == []

    serve(main)


def test_an_offer_of_http_2_is_declined_by_answering_body_and_all(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        offer = ("host: x", "connection: Upgrade, HTTP2-Settings", "upgrade: h2c", "http2-settings: AAMAAABk")
        client.send("POST /echo?a=b HTTP/1.1", *offer, "content-length: 5", body=b"hello")
        answer = await client.answer()
        assert (answer.status, answer.body) == (200, b"hello")
        assert lab.service.calls[0].query == {"a": ["b"]}
        client.send("POST /echo HTTP/1.1", *offer, "content-length: 3")  # the body comes later
        await asyncio.sleep(0.005)
        client.write(b"abc")
        assert (await client.answer()).body == b"abc"
        client.send("GET /things HTTP/1.1", *offer)
        assert (await client.answer()).status == 200

    serve(main)


def test_bad_http_behind_an_offer_that_nobody_takes_is_the_clients_fault(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.write(
            b"POST /echo HTTP/1.1\r\nconnection: upgrade\r\nupgrade: h2c\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"
        )
        assert (await client.answer()).status == 400

    serve(main)


def test_thousands_of_offers_in_a_row_end_the_connection(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.write(b"GET /things HTTP/1.1\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n" * 3000)
        assert [(await client.answer()).status for _ in range(2)] == [200, 400]
        assert len(lab.service.calls) == 1

    serve(main)


def test_a_websocket_handshake_to_no_row_is_refused_as_any_request(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send(
            "GET /v1/realtime HTTP/1.1", "host: x", "connection: Upgrade", "upgrade: websocket",
            "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version: 13",
        )  # fmt: skip
        answer = await client.answer()
        assert answer.status == 404 and error(answer)["type"] == "invalid_request_error"

    serve(main)


def test_a_request_for_a_tunnel_is_refused(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.write(b"CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n")
        assert (await client.answer()).status == 404

    serve(main)


# -- documents, which go through ASGI


@pytest.mark.parametrize("authority", ["http://api.openai.com", "HTTPS://user@[::1]:8000", "http://x", "http://"])
def test_a_target_may_be_a_whole_url_whatever_its_host(serve, authority: str) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        for _ in range(2):
            client.send(f"GET {authority}/v1/things/a%20b?x=http://y HTTP/1.1", "host: x")
            assert json.loads((await client.answer()).body) == {"thing": "a b"}
        assert [(call.path, call.query) for call in lab.service.calls] == [
            ("/v1/things/a%20b", {"x": ["http://y"]})
        ] * 2
        client.send(f"GET {authority}/openapi.json HTTP/1.1", "host: x")
        assert (await client.answer()).status == 200

    serve(main)


@pytest.mark.parametrize("target", ["http://x", "http://x?y=/things", "ftp://x/things", "/http://x/things", "*"])
def test_a_url_of_no_row_is_an_unknown_path(serve, target: str) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send(f"OPTIONS {target} HTTP/1.1", "host: x")
        assert (await client.answer()).status == 404

    serve(main)


def test_documents_and_rows_share_a_connection(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send("GET /openapi.json HTTP/1.1", "host: x")
        assert "/v1/things" in json.loads((await client.answer()).body)["paths"]
        client.send(*GET)
        assert (await client.answer()).status == 200
        client.send("GET /docs HTTP/1.1", "host: x")
        assert (await client.answer()).headers["content-type"].startswith("text/html")

    serve(main)


def test_a_document_does_not_break_into_the_answer_before_it(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.write(b"GET /wait HTTP/1.1\r\n\r\nGET /openapi.json HTTP/1.1\r\n\r\nGET /things HTTP/1.1\r\n\r\n")
        await lab.service.waiting.wait()
        await asyncio.sleep(0.05)
        lab.service.go.set()
        assert json.loads((await client.answer()).body) == {"waited": True}
        assert len(lab.service.calls) == 1  # what was asked behind it is its client's to ask again

    serve(main)


def test_an_answer_does_not_break_into_the_document_before_it(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.write(b"GET /openapi.json HTTP/1.1\r\n\r\nGET /things HTTP/1.1\r\n\r\n")
        answer = await client.answer()
        assert "paths" in json.loads(answer.body)
        assert lab.service.calls == []
        assert await client.ended() == b""

    serve(main)


# -- deadlines


def test_a_client_that_says_nothing_is_closed(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        began = loop_time()
        assert await client.ended() == b""
        assert 0.15 < loop_time() - began < 1.5

    serve(main, sweeping=True, head_s=0.2)


def test_a_head_that_does_not_end_in_time_is_refused(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.write(b"GET /things HTTP/1.1\r\nx-slow: ")
        answer = await client.answer()
        assert (answer.status, answer.headers["connection"]) == (408, "close")
        assert error(answer)["message"] == "Your request did not arrive in time."

    serve(main, sweeping=True, head_s=0.2)


def test_a_body_that_does_not_end_in_time_is_refused(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send("POST /echo HTTP/1.1", "host: x", "content-length: 5", body=b"hel")
        assert (await client.answer()).status == 408
        assert lab.service.calls == []

    serve(main, sweeping=True, body_s=0.2)


def test_a_head_that_trickles_gains_no_time(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()

        async def trickle() -> None:
            client.write(b"GET /things HTTP/1.1\r\nx-slow: ")
            while True:
                client.write(b"x")
                await asyncio.sleep(0.05)

        task = asyncio.create_task(trickle())
        try:
            assert (await client.answer()).status == 408
        finally:
            task.cancel()

    serve(main, sweeping=True, head_s=0.3)


def test_an_idle_connection_is_closed(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send(*GET)
        await client.answer()
        began = loop_time()
        assert await client.ended() == b""
        assert 0.15 < loop_time() - began < 1.5

    serve(main, sweeping=True, idle_s=0.2)


def test_a_handler_and_a_stream_may_take_as_long_as_they_like(serve) -> None:
    async def main(lab) -> None:
        waiter, streamer = await lab.connect(), await lab.connect()
        waiter.send("GET /wait HTTP/1.1", "host: x")
        streamer.send(*STREAM)
        tape = await lab.service.tapes.get()
        await tape.hears("begin")
        tape.push(b"1")
        await asyncio.sleep(0.8)
        lab.service.go.set()
        tape.finish()
        assert (await waiter.answer()).status == 200
        assert (await streamer.answer()).body.endswith(b"[DONE]\n\n")

    serve(main, sweeping=True, head_s=0.2, body_s=0.2, idle_s=0.2)


def test_an_unfinished_request_behind_a_stream_expires_without_hurting_it(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send(*STREAM)
        tape = await lab.service.tapes.get()
        await tape.hears("begin")
        client.write(b"GET /things HTTP/1.1\r\nx-slow: ")
        await asyncio.sleep(0.7)
        tape.push(b"1")
        tape.finish()
        assert (await client.answer()).body == b"data: 1\n\ndata: [DONE]\n\n"
        assert (await client.answer()).status == 408

    serve(main, sweeping=True, head_s=0.2)


def test_a_client_that_never_reads_its_stream_is_dropped(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect(receive_buffer=4096)
        client.send(*STREAM)
        tape = await lab.service.tapes.get()
        await tape.hears("begin")
        while "pause" not in tape.told:
            tape.push(b"x" * 100_000)
            await asyncio.sleep(0)
        await tape.hears("cancel")
        assert lab.state.connections == set()

    serve(main, sweeping=True, idle_s=0.2)


def test_a_client_that_never_reads_its_answer_is_dropped(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect(receive_buffer=4096)
        client.send("GET /large HTTP/1.1", "host: x")
        while not lab.state.connections:
            await asyncio.sleep(0.01)
        began = loop_time()
        while lab.state.connections:
            await asyncio.sleep(0.01)
        assert loop_time() - began < 1.5

    serve(main, sweeping=True, idle_s=0.2)


def test_a_client_that_never_reads_is_dropped_though_it_asks_on_with_a_head_seen_before(serve) -> None:
    async def main(lab) -> None:
        lab.service.go.set()
        known = await lab.connect()
        known.send("GET /wait HTTP/1.1", "host: x")
        assert (await known.answer()).status == 200
        known.close()
        lab.service.go.clear()
        client = await lab.connect(receive_buffer=4096)
        client.send("GET /large HTTP/1.1", "host: x")
        while not any(connection.flow.write_paused for connection in lab.state.connections):
            await asyncio.sleep(0.01)
        client.send("GET /wait HTTP/1.1", "host: x")
        async with asyncio.timeout(1.5):
            await lab.service.cancelled.wait()
        assert lab.state.connections == set()

    serve(main, sweeping=True, idle_s=0.3)


def test_a_connection_is_idle_again_after_a_large_answer(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send("GET /large HTTP/1.1", "host: x")
        assert len((await client.answer()).body) == 20_000_000
        assert await client.ended() == b""

    serve(main, sweeping=True, idle_s=0.5)


def test_a_refused_client_that_stays_is_closed_in_the_end(serve, monkeypatch) -> None:
    monkeypatch.setattr("fakeai.server.protocol._LINGER_S", 0.2)

    async def main(lab) -> None:
        client = await lab.connect()
        client.write(b"POST /echo HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
        client.write(b"%x\r\n%b\r\n0\r\n\r\nGET /thi" % (10_001, b"x" * 10_001))  # and the start of another
        assert (await client.answer()).status == 413
        assert await client.ended() == b""

    serve(main, sweeping=True)


# -- the server's end


def test_an_idle_connection_ends_with_the_server(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send(*GET)
        await client.answer()
        (connection,) = lab.state.connections
        connection.shutdown()
        assert await client.ended() == b""

    serve(main)


def test_what_is_under_way_is_finished_before_the_end(serve) -> None:
    async def main(lab) -> None:
        client = await lab.connect()
        client.send(*STREAM)
        tape = await lab.service.tapes.get()
        await tape.hears("begin")
        tape.push(b"1")
        client.send(*GET)
        await asyncio.sleep(0.01)
        (connection,) = lab.state.connections
        connection.shutdown()
        tape.push(b"2")
        tape.finish()
        assert (await client.answer()).chunks == [b"data: 1\n\n", b"data: 2\n\n", b"data: [DONE]\n\n"]
        assert await client.ended() == b""
        assert len(lab.service.calls) == 1

    serve(main)
