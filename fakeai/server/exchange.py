"""One request of a connection and its reply, streamed replies chunk by chunk.

Knows how events become bytes of a body; does not know the parser, deadlines, or other requests.
"""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fakeai.core.call import Call, Reply
from fakeai.core.clock import stopwatch
from fakeai.core.feed import Feed
from fakeai.server.heads import Head
from fakeai.server.sse import KEEP_ALIVE, closing, closing_named, frame

if TYPE_CHECKING:
    from fakeai.server.protocol import Connection


def chunk(data: bytes) -> bytes:
    """`data` as a chunk of a chunked body; nothing is no chunk, since an empty one ends the body."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def events(bursts: Sequence[list[bytes]]) -> list[bytes]:
    """Bursts of JSON documents as parts of a body that ends with the connection."""
    return [frame(documents) if documents else b"" for documents in bursts]


def events_chunked(bursts: Sequence[list[bytes]]) -> list[bytes]:
    """The same as parts of a chunked body."""
    return [
        b"%x\r\ndata: %b\n\n\r\n" % (len(documents[0]) + 8, documents[0])
        if len(documents) == 1
        else chunk(frame(documents) if documents else b"")
        for documents in bursts
    ]


def parts(bursts: Sequence[list[bytes]]) -> list[bytes]:
    """Bursts of finished bytes as parts of a body that ends with the connection."""
    return [b"".join(burst) for burst in bursts]


def parts_chunked(bursts: Sequence[list[bytes]]) -> list[bytes]:
    """The same as parts of a chunked body."""
    return [
        b"%x\r\n%b\r\n" % (len(burst[0]), burst[0]) if len(burst) == 1 and burst[0] else chunk(b"".join(burst))
        for burst in bursts
    ]


class Exchange:
    """One request and its reply. While the reply is streamed it is the feed's taker."""

    __slots__ = (
        "accepting", "body", "buffer", "call", "chunked", "connection", "feed", "framed", "head", "head_only", "id", "keep_alive",
        "refusal", "reply", "size", "started", "task", "verbatim", "write",
    )  # fmt: skip

    def __init__(self, connection: "Connection", keep_alive: bool, chunked: bool) -> None:
        self.connection = connection
        self.write = connection.transport.write
        self.keep_alive = keep_alive
        self.chunked = chunked
        self.head_only = False
        self.accepting: dict[str, str] = {}
        """Headers that accept its handshake, if it is one."""
        self.started = stopwatch()
        self.id = ""
        self.head: Head | None = None
        self.call: Call | None = None
        self.refusal: Exception | None = None
        """Why it is no call for a handler."""
        self.body: list[bytes] = []
        self.size = 0
        self.task: asyncio.Task[None] | None = None
        self.reply: Reply | None = None
        self.verbatim = False
        """Whether the reply's bytes are somebody else's, whose end is the end of the body."""
        self.framed = False
        """Whether the reply's events are framed already, and end as their maker ends them."""
        self.feed: Feed[bytes] | None = None
        self.buffer: list[bytes] | None = None

    def begin(self, reply: Reply, feed: Feed[list[bytes]]) -> None:
        """Start the reply's feed; all that it has at once goes out in one write. `feed` is None when it is over already."""
        self.reply, self.verbatim, self.framed = reply, reply.verbatim, reply.framed
        if self.verbatim or self.framed:
            self.feed = feed.map_all(parts_chunked if self.chunked else parts)
        else:
            self.feed = feed.map_all(events_chunked if self.chunked else events)
        buffer: list[bytes] = []
        self.buffer = buffer  # filled while the feed starts
        try:
            self.feed.start(self)
        except Exception as error:  # noqa: BLE001  # a source that cannot begin ends its feed
            feed.finish(error)
        self.buffer = None
        if buffer:
            self.write(b"".join(buffer))

    def take(self, data: bytes, /) -> None:
        """One write for everything that is due at this instant; the head goes with the first, the rest needs us no more."""
        if self.buffer is None and self.feed is not None and data:
            self.feed.deliver = self.write
        self._write(data)

    def take_all(self, parts: Sequence[bytes], /) -> None:
        """The same for several bursts that have become due: we are late."""
        self.take(b"".join(parts))

    def remind(self) -> None:
        """Write a comment, which clients pass over, so that nobody on the way takes the stream for dead."""
        self._write(chunk(KEEP_ALIVE) if self.chunked else KEEP_ALIVE)

    def close(self, error: Exception | None, /) -> None:
        """End the stream. A stream that failed before its first byte is refused with a proper status instead."""
        codec = self.connection.codec
        if error is not None:
            refusal = codec.refuse(error, self.id)
            if self.reply is not None:
                self.reply = None
                self.connection.send(self, refusal)
                return
            if self.verbatim:  # what broke off there breaks off here
                self.feed = None
                self.connection.transport.abort()
                return
            end = closing_named if self.framed else closing
            self._write(self._framed(end(refusal.body)))
        else:
            self._write(self._framed(b"" if self.verbatim or self.framed else closing(None)), last=True)
        self.feed = None
        if self.buffer is None:
            self.connection.finished(self)

    def _framed(self, last: bytes) -> bytes:
        return b"%b0\r\n\r\n" % chunk(last) if self.chunked else last

    def _write(self, data: bytes, *, last: bool = False) -> None:
        reply = self.reply
        if reply is not None and (data or last):
            self.reply = None
            data = self.connection.head(self, reply) + data
        self._put(data)

    def _put(self, data: bytes) -> None:
        if self.buffer is not None:
            self.buffer.append(data)
        else:
            self.write(data)
