"""The ASGI door: Endpoint rows answered directly, everything else by a FastAPI app made from the same rows.

Used by in-process clients, by any ASGI server, and by `server/protocol.py` for what is no row. FastAPI is imported when
somebody first asks for the OpenAPI document or `/docs`: a server that only answers clients never pays for it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.clock import stopwatch
from fakeai.core.errors import ApiError
from fakeai.server.codec import Codec, body_bytes
from fakeai.server.sse import closing, frame

if TYPE_CHECKING:
    from fastapi import FastAPI

Message = dict[str, Any]  # ASGI's own shape
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

ASGI_PATHS = frozenset({"/docs", "/docs/oauth2-redirect", "/redoc", "/openapi.json"})


class AsgiApp:
    """`await app(scope, receive, send)`."""

    def __init__(self, codec: Codec, endpoints: Sequence[Endpoint], version: str) -> None:
        self._codec = codec
        self._endpoints = endpoints
        self._version = version
        self._documents: FastAPI | None = None

    @property
    def documents(self) -> "FastAPI":
        """The FastAPI app that serves `/docs` and `/openapi.json`."""
        if self._documents is None:
            from fakeai.server.openapi import document_app

            self._documents = document_app(self._endpoints, self._version)
        return self._documents

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http" and scope["path"] not in ASGI_PATHS:
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
        else:
            await self.documents(scope, receive, send)  # type: ignore[arg-type]  # a dict is its MutableMapping

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        started = stopwatch()
        codec = self._codec
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        raw_path: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
        try:
            head = codec.read(scope["method"], raw_path.decode("latin-1"), scope["query_string"], headers)
        except ApiError as error:
            request_id = codec.new_id()
            reply = codec.refuse(error, request_id)
        else:
            call = codec.open(head)
            request_id = call.id
            try:
                reply = await self._reply(call, receive)
            except _Left:
                return
        if reply.events is not None:
            await self._stream(reply, request_id, started, receive, send)
        else:
            await self._send(reply, request_id, started, send)

    async def _reply(self, call: Call, receive: Receive) -> Reply:
        body = await _body(receive, self._codec.max_body_bytes)
        if body is None:
            return self._codec.refuse(self._codec.too_large(), call.id)
        call.raw = body
        return await _unless_left(self._codec.answer(call), receive)

    async def _send(self, reply: Reply, request_id: str, started: float, send: Send) -> None:
        body = body_bytes(reply)
        await send(self._start(reply, request_id, started, len(body)))
        await send({"type": "http.response.body", "body": body})

    async def _stream(self, reply: Reply, request_id: str, started: float, receive: Receive, send: Send) -> None:
        assert reply.events is not None, "only streamed replies come here"
        taker = _Queue()
        reply.events.on_end(taker.ended)
        watch = asyncio.ensure_future(_left(receive))
        watch.add_done_callback(lambda _: reply.events.cancel() if reply.events else None)
        try:
            reply.events.start(taker)
            await taker.ready()
            if taker.left:
                return
            if not taker.items and taker.error is not None:
                raise taker.error
            await send(self._start(reply, request_id, started, None))
            async for data in taker:
                await send({"type": "http.response.body", "body": data, "more_body": True})
            if taker.left:
                return
            error = self._codec.refuse(taker.error, request_id).body if taker.error is not None else None
            await send({"type": "http.response.body", "body": closing(error)})
        except Exception as error:  # noqa: BLE001  # nothing was sent yet, or the client is gone
            reply.events.cancel()
            if not taker.sent:
                await self._send(self._codec.refuse(error, request_id), request_id, started, send)
        finally:
            watch.cancel()
            reply.events.cancel()

    def _start(self, reply: Reply, request_id: str, started: float, length: int | None) -> Message:
        lines = self._codec.head(reply, request_id, started).split("\r\n")[:-1]
        headers = [tuple(part.encode("latin-1", "replace") for part in line.split(": ", 1)) for line in lines]
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        return {"type": "http.response.start", "status": reply.status, "headers": headers}


class _Queue:
    """A taker that frames bursts and hands them to an async loop."""

    def __init__(self) -> None:
        self.items: deque[bytes] = deque()
        self.wake = asyncio.Event()
        self.done = False
        self.left = False
        self.sent = False
        self.error: Exception | None = None

    def take(self, burst: list[bytes], /) -> None:
        if burst:
            self.items.append(frame(burst))
            self.wake.set()

    def take_all(self, bursts: Sequence[list[bytes]], /) -> None:
        for burst in bursts:
            self.take(burst)

    def close(self, error: Exception | None, /) -> None:
        self.done = True
        self.error = error
        self.wake.set()

    def ended(self, _error: Exception | None, cancelled: bool) -> None:
        """The feed has ended; a cancelled one closes nobody."""
        if cancelled:
            self.done = self.left = True
            self.wake.set()

    async def ready(self) -> None:
        """Wait for the first item or the end."""
        await self.wake.wait()

    async def __aiter__(self):  # type: ignore[no-untyped-def]  # an async generator of bytes
        self.sent = True
        while True:
            while self.items:
                yield self.items.popleft()
            if self.done:
                return
            self.wake.clear()
            await self.wake.wait()


class _Left(Exception):  # as ASGI would say it
    """The client has left before it had an answer."""


async def _body(receive: Receive, limit: int) -> bytes | None:
    """The whole body; None when it is over the limit. Raises _Left."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Left
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def _left(receive: Receive) -> None:
    """Return when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _unless_left(answer: Awaitable[Reply], receive: Receive) -> Reply:
    """The reply; the work is cancelled when the client leaves before it is there. Raises _Left."""
    task = asyncio.ensure_future(answer)
    watch = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
            raise _Left
        return task.result()
    finally:
        watch.cancel()
        task.cancel()


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
