"""CPU of a chat request and of a streamed token, in rounds that take turns between the servers.

The machine drifts, so servers are compared within a round, and the figure is the median over the rounds.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice

from benchmarks import peers, requests, servers
from benchmarks.bare import TOKENS
from benchmarks.client import Load, ask, drive
from benchmarks.servers import Server
from benchmarks.targets import Row, median, ratios, spread

_CONNECTIONS = 32
_STREAMS = 64
_WARM = 3_000


def chat(quick: bool) -> Iterator[Row]:
    """CPU per request that is not streamed, 32 tokens: the same one over and over, and every prompt different."""
    rounds, seconds = (3, 0.8) if quick else (7, 1.2)
    with ExitStack() as stack:
        ours = stack.enter_context(servers.fakeai())
        size, tokens = _sample(ours)
        bare = stack.enter_context(servers.bare(size))
        peer, missing = _peer(stack)
        compared = [server for server in (bare, ours, peer) if server is not None]
        kinds = {"cpu": requests.chats(same=True), "cpu_new": requests.chats()}
        for server in compared:
            drive(server.port, kinds["cpu_new"], _CONNECTIONS, count=_WARM)
        found: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
        for _ in range(rounds):
            for kind, sent in kinds.items():
                for server in compared:
                    found[kind, server.name].append(_per_request(server, sent, seconds))
    for kind in kinds:
        mine, theirs, others = (found[kind, name] for name in ("fakeai", "bare", "aimock"))
        figures = ratios(mine, theirs)
        data = {"us": mine, "bare_us": theirs, "aimock_us": others, "reply_bytes": size}
        yield Row(
            f"{kind}_ratio",
            median(figures),
            f"{median(mine):.1f} µs, {tokens:.0f} tokens a reply; rounds {spread(figures, 2)}",
            f"bare uvicorn {spread(theirs)} µs",
            data,
        )
        if not others:
            yield Row(f"{kind}_peer", None, "", f"aimock skipped: {missing}")
            continue
        figures = ratios(mine, others)
        yield Row(
            f"{kind}_peer", median(figures), f"rounds {spread(figures, 2)}", f"aimock {missing} {spread(others)} µs"
        )


def stream(quick: bool) -> Iterator[Row]:
    """CPU per token of streamed replies of 100 tokens, every prompt different."""
    rounds, seconds = (2, 0.8) if quick else (5, 1.2)
    with ExitStack() as stack:
        ours = stack.enter_context(servers.fakeai())
        bare = stack.enter_context(servers.bare())
        peer, missing = _peer(stack)
        varied = requests.chats(tokens=TOKENS, stream=True)
        essay = requests.post(requests.essay_body(TOKENS))
        for server in filter(None, (ours, bare, peer)):
            drive(server.port, varied, _STREAMS, count=500)
        mine: list[float] = []
        theirs: list[float] = []
        others: list[float] = []
        answered = []
        for _ in range(rounds):
            theirs.append(_per_token(bare, varied, seconds)[0])
            cost, load = _per_token(ours, varied, seconds)
            mine.append(cost)
            answered.append(load.tokens / load.finished)
            if peer is not None:
                others.append(_per_token(peer, iter(lambda: essay, b""), seconds)[0])
    beside = f"bare uvicorn, a send per token, {spread(theirs, 2)} µs"
    beside += f"; aimock {missing} {spread(others)} µs" if others else f"; aimock skipped: {missing}"
    detail = f"{median(answered):.0f} tokens a reply, every prompt new; rounds {spread(mine, 2)}"
    data = {"us": mine, "bare_us": theirs, "aimock_us": others, "tokens_per_reply": answered}
    yield Row("stream_token", median(mine), detail, beside, data)


def _sample(server: Server) -> tuple[int, float]:
    """Mean bytes of a reply's body and mean tokens it counts, over all kinds of prompts."""
    bodies = [ask(server.port, request).partition(b"\r\n\r\n")[2] for request in islice(requests.chats(), 256)]
    tokens = [json.loads(body)["usage"]["completion_tokens"] for body in bodies]
    return sum(map(len, bodies)) // len(bodies), sum(tokens) / len(tokens)


def _per_request(server: Server, sent: Iterator[bytes], seconds: float) -> float:
    before = server.cpu_s()
    load = drive(server.port, sent, _CONNECTIONS, seconds=seconds)
    return (server.cpu_s() - before) * 1e6 / load.finished


def _per_token(server: Server, sent: Iterator[bytes], seconds: float) -> tuple[float, Load]:
    before = server.cpu_s()
    load = drive(server.port, sent, _STREAMS, seconds=seconds)
    return (server.cpu_s() - before) * 1e6 / load.tokens, load


def _peer(stack: ExitStack) -> tuple[Server | None, str]:
    """aimock and its version, or None and why it is not there."""
    try:
        return stack.enter_context(peers.aimock()), peers.aimock_version()
    except (peers.Missing, RuntimeError) as error:
        return None, str(error).splitlines()[0]
