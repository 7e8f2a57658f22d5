"""What a prompt is about: its language and its noun phrases, by stop words alone.

Knows words and scripts; does not know what is asked (`intents`) nor what is answered (`text`).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple, TypeVar

from fakeai.content.hints import OPENS, SIGNALS, TONGUE, hints
from fakeai.content.inflection import gerund, stem
from fakeai.content.kinds import LATIN, LONGEST_WORD, STOP, USED, kind, stop_words, usable, use
from fakeai.content.phrases import Form, spans
from fakeai.content.phrasing import TONGUES

_TOKEN = re.compile(r"[\w-]+|[^\w\s]")
_REMEMBERED = re.compile(r"\D{1,32}|.{1,4}")
"""Texts without blanks that come again in other prompts; long numbers do not."""
_NUMBER_KIND = chr(USED)
_AFTER_NUMBER = ",.;:?!)"
_MOST_REMEMBERED = 2_048
_MOST_TOPICS = 8
_MOST_TOKENS = 600

_SCRIPTS: tuple[tuple[str, str], ...] = (
    ("ja", "[\u3041-\u30ff]"),
    ("ko", "[\uac00-\ud7a3]"),
    ("zh", "[\u4e00-\u9fff]"),
    ("ru", "[\u0400-\u04ff]"),
)
_LETTERS: tuple[tuple[str, str], ...] = (
    ("ß", "de"),
    ("ñ", "es"),
    ("¿", "es"),
    ("ã", "pt"),
    ("õ", "pt"),
    ("ç", "fr"),
    ("ü", "de"),
)

_INTO = frozenset({"in", "into", "to", "auf", "en", "em"})
_IN_LANGUAGE = rf"(?i)\b(?:{'|'.join(sorted(_INTO))})\s+({'|'.join(TONGUES)})\b"
"""The language an answer is wanted in, where a prompt says so."""

_CHINESE_STOPS = (
    "请|您|你|我|他|她|它|们|解释一下|解释|说明|介绍|告诉|什么是|是什么|什么|如何|怎么样|怎么|怎样|为什么|哪些|哪个|"
    "写一篇|写一个|写一首|写|关于|一下|一篇|一个|一首|可以|能否|能|吗|呢|的|了|是|和|与|在|有|给|用|列出|简单|详细|帮|想|"
    "知道"
)
_JAPANESE_WORD = "[\u30a1-\u30fa\u30fc\u4e00-\u9fff\u3005A-Za-z0-9]{2,12}"
_JAPANESE_STOPS = frozenset({"説明", "教", "方法", "簡単", "詳", "何", "書", "短", "文章", "質問", "違"})
_KOREAN_ENDING = "(?:에서|에게|으로|이란|에 대해|은|는|이|가|을|를|에|의|로|와|과|란|도)$"
_KOREAN_STOP_WORDS = (
    "대해 설명해 주세요 설명해주세요 무엇인가요 뭐야 어떻게 왜 알려줘 알려주세요 대한 관해 좀 작동하나요"
)
_KOREAN_STOPS = frozenset(_KOREAN_STOP_WORDS.split())


_T = TypeVar("_T")


class Subject(NamedTuple):
    """What a text is about: a language code, its phrases with the weightiest first, and its tokens in lower case.

    `hints` are the bits of `fakeai.content.hints` that its tokens have.
    """

    language: str
    topics: tuple[str, ...]
    words: frozenset[str]
    hints: int = 0


class _Token(NamedTuple):
    """A token as it stands and in lower case, its kind in English, and what it hints at."""

    text: str
    low: str
    kind: str
    hints: int


@lru_cache(maxsize=64)
def subject(text: str) -> Subject:
    """The subject of `text`, of which the caller passes at most a few thousand characters."""
    chunks = text.split()
    if not chunks:
        return Subject("en", (), frozenset())
    texts: tuple[str, ...]
    lows: tuple[str, ...]
    kinds: tuple[str, ...]
    told: tuple[int, ...]
    texts, lows, kinds, told = zip(*chain.from_iterable(map(_chunks().__getitem__, chunks)), strict=True)
    found = _either(told) & ~OPENS | told[0] & OPENS
    if len(texts) > _MOST_TOKENS:
        found = found & ~SIGNALS | _either(_ends(told)) & SIGNALS
        texts, lows, kinds = _ends(texts), _ends(lows), _ends(kinds)
    words = frozenset(lows)
    language = _language(text, words)
    if language in _PICKERS:
        topics = tuple(dict.fromkeys(_PICKERS[language](texts)))[:_MOST_TOPICS]
    else:
        topics = _ranked(_phrases(texts, lows, kinds, language))
    if found & TONGUE and (wanted := _wanted_language(text, lows)):
        language = wanted
        topics = tuple(topic for topic in topics if topic.lower() not in TONGUES)
    return Subject(language, topics, words, found)


def _ends(column: tuple[_T, ...]) -> tuple[_T, ...]:
    return column[: _MOST_TOKENS // 2] + column[-_MOST_TOKENS // 2 :]


def _either(bits: Iterable[int]) -> int:
    """All bits that one of `bits` has; most of them are the same."""
    found = 0
    for some in set(bits):
        found |= some
    return found


class _Chunks(dict[str, tuple[_Token, ...]]):
    """The tokens of texts without blanks, read when first asked for. Forgets all when it is full.

    Prompts differ, but mostly in the order of the same chunks.
    """

    __slots__ = ()

    def __missing__(self, chunk: str) -> tuple[_Token, ...]:
        number, mark = (chunk, "") if chunk.isdecimal() else (chunk[:-1], chunk[-1])
        if number.isdecimal() and mark in _AFTER_NUMBER and len(number) <= LONGEST_WORD:
            known = (_Token(number, number, _NUMBER_KIND, hints(number)),)
            return (*known, *self[mark]) if mark else known
        parts = _TOKEN.findall(chunk)
        tokens = tuple([self[part][0] for part in parts]) if len(parts) > 1 else (_token(chunk),)
        if _REMEMBERED.fullmatch(chunk):
            if len(self) >= _MOST_REMEMBERED:
                self.clear()
            self[chunk] = tokens
        return tokens


@lru_cache(maxsize=1)
def _chunks() -> _Chunks:
    return _Chunks()


_known_kind = lru_cache(maxsize=2048)(kind)


def _token(text: str) -> _Token:
    low = text.lower()
    return _Token(text, low, kind(text, low, use(text), "en"), hints(text))


def _language(text: str, words: frozenset[str]) -> str:
    if not text.isascii():
        for code, script in _SCRIPTS:
            if re.search(script, text):
                return code
    stops = stop_words()
    best, most = "en", len(words & stops["en"])
    if 2 * most >= len(words) or (most and len(words & stops["latin"]) <= most):
        return best
    for code in LATIN:
        hits = len(words & stops[code])
        if hits > most:
            best, most = code, hits
    if not most:
        return next((code for letter, code in _LETTERS if letter in text), "en")
    return best


def _wanted_language(text: str, lows: tuple[str, ...]) -> str | None:
    """The language that `text` wants its answer in, where it names one."""
    before = ""
    for low in lows:
        if low in TONGUES and before in _INTO:
            found = re.findall(_IN_LANGUAGE, text)
            return TONGUES[found[-1].lower()] if found else None
        before = low
    return None


def _phrases(texts: tuple[str, ...], lows: tuple[str, ...], kinds: tuple[str, ...], language: str) -> list[str]:
    """Runs of words that are no stop words, with the article before them, in order. `kinds` are those in English."""
    if language != "en":
        kinds = tuple([_kind_in(language, text, low) for text, low in zip(texts, lows, strict=True)])
    first = texts[0]
    opens = not ord(kinds[0]) & STOP and language != "de"
    if opens and first[1:].islower() and not (len(texts) > 1 and texts[1][0].isupper()):
        # The capital may be that of a sentence.
        low = lows[0]
        texts = (low, *texts[1:])
        kinds = (kind(low, low, use(first), language), *kinds[1:])
    return [
        " ".join(texts[start:end]) if form == "plain" else _formed(texts[start:end], form)
        for start, end, form in spans("".join(kinds))
    ]


def _kind_in(language: str, text: str, low: str) -> str:
    """The kind of a word in a language other than English; long ones are not remembered."""
    known = _known_kind if len(text) <= LONGEST_WORD else kind
    return known(text, low, use(text), language)


def _formed(phrase: tuple[str, ...], form: Form) -> str:
    """A phrase whose first word is the article, or a verb that stands for what it does."""
    low = phrase[0].lower()
    first = low if form == "article" else gerund(stem(low) if form == "third" else low)
    return " ".join((first, *phrase[1:]))


def _ranked(found: list[str]) -> tuple[str, ...]:
    """The phrases once each, the weightiest first: long ones before short ones, early ones before late ones."""
    phrases = list(dict.fromkeys(found))
    if len(phrases) < 2:
        return tuple(phrases)
    best, most, highest = 0, -99, 20
    for place, phrase in enumerate(phrases):
        weight = len(phrase) - 5 * place
        if weight > most:
            if most >= highest:
                break
            best, most = place, weight if weight < highest else highest
        highest -= 5
    if best:
        phrases.insert(0, phrases.pop(best))
    return tuple(phrases[:_MOST_TOPICS])


def _chinese(tokens: Sequence[str]) -> list[str]:
    parts = [part for token in tokens for part in re.split(_CHINESE_STOPS, token) if usable(part or "_")]
    return sorted((part[:12] for part in parts if len(part) > 1), key=len, reverse=True)


def _japanese(tokens: Sequence[str]) -> list[str]:
    words = re.findall(_JAPANESE_WORD, " ".join(tokens))
    return [word for word in words if word not in _JAPANESE_STOPS]


def _korean(tokens: Sequence[str]) -> list[str]:
    words = [
        re.sub(_KOREAN_ENDING, "", token) if len(token) > 2 else token for token in tokens if token not in _KOREAN_STOPS
    ]
    return [word for word in words if len(word) > 1 and usable(word)]


_PICKERS: dict[str, Callable[[Sequence[str]], list[str]]] = {"zh": _chinese, "ja": _japanese, "ko": _korean}
"""Languages whose words are not set apart by blanks, or carry their particles."""
