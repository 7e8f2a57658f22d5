"""Memory, as the kernel counts it (VmRSS): of open streams, idle, and after many requests."""

import time
from collections.abc import Iterator
from itertools import chain, islice

from benchmarks import requests, servers
from benchmarks.bare import TOKENS
from benchmarks.client import ask, drive, hold
from benchmarks.servers import Server
from benchmarks.targets import Row

_OPEN = 1_000
_LONG_MS = 600_000.0
_SETTLE_S = 1.0


def open_streams(quick: bool) -> Iterator[Row]:
    """What 1,000 streams take that have had their first token and wait ten minutes for the next."""
    with servers.fakeai() as ours, servers.bare(itl_ms=_LONG_MS) as bare:
        mine, theirs = _held(ours), _held(bare)
    detail = f"VmRSS of {_OPEN:,} streams of {TOKENS} tokens held after the first"
    yield Row("open_stream", mine / 1e3, detail, f"bare uvicorn {theirs / 1e3:.1f} kB")


def idle(quick: bool) -> Iterator[Row]:
    """The larger of two readings: ready, before any request, and after one chat. Beside it: once a rarer script was met."""
    with servers.fakeai() as ours:
        time.sleep(_SETTLE_S)
        before = ours.rss_bytes()
        _chats(ours, 1)
        after = ours.rss_bytes()
        peak = servers.memory(ours.pid, "VmHWM")
        ask(ours.port, requests.post(requests.chat_body("Почему бывают приливы?")))
        whole = ours.rss_bytes()
        with servers.bare() as bare:
            bare_bytes = bare.rss_bytes()
    detail = f"VmRSS {before / 1e6:.1f} MB before any request, {after / 1e6:.1f} MB after one chat"
    beside = f"{whole / 1e6:.1f} MB once a text of a rarer script brought the rest of the vocabulary; "
    beside += f"peak while starting {peak / 1e6:.1f} MB; bare uvicorn {bare_bytes / 1e6:.1f} MB"
    yield Row("idle", max(before, after) / 1e6, detail, beside)


def growth(quick: bool) -> Iterator[Row]:
    """VmRSS after a warm-up and again after ten times as many; prompts never repeat, one in ten is streamed."""
    warm, count = (5_000, 20_000) if quick else (20_000, 200_000)
    with servers.fakeai() as ours:
        sent = _mixed()
        _many(ours, sent, warm)
        before = ours.rss_bytes()
        started = time.monotonic()
        halfway = _many(ours, sent, count // 2)
        after = _many(ours, sent, count - count // 2)
        seconds = time.monotonic() - started
    detail = f"VmRSS {before / 1e6:.1f} MB after {warm:,}, {after / 1e6:.1f} MB after {count:,} more"
    beside = f"halfway {halfway / 1e6:.1f} MB; {count / seconds:,.0f} requests/s"
    yield Row("growth", (after - before) / 1e6, detail, beside, {"requests": count})


def _held(server: Server) -> float:
    _chats(server, 50)
    time.sleep(_SETTLE_S)
    before = server.rss_bytes()
    request = requests.post(requests.essay_body(TOKENS), f"X-Fakeai-Itl-Ms: {_LONG_MS:g}\r\n")
    streams = hold(server.port, request, _OPEN)
    time.sleep(_SETTLE_S)
    taken = server.rss_bytes() - before
    for sock in streams:
        sock.close()
    return taken / _OPEN


def _chats(server: Server, count: int) -> None:
    for request in islice(requests.chats(), count):
        ask(server.port, request)


def _mixed() -> Iterator[bytes]:
    plain, streamed = requests.chats(), requests.chats(stream=True)
    return chain.from_iterable((*islice(plain, 9), next(streamed)) for _ in iter(int, 1))


def _many(server: Server, sent: Iterator[bytes], count: int) -> int:
    """Send `count` requests, on new connections every 10,000; the memory afterwards."""
    for part in range(0, count, 10_000):
        drive(server.port, sent, 32, count=min(10_000, count - part))
    time.sleep(_SETTLE_S)
    return server.rss_bytes()
