"""Hostile input over a real socket: a clear refusal in good time, nothing reached for, and the server goes on."""

import gzip
import json
import os
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract import hostile
from contract.hostile import CHAT, FULL, MODEL, SEA, SPOTS, WRONG, replaced
from fakeai.testing import FakeAI

IN_TIME_S = 1.0


@pytest.fixture(scope="module")
def server() -> Iterator[FakeAI]:
    settings = {"server.header_timeout_s": 0.4, "server.body_timeout_s": 0.4, "seed": 1}
    with FakeAI(settings) as fake:
        assert httpx.get(f"{fake.url}/readyz", timeout=30).status_code == 200
        httpx.post(f"{fake.url}{CHAT}", json={"model": MODEL, "messages": SEA}, timeout=30)
        yield fake


@pytest.fixture(scope="module")
def door(server: FakeAI) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=20) as made:
        yield made


@pytest.fixture(autouse=True)
def _the_server_goes_on(server: FakeAI) -> Iterator[None]:
    yield
    with httpx.Client(base_url=server.url, timeout=20) as fresh:
        assert fresh.get("/healthz").status_code == 200
        answer = fresh.post(CHAT, json={"model": MODEL, "messages": SEA, "max_tokens": 3})
        assert answer.status_code == 200
        assert answer.json()["usage"]["completion_tokens"] == 3


def in_time(ask: Callable[[], Any], limit_s: float = IN_TIME_S) -> Any:
    """What `ask` gives; it may be slow once, since other tests share the machine."""
    for last in (False, True):
        began = time.perf_counter()
        found = ask()
        if (took := time.perf_counter() - began) < limit_s:
            break
        assert not last, f"took {took:.2f} s twice"
    return found


def send(door: httpx.Client, body: bytes, path: str = CHAT, media: str | None = "application/json") -> httpx.Response:
    headers = {} if media is None else {"content-type": media}
    return in_time(lambda: door.post(path, content=body, headers=headers))


def check_refused(answer: httpx.Response, *statuses: int) -> dict[str, Any]:
    assert answer.status_code in (statuses or (400, 404)), answer.text[:500]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"].startswith("req_")
    error = answer.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["type"] in ("invalid_request_error", "max_tokens_per_request")
    assert 10 < len(error["message"]) < 2000
    return error


# -- bodies


@pytest.mark.parametrize("name", hostile.REFUSED)
def test_a_hostile_body_is_refused_in_time(door, name):
    check_refused(send(door, hostile.REFUSED[name]))


@pytest.mark.parametrize("name", [name for name in hostile.REFUSED if name not in hostile.NOT_JSON])
def test_a_hostile_stream_is_refused_before_it_begins(door, name):
    body = hostile.REFUSED[name].replace(b"{", b'{"stream": true,', 1)
    check_refused(send(door, body))


@pytest.mark.parametrize("name", hostile.SURVIVED)
def test_an_odd_body_is_answered_or_refused_in_time(door, name):
    answer = send(door, hostile.SURVIVED[name])
    if answer.status_code == 200:
        assert answer.json()["choices"]
        assert "set-cookie" not in answer.headers
    else:
        check_refused(answer)


@pytest.mark.parametrize("path", ["/v1/completions", "/v1/embeddings", "/v1/moderations", f"{CHAT}/chatcmpl-x"])
@pytest.mark.parametrize("name", hostile.NOT_JSON)
def test_no_endpoint_takes_what_is_not_json(door, path, name):
    body = hostile.NOT_JSON[name]
    check_refused(send(door, body, path))


@pytest.mark.parametrize("path", ["/v1/completions", "/v1/embeddings", "/v1/moderations"])
@pytest.mark.parametrize(
    "text",
    [" " * 1_000_000, "a" * 1_000_000, "\n" * 500_000, "😀" * 200_000, "e" + "\u0301" * 200_000],
    ids=["spaces", "letters", "lines", "faces", "marks"],
)
def test_a_million_of_anything_ends(door, path, text):
    model = {"/v1/completions": "gpt-3.5-turbo-instruct", "/v1/embeddings": "text-embedding-3-small"}.get(path)
    body = {"prompt" if "compl" in path else "input": text, **({"model": model} if model else {})}
    answer = in_time(lambda: door.post(path, json=body), 4.0)
    assert answer.status_code in (200, 400)


