"""Responses over a WebSocket: `response.create`, `.steer` and `.inject` in, the events of the responses out.

Each `response.create` goes through the gateway as a request over HTTP does. Responses of one lane (`stream_id`, or none) come
one after the other, those of several lanes at once. What is not kept can still be gone on from over the same socket.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError, BadRequest, ServerError, envelope
from fakeai.core.generation import JsonObject
from fakeai.core.socket import Socket
from fakeai.services.responses.responses import Responses
from fakeai.services.responses.steering import Steering, unframed

_LIFE_S = 3_600.0
_MOST_LANES = 32
_MOST_WAITING = 16
_OURS = frozenset({"type", "stream_id", "stream"})

Dispatch = Callable[[Call], Awaitable[Reply]]


class ResponseSockets:
    """`GET /responses` as a WebSocket."""

    ENDPOINTS = (
        Endpoint("GET", "/responses", "open", "Answer inputs over a WebSocket", reply="socket", tag="Responses"),
    )

    def __init__(self, responses: Responses, clock: Clock, dispatch: Dispatch) -> None:
        self.responses = responses
        self.clock = clock
        self.dispatch = dispatch

    async def open(self, call: Call) -> Reply:
        """A conversation with whoever calls."""
        return Reply(socket=_Session(self, call).talk)


class _Session:
    """One socket."""

    def __init__(self, sockets: ResponseSockets, call: Call) -> None:
        self._sockets = sockets
        self._call = call
        self._lanes: dict[str, asyncio.Queue[JsonObject]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._steering = Steering(sockets.responses, call.principal.owner)

    async def talk(self, socket: Socket) -> None:
        self._socket = socket
        ending = asyncio.ensure_future(self._end())
        try:
            while (message := await socket.receive()) is not None:
                try:
                    await self._take(_event(message))
                except ApiError as error:
                    await self._refuse(error, None)
        finally:
            for task in (*self._tasks, ending):
                task.cancel()
            await asyncio.gather(*self._tasks, ending, return_exceptions=True)

    async def _end(self) -> None:
        """A socket does not live for ever."""
        await self._sockets.clock.sleep(_LIFE_S)
        told = BadRequest(
            "Responses websocket connection limit reached (60 minutes). Create a new websocket connection to continue.",
            code="websocket_connection_limit_reached",
        )
        await self._refuse(told, None)
        await self._socket.close()

    async def _take(self, event: JsonObject) -> None:
        kind = event.get("type")
        if kind == "response.steer":
            for document, follow in await self._steering.steer(event):
                await self._socket.send(document.decode())
                if follow is not None:
                    self._queue(follow)
        elif kind == "response.inject":
            await self._socket.send(self._steering.inject(event).decode())
        elif kind == "response.create":
            self._queue(event)
        else:
            raise BadRequest(
                f"Invalid value: '{kind}'. Supported values are: 'response.create', 'response.steer', and 'response.inject'.",
                param="type",
                code="invalid_value",
            )

    def _queue(self, event: JsonObject) -> None:
        given = event.get("stream_id")
        name = "" if given is None else given
        if not isinstance(name, str) or len(name) > 64:
            raise BadRequest("Invalid 'stream_id': expected a string of at most 64 characters.", param="stream_id")
        lane = self._lanes.get(name)
        if lane is None:
            if len(self._lanes) >= _MOST_LANES:
                raise BadRequest(f"A connection has at most {_MOST_LANES} streams at once.", param="stream_id")
            lane = self._lanes[name] = asyncio.Queue(_MOST_WAITING)
            task = asyncio.get_running_loop().create_task(self._run(name, lane))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            lane.put_nowait(event)
        except asyncio.QueueFull:
            raise BadRequest(f"At most {_MOST_WAITING} responses of a stream may wait.", param="stream_id") from None

    async def _run(self, name: str, lane: "asyncio.Queue[JsonObject]") -> None:
        while not lane.empty():
            event = lane.get_nowait()
            try:
                await self._answer(event, name)
            except ApiError as error:
                await self._refuse(error, name)
        del self._lanes[name]

    async def _answer(self, event: JsonObject, lane: str) -> None:
        body = {key: value for key, value in event.items() if key not in _OURS}
        body = self._steering.resumed({**body, "stream": True})
        call, row = self._call, self._sockets.responses.ENDPOINTS[0]
        made = Call(call.id, row, "/v1/responses", call.headers, orjson.dumps(body), origin=call.origin)
        made.arrived, made.principal = self._sockets.clock.now(), call.principal
        reply = await self._sockets.dispatch(made)
        assert reply.events is not None, "a stream was asked for"
        feed = reply.events
        try:
            async for burst in feed:
                for framed in burst:
                    document = unframed(framed)
                    self._steering.look(document, body, lane)
                    await self._socket.send(_of(document, lane))
        except ApiError:
            raise
        except Exception as error:
            raise ServerError("The server had an error while processing your request.") from error
        finally:
            feed.cancel()

    async def _refuse(self, error: ApiError, lane: str | None) -> None:
        told: dict[str, Any] = {"type": "error", "status": error.status, "error": envelope(error)["error"]}
        if lane:
            told["stream_id"] = lane
        await self._socket.send(orjson.dumps(told).decode())


def _event(message: str | bytes) -> JsonObject:
    """What a client has sent. Raises BadRequest for what is no JSON object."""
    try:
        event = orjson.loads(message)
    except ValueError as error:
        raise BadRequest("The message could not be parsed as JSON.", code="invalid_json") from error
    if not isinstance(event, dict):
        raise BadRequest("A message must be a JSON object.", code="invalid_json")
    return event


def _of(document: bytes, lane: str) -> str:
    """An event of a lane."""
    if not lane:
        return document.decode()
    return f'{document[:-1].decode()},"stream_id":{orjson.dumps(lane).decode()}}}'
