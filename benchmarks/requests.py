"""The requests that are sent: chats that all differ (or all are the same), and prompts of 100,000 tokens.

Every varied chat carries a serial number of its own within its words, so no cache of the server has seen it before.
"""

import json
from collections.abc import Iterator
from itertools import count, cycle, repeat

PATH = "/v1/chat/completions"

_SYSTEM = "You are a helpful assistant."
_ASKED = (
    "Write a long, detailed essay about {}",
    "Explain {} to a ten-year-old, from the beginning",
    "List ten surprising facts about {}",
    "Compare {} in detail with its closest alternative",
    "Draft a long e-mail to a colleague on {}",
    "Summarize everything that a newcomer should know of {}",
    "Give me a step-by-step plan for {}, with reasons",
    "Describe at length the most common mistakes with {}",
)
_TOPICS = (
    "the sea", "database indexes", "sourdough bread", "the French Revolution", "unit testing in Python", "solar panels",
    "a weekend in Lisbon", "compound interest", "black holes", "garbage collection", "migrating birds", "HTTP caching",
    "learning the violin", "supply and demand", "volcanoes", "version control", "tomatoes on a balcony", "Bayes' theorem",
    "urban beekeeping", "the printing press", "marathon training", "rate limiting", "the water cycle", "chess openings",
    "remote teams", "coral reefs", "vector embeddings", "public libraries", "the human heart", "old bicycles",
    "writing good documentation", "tide pools",
)  # fmt: skip
_WORDS = "the sea is wide and old men say that every wave comes back to land with some new thing it found out there"
_SERIAL = 123_456_789


def chats(*, tokens: int = 32, stream: bool = False, same: bool = False) -> Iterator[bytes]:
    """Endless chat requests as bytes for the wire; with `same`, one and the same.

    Beyond 32 tokens only essays are asked for: answers to the rest may end earlier.
    """
    halves = [
        _halves(f"{asked.format(topic)} for case {_SERIAL}, and say why it matters.", tokens, stream)
        for topic in _TOPICS
        for asked in (_ASKED if tokens <= 32 else _ASKED[:1])
    ]
    if same:
        return repeat(halves[0][0] + str(_SERIAL).encode() + halves[0][1])
    return (before + b"%09d" % serial + after for (before, after), serial in zip(cycle(halves), count(), strict=False))


def chat_body(prompt: str, tokens: int = 32, stream: bool = False) -> bytes:
    """The JSON of a chat request."""
    return _body([{"role": "system", "content": _SYSTEM}, {"role": "user", "content": prompt}], tokens, stream)


def essay_body(tokens: int) -> bytes:
    """A streamed chat whose answer reaches `tokens`."""
    return chat_body("Write a long, detailed essay about the sea.", tokens, stream=True)


def long_prompts(serial: int) -> dict[str, bytes]:
    """Bodies of about 100,000 prompt tokens each, by what they look like. No two serials have a text in common."""
    words = _WORDS.split()
    prose = [words[(at * 7 + at // 23 + serial) % len(words)] for at in range(99_990)]
    half = len(prose) // 2
    turns = [
        {"role": ("user", "assistant")[at % 2], "content": f"{at} {serial} " + " ".join(prose[at * 93 : at * 93 + 93])}
        for at in range(1_001)
    ]
    return {
        "prose": chat_body(f"{serial} " + " ".join(prose)),
        "1,001 messages": _body(turns, 32, False),
        "no spaces": chat_body(f"{serial}" + "".join(prose[:half]).translate(_SHUFFLE)),
    }


def post(body: bytes, headers: str = "", path: str = PATH) -> bytes:
    """A chat request on the wire, or another one; `headers` are lines that end in CRLF."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nAuthorization: Bearer sk-test\r\n"
        f"Content-Type: application/json\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(path: str) -> bytes:
    """A request on the wire."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


_SHUFFLE = str.maketrans("abcdefghijklmnopqrstuvwxyz", "qzjxkvbpygfwmucldrhsnioate")
"""Letters to letters, so that words become strings no vocabulary knows."""


def _halves(prompt: str, tokens: int, stream: bool) -> tuple[bytes, bytes]:
    before, _, after = post(chat_body(prompt, tokens, stream)).partition(str(_SERIAL).encode())
    return before, after


def _body(messages: list[dict[str, str]], tokens: int, stream: bool) -> bytes:
    body = {"model": "gpt-4o", "messages": messages, "max_tokens": tokens, **({"stream": True} if stream else {})}
    return json.dumps(body, separators=(",", ":")).encode()