@pytest.mark.parametrize(
    "body",
    [
        {"model": "text-embedding-3-small", "input": [[5] * 2048] * 512},
        {"model": "text-embedding-3-small", "input": ["x"] * 100_000},
        {"model": "text-embedding-3-small", "input": [10**12]},
        {"model": "text-embedding-3-small", "input": [199_999_999]},
        {"model": "text-embedding-3-small", "input": "x", "dimensions": 10**9},
        {"model": "text-embedding-3-small", "input": "x", "dimensions": -1},
    ],
    ids=["a million ids", "many texts", "a huge id", "an id nobody has", "huge dimensions", "negative dimensions"],
)
def test_hostile_embeddings_are_refused(door, body):
    raw = json.dumps(body).encode()
    check_refused(send(door, raw, "/v1/embeddings"))


@pytest.mark.parametrize(
    "more",
    [{"best_of": 10**6}, {"n": 10**6}, {"prompt": [[-1]]}, {"prompt": [[10**9]]}, {"prompt": ["x"] * 3000, "n": 128}],
)
def test_hostile_completions_are_refused(door, more):
    raw = json.dumps({"model": "gpt-3.5-turbo-instruct", "prompt": "x", **more}).encode()
    check_refused(send(door, raw, "/v1/completions"))


# -- types


@pytest.mark.parametrize("path", FULL)
def test_the_full_request_is_good(door, path):
    assert send(door, json.dumps(FULL[path]).encode(), path).status_code == 200


@pytest.mark.parametrize(
    ("path", "at"), SPOTS, ids=[f"{path.rpartition('/')[2]} {'.'.join(map(str, at))}" for path, at in SPOTS]
)
def test_a_wrong_type_anywhere_is_answered_or_refused_but_never_fails(door, path, at):
    for value in WRONG:
        answer = send(door, json.dumps(replaced(FULL[path], at, value)).encode(), path)
        if answer.status_code != 200:
            check_refused(answer)


# -- nothing is reached for


def test_no_address_in_a_request_is_ever_connected_to(door):
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.setblocking(False)
        url = f"http://127.0.0.1:{trap.getsockname()[1]}/x.json"
        parts = [
            {"type": "image_url", "image_url": {"url": url}},
            {"type": "video_url", "video_url": {"url": url}},
            {"type": "audio_url", "audio_url": {"url": url}},
        ]
        schemas = [
            {"$ref": url},
            {"$dynamicRef": url},
            {"$id": url, "$ref": "y.json"},
            {"$schema": url, "type": "string"},
        ]
        bodies = [
            *[hostile.chat(messages=[{"role": "user", "content": [part]}]) for part in parts],
            *[make(hostile.holding(schema)) for schema in schemas for make in (hostile.formed, hostile.tooled)],
            hostile.chat(
                model="gpt-4o-search-preview",
                web_search_options={},
                messages=[{"role": "user", "content": f"Open {url}"}],
            ),
            hostile.grammared("lark", f'%import "{url}"\nstart: "a"'),
        ]
        for body in bodies:
            assert send(door, body).status_code in (200, 400)
        door.post("/v1/moderations", json={"input": [{"type": "image_url", "image_url": {"url": url}}]})
        with pytest.raises(BlockingIOError):
            trap.accept()


