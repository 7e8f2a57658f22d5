"""Calls passed on, byte for byte, to a server that remembers what it was asked and answers what it is told to."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import openai
import pytest

from fakeai.testing import FakeAI
from fakeai.testing.loops import run_virtual

ODD = (
    b'{"object":"chat.completion",  "usage": {"prompt_tokens": 5, "completion_tokens": 2}, "odd": "\xc3\xa4\\u00e4"}\n'
)
EVENTS = [
    b": hello\n\n",
    b'event: x\ndata: {"a":1}\n\ndata: {"usa',
    b'ge":{"prompt_tokens":3,"completion_tokens":4}}\r\n\r\n',
]
ASK = {"model": "far", "messages": [{"role": "user", "content": "Hi"}]}


class There:
    """The other server. `answer` is (status, headers, parts of the body); what it was asked is in `asked`."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.answer: tuple[int, dict[str, str], list[bytes]] = (200, {"content-type": "application/json"}, [ODD])
        self.broken = self.endless = False
        self.left = threading.Event()
        self.hold = threading.Event()
        self.hold.set()
        there = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                there.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                status, headers, parts = there.answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                try:
                    for part in parts:
                        self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
                        self.wfile.flush()
                        there.hold.wait(20)
                    while there.endless:
                        self.wfile.write(b"1\r\n\n\r\n")
                        there.left.wait(0.01)
                    if there.broken:
                        self.connection.shutdown(socket.SHUT_RDWR)
                        self.close_connection = True
                    else:
                        self.wfile.write(b"0\r\n\r\n")
                except OSError:
                    there.left.set()
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


@pytest.fixture
def there() -> Iterator[There]:
    made = There()
    yield made
    made.hold.set()
    made.endless = False
    made.server.shutdown()
    made.server.server_close()


def here(there: There, **fields: Any) -> FakeAI:
    flags = {"models.far.backend": "openai", "models.far.base_url": there.url} | {
        f"models.far.{name}": value for name, value in fields.items()
    }
    return FakeAI(flags)


