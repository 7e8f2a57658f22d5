"""A small API to put behind either door: answers at once, echoes, waits, streams what the test pushes, and fails."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import uvloop
from uvicorn.config import Config
from uvicorn.server import ServerState

from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.core.errors import BadRequest, Unauthorized
from fakeai.core.events import Bus, RequestEnded
from fakeai.core.feed import Feed
from fakeai.core.socket import Socket, Talk
from fakeai.gateway.pipeline import Gateway
from fakeai.server.asgi import AsgiApp
from fakeai.server.codec import Codec
from fakeai.server.limits import Deadlines
from fakeai.server.protocol import Connection
from fakeai.server.routes import Routes
from fakeai.server.run import sweep


class Tape:
    """A source pushed by hand; `told` is what it was told, and each word can be waited for."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.feed: Feed[Any] | None = None
        self._news = asyncio.Event()

    def _tell(self, word: str) -> None:
        self.told.append(word)
        self._news.set()

    def begin(self, feed: Feed[Any], /) -> None:
        self.feed = feed
        self._tell("begin")

    def cancel(self) -> None:
        self._tell("cancel")

    def pause(self) -> None:
        self._tell("pause")

    def resume(self) -> None:
        self._tell("resume")

    async def hears(self, word: str) -> None:
        """Wait until it is told `word`."""
        while word not in self.told:
            self._news.clear()
            await self._news.wait()

    def push(self, *documents: bytes) -> None:
        assert self.feed is not None
        self.feed.push(list(documents))

    def finish(self, error: Exception | None = None) -> None:
        assert self.feed is not None
        self.feed.finish(error)


class AtOnce(Tape):
    """A source that pushes, fails or raises while it begins."""

    def __init__(self, *items: Any) -> None:
        super().__init__()
        self.items = items

    def begin(self, feed: Feed[Any], /) -> None:
        super().begin(feed)
        for item in self.items:
            if isinstance(item, list):
                feed.push(item)
            elif isinstance(item, Exception) and not isinstance(item, ZeroDivisionError):
                feed.finish(item)
            elif item is None:
                feed.finish()
            else:
                raise item


class Service:
    """The endpoints. A test reads `calls` and `tapes`, sets `source`, and lets waiting handlers `go`."""

    ENDPOINTS = (
        Endpoint("GET", "/things", "things", "List things"),
        Endpoint("GET", "/things/{thing}", "thing", "One thing"),
        Endpoint("POST", "/echo", "echo", "Echo", reply="bytes"),
        Endpoint("POST", "/roomy", "echo", "Echo more than others", reply="bytes", max_body=20_000),
        Endpoint("POST", "/stream", "stream", "Stream", reply="events"),
        Endpoint("POST", "/named", "named", "Stream events that have names", reply="events"),
        Endpoint("GET", "/wait", "wait", "Wait"),
        Endpoint("GET", "/large", "large", "Megabytes", reply="bytes"),
        Endpoint("GET", "/refuse", "refuse", "Refuse"),
        Endpoint("GET", "/defect", "defect", "Fail"),
        Endpoint("GET", "/talk", "talk", "Talk", reply="socket"),
        Endpoint("GET", "/nothing", "nothing", "An answer that is no JSON"),
    )

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.tapes: asyncio.Queue[Tape] = asyncio.Queue()
        self.source: Callable[[], Tape] = Tape
        self.waiting = asyncio.Event()
        self.go = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.talker: Talk = self.echo_messages

    async def things(self, call: Call) -> Reply:
        self.calls.append(call)
        return Reply({"things": ["a", "b"]})

    async def thing(self, call: Call) -> Reply:
        self.calls.append(call)
        return Reply({"thing": call.params["thing"]})

    async def echo(self, call: Call) -> Reply:
        self.calls.append(call)
        return Reply(call.raw, media_type="application/octet-stream")

    async def stream(self, call: Call) -> Reply:
        self.calls.append(call)
        tape = self.source()
        self.tapes.put_nowait(tape)
        return Reply(events=Feed(tape))

    async def named(self, call: Call) -> Reply:
        reply = await self.stream(call)
        reply.framed = True
        return reply

    async def wait(self, call: Call) -> Reply:
        self.calls.append(call)
        self.waiting.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return Reply({"waited": True})

    async def large(self, call: Call) -> Reply:
        return Reply(b"x" * 20_000_000, media_type="application/octet-stream")

    async def talk(self, call: Call) -> Reply:
        self.calls.append(call)
        if call.headers.get("authorization") == "Bearer nobody":
            raise Unauthorized("Incorrect API key provided: nobody.")
        return Reply(socket=self.talker)

    async def echo_messages(self, socket: Socket) -> None:
        """Say everything back."""
        while (message := await socket.receive()) is not None:
            await socket.send(message)

    async def refuse(self, call: Call) -> Reply:
        raise BadRequest("no", param="thing", retry_after=2.0)

    async def defect(self, call: Call) -> Reply:
        raise KeyError("secret")

    async def nothing(self, call: Call) -> Reply:
        return Reply({"a": object()})


def build_codec(service: Service, max_body_bytes: int = 10_000, bus: Bus | None = None) -> Codec:
    gateway, clock, ids = Gateway([service], []), WallClock(), Ids(b"test")
    return Codec(
        gateway, Routes(gateway.below), clock, bus or Bus(), ids, Principal("org-test"), max_body_bytes, lambda: False
    )


