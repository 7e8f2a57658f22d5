"""The ASGI door: Endpoint rows answered directly, everything else by a FastAPI app made from the same rows.

Used by in-process clients, by any ASGI server, and by `server/protocol.py` for what is no row. FastAPI is imported when
somebody first asks for the OpenAPI document or `/docs`: a server that only answers clients never pays for it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.clock import stopwatch
from fakeai.core.errors import ApiError, BadRequest
from fakeai.core.feed import Feed
from fakeai.core.socket import NORMAL, POLICY, TOO_BIG, ClientLeft
from fakeai.server.codec import Codec, body_bytes
from fakeai.server.sse import closing, closing_named, frame
from fakeai.server.websocket import converse, introduction

if TYPE_CHECKING:
    from fastapi import FastAPI

Message = dict[str, Any]  # ASGI's own shape
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

ASGI_PATHS = frozenset({"/docs", "/docs/oauth2-redirect", "/redoc", "/openapi.json"})


class AsgiApp:
    """`await app(scope, receive, send)`."""

    def __init__(
        self,
        codec: Codec,
        endpoints: Callable[[], Sequence[Endpoint]],
        version: str,
        max_message_bytes: int = 16 * 2**20,
    ) -> None:
        self._codec = codec
        self._max_message_bytes = max_message_bytes
        self._endpoints = endpoints
        self._version = version
        self._documents: FastAPI | None = None

    @property
    def documents(self) -> "FastAPI":
        """The FastAPI app that serves `/docs` and `/openapi.json`."""
        if self._documents is None:
            from fakeai.server.openapi import document_app

            self._documents = document_app(self._endpoints(), self._version)
        return self._documents

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http" and scope["path"] not in ASGI_PATHS:
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self.documents(scope, receive, send)  # type: ignore[arg-type]  # a dict is its MutableMapping

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        started = stopwatch()
        codec = self._codec
        try:
            head = codec.read(scope["method"], _raw_path(scope), scope["query_string"], _headers(scope))
        except ApiError as error:
            await self._turn_away(error, codec.new_id(), started, send)
            return
        call = codec.open(head)
        try:
            body = await _body(receive, codec.limit(call.endpoint))
            if body is None:
                await self._turn_away(codec.too_large(call.endpoint), call.id, started, send)
                return
            call.raw = body
            await _unless_left(self._answer(call, started, send), receive)
        except OSError:
            return  # nobody is there to be told: this is how servers say it, too

    async def _websocket(self, scope: Message, receive: Receive, send: Send) -> None:
        started = stopwatch()
        codec = self._codec
        await receive()
        headers, subprotocol = introduction(_headers(scope))
        try:
            head = codec.read("GET", _raw_path(scope), scope["query_string"], headers)
            if head.endpoint.reply != "socket":
                raise BadRequest("This endpoint does not talk over a WebSocket.")
        except ApiError as error:
            request_id = codec.new_id()
            reply = codec.turn_away(error, request_id, started)
        else:
            call = codec.open(head)
            call.websocket = True
            request_id = call.id
            reply = await codec.answer(call)
        if reply.socket is None:
            await self._refuse_websocket(scope, reply, request_id, started, send)
            return
        start = self._start(reply, request_id, started, None)
        await send({"type": "websocket.accept", "subprotocol": subprotocol, "headers": start["headers"]})
        await converse(reply.socket, AsgiSocket(receive, send, self._max_message_bytes), request_id)

    async def _refuse_websocket(
        self, scope: Message, reply: Reply, request_id: str, started: float, send: Send
    ) -> None:
        if "websocket.http.response" not in (scope.get("extensions") or {}):
            await send({"type": "websocket.close", "code": POLICY})
            return
        body = body_bytes(reply)
        start = self._start(reply, request_id, started, len(body))
        await send({**start, "type": "websocket.http.response.start"})
        await send({"type": "websocket.http.response.body", "body": body})

    async def _turn_away(self, error: ApiError, request_id: str, started: float, send: Send) -> None:
        await self._send(self._codec.turn_away(error, request_id, started), request_id, started, send)

    async def _answer(self, call: Call, started: float, send: Send) -> None:
        reply = await self._codec.answer(call)
        if reply.events is None:
            await self._send(reply, call.id, started, send)
        else:
            await self._stream(reply, reply.events, call.id, started, send)

    async def _send(self, reply: Reply, request_id: str, started: float, send: Send) -> None:
        body = body_bytes(reply)
        await send(self._start(reply, request_id, started, len(body)))
        await send({"type": "http.response.body", "body": body})

    async def _stream(
        self, reply: Reply, events: Feed[list[bytes]], request_id: str, started: float, send: Send
    ) -> None:
        """Send events as they come, the head with the first. What fails before it is refused with a proper status."""
        begun = False
        finished = reply.verbatim or reply.framed
        error = None
        async with aclosing(aiter(events)) as bursts:
            while True:
                try:
                    burst = await anext(bursts)
                except StopAsyncIteration:
                    break
                except Exception as failure:  # noqa: BLE001  # whatever ended the feed
                    refusal = self._codec.refuse(failure, request_id)
                    if not begun:
                        await self._send(refusal, request_id, started, send)
                        return
                    if reply.verbatim:
                        return  # what broke off there breaks off here
                    error = refusal.body
                    break
                if burst:
                    if not begun:
                        begun = True
                        await send(self._start(reply, request_id, started, None))
                    body = b"".join(burst) if finished else frame(burst)
                    await send({"type": "http.response.body", "body": body, "more_body": True})
        if not begun:
            await send(self._start(reply, request_id, started, None))
        await send({"type": "http.response.body", "body": closing_named(error) if finished else closing(error)})

    def _start(self, reply: Reply, request_id: str, started: float, length: int | None) -> Message:
        lines = self._codec.head(reply, request_id, started).split("\r\n")[:-1]
        headers = [tuple(part.encode("latin-1", "replace") for part in line.split(": ", 1)) for line in lines]
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        return {"type": "http.response.start", "status": reply.status, "headers": headers}


def _headers(scope: Message) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _raw_path(scope: Message) -> str:
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    return raw.decode("latin-1")


class AsgiSocket:
    """A client of any ASGI server as a Socket. Frames, keep-alive and back-pressure are the server's."""

    def __init__(self, receive: Receive, send: Send, max_message_bytes: int) -> None:
        self._receive = receive
        self._send = send
        self._most = max_message_bytes
        self._over = False

    async def receive(self) -> str | bytes | None:
        """The next message; None once there will be no more."""
        if self._over:
            return None
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            self._over = True
            return None
        text: str | None = message.get("text")
        said: str | bytes = text if text is not None else message["bytes"]
        if len(said) > self._most:
            await self.close(TOO_BIG, "Your message is too large.")
            return None
        return said

    async def send(self, message: str | bytes) -> None:
        """Hand a message to the server. Raises ClientLeft."""
        if self._over:
            raise ClientLeft
        kind = "text" if isinstance(message, str) else "bytes"
        try:
            await self._send({"type": "websocket.send", kind: message})
        except OSError:
            self._over = True
            raise ClientLeft from None

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Say goodbye."""
        if not self._over:
            self._over = True
            with suppress(OSError):
                await self._send({"type": "websocket.close", "code": code, "reason": reason})


class _Left(OSError):
    """The client has left before it had its answer."""


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


async def _unless_left(work: Coroutine[Any, Any, None], receive: Receive) -> None:
    """Do `work`; it is cancelled when the client leaves before it is done. Raises _Left."""
    task = asyncio.ensure_future(work)
    watch = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
            raise _Left
        task.result()
    finally:
        watch.cancel()
        task.cancel()


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