def test_no_file_named_in_a_request_is_ever_opened(door, tmp_path: Path):
    """Reading the pipe would wait for ever, whatever language the reader is written in; Python's own opens are watched too."""
    pipe = tmp_path / "secret.json"
    os.mkfifo(pipe)
    opened: list[str] = []

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and str(tmp_path) in str(arguments[0]):
            opened.append(str(arguments[0]))

    sys.addaudithook(watch)
    url = pipe.as_uri()
    bodies = [
        *[
            make(hostile.holding({"$ref": name}))
            for name in (url, str(pipe), f"file:{pipe}")
            for make in (hostile.formed, hostile.tooled)
        ],
        hostile.formed({"$id": url, **hostile.holding({"$ref": "secret.json"})}),
        hostile.grammared("lark", f'%import "{pipe}"\nstart: "a"'),
        hostile.grammared("lark", f'%include {pipe}\nstart: "a"'),
        *[
            hostile.chat(messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": name}}]}])
            for name in (url, str(pipe))
        ],
        hostile.chat(
            messages=[
                {"role": "user", "content": [{"type": "file", "file": {"file_data": url, "filename": str(pipe)}}]}
            ]
        ),
    ]
    for body in bodies:
        check_refused(send(door, body))
    assert opened == []


# -- HTTP


def talk(url: str, *parts: bytes, pause_s: float = 0.0, timeout_s: float = 5.0) -> bytes:
    """What a server answers to bytes sent in parts, until it closes the connection or is quiet."""
    host, port = url.removeprefix("http://").split(":")
    found = b""
    with socket.create_connection((host, int(port)), timeout=timeout_s) as wire, suppress(ConnectionError):
        for part in parts:
            wire.sendall(part)
            if pause_s:
                wire.settimeout(pause_s)
                with suppress(TimeoutError):
                    found += wire.recv(65536)
            if _complete(found):
                break
        wire.settimeout(timeout_s)
        while not _complete(found) and (data := wire.recv(65536)):
            found += data
    return found


def _complete(answer: bytes) -> bool:
    """Whether a whole reply is there; the server may keep the connection a while for clients that still send."""
    head, _, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    return length is not None and len(body) >= int(length[1])


HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def envelope(answer: bytes) -> dict[str, Any]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/json" in head.lower()
    return json.loads(body)["error"]


@pytest.mark.parametrize(
    ("media", "status"),
    [
        ("text/plain", 415), ("multipart/form-data; boundary=x", 415), ("application/xml", 415), ("application/x-www-form-urlencoded", 415),
        ("x" * 5000, 415), (None, 200), ("application/json; charset=utf-8", 200), ("application/vnd.api+json", 200),
    ],
)  # fmt: skip
def test_only_json_is_json(door, media, status):
    answer = send(door, hostile.chat(max_tokens=1), media=media)
    assert answer.status_code == status
    if status == 415:
        check_refused(answer, 415)


def test_a_compressed_body_is_not_unpacked(door):
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    for body in (hostile.chat(), hostile.chat() + b" " * 50_000_000):
        packed = gzip.compress(body)
        check_refused(in_time(lambda packed=packed: door.post(CHAT, content=packed, headers=headers)), 400)


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null"])
def test_no_page_of_another_site_may_ask_or_read(door, origin):
    asked = {"origin": origin, "access-control-request-method": "POST"}
    answers = [door.get("/v1/models", headers=asked), door.options("/v1/files", headers=asked)]
    assert [answer.status_code for answer in answers] == [200, 405]
    assert not [name for answer in answers for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "headers",
    [b"X-Long: " + b"x" * 200_000 + b"\r\n", b"".join(b"X-%d: y\r\n" % n for n in range(20_000))],
    ids=["one", "many"],
)
def test_huge_headers_are_refused(server, headers):
    answer = in_time(lambda: talk(server.url, HEAD + headers + b"\r\n"))
    assert status_of(answer) == 431
    assert envelope(answer)["message"]


def test_a_huge_body_is_refused_by_its_length_alone(server):
    answer = in_time(lambda: talk(server.url, HEAD + b"Content-Length: 99999999999\r\n\r\n"))
    assert status_of(answer) == 413
    assert "too large" in envelope(answer)["message"]


def test_a_body_that_says_no_length_is_refused_when_it_grows_too_long():
    with FakeAI({"server.max_body_bytes": 100_000}) as small:
        chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        answer = in_time(lambda: talk(small.url, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunk, chunk, chunk))
    assert status_of(answer) == 413


@pytest.mark.parametrize(
    "length",
    [b"-1", b"x", b"9" * 5000, b"1, 2", b"0x10", b"1_0"],
    ids=["negative", "word", "digits", "two", "hex", "underscore"],
)
def test_a_length_that_is_none_is_refused(server, length):
    answer = in_time(lambda: talk(server.url, HEAD + b"Content-Length: " + length + b"\r\n\r\n{}"))
    assert status_of(answer) in (400, 413)


@pytest.mark.parametrize(
    "junk",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 50,
        b"GET\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        HEAD + b"Bad Header\r\n\r\n",
    ],
    ids=["TLS", "no path", "a word", "a version", "a header"],
)
def test_what_is_not_http_is_refused(server, junk):
    answer = in_time(lambda: talk(server.url, junk))
    assert answer == b"" or status_of(answer) in (400, 505)


@pytest.mark.parametrize(
    "path",
    ["/v1/models/../../etc/passwd", "/v1/models/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/v1/models/%00%01", "/v1/models/" + "x" * 20_000, "/v1/models/%zz", "/" + "a/" * 5000, "//v1//models"],
)  # fmt: skip
def test_a_strange_path_is_not_found(server, path):
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    answer = in_time(lambda: talk(server.url, request))
    assert status_of(answer) in (400, 404)
    assert envelope(answer)["message"]


def test_a_strange_query_is_refused_or_ignored(door):
    for query in (
        "&".join(f"a{n}=1" for n in range(5000)),
        "limit=" + "9" * 5000,
        "limit=NaN",
        "limit=-1",
        "after=%00",
        "metadata[a]=b&metadata[a]=c",
        "order=up",
    ):
        answer = in_time(lambda query=query: door.get(f"{CHAT}?{query}"))
        if answer.status_code != 200:
            check_refused(answer)