class Answer:
    """A response read from the wire. `chunks` are those of a chunked body, one entry each."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes, chunks: list[bytes]) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.chunks = chunks


class Client:
    """A raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, *lines: str, body: bytes = b"") -> None:
        """Write a head made of `lines`, and `body`, in one piece."""
        self.writer.write("".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1") + body)

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    async def head(self) -> tuple[int, dict[str, str]]:
        raw = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = raw[:-4].split("\r\n")
        version, status, _ = first.split(" ", 2)
        assert version == "HTTP/1.1"
        headers = [line.split(": ", 1) for line in lines]
        assert len(dict(headers)) == len(headers), f"a header is sent twice: {headers}"
        return int(status), dict(headers)

    async def chunk(self) -> bytes:
        size = int(await self.reader.readuntil(b"\r\n"), 16)
        data = await self.reader.readexactly(size + 2)
        assert data[-2:] == b"\r\n"
        return data[:-2]

    async def answer(self, *, bodiless: bool = False) -> Answer:
        """The next response, with its body unless it answers a HEAD."""
        status, headers = await self.head()
        chunks: list[bytes] = []
        if bodiless:
            body = b""
        elif headers.get("transfer-encoding") == "chunked":
            while chunk := await self.chunk():
                chunks.append(chunk)  # a loop that says when it ends
            body = b"".join(chunks)
        elif "content-length" in headers:
            body = await self.reader.readexactly(int(headers["content-length"]))
        else:
            body = await self.reader.read()
        return Answer(status, headers, body, chunks)

    async def ended(self) -> bytes:
        """What still comes until the server ends the connection."""
        return await self.reader.read()

    async def upgrade(self, *lines: str, path: str = "/v1/talk") -> tuple[int, dict[str, str]]:
        """Ask for a WebSocket; the status and headers of the answer."""
        self.send(
            f"GET {path} HTTP/1.1", "host: x", "connection: Upgrade", "upgrade: websocket",
            "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version: 13", *lines,
        )  # fmt: skip
        return await self.head()

    def frame(self, data: str | bytes, opcode: int | None = None, *, fin: bool = True) -> bytes:
        """A client's frame on the wire."""
        opcode = (1 if isinstance(data, str) else 2) if opcode is None else opcode
        body = data.encode() if isinstance(data, str) else data
        size = len(body)
        extended = size.to_bytes(8 if size > 65_535 else 2 if size > 125 else 1)
        length = {1: bytes([0x80 | extended[0]]), 2: b"\xfe" + extended, 8: b"\xff" + extended}[len(extended)]
        mask = b"\x11\x22\x33\x44"
        key = (mask * (size // 4 + 1))[:size]
        masked = (int.from_bytes(body) ^ int.from_bytes(key)).to_bytes(size)
        return bytes([(0x80 if fin else 0) | opcode]) + length + mask + masked

    def say(self, data: str | bytes, opcode: int | None = None, *, fin: bool = True) -> None:
        self.write(self.frame(data, opcode, fin=fin))

    async def hear(self) -> tuple[int, bytes]:
        """The opcode and payload of the server's next frame."""
        first, size = await self.reader.readexactly(2)
        assert first & 0x80 and not size & 0x80, "servers send whole frames, unmasked"
        if size >= 126:
            size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8))
        return first & 0x0F, await self.reader.readexactly(size)

    async def closed(self) -> int:
        """The code of the close that comes next, whatever is said before it."""
        while True:
            opcode, data = await self.hear()
            if opcode == 8:
                return int.from_bytes(data[:2])

    def close(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        """Leave without a goodbye."""
        self.writer.transport.abort()


class Lab:
    """Connections on a loopback port of the running loop, and clients for them. `ended` is what the bus has told."""

    def __init__(self, service: Service, state: ServerState, port: int, ended: list[RequestEnded]) -> None:
        self.service = service
        self.state = state
        self.port = port
        self.ended = ended
        self._clients: list[Client] = []

    async def connect(self, receive_buffer: int | None = None) -> Client:
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.port))
        client = Client(*await asyncio.open_connection(sock=sock, limit=2**16))
        self._clients.append(client)
        return client

    def leave(self) -> None:
        for client in self._clients:
            client.close()


@asynccontextmanager
async def laboratory(max_body_bytes: int, sweeping: bool, deadlines: Deadlines) -> AsyncIterator[Lab]:
    loop = asyncio.get_running_loop()
    service, state, bus = Service(), ServerState(), Bus()
    ended: list[RequestEnded] = []
    bus.listen(RequestEnded, ended.append)
    codec = build_codec(service, max_body_bytes, bus)
    app = AsgiApp(codec, lambda: service.ENDPOINTS, "0")
    config = Config(app, ws="none", lifespan="off", log_config=None, access_log=False)  # type: ignore[arg-type]
    config.load()
    state.default_headers = [(b"date", b"today")]
    server = await loop.create_server(lambda: Connection(codec, deadlines, config, state, {}, loop), "127.0.0.1", 0)
    sweeper = loop.create_task(sweep(state, WallClock())) if sweeping else None
    lab = Lab(service, state, server.sockets[0].getsockname()[1], ended)
    try:
        yield lab
    finally:
        if sweeper is not None:
            sweeper.cancel()
        lab.leave()
        for connection in list(state.connections):
            connection.transport.abort()  # type: ignore[union-attr]
        server.close()
        await server.wait_closed()


@pytest.fixture
def serve() -> Callable[..., None]:
    """Run a test's `main(lab)` on the loop that servers use, with connections to talk to."""

    def run(
        main: Callable[[Lab], Awaitable[None]],
        *,
        max_body_bytes: int = 10_000,
        sweeping: bool = False,
        **deadlines: Any,
    ) -> None:
        async def inside() -> None:
            async with laboratory(max_body_bytes, sweeping, Deadlines(**deadlines)) as lab, asyncio.timeout(20):
                await main(lab)

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(inside())

    return run


@pytest.fixture
def parts() -> SimpleNamespace:
    """What doors are made of."""
    return SimpleNamespace(Service=Service, Tape=Tape, AtOnce=AtOnce, codec=build_codec)
