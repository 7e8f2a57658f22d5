"""HTTP/1.1 for Endpoint rows: straight from the parser to the gateway, and from the pacer's timer to the socket.

A subclass of uvicorn's protocol: uvicorn still accepts, drains, and serves what is no row (documents) through ASGI. What
it adds: error envelopes for requests that never become one, limits on head and body, handshakes of conversations, and
deadlines for slow clients, which uvicorn has not. One request of a connection is answered at a time, in order.
"""

import asyncio
from collections import deque
from math import inf
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from fakeai.core.call import Call, Reply
from fakeai.core.errors import ApiError, BadRequest, HeadersTooLarge, RequestTimeout
from fakeai.core.feed import Feed
from fakeai.core.socket import Talk
from fakeai.server.asgi import ASGI_PATHS
from fakeai.server.codec import Codec, body_bytes
from fakeai.server.conversation import Conversation
from fakeai.server.exchange import Exchange
from fakeai.server.heads import origin_form, without_upgrade
from fakeai.server.limits import Deadlines
from fakeai.server.websocket import Gone, accepting, converse, introduction

_MAX_PIPELINED = 16
_LINGER_S = 2.0
_SINGULAR = frozenset({"transfer-encoding", "expect", "upgrade"})
"""Headers that make more of a request than a head and as many bytes as it says."""


