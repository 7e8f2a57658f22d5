"""A client's WebSocket once its handshake is accepted: frames of the transport to messages of a talk, and back.

What a client may cost is bounded: a message has a size and a time to arrive in, unread messages stop the reading, a
client that does not read is waited for and then dropped, one that is silent is asked whether it is there.
"""

import asyncio
from collections import deque
from math import inf
from typing import TYPE_CHECKING, Any

from fakeai.core.socket import GOING_AWAY, NORMAL, POLICY, ClientLeft, Talk
from fakeai.server.limits import SocketLimits
from fakeai.server.websocket import converse

if TYPE_CHECKING:
    from websockets.frames import Frame
    from websockets.protocol import Protocol

_SLICE = 16_384
"""Bytes that are read into frames at a time: they may be thousands of frames, and others wait."""
_MOST_WAITING = 64
_MOST_WAITING_BYTES = 2**20
_GOODBYE_S = 2.0
"""For the client to answer a close, and for its talk to end once it has left."""
_INVALID_TEXT = 1007
_CONTINUED, _TEXT, _CLOSE = 0, 1, 8
"""Kinds of frames; above the last are pings and pongs."""


class Conversation(asyncio.Protocol):
    """One client. A Socket to its talk; to uvicorn, one of its connections. `expire` is called when `deadline` has passed."""

    def __init__(self, transport: asyncio.Transport, limits: SocketLimits, connections: set[Any]) -> None:
        """Any: uvicorn's connections are of classes with nothing in common."""
        self.transport = transport
        self._limits = limits
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._frames: Protocol = _frames(limits.message_bytes)
        self._task: asyncio.Task[None] | None = None
        self._backlog = bytearray()  # read, and not yet frames
        self._working = False  # a next slice of it is scheduled
        self._open_bytes = 0  # of a frame that is not whole
        self._message: bytearray | None = None  # of one that is not whole
        self._textual = False
        self._inbox: deque[str | bytes] = deque()
        self._inbox_bytes = 0
        self._news = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._reading = True
        self._ended = False  # nothing more comes, nothing more can be said
        self._lost = False
        self._heard = self._loop.time()
        self._pinged = -inf
        self._half_until = self._unread_until = self._end_until = inf

    def begin(self, talk: Talk, request_id: str, early: bytes) -> None:
        """Take over the transport, with what the client has sent already."""
        self._connections.add(self)
        self.transport.set_protocol(self)
        self._task = self._loop.create_task(self._hold(talk, request_id))
        self.transport.resume_reading()
        if early:
            self.data_received(early)

    async def _hold(self, talk: Talk, request_id: str) -> None:
        try:
            await converse(talk, self, request_id)
        finally:
            self._task = None
            if self._lost:
                self._release()
            else:
                self._say_goodbye(GOING_AWAY, "")

    # -- the talk

    async def receive(self) -> str | bytes | None:
        """The next message; None once there will be no more."""
        while not self._inbox:
            if self._ended:
                return None
            self._news.clear()
            await self._news.wait()
        message = self._inbox.popleft()
        self._inbox_bytes -= len(message)
        if not self._reading:
            self._go_on()
        return message

    async def send(self, message: str | bytes) -> None:
        """Write a message; wait until the client has read what came before it. Raises ClientLeft."""
        if self._ended:
            raise ClientLeft
        if isinstance(message, str):
            self._frames.send_text(message.encode("utf-8", "replace"))
        else:
            self._frames.send_binary(message)
        self._flush()
        if not self._writable.is_set():
            await self._writable.wait()
            if self._lost:
                raise ClientLeft

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Say goodbye; the client has a moment to answer."""
        self._inbox.clear()
        self._say_goodbye(code, reason)

    # -- the transport

    def data_received(self, data: bytes) -> None:
        self._heard = self._loop.time()
        self._backlog += data
        if not self._working:
            self._work()

    def eof_received(self) -> None:
        """The client has left without a goodbye; the transport closes itself."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self._backlog.clear()
        self._end()
        self._writable.set()
        self._half_until = self._unread_until = inf
        self._end_until = self._loop.time() + _GOODBYE_S
        if self._task is None:
            self._release()

    def _release(self) -> None:
        """Both sides are gone. What is over holds nobody: rings are looked for hardly ever."""
        self._connections.discard(self)
        self._frames.parser = iter(())  # type: ignore[assignment]  # a generator of its own holds it

    def pause_writing(self) -> None:
        self._writable.clear()
        self._unread_until = self._loop.time() + self._limits.unread_s
        self._rest()

    def resume_writing(self) -> None:
        self._writable.set()
        self._unread_until = inf
        self._go_on()

    # -- the server

    @property
    def deadline(self) -> float:
        """Loop time of the next thing to be looked at."""
        asked = max(self._heard, self._pinged) + self._limits.ping_s if not self._ended else inf
        return min(asked, self._half_until, self._unread_until, self._end_until)

    def expire(self) -> None:
        """The deadline has passed."""
        now = self._loop.time()
        if self._lost and self._task is not None:
            self._end_until = inf
            self._task.cancel()
        elif now >= min(self._end_until, self._unread_until):
            self.transport.abort()
        elif now >= self._half_until:
            self._fail(POLICY, "Your message did not arrive in time.")
        elif not self._reading:
            self._heard = now  # it is we who do not listen
        elif self._pinged > self._heard:
            self.transport.abort()
        else:
            self._pinged = now
            self._frames.send_ping(b"")
            self._flush()

    def shutdown(self) -> None:
        """Asked by the server to come to an end."""
        self._say_goodbye(GOING_AWAY, "The server is shutting down.")

    # -- frames

    def _work(self) -> None:
        """Read a slice of what came; the next one after others have had their turn."""
        self._working = False
        if self._lost:
            return
        part = bytes(self._backlog[:_SLICE])
        del self._backlog[:_SLICE]
        frames = self._frames
        self._open_bytes += len(part)
        frames.receive_data(part)
        for frame in frames.events_received():
            self._open_bytes -= _size(frame)  # type: ignore[arg-type]  # a connection that is open has frames only
            self._take(frame)  # type: ignore[arg-type]  # as above
        if frames.parser_exc is not None:
            self._end()
            self._linger()
        self._flush()
        self._watch_half()
        if self._full():
            self._rest()
        else:
            self._go_on()

    def _take(self, frame: "Frame") -> None:
        if self._ended or frame.opcode > _CLOSE:  # the library answers pings
            return
        if frame.opcode == _CLOSE:
            self._end()
            self._end_until = self._loop.time() + _GOODBYE_S
            return
        if frame.opcode != _CONTINUED:
            self._textual = frame.opcode == _TEXT
            self._half_until = inf
            if not frame.fin:
                self._message = bytearray()
        data = frame.data
        if self._message is not None:
            self._message += data
            if not frame.fin:
                return
            data, self._message = self._message, None
        self._half_until = inf
        self._deliver(bytes(data))

    def _deliver(self, data: bytes) -> None:
        message: str | bytes = data
        if self._textual:
            try:
                message = data.decode()
            except UnicodeDecodeError:
                self._fail(_INVALID_TEXT, "Your message is not valid UTF-8.")
                return
        self._inbox.append(message)
        self._inbox_bytes += len(message)
        self._news.set()

    def _watch_half(self) -> None:
        """A message that has begun has a time to be whole in."""
        if self._ended or not (self._open_bytes or self._message is not None):
            self._half_until = inf
        elif self._half_until == inf:
            self._half_until = self._loop.time() + self._limits.message_s

    def _full(self) -> bool:
        return len(self._inbox) >= _MOST_WAITING or self._inbox_bytes >= _MOST_WAITING_BYTES

    def _rest(self) -> None:
        """Read no further for now."""
        if self._reading and not self._ended:
            self._reading = False
            self.transport.pause_reading()

    def _go_on(self) -> None:
        """Read on, what is here already first."""
        if self._lost or not self._writable.is_set() or (self._full() and not self._ended):
            return
        if self._backlog:
            self._rest()
            if not self._working:
                self._working = True
                self._loop.call_soon(self._work)
        elif not self._reading:
            self._reading = True
            self._heard = self._loop.time()
            self.transport.resume_reading()

    def _flush(self) -> None:
        parts = self._frames.data_to_send()
        if not parts or self.transport.is_closing():
            return
        data = b"".join(parts)
        if data:
            self.transport.write(data)
        if not parts[-1]:  # the word for: nothing will follow
            if self._frames.parser_exc is None and not self._backlog:
                self.transport.close()
            else:
                self.transport.write_eof()

    # -- the end

    def _end(self) -> None:
        """Nothing more comes."""
        self._ended = True
        self._message = None
        self._news.set()

    def _fail(self, code: int, reason: str) -> None:
        """Close because of what the client did."""
        if not self._ended:
            self._frames.fail(code, reason)
            self._end()
            self._flush()
            self._linger()

    def _say_goodbye(self, code: int, reason: str) -> None:
        if self._ended:
            return
        self._frames.send_close(code, reason.encode()[:120].decode("utf-8", "ignore"))
        self._end()
        self._flush()
        self._linger()

    def _linger(self) -> None:
        """Read on for a moment, for nothing: a reset would take our last words from the client."""
        self._half_until = inf
        self._end_until = self._loop.time() + _GOODBYE_S
        self._go_on()


def _frames(most: int) -> "Protocol":
    from websockets.protocol import OPEN, SERVER, Protocol

    protocol = Protocol(SERVER, state=OPEN, max_size=most)
    protocol.debug = False  # frames hold what is nobody's to log
    return protocol


def _size(frame: "Frame") -> int:
    """Bytes of a client's frame on the wire."""
    length = len(frame.data)
    return length + (6 if length < 126 else 8 if length < 65_536 else 14)