def test_a_slow_head_is_cut_off(server):
    began = time.perf_counter()
    answer = talk(server.url, b"POST /v1/chat", b"/completions HTTP/1.1\r\n", *[b"X: y\r\n"] * 20, pause_s=0.1)
    assert time.perf_counter() - began < 3
    assert answer == b"" or status_of(answer) == 408


def test_a_slow_body_is_cut_off_with_a_word(server):
    began = time.perf_counter()
    answer = talk(server.url, HEAD + b"Content-Length: 50\r\n\r\n", *[b"{"] * 20, pause_s=0.1)
    assert time.perf_counter() - began < 3
    assert status_of(answer) == 408
    assert "time" in envelope(answer)["message"]


def test_a_body_that_never_comes_is_cut_off(server):
    began = time.perf_counter()
    assert status_of(talk(server.url, HEAD + b"Content-Length: 50\r\n\r\n")) == 408
    assert 0.3 < time.perf_counter() - began < 3


def test_a_hundred_silent_connections_harm_nobody(server):
    host, port = server.url.removeprefix("http://").split(":")
    wires = [socket.create_connection((host, int(port))) for _ in range(100)]
    try:
        answer = in_time(lambda: httpx.post(f"{server.url}{CHAT}", json={"model": MODEL, "messages": SEA}))
        assert answer.status_code == 200
    finally:
        for wire in wires:
            wire.close()


# -- clients that leave


def in_flight(url: str) -> float:
    metrics = httpx.get(f"{url}/metrics").text
    return next(float(line.split()[1]) for line in metrics.splitlines() if line.startswith("fakeai_requests_in_flight"))


def freed_s(url: str, left: Callable[[], None]) -> float:
    """Seconds until nothing is in flight any more."""
    left()
    began = time.perf_counter()
    while in_flight(url):
        assert time.perf_counter() - began < 5, "still in flight"
    return time.perf_counter() - began


@pytest.mark.parametrize("body", [{"stream": True}, {"stream": True, "n": 5}, {}], ids=["stream", "streams", "whole"])
def test_a_client_that_leaves_frees_its_work(body):
    asked = hostile.chat(max_tokens=400, **body)
    with FakeAI(ttft=0 if body else 60_000, itl=60_000) as slow:
        host, port = slow.url.removeprefix("http://").split(":")
        taken = []
        for abort in (False, True, False):
            wires = [socket.create_connection((host, int(port))) for _ in range(10)]
            for wire in wires:
                wire.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(asked) + asked)
            while in_flight(slow.url) < 10:
                time.sleep(0.005)

            def leave(wires: list[socket.socket] = wires, abort: bool = abort) -> None:
                for wire in wires:
                    if abort:  # a reset instead of a polite end
                        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    wire.close()

            taken.append(freed_s(slow.url, leave))
    assert min(taken) <= 0.2


def test_a_client_that_leaves_in_the_middle_of_its_body_leaves_nothing(server):
    host, port = server.url.removeprefix("http://").split(":")
    for _ in range(20):
        with socket.create_connection((host, int(port))) as wire:
            wire.sendall(HEAD + b"Content-Length: 500\r\n\r\n{")
    assert freed_s(server.url, lambda: None) <= 0.2


# -- the event loop


@pytest.mark.parametrize(
    ("text", "model"),
    [
        (" " * 1_000_000, "gpt-4.1"),
        ("The sea is blue and deep. " * 15_000, "gpt-4.1"),
        ("a" * 1_000_000, "gpt-4.1"),
        ("\U0001f9dc" * 150_000, "gpt-4.1"),
    ],
    ids=["spaces", "prose of 100,000 tokens", "one word", "faces"],
)
def test_a_long_prompt_does_not_stop_the_others(text, model):
    """Whoever asks meanwhile is answered at once."""
    with FakeAI() as fake, httpx.Client(base_url=fake.url, timeout=30) as health:
        health.get("/readyz")
        worst = []
        for _ in range(3):
            done = threading.Event()
            statuses: list[int] = []

            def ask(done: threading.Event = done, statuses: list[int] = statuses) -> None:
                body = {"model": model, "messages": [{"role": "user", "content": text}], "max_tokens": 5}
                statuses.append(httpx.post(f"{fake.url}{CHAT}", json=body, timeout=30).status_code)
                done.set()

            thread = threading.Thread(target=ask)
            thread.start()
            waits = []
            while not done.is_set():
                began = time.perf_counter()
                assert health.get("/healthz").status_code == 200
                waits.append(time.perf_counter() - began)
            thread.join()
            assert statuses[0] in (200, 400)
            worst.append(max(waits))
            if worst[-1] < 0.1:
                break
    assert min(worst) < 0.1, worst
