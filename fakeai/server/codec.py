"""Request → Call, Reply → headers and bytes, exception → error body: the only place that makes JSON of errors.

Knows nothing of sockets: `server/protocol.py` (uvicorn) and `server/asgi.py` (any ASGI server, in-process clients) both
speak through it.
"""

import logging
import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import Clock, stopwatch
from fakeai.core.errors import ApiError, BadRequest, PayloadTooLarge, ServerError, envelope
from fakeai.core.events import Bus, RequestEnded, RequestStarted
from fakeai.gateway.pipeline import Gateway
from fakeai.server.heads import Head, Heads
from fakeai.server.routes import ResourceNotFound, Routes
from fakeai.store.encoding import encode_json

_log = logging.getLogger("fakeai.server")

API_VERSION = "2020-10-01"
_VERSION = f"openai-version: {API_VERSION}\r\n"
_ORGANIZATION = "openai-organization"
_REQUEST_ID = "x-request-id"
_WELL_FORMED = re.compile(r"[A-Za-z0-9._:-]{8,128}", re.ASCII)
UNMATCHED = "unmatched"
"""The route of requests that never come to a handler. Their paths are anybody's words, and no names for anything."""


class Codec:
    """One per App; both doors use it."""

    def __init__(
        self,
        gateway: Gateway,
        routes: Routes,
        clock: Clock,
        bus: Bus,
        ids: Ids,
        principal: Principal,
        max_body_bytes: int,
        shut: Callable[[], bool],
    ) -> None:
        self.routes = routes
        self.max_body_bytes = max_body_bytes
        self._gateway = gateway
        self._clock = clock
        self._bus = bus
        self._ids = ids
        self._principal = principal
        self._shut = shut
        self.heads = Heads()
        self._usual = _lines(_whose(principal))

    def read(self, method: str, path: str, query: bytes, headers: Mapping[str, str]) -> Head:
        """What a request's head says; raises UnknownRoute, MethodNotAllowed or PayloadTooLarge."""
        endpoint, params, dated = self.routes.find(method, path)
        if dated and b"api-version=" not in query:
            raise ResourceNotFound(method, path)
        length = headers.get("content-length")
        if length is not None and length.isascii() and length.isdecimal() and int(length[:20]) > self.limit(endpoint):
            raise self.too_large(endpoint)
        return Head(endpoint, path, headers, params, _query(query) if query else {})

    def talks(self, method: str, path: str, headers: Mapping[str, str]) -> bool:
        """Whether a conversation is held at this path, and its client knows how."""
        if "websocket" not in headers.get("upgrade", "").lower():
            return False
        try:
            return self.routes.find(method, path).endpoint.reply == "socket"
        except ApiError:
            return False

    def open(self, head: Head, raw: bytes = b"") -> Call:
        """A Call for a request that begins with `head`. It is called what its client calls it, if that can be an id."""
        endpoint, path, headers, params, query, _ = head
        arrived = self._clock.now()
        name = headers.get(_REQUEST_ID)
        if name is None or not _WELL_FORMED.fullmatch(name):
            name = self._ids.hex("req_")
        return Call(name, endpoint, path, headers, raw, params, query, "http", arrived, self._principal)

    def limit(self, endpoint: Endpoint) -> int:
        """Bytes of the largest body that is read."""
        return endpoint.max_body or self.max_body_bytes

    def too_large(self, endpoint: Endpoint) -> PayloadTooLarge:
        """The refusal of a body over the limit."""
        return PayloadTooLarge(
            f"Maximum content size limit ({self.limit(endpoint)}) exceeded. The request body is too large."
        )

    async def answer(self, call: Call) -> Reply:
        """The gateway's reply; every exception becomes an error reply."""
        try:
            reply = await self._gateway.handle(call)
            if not reply.lasts:
                reply.body = body_bytes(reply)
        except Exception as error:  # noqa: BLE001  # the last line: whatever goes wrong has an envelope
            reply = self.refuse(error, call.id, front=call.endpoint.front)
        usual, who = self._principal, call.principal
        if who.project != usual.project or who.organization != usual.organization:
            reply.headers = {**_whose(who), **reply.headers}
        return reply

    def refuse(self, error: Exception, request_id: str, *, front: bool = False) -> Reply:
        """An error as a reply. Anything but an ApiError is our defect: logged in full, told to nobody.

        Where the front door is shut, and always on rows of its own (`front`), the body tells the request's id too.
        """
        if not isinstance(error, ApiError):
            _log.error("unexpected error", exc_info=error, extra={"request_id": request_id})
            error = ServerError(
                f"The server had an error while processing your request. Sorry about that! (Request id: {request_id})"
            )
        headers = dict(error.headers)
        if error.retry_after is not None:
            headers["retry-after"] = f"{error.retry_after:g}"
        body = envelope(error)
        if front or self._shut():
            told = {"code": body["error"]["code"] or error.type, "message": error.message}
            body |= {**told, "request_id": request_id, **({"detail": told} if front else {})}
        return Reply(body, error.status, headers)

    def turn_away(self, error: Exception, request_id: str, started: float) -> Reply:
        """As `refuse`, for a request that comes to no handler: tells the bus of it, as the gateway does of all others."""
        reply = self.refuse(error, request_id)
        told = reply.body["error"]
        now, duration_s = self._clock.now(), stopwatch() - started
        self._bus.publish(RequestStarted(now, UNMATCHED, "http"))
        code = told["code"] or told["type"]
        self._bus.publish(
            RequestEnded(now, request_id, UNMATCHED, "http", "", reply.status, code, duration_s, False, False, None)
        )
        return reply

    def new_id(self) -> str:
        """A request id for a request that never became a Call."""
        return self._ids.hex("req_")

    def head(self, reply: Reply, request_id: str, started: float) -> str:
        """Header lines of a reply, each ending in CRLF, without the framing headers (length, encoding, connection).

        `started` is the stopwatch at the request's arrival. Values are ours or checked: none holds a line break.
        """
        ms = (stopwatch() - started) * 1000.0
        ours = reply.events is not None and not reply.verbatim
        kind = "text/event-stream; charset=utf-8" if ours else reply.media_type
        lines = f"x-request-id: {request_id}\r\nopenai-processing-ms: {ms:.0f}\r\n{_VERSION}"
        if reply.socket is None:
            lines = f"content-type: {kind}\r\n{lines}"
        headers = reply.headers
        if headers:
            lines += _lines(headers)
        if not headers or _ORGANIZATION not in headers:
            lines += self._usual
        if ours:
            lines += "cache-control: no-cache\r\nx-accel-buffering: no\r\n"
        return lines


def _whose(principal: Principal) -> dict[str, str]:
    return {_ORGANIZATION: principal.organization, "openai-project": principal.project}


def _lines(headers: Mapping[str, str]) -> str:
    return "".join([f"{name}: {value}\r\n" for name, value in headers.items()])


def body_bytes(reply: Reply) -> bytes:
    """The body of a reply that is not streamed."""
    body = reply.body
    if body is None:
        return b""
    return body if isinstance(body, bytes) else encode_json(body)


def _query(raw: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(raw.decode("latin-1"), keep_blank_values=True, max_num_fields=1000)
    except ValueError as error:
        raise BadRequest("Too many query parameters.") from error
