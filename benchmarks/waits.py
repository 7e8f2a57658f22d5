"""What a person waits for: the start, the first answer, and everybody else while one sends a long prompt."""

import json
import socket
import threading
import time
from collections.abc import Iterator

from benchmarks import requests, servers
from benchmarks.client import ask, exchange
from benchmarks.servers import Server
from benchmarks.targets import Row, median, spread

_POLL_S = 0.001


class _Asking(threading.Thread):
    """A request sent in a thread of its own, so that the probing goes on."""

    def __init__(self, port: int, request: bytes) -> None:
        super().__init__()
        self._port = port
        self._request = request
        self._reply = b""
        self._error: Exception | None = None

    def run(self) -> None:
        try:
            self._reply = ask(self._port, self._request)
        except (OSError, RuntimeError) as error:
            self._error = error

    def prompt_tokens(self) -> int:
        """What the answer says the prompt had; raises what went wrong instead."""
        if self._error is not None:
            raise self._error
        return int(json.loads(self._reply.partition(b"\r\n\r\n")[2])["usage"]["prompt_tokens"])


def start(quick: bool) -> Iterator[Row]:
    """Seconds from the process's start to the first 200 of /healthz, and on to the first chat's answer."""
    rounds = 3 if quick else 5
    _started(servers.fakeai(), "/healthz")  # compiles what is not compiled yet
    ready, first, cpu, bare = [], [], [], []
    for _ in range(rounds):
        seconds, chat, spent = _started(servers.fakeai(), "/healthz")
        ready.append(seconds)
        first.append(chat)
        cpu.append(spent)
        bare.append(_started(servers.bare(), "/")[0])
    beside = f"bare uvicorn {spread(bare, 2)} s; CPU until then {spread(cpu, 2)} s"
    yield Row("start", median(ready), f"median of {rounds}: {spread(ready, 2)}", beside, {"s": ready, "bare_s": bare})
    yield Row("first_chat", median(first), f"median of {rounds}: {spread(first, 2)}", "", {"s": first})


def prompt(quick: bool) -> Iterator[Row]:
    """The longest a probe on another connection waits while prompts of 100,000 tokens are answered."""
    rounds = 1 if quick else 3
    worst: dict[str, float] = {}
    took: dict[str, float] = {}
    tokens: dict[str, int] = {}
    with servers.fakeai() as ours, socket.create_connection(("127.0.0.1", ours.port), 30) as probe:
        quiet = _longest(probe, threading.Timer(1.0, int))
        for serial in range(rounds):
            for name, body in requests.long_prompts(serial).items():
                asking = _Asking(ours.port, requests.post(body))
                started = time.monotonic()
                worst[name] = max(worst.get(name, 0.0), _longest(probe, asking))
                took[name] = time.monotonic() - started
                tokens[name] = asking.prompt_tokens()
    slowest = max(worst, key=worst.__getitem__)
    detail = "; ".join(f"{name} {worst[name] * 1e3:.1f} ms ({tokens[name]:,} tokens)" for name in worst)
    beside = f"probe on a quiet server {quiet * 1e3:.1f} ms; slowest prompt answered in {max(took.values()):.2f} s"
    yield Row("long_prompt", worst[slowest] * 1e3, detail, beside, {"worst_s": worst, "quiet_s": quiet})


def _started(server: Server, path: str) -> tuple[float, float, float]:
    """Seconds to readiness, seconds of the first chat after it, CPU seconds until readiness."""
    began = time.monotonic()
    server.spawn()
    try:
        server.wait(path)
        ready = time.monotonic()
        spent = server.cpu_s()
        ask(server.port, next(requests.chats()))
        done = time.monotonic()
    finally:
        server.end()
    return ready - began, done - ready, spent


def _longest(probe: socket.socket, meanwhile: threading.Thread) -> float:
    """The slowest of the probes sent one after the other while a thread runs, in seconds."""
    request = requests.get("/healthz")
    longest = 0.0
    meanwhile.start()
    while meanwhile.is_alive():
        sent = time.monotonic()
        exchange(probe, request)
        longest = max(longest, time.monotonic() - sent)
        time.sleep(_POLL_S)
    meanwhile.join()
    return longest
