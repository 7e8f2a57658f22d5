"""`python -m benchmarks.drill_webhooks`: deliveries of webhooks under kill -9, to receivers that fail, hang and redirect.

A real server on a directory of its own ends batches while it is killed again and again; a receiver beside it writes down
what it is sent. Status 1 when an event is lost, is not signed right, or comes again under another id.
"""

import asyncio
import base64
import hmac
import json
import sys
import threading
import time
from collections import Counter
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx

from benchmarks.drills import Drills, Outcome, command
from benchmarks.kept import KeptServer

_CHAT = "/v1/chat/completions"
_WAIT_S = 60.0
_SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes !!!").decode()


class Got(NamedTuple):
    """One request that the receiver has answered well."""

    path: str
    id: str
    about: str
    signed: bool


class Stub:
    """A receiver. Of each message that it has not seen yet, `fails` in ten are answered 500, 302, or not at all."""

    def __init__(self, fails: int) -> None:
        self.got: list[Got] = []
        self.tries = 0
        self.secrets: dict[str, str] = {}
        seen: set[str] = set()
        random = Random(5)
        lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                name = self.headers["webhook-id"]
                with lock:
                    first, draw = name not in seen, random.randrange(10)
                    seen.add(name)
                    outer.tries += 1
                if first and draw < fails:
                    self._fail(draw)
                    return
                about = json.loads(body)["data"]["id"]
                with lock:
                    outer.got.append(Got(self.path, name, about, outer._is_signed(self, body)))
                self._answer(200)

            def _fail(self, draw: int) -> None:
                if draw % 3 == 0:
                    self._answer(500)
                elif draw % 3 == 1:
                    self._answer(302, location=self.path)
                else:
                    time.sleep(2.0)  # longer than the server's patience
                    self.close_connection = True

            def _answer(self, status: int, **headers: str) -> None:
                self.send_response(status)
                for name, value in {**headers, "content-length": "0"}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Take no more."""
        self._server.shutdown()
        self._server.server_close()

    def _is_signed(self, request: BaseHTTPRequestHandler, body: bytes) -> bool:
        key = base64.b64decode(self.secrets[request.path].removeprefix("whsec_"))
        told = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + body
        expected = "v1," + base64.b64encode(hmac.digest(key, told, sha256)).decode()
        recent = abs(time.time() - int(request.headers["webhook-timestamp"])) < 60
        return recent and expected in request.headers["webhook-signature"].split()


async def _begin(http: httpx.AsyncClient, number: int) -> str:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": f"Number {number}"}], "max_tokens": 4}
    line = json.dumps({"custom_id": "r", "method": "POST", "url": _CHAT, "body": body}).encode()
    file = (await http.post("/v1/files", files={"file": ("in.jsonl", line)}, data={"purpose": "batch"})).json()
    asked = {"input_file_id": file["id"], "endpoint": _CHAT, "completion_window": "24h"}
    return str((await http.post("/v1/batches", json=asked)).json()["id"])


async def killed(directory: Path, quick: bool) -> Outcome:
    """kill -9 while batches end and their events are on their way: each event reaches both endpoints, signed."""
    count, kills = (20, 2) if quick else (120, 8)
    stub = Stub(fails=4)
    static = f"{stub.url}/static"
    stub.secrets["/static"] = _SECRET
    where = (
        "webhooks.allow_private=true",
        "webhooks.timeout_s=1",
        f"webhooks.urls={static}",
        f"webhooks.secret={_SECRET}",
    )
    options = [word for one in where for word in ("--set", one)]
    random, names = Random(3), []
    with KeptServer(directory, "--seed", "11", *options) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=30.0) as http:
            told = {"name": "n", "url": f"{stub.url}/made", "event_types": ["batch.completed"]}
            stub.secrets["/made"] = (await http.post("/v1/webhook_endpoints", json=told)).json()["signing_secret"]
            for life in range(kills + 1):
                names += [await _begin(http, life * count + number) for number in range(count // (kills + 1) + 1)]
                if life < kills:
                    await asyncio.sleep(random.uniform(0.0, 1.5))
                    server.kill()
                    server.start()
            began = time.monotonic()
            wanted = {(path, name) for path in ("/made", "/static") for name in names}
            while wanted - {(got.path, got.about) for got in stub.got} and time.monotonic() < began + _WAIT_S:
                await asyncio.sleep(0.1)
            took = time.monotonic() - began
    stub.close()
    lost = len(wanted - {(got.path, got.about) for got in stub.got})
    unsigned = sum(not got.signed for got in stub.got)
    ids = Counter((path, about) for path, about, _ in {(got.path, got.about, got.id) for got in stub.got})
    renamed = sum(number > 1 for number in ids.values())
    again = len(stub.got) - len(wanted) + lost
    words = (
        f"{len(wanted)} deliveries in {stub.tries} tries over {kills} kills: lost {lost}, not signed right {unsigned}, under "
        f"more than one id {renamed}, delivered again {again}; the last {took:.1f} s after the last start"
    )
    return Outcome("webhooks killed", not (lost or unsigned or renamed), words)


DRILLS: Drills = MappingProxyType({"killed": killed})


if __name__ == "__main__":
    sys.exit(command(DRILLS, __doc__, "fewer batches and kills"))
