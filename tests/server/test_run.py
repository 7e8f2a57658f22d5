"""A server binds before it runs, answers while it gets warm, and ends in order."""

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fakeai.server.asgi import AsgiApp
from fakeai.server.protocol import Deadlines
from fakeai.server.run import Server


class Running:
    """A server in a thread, and the loop it runs on once a request has come."""

    def __init__(
        self, parts, *, drain_s: float = 5.0, deadlines: Deadlines | None = None, warm_up=lambda: None
    ) -> None:
        self.service = parts.Service()
        self.tapes: list = []
        self.begun = threading.Event()
        self.draining = threading.Event()
        self.cancelled = threading.Event()
        self.loop: asyncio.AbstractEventLoop | None = None

        class Watched(parts.Tape):
            def begin(tape, feed, /) -> None:  # noqa: N805  # `self` is the server
                super().begin(feed)
                self.tapes.append(tape)
                self.loop = asyncio.get_running_loop()
                self.begun.set()

            def cancel(tape) -> None:  # noqa: N805
                super().cancel()
                self.cancelled.set()

        self.service.source = Watched
        codec = parts.codec(self.service)
        self.server = Server(
            AsgiApp(codec, lambda: self.service.ENDPOINTS, "0"),
            codec,
            host="127.0.0.1",
            port=0,
            deadlines=deadlines or Deadlines(),
            drain_s=drain_s,
            warm_up=warm_up,
            drain=lambda: self.draining.set(),
        )
        self.ready = threading.Event()
        self.urls: list[str] = []
        self.thread = threading.Thread(target=self.server.run, args=(self._on_ready,), daemon=True)

    def _on_ready(self, url: str) -> None:
        self.urls.append(url)
        self.ready.set()

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)

    def on_loop(self, call, *args) -> None:
        assert self.loop is not None
        self.loop.call_soon_threadsafe(call, *args)


@contextmanager
def running(parts, **options) -> Iterator[Running]:
    made = Running(parts, **options)
    made.thread.start()
    assert made.ready.wait(10)
    try:
        yield made
    finally:
        made.server.stop()
        made.thread.join(10)
        assert not made.thread.is_alive()


def test_requests_are_answered_from_when_it_says_so(parts) -> None:
    with running(parts) as run:
        assert run.urls == [run.server.url] == [f"http://127.0.0.1:{run.server.port}"]
        connection = run.connect()
        for _ in range(2):
            connection.request("GET", "/v1/things")
            answer = connection.getresponse()
            assert (answer.status, json.loads(answer.read())) == (200, {"things": ["a", "b"]})
            assert answer.headers["server"] is None
        connection.close()


def test_it_warms_up_once_after_it_is_ready(parts) -> None:
    order: list[str] = []
    warm = threading.Event()

    def warm_up() -> None:
        order.append(f"warm, ready {len(run.urls)}")
        warm.set()

    run = Running(parts, warm_up=warm_up)
    run.thread.start()
    assert warm.wait(10)
    run.server.stop()
    run.thread.join(10)
    assert order == ["warm, ready 1"]


def test_what_goes_wrong_in_warming_up_ends_the_server(parts) -> None:
    def fail() -> None:
        raise LookupError("no such part")

    run = Running(parts, warm_up=fail)
    with pytest.raises(LookupError, match="no such part"):
        run.server.run(run._on_ready)
    assert run.urls
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", run.server.port), timeout=10)


def test_the_port_is_known_and_taken_before_it_runs(parts) -> None:
    run = Running(parts)
    assert run.server.port > 0
    codec = parts.codec(run.service)
    options = {"deadlines": Deadlines(), "drain_s": 1.0, "warm_up": lambda: None}
    app = AsgiApp(codec, lambda: run.service.ENDPOINTS, "0")
    run.thread.start()
    assert run.ready.wait(10)
    with pytest.raises(OSError, match="in use"):
        Server(app, codec, host="127.0.0.1", port=run.server.port, **options)
    run.server.stop()
    run.thread.join(10)
    again = Server(app, codec, host="127.0.0.1", port=run.server.port, **options)  # free again at once
    again.stop()  # harmless: it never ran
    again._socket.close()


@pytest.mark.parametrize(
    ("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("::", "[::1]")]
)
def test_the_url_is_one_that_clients_can_reach(parts, host: str, shown: str) -> None:
    service = parts.Service()
    codec = parts.codec(service)
    try:
        server = Server(
            AsgiApp(codec, lambda: service.ENDPOINTS, "0"), codec,
            host=host, port=0, deadlines=Deadlines(), drain_s=1.0, warm_up=lambda: None,
        )  # fmt: skip
    except OSError:
        if ":" not in host:
            raise
        pytest.skip("this machine has no IPv6")
    server._socket.close()
    assert server.url == f"http://{shown}:{server.port}"


def test_an_address_that_is_not_ours_is_refused_at_once(parts) -> None:
    service = parts.Service()
    codec = parts.codec(service)
    with pytest.raises(OSError):
        Server(
            AsgiApp(codec, lambda: service.ENDPOINTS, "0"), codec,
            host="192.0.2.1", port=0, deadlines=Deadlines(), drain_s=1.0, warm_up=lambda: None,
        )  # fmt: skip


def test_slow_clients_are_swept(parts) -> None:
    with (
        running(parts, deadlines=Deadlines(head_s=0.2)) as run,
        socket.create_connection(("127.0.0.1", run.server.port), timeout=10) as client,
    ):
        client.sendall(b"GET /things HTTP/1.1\r\nx-slow: ")
        assert client.recv(100).startswith(b"HTTP/1.1 408 ")


def test_a_stream_under_way_is_finished_before_the_end_and_others_are_heard_until_then(parts) -> None:  # gateway 71
    with running(parts) as run:
        connection = run.connect()
        connection.request("POST", "/stream", body=b"")
        assert run.begun.wait(10)
        (tape,) = run.tapes
        run.on_loop(tape.push, b"1")
        answer = connection.getresponse()
        run.server.stop()
        assert run.draining.wait(10)
        probe = run.connect()
        probe.request("GET", "/things")
        assert probe.getresponse().status == 200
        probe.close()
        assert run.thread.is_alive()
        run.on_loop(tape.push, b"2")
        run.on_loop(tape.finish)
        assert answer.read() == b"data: 1\n\ndata: 2\n\ndata: [DONE]\n\n"
        run.thread.join(10)
        assert not run.thread.is_alive() and not run.cancelled.is_set()
        with pytest.raises(ConnectionError):
            socket.create_connection(("127.0.0.1", run.server.port), timeout=1)
        connection.close()


def test_a_stream_that_does_not_end_in_time_is_cut_and_cancelled(parts) -> None:
    with running(parts, drain_s=1.0) as run:
        connection = run.connect()
        connection.request("POST", "/stream", body=b"")
        assert run.begun.wait(10)
        run.on_loop(run.tapes[0].push, b"1")
        answer = connection.getresponse()
        assert answer.read1(100) == b"data: 1\n\n"
        began = time.monotonic()
        run.server.stop()
        run.thread.join(10)
        assert not run.thread.is_alive()
        assert 0.9 < time.monotonic() - began < 4.0
        assert run.cancelled.is_set()
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()
        answer.close()
        connection.close()


def test_an_idle_connection_does_not_delay_the_end(parts) -> None:
    with running(parts) as run:
        connection = run.connect()
        connection.request("GET", "/things")
        connection.getresponse().read()
        began = time.monotonic()
        run.server.stop()
        run.thread.join(10)
        assert time.monotonic() - began < 2.0
        connection.close()