@pytest.fixture(params=["in process", "served"])
def door(there: There, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    with here(there) as fake:
        if request.param == "served":
            with httpx.Client(base_url=fake.base_url, trust_env=False) as client:
                yield client
        else:
            with httpx.Client(transport=fake.transport(), base_url="http://fakeai/v1") as client:
                yield client


def test_request_and_answer_go_through_byte_for_byte(door: httpx.Client, there: There) -> None:
    raw = b'{ "messages": "anything at all", "model":"far",\n "new_field": 1.50}'
    reply = door.post("/chat/completions?beta=1&beta=2", content=raw, headers={"content-type": "application/json"})
    assert (reply.status_code, reply.content, reply.headers["content-type"]) == (200, ODD, "application/json")
    path, _, body = there.asked[0]
    assert (path, body) == ("/v1/chat/completions?beta=1&beta=2", raw)


def test_a_stream_goes_through_byte_for_byte(door: httpx.Client, there: There) -> None:
    there.answer = (200, {"content-type": "text/event-stream"}, EVENTS)
    reply = door.post("/chat/completions", json=ASK | {"stream": True})
    assert reply.content == b"".join(EVENTS)  # no [DONE] that was not there
    assert reply.headers["content-type"] == "text/event-stream"


@pytest.mark.parametrize("path", ["/completions", "/embeddings", "/moderations"])
def test_any_body_that_names_the_model_is_passed_on(door: httpx.Client, there: There, path: str) -> None:
    assert door.post(path, json={"model": "far"}).content == ODD
    assert there.asked[0][0] == f"/v1{path}"


@pytest.mark.parametrize("path", ["/tokenize", "/detokenize"])
def test_what_others_have_at_their_root_is_asked_for_there(door: httpx.Client, there: There, path: str) -> None:
    assert door.post(path, json={"model": "far"}).content == ODD
    assert there.asked[0][0] == path


def test_other_models_and_other_bodies_are_answered_here(door: httpx.Client, there: There) -> None:
    assert door.post("/chat/completions", json=ASK | {"model": "gpt-4o"}).json()["object"] == "chat.completion"
    for content in (b"{", b"[]", b'{"model": ["far"]}', b'"far"'):
        reply = door.post("/chat/completions", content=content, headers={"content-type": "application/json"})
        assert reply.status_code == 400
    assert there.asked == []


def test_errors_come_as_the_other_server_words_them(door: httpx.Client, there: There) -> None:
    there.answer = (429, {"content-type": "application/json", "retry-after": "7"}, [b'{"error": "slow down"}'])
    reply = door.post("/chat/completions", json=ASK | {"stream": True})
    assert (reply.status_code, reply.content, reply.headers["retry-after"]) == (429, b'{"error": "slow down"}', "7")


@pytest.mark.parametrize("status", [204, 205])
def test_an_answer_without_a_body_ends_with_its_head(there: There, status: int) -> None:
    there.answer = (status, {"content-type": "text/plain"}, [])
    body = b'{"model": "far"}'
    with here(there) as fake, socket.create_connection(("127.0.0.1", httpx.URL(fake.base_url).port or 0)) as client:
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
        client.sendall(head.encode() + body + b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        received = b"".join(iter(lambda: client.recv(65536), b""))
    first, _, second = received.partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 %d " % status)
    assert b"transfer-encoding" not in first.lower()
    assert second.startswith(b"HTTP/1.1 200 ")


def test_other_kinds_of_bodies_pass_as_they_come(door: httpx.Client, there: There) -> None:
    there.answer = (200, {"content-type": "audio/mpeg"}, [b"\x00\xff", b"\r\n"])
    reply = door.post("/chat/completions", json=ASK)
    assert (reply.content, reply.headers["content-type"]) == (b"\x00\xff\r\n", "audio/mpeg")
    there.answer = (200, {"content-type": "text/plain"}, [])
    assert door.post("/chat/completions", json=ASK).content == b""


def test_headers_between_two_hops_end_there(door: httpx.Client, there: There) -> None:
    there.answer = (
        200,
        {"content-type": "application/json", "x-request-id": "req_there", "x-ratelimit-limit-requests": "3"}
        | {"connection": "x-private", "x-private": "1", "x-custom": "kept", "server": "other"},
        [ODD],
    )
    sent = {
        "te": "trailers",
        "connection": "keep-alive, x-mine",
        "x-mine": "1",
        "x-kept": "1",
        "authorization": "Bearer sk-c",
    }
    reply = door.post(
        "/chat/completions", json=ASK, headers=sent | {"x-fakeai-ttft-ms": "5", "accept-encoding": "gzip"}
    )
    asked = there.asked[0][1]
    assert not {"te", "x-mine", "x-fakeai-ttft-ms"} & set(asked)
    assert asked["host"] in there.url
    assert (asked["x-kept"], asked["authorization"], asked["accept-encoding"]) == ("1", "Bearer sk-c", "identity")
    assert "x-private" not in reply.headers
    assert reply.headers["x-custom"] == "kept"
    assert reply.headers["x-request-id"].startswith("req_")
    assert reply.headers["x-upstream-request-id"] == "req_there"
    assert reply.headers["x-ratelimit-limit-requests"] == "3"
    assert len(reply.headers.get_list("x-request-id")) == 1


def test_with_a_key_of_ours_nobody_elses_identity_is_passed_on(there: There) -> None:
    with (
        here(there, api_key="sk-ours") as fake,
        httpx.Client(transport=fake.transport(), base_url="http://x/v1") as client,
    ):
        sent = {"authorization": "Bearer sk-client", "api-key": "1", "cookie": "c=1", "openai-organization": "org"}
        client.post("/chat/completions", json=ASK, headers=sent)
    asked = there.asked[0][1]
    assert asked["authorization"] == "Bearer sk-ours"
    assert not {"api-key", "cookie", "openai-organization"} & set(asked)


def test_a_model_may_have_another_name_there(there: There) -> None:
    with (
        here(there, upstream_model="org/near") as fake,
        httpx.Client(transport=fake.transport(), base_url="http://x/v1") as client,
    ):
        client.post("/chat/completions", json=ASK | {"x": [1]})
    assert httpx.Response(200, content=there.asked[0][2]).json() == ASK | {"model": "org/near", "x": [1]}


def test_redirects_are_not_followed(door: httpx.Client, there: There) -> None:
    there.answer = (307, {"location": "http://127.0.0.1:9/elsewhere"}, [])
    reply = door.post("/chat/completions", json=ASK)
    assert (reply.status_code, reply.json()["error"]["code"]) == (502, "upstream_error")
    assert len(there.asked) == 1


def test_a_server_that_is_not_there_is_a_bad_gateway(
    door: httpx.Client, there: There, caplog: pytest.LogCaptureFixture
) -> None:
    there.server.shutdown()
    there.server.server_close()
    reply = door.post("/chat/completions", json=ASK | {"stream": True})
    assert reply.status_code == 502
    error = reply.json()["error"]
    assert error == {
        "message": "The server behind the model 'far' cannot be reached.",
        "type": "server_error",
        "param": None,
        "code": "upstream_error",
    }
    assert "127.0.0.1" in caplog.text


def test_a_server_that_does_not_answer_is_a_gateway_timeout(there: There) -> None:
    there.answer = (200, {"content-type": "application/json"}, [b"{"])
    there.hold.clear()
    with here(there, timeout_s=0.2) as fake, httpx.Client(transport=fake.transport(), base_url="http://x/v1") as client:
        reply = client.post("/chat/completions", json=ASK)
    assert (reply.status_code, reply.json()["error"]["code"]) == (504, "upstream_timeout")


def test_what_breaks_off_there_breaks_off_here(door: httpx.Client, there: There) -> None:
    there.answer = (200, {"content-type": "text/event-stream"}, EVENTS[:1])
    there.broken = True
    with (
        pytest.raises(httpx.RemoteProtocolError),
        door.stream("POST", "/chat/completions", json=ASK | {"stream": True}) as reply,
    ):
        for _ in reply.iter_raw():
            pass
    there.answer = (200, {"content-type": "application/json"}, [b"{"])
    assert door.post("/chat/completions", json=ASK).status_code == 502


def test_a_client_that_leaves_ends_the_call_there(door: httpx.Client, there: There) -> None:
    there.answer = (200, {"content-type": "text/event-stream"}, EVENTS)
    there.endless = True
    with door.stream("POST", "/chat/completions", json=ASK | {"stream": True}) as reply:
        next(reply.iter_raw())
    assert there.left.wait(10)


def test_usage_is_counted(there: There) -> None:
    with here(there) as fake, httpx.Client(transport=fake.transport(), base_url="http://x/v1") as client:
        client.post("/chat/completions", json=ASK)
        there.answer = (200, {"content-type": "text/event-stream"}, EVENTS)
        client.post("/chat/completions", json=ASK | {"stream": True})
        lines = client.get("http://x/metrics").text.splitlines()
    counted = {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if "fakeai_tokens_total{" in line
    }
    assert counted == {
        'fakeai_tokens_total{model="far",kind="prompt"}': 8,
        'fakeai_tokens_total{model="far",kind="completion"}': 6,
    }


def test_virtual_time_stands_still_while_the_other_server_works(there: There) -> None:
    there.answer = (200, {"content-type": "text/event-stream"}, EVENTS)

    async def main() -> tuple[float, bytes]:
        loop = asyncio.get_running_loop()
        loop.call_later(3600, lambda: None)
        before = loop.time()
        async with (
            FakeAI({"models.far.backend": "openai", "models.far.base_url": there.url}) as fake,
            httpx.AsyncClient(transport=fake.async_transport(), base_url="http://x/v1") as client,
        ):
            reply = await client.post("/chat/completions", json=ASK)
        return loop.time() - before, reply.content

    assert run_virtual(main()) == (0.0, b"".join(EVENTS))


def test_the_official_sdk_finds_nothing_odd(there: There) -> None:
    with FakeAI(seed=1) as far:
        flags = {
            "models.far.backend": "openai",
            "models.far.base_url": far.base_url,
            "models.far.upstream_model": "gpt-4o",
        }
        with FakeAI(flags) as fake, openai.OpenAI(base_url=fake.base_url, api_key="x") as served:
            whole = fake.client().chat.completions.create(**ASK, seed=3)
            parts = served.chat.completions.create(**ASK, seed=3, stream=True)
            said = "".join(part.choices[0].delta.content or "" for part in parts)
    assert said == whole.choices[0].message.content
