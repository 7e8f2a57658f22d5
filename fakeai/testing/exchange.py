"""One request through an ASGI app on the running loop: the head when it is there, then each part of the body as it is made.

Knows ASGI; knows no HTTP client (see `transports`) and no thread (see `loops`).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

Message = dict[str, Any]  # ASGI's own shape
AsgiCallable = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

_AHEAD = 8  # messages the app may be ahead of its reader: so the first part is read before the last is made
_GRACE_S = 0.05


class Dropped(Exception):
    """The app ended before its response did: what a closed connection is to a socket."""


class Head(NamedTuple):
    """Status and headers."""

    status: int
    headers: list[tuple[bytes, bytes]]


class Exchange:
    """Begins when made. `head` once, then `chunk` until None; `close` at any time, and always."""

    def __init__(self, app: AsgiCallable, scope: Message, body: bytes, read_s: float | None = None) -> None:
        self._body: bytes | None = body
        self._read_s = read_s
        self._messages: asyncio.Queue[Message | Exception] = asyncio.Queue(_AHEAD)
        self._over = asyncio.Event()
        self._complete = False
        self._task = asyncio.ensure_future(self._run(app, scope))

    async def head(self) -> Head:
        """Wait for the response's head. Raises what the app raises, TimeoutError, or Dropped."""
        message = await self._next()
        return Head(message["status"], list(message.get("headers", ())))

    async def chunk(self) -> bytes | None:
        """The next part of the body, never empty; None after the last. Raises as `head` does."""
        while not self._complete:
            message = await self._next()
            self._complete = not message.get("more_body")
            if data := message.get("body"):
                return bytes(data)
        return None

    async def close(self) -> None:
        """Leave: the app is told (`http.disconnect`), and cancelled if it does not end by that. Harmless at the end."""
        self._over.set()
        self._complete = True
        while not self._messages.empty():
            self._messages.get_nowait()
        try:
            await asyncio.wait({self._task}, timeout=_GRACE_S)
        finally:
            self._task.cancel()

    async def _next(self) -> Message:
        async with asyncio.timeout(self._read_s):
            message = await self._messages.get()
        if isinstance(message, Exception):
            raise message
        return message

    async def _run(self, app: AsgiCallable, scope: Message) -> None:
        end: Exception = Dropped("the server ended the connection before its response was complete")
        try:
            await app(scope, self._receive, self._send)
        except Exception as error:  # noqa: BLE001  # whatever the app raises is for its caller to see
            end = error
        if not self._over.is_set():
            await self._messages.put(end)

    async def _receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._over.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if self._over.is_set():
            return
        await self._messages.put(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self._over.set()
