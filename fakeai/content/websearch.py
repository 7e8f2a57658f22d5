"""Citations of a web search that found what it needed: text with links, and the annotations that point at them.

No page is ever asked for; the sites are the reserved example domains (RFC 2606).
"""

import re
from collections.abc import Sequence
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


def find(query: str, request: GenerateRequest, enc: Encoding) -> Found:
    """What a search for a query finds: what the model of `request` would say of it."""
    words = [word.lower() for word in _WORD.findall(query[:2_000])][:4] or ["news"]
    chance = Chance(request.digest).stream(f"search {query[:2_000]}")
    asked = request._replace(messages=(Message("user", query or "news"),), tools=(), verbosity="low")
    said = "".join(prose.answer(asked, chance, enc, _MOST_TOKENS))
    title = " ".join(words).capitalize()
    pages = [Page(f"https://{site}/{'-'.join(words)}", f"{title} - {site}") for site in _SITES[:3]]
    return Found(tuple(pages), said)


def cite(pieces: Sequence[str], prompt: str, chance: Chance, enc: Encoding) -> tuple[list[str], list[JsonObject]]:
    """Add a link after the first two sentences; indices of the annotations are characters of the new text, end exclusive."""
    rest = "".join(pieces)
    words = [word.lower() for word in _WORD.findall(prompt[:2_000])][:4] or ["news"]
    title = " ".join(words).capitalize()
    text = ""
    annotations: list[JsonObject] = []
    for number in range(2):
        end = _SENTENCE.search(rest)
        if end is None:
            break
        site = chance.pick(_SITES)
        url = f"https://{site}/{'-'.join(words)}{f'-{number + 1}' if number else ''}?utm_source=openai"
        link = f"([{site.removeprefix('www.')}]({url}))"
        text += rest[: end.start()] + " "
        citation = {"start_index": len(text), "end_index": len(text) + len(link), "title": title, "url": url}
        annotations.append({"type": "url_citation", "url_citation": citation})
        text += link
        rest = rest[end.start() :]
    return enc.pieces(text + rest), annotations
