"""`fakeai health` against a server that answers, one that is unwell, one that is silent, and none."""

import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from fakeai.cli.program import run


@contextmanager
def answering(status):
    """A server whose every answer has `status`; yields its port and the paths that were asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_server_that_answers_is_healthy(capsys):
    with answering(200) as (port, asked):
        assert run(["health", "--url", f"http://127.0.0.1:{port}"]) == 0
        assert run(["health", "--url", f"127.0.0.1:{port}"]) == 0
    assert asked == ["/healthz", "/healthz"]
    assert capsys.readouterr().out == "ok\nok\n"


def test_the_address_is_that_of_the_settings(monkeypatch):
    with answering(200) as (port, _):
        monkeypatch.setenv("FAKEAI_PORT", str(port))
        monkeypatch.setenv("FAKEAI_HOST", "0.0.0.0")
        assert run(["health"]) == 0


def test_another_status_is_unhealthy(capsys):
    with answering(503) as (port, _):
        assert run(["health", "--url", f"http://127.0.0.1:{port}"]) == 1
    assert "answers 503" in capsys.readouterr().err


def test_nobody_there_is_unhealthy(capsys):
    with socket.socket() as bound:  # bound, but not listening: connections are refused
        bound.bind(("127.0.0.1", 0))
        assert run(["health", "--url", f"http://127.0.0.1:{bound.getsockname()[1]}"]) == 1
    assert "does not answer" in capsys.readouterr().err


def test_silence_is_unhealthy_after_the_timeout(capsys):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        assert run(["health", "--url", f"http://127.0.0.1:{silent.getsockname()[1]}", "--timeout", "0.05"]) == 1
    assert "does not answer" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "http://127.0.0.1:port", "http://"])
def test_an_address_that_is_none_is_a_usage_error(capsys, url):
    assert run(["health", "--url", url]) == 2
    assert "http://host:port" in capsys.readouterr().err
