"""A small raw HTTP client on epoll: keeps a server busy, holds streams open, times tokens.

Only the server's own CPU time is measured, so what this costs does not matter. One request of a connection is under way
at a time. Any answer but a whole 200 raises Refused.
"""

import resource
import select
import socket
import time
from collections.abc import Iterator
from typing import NamedTuple

_READ = 262_144
_TOKEN = b'"delta":{"content":"'
_PATIENCE_S = 30.0


class Refused(RuntimeError):
    """An answer that is no whole 200: the figure would mean nothing."""


class Load(NamedTuple):
    """What a run of requests came to; `body_bytes` counts replies without their heads."""

    finished: int
    tokens: int
    body_bytes: int
    seconds: float


class _Connection:
    __slots__ = ("data", "sock")

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), 10)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = b""


def allow_files(wanted: int = 8192) -> None:
    """Raise this process's limit of open files, and so that of the servers it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(wanted, hard)), hard))


def ask(port: int, request: bytes, timeout_s: float = _PATIENCE_S) -> bytes:
    """One exchange on a connection of its own: head and body as they came. Raises OSError and Refused."""
    with socket.create_connection(("127.0.0.1", port), timeout_s) as sock:
        return exchange(sock, request)


def exchange(sock: socket.socket, request: bytes) -> bytes:
    """One exchange on an open connection. Raises OSError and Refused."""
    sock.sendall(request)
    data = b""
    while not complete(data):
        data += _received(sock, data)
    _check(data)
    return data


def complete(data: bytes) -> bool:
    """Whether `data` is a whole reply; it holds at most one."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return False
    head = data[:end].lower()
    at = head.find(b"\r\ncontent-length:")
    if at < 0:
        return data.endswith(b"\r\n0\r\n\r\n")
    return len(data) - end - 4 >= int(head[at + 17 :].split(b"\r\n", 1)[0])


def drive(
    port: int, requests: Iterator[bytes], connections: int, *, seconds: float = 60.0, count: int | None = None
) -> Load:
    """Send requests one after the other on each connection for `seconds`, or until `count` are answered."""
    poll = select.epoll()
    open_: dict[int, _Connection] = {}
    finished = tokens = size = 0
    started = time.monotonic()
    until = started + seconds
    for _ in range(connections):
        connection = _Connection(port)
        open_[connection.sock.fileno()] = connection
        poll.register(connection.sock.fileno(), select.EPOLLIN)
    left = len(open_) if count is None else count
    for connection in list(open_.values())[:left]:
        connection.sock.sendall(next(requests))
    sent = busy = min(left, connections)
    try:
        while busy:
            ready = poll.poll(_PATIENCE_S)
            if not ready:
                raise Refused(f"no answer within {_PATIENCE_S:.0f} s")
            more = time.monotonic() < until
            for descriptor, _ in ready:
                connection = open_[descriptor]
                connection.data = data = connection.data + _received(connection.sock, connection.data)
                if not complete(data):
                    continue
                _check(data)
                connection.data = b""
                finished += 1
                tokens += data.count(_TOKEN)
                size += len(data) - data.index(b"\r\n\r\n") - 4
                if more and (count is None or sent < count):
                    connection.sock.sendall(next(requests))
                    sent += 1
                else:
                    busy -= 1
    finally:
        poll.close()
        for connection in open_.values():
            connection.sock.close()
    return Load(finished, tokens, size, time.monotonic() - started)


def hold(port: int, request: bytes, streams: int) -> list[socket.socket]:
    """Open streams and return them when each has had its first token; the caller closes them."""
    held = []
    for _ in range(streams):
        sock = socket.create_connection(("127.0.0.1", port), 10)
        sock.sendall(request)
        held.append(sock)
    for sock in held:
        data = b""
        while _TOKEN not in data:
            data += _received(sock, data)
            _check(data)
    return held


def paced(port: int, request: bytes, streams: int, ramp_s: float) -> list[list[float]]:
    """Start streams evenly over `ramp_s`; of each, the seconds from its request to each of its tokens."""
    poll = select.epoll()
    open_: dict[int, tuple[_Connection, float, list[float]]] = {}
    found: list[list[float]] = []
    started = time.monotonic()
    while len(found) < streams or open_:
        now = time.monotonic()
        while len(found) < streams and now - started >= ramp_s * len(found) / streams:
            connection = _Connection(port)
            times: list[float] = []
            found.append(times)
            open_[connection.sock.fileno()] = connection, time.monotonic(), times
            poll.register(connection.sock.fileno(), select.EPOLLIN)
            connection.sock.sendall(request)
        if now - started > ramp_s + _PATIENCE_S:
            raise Refused(f"{len(open_)} streams have not ended")
        for descriptor, _ in poll.poll(0.001 if len(found) < streams else 1.0):
            connection, sent, times = open_[descriptor]
            fresh = connection.sock.recv(_READ)
            data = connection.data + fresh
            connection.data = data[1 - len(_TOKEN) :]  # a token or the end may be cut in two
            times.extend([time.monotonic() - sent] * data.count(_TOKEN))
            if not fresh or data.endswith(b"\r\n0\r\n\r\n"):
                del open_[descriptor]
                poll.unregister(descriptor)
                connection.sock.close()
    poll.close()
    return found


def _received(sock: socket.socket, so_far: bytes) -> bytes:
    data = sock.recv(_READ)
    if not data:
        raise Refused(f"the server hung up after {so_far[:200]!r}")
    return data


def _check(data: bytes) -> None:
    if not data.startswith(b"HTTP/1.1 200"):
        head, _, body = data.partition(b"\r\n\r\n")
        raise Refused(f"{head[:80].splitlines()[0].decode('latin-1')}: {body[:500].decode('utf-8', 'replace')}")
