"""Citations of a web search that found what it needed: text with links, and the annotations that point at them.

No page is ever asked for; the sites are the reserved example domains (RFC 2606).
"""

import json
import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

from fakeai.content import text as prose
from fakeai.content.tokens import Encoding
from fakeai.core.chance import Chance
from fakeai.core.generation import GenerateRequest, JsonObject, Message

_SITES = ("www.example.com", "www.example.org", "www.example.net", "news.example.com", "docs.example.org")
_WORD = re.compile(r"[^\W\d_]{4,}")
_SENTENCE = re.compile(r"(?<=[.!?])(?=\s|$)")


class Page(NamedTuple):
    """A page that was found."""

    url: str
    title: str


class Found(NamedTuple):
    """What a search has found: pages, and what they say."""

    pages: tuple[Page, ...]
    text: str


_MOST_TOKENS = 90


def pages(query: str) -> tuple[Page, ...]:
    """The pages that a search for a query finds."""
    words = [word.lower() for word in _WORD.findall(query[:2_000])][:4] or ["news"]
    title, first = " ".join(words).capitalize(), blake2b("-".join(words).encode()).digest()[0]
    sites = (_SITES[(first + number) % len(_SITES)] for number in range(3))
    return tuple(Page(f"https://{site}/{'-'.join(words)}", f"{title} - {site}") for site in sites)


def find(query: str, request: GenerateRequest, enc: Encoding) -> Found:
    """What a search for a query finds: what the model of `request` would say of it."""
    chance = Chance(request.digest).stream(f"search {query[:2_000]}")
    asked = request._replace(messages=(Message("user", query or "news"),), tools=(), verbosity="low")
    said = "".join(prose.answer(asked, chance, enc, _MOST_TOKENS))
    return Found(pages(query), said)


def searched(messages: Sequence[Message]) -> str:
    """What a conversation has searched for: what the call asked whose result came last, else what was said last."""
    if messages[-1].role == "tool":
        for use in (use for message in reversed(messages) for use in message.tool_calls if use.name == "web_search"):
            try:
                return str(json.loads(use.arguments)["query"])
            except (ValueError, RecursionError, LookupError, TypeError):
                break
    return messages[-1].text


def cite(pieces: Sequence[str], query: str, enc: Encoding) -> tuple[list[str], list[JsonObject]]:
    """Add a link to what a search for `query` finds after each of the first two sentences.

    Indices of the annotations are characters of the new text, end exclusive.
    """
    rest = "".join(pieces)
    text = ""
    annotations: list[JsonObject] = []
    for page in pages(query)[:2]:
        end = _SENTENCE.search(rest)
        if end is None:
            break
        url = f"{page.url}?utm_source=openai"
        link = f"([{page.url.split('/')[2].removeprefix('www.')}]({url}))"
        text += rest[: end.start()] + " "
        citation = {"start_index": len(text), "end_index": len(text) + len(link), "title": page.title, "url": url}
        annotations.append({"type": "url_citation", "url_citation": citation})
        text += link
        rest = rest[end.start() :]
    return enc.pieces(text + rest), annotations
