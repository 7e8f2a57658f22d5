"""CPU of responses in that of chat completions of the same prompt and tokens, in rounds that take turns.

The same request is sent over and over to one server, with latency and without, streamed and whole. Responses are kept, as
they are unless `store` is false; what keeping them takes is told beside.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from itertools import repeat

from benchmarks import servers
from benchmarks.client import ask, drive
from benchmarks.requests import PATH as CHAT
from benchmarks.requests import essay_body, post
from benchmarks.servers import Server
from benchmarks.targets import Row, median, ratios, spread

PATH = "/v1/responses"
_TOKENS = 100
_CONNECTIONS = 64
_PACE = "x-fakeai-ttft-ms: 1\r\nx-fakeai-itl-ms: 1\r\n"
_KINDS = {"responses_paced": (True, _PACE), "responses_stream": (True, ""), "responses_whole": (False, "")}
"""Streamed or not, and the headers that say at what pace."""


def measure(quick: bool) -> Iterator[Row]:
    """Per kind: chat, responses that are kept, and responses that are not."""
    rounds, seconds = (3, 0.8) if quick else (9, 1.5)
    found: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    with servers.fakeai() as ours:
        sent = {(kind, api): request for kind, how in _KINDS.items() for api, request in _requests(*how).items()}
        tokens = {api: _tokens(ours, request) for (kind, api), request in sent.items() if kind == "responses_whole"}
        if len(set(tokens.values())) > 1:
            raise RuntimeError(f"answers are not equally long: {tokens}")
        for request in sent.values():
            drive(ours.port, repeat(request), _CONNECTIONS, count=1_000)
        for _ in range(rounds):
            for key, request in sent.items():
                found[key].append(_per_token(ours, request, seconds, tokens["chat"]))
    for kind in _KINDS:
        chat, kept, unkept = (found[kind, api] for api in ("chat", "kept", "unkept"))
        figures, without = ratios(kept, chat), ratios(unkept, chat)
        detail = f"{spread(kept, 2)} µs a token, {tokens['chat']} tokens a reply; rounds {spread(figures, 2)}"
        beside = f"chat {spread(chat, 2)} µs; not kept {spread(without, 2)} ×"
        yield Row(kind, median(figures), detail, beside, {"chat_us": chat, "us": kept, "unkept_us": unkept})


def _requests(streamed: bool, headers: str) -> dict[str, bytes]:
    """The same question by both ways."""
    chat = json.loads(essay_body(_TOKENS))
    asked = {"model": chat["model"], "input": chat["messages"], "max_output_tokens": chat["max_tokens"]}
    bodies = {"chat": chat, "kept": asked, "unkept": {**asked, "store": False}}
    return {
        api: post(json.dumps({**body, "stream": streamed}).encode(), headers, CHAT if api == "chat" else PATH)
        for api, body in bodies.items()
    }


def _tokens(server: Server, request: bytes) -> int:
    used = json.loads(ask(server.port, request).partition(b"\r\n\r\n")[2])["usage"]
    return int(used.get("completion_tokens") or used["output_tokens"])


def _per_token(server: Server, request: bytes, seconds: float, tokens: int) -> float:
    before = server.cpu_s()
    load = drive(server.port, repeat(request), _CONNECTIONS, seconds=seconds)
    return (server.cpu_s() - before) * 1e6 / (load.finished * tokens)
