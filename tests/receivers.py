"""A receiver of webhooks: a server of its own that answers as it is told to, and remembers what it was sent."""

import threading
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple


class Received(NamedTuple):
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


Answer = int | Callable[[BaseHTTPRequestHandler], None]


class Receiver:
    """`with Receiver(500, 200) as it:` answers 500 to the first request, and 200 to all others, at `it.url`."""

    def __init__(self, *answers: Answer) -> None:
        self.received: list[Received] = []
        self._answers: Sequence[Answer] = answers or (200,)
        self._more = threading.Condition()
        self.let_go = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer._take(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook?key=1"

    def __enter__(self) -> "Receiver":
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.let_go.set()
        self._server.shutdown()
        self._server.server_close()

    def wait(self, number: int, patience_s: float = 20.0) -> list[Received]:
        """What has come, once that many have."""
        give_up = time.monotonic() + patience_s
        with self._more:
            while len(self.received) < number:
                left = give_up - time.monotonic()
                assert left > 0, f"{len(self.received)} of {number} have come"
                self._more.wait(left)
            return list(self.received)

    def _take(self, handler: BaseHTTPRequestHandler) -> None:
        size = int(handler.headers.get("content-length") or 0)
        body = handler.rfile.read(size)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        with self._more:
            answer = self._answers[min(len(self.received), len(self._answers) - 1)]
            self.received.append(Received(handler.path, headers, body))
            self._more.notify_all()
        if callable(answer):
            answer(handler)
            return
        handler.send_response(answer)
        handler.send_header("content-length", "0")
        handler.end_headers()


def hangs(receiver: Callable[[], Receiver]) -> Answer:
    """Answers nothing until the receiver ends."""

    def answer(_: BaseHTTPRequestHandler) -> None:
        receiver().let_go.wait(60)

    return answer


def redirects(to: str, status: int = 302) -> Answer:
    """Points elsewhere."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("location", to)
        handler.send_header("content-length", "0")
        handler.end_headers()

    return answer


def floods(size: int) -> Answer:
    """Answers 200 with that many bytes, and counts in vain on all of them being read."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("content-length", str(size))
        handler.end_headers()
        try:
            for _ in range(size // 65_536):
                handler.wfile.write(bytes(65_536))
        except OSError:
            return

    return answer


def garbles(handler: BaseHTTPRequestHandler) -> None:
    """Answers what is no HTTP."""
    handler.wfile.write(b"220 smtp.example.com ready\r\n")
    handler.close_connection = True
