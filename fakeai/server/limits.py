"""What a client may do to a connection, in seconds and bytes."""

from typing import NamedTuple


class SocketLimits(NamedTuple):
    """Of a WebSocket: bytes of a message, seconds for one to arrive, for ours to be read, and of silence until it is asked."""

    message_bytes: int = 16 * 2**20
    message_s: float = 30.0
    unread_s: float = 75.0
    ping_s: float = 20.0


class Deadlines(NamedTuple):
    """Seconds a client has: for a request's head, for its body, between requests, and to read what was sent."""

    head_s: float = 10.0
    body_s: float = 30.0
    idle_s: float = 75.0
    max_head_bytes: int = 65_536
    socket: SocketLimits = SocketLimits()
