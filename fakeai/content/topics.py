"""What a prompt is about: its language and its noun phrases, by stop words alone.

Knows words and scripts; does not know what is asked (`intents`) nor what is answered (`text`).
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple

_TOKEN = re.compile(r"[^\W_]+(?:-[^\W_]+)*|[^\w\s-]")
_LONGEST_WORD = 32
_LONGEST_PHRASE = 3
_MOST_TOPICS = 8
_MOST_WORDS = 600

_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ja", re.compile("[\u3041-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7a3]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
)


class Subject(NamedTuple):
    """What a text is about: a language code, its phrases with the weightiest first, and its words in lower case."""

    language: str
    topics: tuple[str, ...]
    words: frozenset[str]


@lru_cache(maxsize=256)
def subject(text: str) -> Subject:
    """The subject of `text`, of which the caller passes at most a few thousand characters."""
    tokens = _TOKEN.findall(text)[:_MOST_WORDS]
    lowered = [token.lower() for token in tokens]
    words = frozenset(lowered)
    language = _language(text, lowered)
    return Subject(language, _phrases(tokens, lowered), words)


def _language(text: str, lowered: list[str]) -> str:
    if not text.isascii():
        for code, script in _SCRIPTS:
            if script.search(text):
                return code
    marks = _marks()
    counts: dict[str, int] = {}
    for word in lowered:
        for code in marks.get(word, ()):
            counts[code] = counts.get(code, 0) + 1
    if not counts:
        return "en"
    return max(counts, key=lambda code: (counts[code], code == "en"))


def _phrases(tokens: list[str], lowered: list[str]) -> tuple[str, ...]:
    stop = _stop_words()
    found: dict[str, int] = {}
    phrase: list[str] = []
    first = True
    for token, low in zip(tokens, lowered, strict=True):
        if low in stop or not token[0].isalnum() or len(token) > _LONGEST_WORD:
            if phrase:
                found.setdefault(" ".join(phrase), len(found))
                phrase = []
        else:
            phrase.append(low if first and token[1:].islower() else token)
            if len(phrase) == _LONGEST_PHRASE:
                found.setdefault(" ".join(phrase), len(found))
                phrase = []
        first = False
    if phrase:
        found.setdefault(" ".join(phrase), len(found))
    ranked = sorted(found, key=lambda phrase: found[phrase] - min(len(phrase), 24) / 4)
    return tuple(ranked[:_MOST_TOPICS])


@lru_cache(maxsize=1)
def _stop_words() -> frozenset[str]:
    """Words that are no topic, of every language."""
    words = set("abcdefghijklmnopqrstuvwxyz0123456789")
    for line in _word_file():
        words.update(line.split()[1:])
    return frozenset(words)


@lru_cache(maxsize=1)
def _marks() -> Mapping[str, tuple[str, ...]]:
    """Words that tell a language, and which languages they may tell."""
    marks: dict[str, tuple[str, ...]] = {}
    for line in _word_file():
        code, *words = line.split()
        for word in words:
            known = marks.get(word, ())
            if code not in ("any", *known):
                marks[word] = (*known, code)
    return MappingProxyType(marks)


def _word_file() -> list[str]:
    return files("fakeai").joinpath("data/prose/stop_words.txt").read_text("utf-8").splitlines()
