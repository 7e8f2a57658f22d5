"""A client of a WebSocket in this process, on the running loop: `async with fake.socket("/realtime?model=…") as socket:`.

Knows ASGI; knows no frames. In virtual time a conversation of an hour takes as long as its callbacks do.
"""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import orjson

from fakeai.testing.exchange import AsgiCallable, Message

_GRACE_S = 0.05


class Refused(Exception):
    """The server answered the handshake with something else: its status, and its body as Python values (hence Any)."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


class InProcessSocket:
    """One conversation. `code` and `reason` are those of the server's close, once it has come."""

    def __init__(self, app: AsgiCallable, path: str, headers: Mapping[str, str]) -> None:
        self._app = app
        path, _, query = path.partition("?")
        self._scope: Message = {
            "type": "websocket",
            "path": f"/v1{path}",
            "raw_path": f"/v1{path}".encode(),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "extensions": {"websocket.http.response": {}},
        }
        self._told: asyncio.Queue[Message] = asyncio.Queue()
        self._said: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self.subprotocol: str | None = None
        self.code: int | None = None
        self.reason = ""

    async def __aenter__(self) -> "InProcessSocket":
        """Connect. Raises Refused."""
        self._told.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.ensure_future(self._run())
        answer = await self._said.get()
        if answer["type"] != "websocket.accept":
            body = await self._said.get()
            raise Refused(answer["status"], orjson.loads(body["body"]))
        self.subprotocol = answer.get("subprotocol")
        return self

    async def send(self, message: str | bytes | Mapping[str, Any]) -> None:
        """Say text, bytes, or a JSON object (Any: its values)."""
        if isinstance(message, bytes):
            self._told.put_nowait({"type": "websocket.receive", "bytes": message})
        else:
            text = message if isinstance(message, str) else orjson.dumps(message).decode()
            self._told.put_nowait({"type": "websocket.receive", "text": text})

    async def receive(self) -> str | bytes | None:
        """What the server says next; None when it has closed."""
        if self.code is not None:
            return None
        message = await self._said.get()
        if message["type"] == "websocket.close":
            self.code, self.reason = message["code"], message.get("reason", "")
            return None
        text: str | None = message.get("text")
        return text if text is not None else bytes(message["bytes"])

    async def event(self) -> Any:
        """The JSON that the server says next (hence Any); None when it has closed."""
        message = await self.receive()
        return None if message is None else orjson.loads(message)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave; the talk is cancelled if it does not end by that."""
        assert self._task is not None, "it was entered"
        self._told.put_nowait({"type": "websocket.disconnect", "code": 1000})
        try:
            await asyncio.wait({self._task}, timeout=_GRACE_S)
        finally:
            self._task.cancel()

    async def _run(self) -> None:
        try:
            await self._app(self._scope, self._told.get, self._said.put)
        finally:
            self._said.put_nowait({"type": "websocket.close", "code": 1006})
