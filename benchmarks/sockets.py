"""1,000 WebSockets of the Realtime API at once: how fast they open, how long an answer takes, what each takes of memory.

`python -m benchmarks --only sockets`. An answer is the error to an event of no known type: the way through the socket and
the session, without a model.
"""

import asyncio
import time
from collections.abc import Iterator

from benchmarks import servers
from benchmarks.client import ask
from benchmarks.requests import chat_body, post
from benchmarks.servers import Server
from benchmarks.targets import Row

_SOCKETS = 1_000
_ROUNDS = 20
_AT_ONCE = 50
_SETTLE_S = 1.0
_HANDSHAKE = (
    b"GET /v1/realtime?model=gpt-realtime HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
_EVENT = b'{"type":"nonsense","event_id":"mine"}'
_FRAME = bytes((0x81, 0x80 | len(_EVENT), 0, 0, 0, 0)) + _EVENT
"""Masked with nothing."""

Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def measure(quick: bool) -> Iterator[Row]:
    """Open, ask in rounds, close; every socket once a round, all of them at the same time."""
    with servers.fakeai() as ours:
        yield from asyncio.run(_measure(ours, 5 if quick else _ROUNDS))


async def _measure(server: Server, rounds: int) -> list[Row]:
    for _ in range(50):
        ask(server.port, post(chat_body("hi")))
    await _close(await _open(server, 50))
    time.sleep(_SETTLE_S)
    before = server.rss_bytes()
    began = time.monotonic()
    wires = await _open(server, _SOCKETS)
    seconds = time.monotonic() - began
    time.sleep(_SETTLE_S)
    held = server.rss_bytes()
    waits: list[float] = []
    for _ in range(rounds):
        waits += await asyncio.gather(*map(_answered, wires))
    waits.sort()
    alone = sorted([await _answered(wires[at]) for at in range(200)])
    await _close(wires)
    time.sleep(2 * _SETTLE_S)
    after = server.rss_bytes()
    again = await _open(server, _SOCKETS)
    await asyncio.gather(*map(_answered, again))
    await _close(again)
    time.sleep(2 * _SETTLE_S)
    grown = server.rss_bytes() - after
    p99, one = waits[len(waits) * 99 // 100], alone[len(alone) * 99 // 100]
    detail = f"{_SOCKETS:,} sockets opened at {_SOCKETS / seconds:,.0f}/s, each with its session"
    back = f"VmRSS {before / 1e6:.1f} MB before, {held / 1e6:.1f} MB open, {after / 1e6:.1f} MB after they are closed"
    return [
        Row("socket_open", (held - before) / _SOCKETS / 1e3, detail, back),
        Row("socket_kept", grown / 1e6, f"after {_SOCKETS:,} more have come and gone", back),
        Row(
            "socket_answer",
            one * 1e3,
            f"one asks while {_SOCKETS:,} are open",
            f"all {_SOCKETS:,} ask at the same instant: p50 {waits[len(waits) // 2] * 1e3:.0f} ms, p99 {p99 * 1e3:.0f} ms",
        ),
    ]


async def _open(server: Server, count: int) -> list[Wire]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def connect() -> Wire:
        async with gate:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(_HANDSHAKE)
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 101 " not in head[:20]:
                raise RuntimeError(f"no socket: {head[:200]!r}")
            await _frame(reader)
            return reader, writer

    return list(await asyncio.gather(*(connect() for _ in range(count))))


async def _answered(wire: Wire) -> float:
    """Seconds until the answer is there."""
    reader, writer = wire
    began = time.perf_counter()
    writer.write(_FRAME)
    if b"nonsense" not in await _frame(reader):
        raise RuntimeError("a socket answers something else")
    return time.perf_counter() - began


async def _frame(reader: asyncio.StreamReader) -> bytes:
    _, size = await reader.readexactly(2)
    if size >= 126:
        size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
    return await reader.readexactly(size)


async def _close(wires: list[Wire]) -> None:
    for _, writer in wires:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for _, writer in wires), return_exceptions=True)