class Connection(HttpToolsProtocol):
    """One client's connection. `deadline` (loop time) is watched by `run.Sweeper`; `expire` is called when it passes."""

    def __init__(
        self,
        codec: Codec,
        deadlines: Deadlines,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.codec = codec
        self.deadlines = deadlines
        self.deadline = inf
        self.fields: dict[str, str] = {}
        self.exchange: Exchange | None = None
        self.active: Exchange | None = None
        self.waiting: deque[Exchange] = deque()
        self.head_bytes = 0
        self.unread = 0  # bytes since the parser last found something whole
        self.in_head = False
        self.lingering = False  # no request is read any more
        self.pinging = False  # the deadline is that of the next comment in a stream
        self.early: bytearray | None = None  # what came behind a handshake that is not answered yet
        self.declined = b""  # the method of a request that offers an upgrade nobody takes
        self.dated: list[tuple[bytes, bytes]] | None = None
        self.fixed = b""  # the headers of `dated`, as lines

    # -- the socket

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        # As uvicorn does, but for the addresses: asking for them takes seven system calls, and only ASGI needs them.
        self.connections.add(self)
        self.transport = transport
        self.flow = FlowControl(transport)
        self.deadline = self.loop.time() + self.deadlines.head_s

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.deadline = inf
        self.waiting.clear()
        active, self.active, self.exchange = self.active, None, None
        if active is not None:
            if active.feed is not None:
                active.feed.cancel()
            elif active.task is not None:
                active.task.cancel()

    def data_received(self, data: bytes) -> None:
        if self.lingering or self.early is not None:
            if self.early is not None:
                self.early += data
            return
        free = self.active is None and self.exchange is None and not (self.in_head or self.unread)
        if free and self.cycle is None and (known := self.codec.heads.find(data)) is not None:
            exchange = Exchange(self, True, True)
            exchange.call = call = self.codec.open(*known)
            exchange.id = call.id
            if not self.flow.write_paused:
                self.deadline = inf
            self._run(exchange)
            return
        self._unset_keepalive_if_required()
        self.unread += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgrade(data[upgrade.args[0] :])
            return
        except httptools.HttpParserError as error:
            own = error.__context__  # what a callback of ours raised
            if not isinstance(own, Exception) or isinstance(own, httptools.HttpParserUpgrade):
                own = BadRequest("Your request is not valid HTTP.")
            self.refuse_connection(own)
        if self.head_bytes + self.unread > self.deadlines.max_head_bytes and (self.in_head or self.exchange):
            self.refuse_connection(HeadersTooLarge(self.deadlines.max_head_bytes))
        elif free and self.active is not None and not (self.exchange or self.in_head or self.unread or self.waiting):
            self._remember(data, self.active)

    def pause_writing(self) -> None:
        super().pause_writing()
        self.deadline = self.loop.time() + self.deadlines.idle_s
        if self.active is not None and self.active.feed is not None:
            self.active.feed.pause()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.active is not None:
            self.deadline = inf
            if self.active.feed is not None:
                self.active.feed.resume()
                self.deadline = self.loop.time() + self.deadlines.socket.ping_s if self.pinging else inf
        elif self.exchange is None and not self.in_head:
            self.deadline = self.loop.time() + self.deadlines.idle_s

    def shutdown(self) -> None:
        """Asked by the server to come to an end: at once when idle, else after the current reply."""
        if self.active is not None:
            self.active.keep_alive = False
            self.waiting.clear()
        else:
            super().shutdown()

    def expire(self) -> None:
        """The deadline has passed: say so to a client in the middle of a request, else just close."""
        self.deadline = inf
        if self.exchange is not None or self.in_head:
            self.refuse_connection(RequestTimeout("Your request did not arrive in time."))
        elif self.pinging and self.active is not None and self.active.feed is not None and not self.flow.write_paused:
            self.active.remind()
            self.deadline = self.loop.time() + self.deadlines.socket.ping_s
        elif self.active is not None or self.flow.write_paused:
            self.transport.abort()
        else:
            self.transport.close()

    # -- the parser

    def on_message_begin(self) -> None:
        self.url = b""
        self.fields = {}
        self.head_bytes = self.unread = 0
        if not self.lingering:
            self.in_head = True
            self.deadline = self.loop.time() + self.deadlines.head_s

    def on_url(self, url: bytes) -> None:
        self.unread = 0
        self.head_bytes += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.unread = 0
        self.head_bytes += len(name) + len(value) + 4
        if self.in_head:  # what follows a chunked body is not of the request
            self.fields[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self.in_head = False
        if self.lingering or self.transport.is_closing():
            return
        method = self.parser.get_method().decode("latin-1")
        if not self.url.startswith(b"/"):
            self.url = origin_form(self.url)
        raw_path, _, query = self.url.partition(b"?")
        path = raw_path.decode("latin-1")
        upgrades = self.parser.should_upgrade() and method != "CONNECT"
        if upgrades and not (self.active is None and self.codec.talks(method, path, self.fields)):
            self.declined = self.parser.get_method()
            return
        if path in ASGI_PATHS:
            self._through_asgi()
            return
        version_1_0 = self.parser.get_http_version() == "1.0"
        exchange = self.exchange = Exchange(self, not version_1_0 and self.parser.should_keep_alive(), not version_1_0)
        exchange.head_only = method == "HEAD"
        self.deadline = self.loop.time() + self.deadlines.body_s
        try:
            if self.head_bytes > self.deadlines.max_head_bytes:
                raise HeadersTooLarge(self.deadlines.max_head_bytes)
            if upgrades:
                exchange.keep_alive = False
                self.fields, exchange.accepting = accepting(*introduction(self.fields))
            exchange.head = head = self.codec.read(method, path, query, self.fields)
            exchange.call = call = self.codec.open(head)
            call.websocket = upgrades
            exchange.id = call.id
        except ApiError as error:
            exchange.refusal = error.with_traceback(None)  # whose frames hold the exchange: a ring
            if error.status in (413, 431):
                self._refuse_early(exchange)
                return
        if self.active is None and self.fields.get("expect", "").lower() == "100-continue":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self.unread = 0
        exchange = self.exchange
        if exchange is None:
            if not self.lingering and self.cycle is not None:
                super().on_body(body)
            return
        if exchange.refusal is not None:
            return
        exchange.size += len(body)
        head = exchange.head
        if head is not None and exchange.size > self.codec.limit(head.endpoint):
            exchange.refusal = self.codec.too_large(head.endpoint)
            self._refuse_early(exchange)
        else:
            exchange.body.append(body)

    def on_message_complete(self) -> None:
        self.unread = 0
        exchange = self.exchange
        if exchange is None:
            if not self.lingering and self.cycle is not None:
                super().on_message_complete()
            return
        self.exchange = None
        if not self.flow.write_paused:
            self.deadline = inf
        if self.cycle is not None and not self.cycle.response_complete:
            self.lingering = True  # a document is on its way: the answer after it is its client's to ask for again
            self.cycle.keep_alive = False
        elif self.active is None:
            self._run(exchange)
        else:
            self.waiting.append(exchange)
            if len(self.waiting) >= _MAX_PIPELINED:
                self.flow.pause_reading()

    # -- requests

    def _remember(self, data: bytes, exchange: Exchange) -> None:
        """Whatever begins like `data`, which was this one request, need not be parsed again."""
        head = exchange.head
        if head is None or exchange.refusal is not None or exchange.head_only or not exchange.keep_alive:
            return
        if _SINGULAR.isdisjoint(self.fields):
            self.codec.heads.remember(data, head._replace(length=exchange.size))

    def _switch(self, exchange: Exchange, reply: Reply, talk: Talk) -> None:
        """Accept the handshake: from here on the connection is a conversation."""
        early, self.early, self.active = bytes(self.early or b""), None, None
        reply.headers = {**reply.headers, **exchange.accepting}
        exchange.keep_alive, exchange.chunked = True, False  # no word of how its body ends: it has none
        self.transport.write(self.head(exchange, reply))
        self.connections.discard(self)
        self.server_state.total_requests += 1
        self.parser = None  # type: ignore[assignment]  # which holds us: a ring, as uvicorn knows
        Conversation(self.transport, self.deadlines.socket, self.connections).begin(talk, exchange.id, early)

    def _upgrade(self, rest: bytes) -> None:
        if self.declined:
            self._without_upgrade(rest)
        else:
            self.early = bytearray(rest)
            self.transport.pause_reading()

    def _without_upgrade(self, rest: bytes) -> None:
        """Read a request again without its offer to upgrade, with which the parser takes it for one without a body."""
        method, self.declined = self.declined, b""
        if self.active is not None:
            self.refuse_connection(BadRequest("An upgrade cannot be offered behind another request."))
            return
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(without_upgrade(method, self.url, self.fields) + rest)

    def _through_asgi(self) -> None:
        if self.active is not None:
            self.lingering = True  # answered in order or not at all: the connection ends with what was asked before
            return
        url, flow = self.url, self.flow
        super().connection_made(self.transport)
        self.flow = flow
        super().on_message_begin()
        self.url = url
        self.headers.extend((k.encode("latin-1"), v.encode("latin-1")) for k, v in self.fields.items())
        self.deadline = inf
        super().on_headers_complete()

    def _run(self, exchange: Exchange) -> None:
        self.active = exchange
        call = exchange.call
        if exchange.refusal is not None:
            exchange.id = exchange.id or self.codec.new_id()
            reply = self.codec.turn_away(exchange.refusal, exchange.id, exchange.started)
            self.loop.call_soon(self.send, exchange, reply)  # not at once: a pipeline may hold thousands
            return
        assert call is not None, "what is not a call has been refused"
        if exchange.body:
            call.raw = exchange.body[0] if len(exchange.body) == 1 else b"".join(exchange.body)
            exchange.body = []
        exchange.task = self.loop.create_task(self._answer(exchange, call))

    async def _answer(self, exchange: Exchange, call: Call) -> None:
        reply = await self.codec.answer(call)
        exchange.task = None
        self.send(exchange, reply)

    def send(self, exchange: Exchange, reply: Reply) -> None:
        """Write a reply, or start its feed."""
        if self.active is not exchange:  # the client has left meanwhile
            if reply.events is not None:
                reply.events.cancel()
            elif reply.socket is not None:
                self.loop.create_task(converse(reply.socket, Gone(), exchange.id))
            return
        if reply.socket is not None:
            self._switch(exchange, reply, reply.socket)
        elif reply.events is not None:
            self._stream(exchange, reply, reply.events)
        else:
            body = body_bytes(reply)
            self.transport.write(self.head(exchange, reply, len(body)) + (b"" if exchange.head_only else body))
            self.finished(exchange)

    def _stream(self, exchange: Exchange, reply: Reply, feed: Feed[list[bytes]]) -> None:
        exchange.begin(reply, feed)
        if exchange.feed is None:
            self.finished(exchange)
        elif self.flow.write_paused:
            feed.pause()
        elif not reply.verbatim and self.exchange is None and not self.in_head:
            self.deadline, self.pinging = self.loop.time() + self.deadlines.socket.ping_s, True

    def head(self, exchange: Exchange, reply: Reply, length: int | None = None) -> bytes:
        """Status line and headers."""
        lines = self.codec.head(reply, exchange.id, exchange.started)
        if length is not None:
            lines += f"content-length: {length}\r\n"
        elif exchange.chunked:
            lines += "transfer-encoding: chunked\r\n"
        if not exchange.keep_alive:
            lines += "connection: close\r\n"
        if self.dated is not self.server_state.default_headers:  # uvicorn makes a new list every second
            self.dated = self.server_state.default_headers
            self.fixed = b"".join([b"%b: %b\r\n" % header for header in self.dated])
        return b"%b%b%b\r\n" % (STATUS_LINE[reply.status], self.fixed, lines.encode("latin-1", "replace"))

    def finished(self, exchange: Exchange) -> None:
        """The reply is written: close, take the next request of the pipeline, or wait for one."""
        if self.active is not exchange:
            return
        self.active = None
        if self.pinging:
            self.pinging, self.deadline = False, inf
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.waiting and exchange.keep_alive:
            self.flow.resume_reading()
            self._run(self.waiting.popleft())
        elif self.lingering:
            self.deadline = self.loop.time() + _LINGER_S
        elif not exchange.keep_alive:
            self.transport.close()
        elif self.exchange is None and not self.in_head:
            self.deadline = self.loop.time() + self.deadlines.idle_s

    def _refuse_early(self, exchange: Exchange) -> None:
        """Answer before the body is here, and read on for a moment: a reset would take the answer from the client."""
        self.exchange = None
        self.in_head = False
        self.lingering = True
        self.deadline = inf
        exchange.keep_alive = False
        if self.active is None:
            self._run(exchange)
        else:
            self.waiting.append(exchange)

    def refuse_connection(self, error: Exception) -> None:
        """Answer what is not a request, or never will be one, and close."""
        if self.transport.is_closing() or self.lingering:
            return
        exchange = self.exchange or Exchange(self, False, False)
        exchange.refusal = error
        self._refuse_early(exchange)
