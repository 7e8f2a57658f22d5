"""What a prompt is about: its language and its noun phrases, by stop words alone.

Knows words and scripts; does not know what is asked (`intents`) nor what is answered (`text`).
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.resources import files
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from fakeai.content.inflection import gerund, stem

_TOKEN = re.compile(r"[\w-]+|[^\w\s]")
_Token: TypeAlias = tuple[str, str, int]
"""A token as it stands, in lower case, and how it may be used."""
_MARK, _DIGITS, _WORD = range(3)
"""What cannot stand in a sentence as a word; what can, but not begin a phrase; what can do both."""
_REMEMBERED_CHUNK = 32
_LONGEST_WORD = 32
_LONGEST_PHRASE = 5
_MOST_TOPICS = 8
_MOST_TOKENS = 600

_LATIN = ("de", "fr", "es", "it", "pt")
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

_ARTICLES: dict[str, frozenset[str]] = {
    "en": frozenset({"the", "a", "an"}),
    "fr": frozenset({"la", "une", "un"}),
    "es": frozenset({"la", "las", "los", "una", "un"}),
    "it": frozenset({"una", "un", "uno"}),
    "pt": frozenset({"uma", "um"}),
}
"""Articles that stay with their noun: those that do not melt into a preposition."""
_TO_DO = frozenset(
    ("how", "way", "ways", "steps", "step", "want", "need", "tips", "takes", "take", "try", "like", "learn")
)
"""Words before `to` that say that a verb follows."""
_DO = frozenset({"do", "can", "should", "could", "would", "must", "will"})
_WHO = frozenset({"i", "you", "we", "one", "they"})
_THAT = frozenset({"that", "which"})
_LEADS = _WHO | _THAT | {"to"}
"""Words after which a verb may stand for what it does."""
_NONE: frozenset[str] = frozenset()
_LINKS = frozenset({"of", "de", "del", "di", "da", "do", "du"})
"""Words inside a phrase: theory of relativity, histoire de France."""

_TONGUE_WORDS = (
    "english en german de french fr spanish es italian it portuguese pt russian ru chinese zh mandarin zh japanese ja korean ko "
    "deutsch de français fr español es italiano it português pt englisch en anglais en inglés en"
)
_TONGUES: Mapping[str, str] = MappingProxyType(
    dict(zip(_TONGUE_WORDS.split()[::2], _TONGUE_WORDS.split()[1::2], strict=True))
)
_TONGUE_NAMES = frozenset(_TONGUES)
_INTO = frozenset({"in", "into", "to", "auf", "en", "em"})
_IN_LANGUAGE = rf"(?i)\b(?:{'|'.join(sorted(_INTO))})\s+({'|'.join(_TONGUES)})\b"
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


class Subject(NamedTuple):
    """What a text is about: a language code, its phrases with the weightiest first, and its tokens in lower case."""

    language: str
    topics: tuple[str, ...]
    words: frozenset[str]


class _Grammar(NamedTuple):
    """The small words of one language."""

    stops: frozenset[str]
    """Words that are no topic."""
    articles: frozenset[str]
    joining: frozenset[str]
    """Stop words that may go on a phrase."""
    leads: frozenset[str]


@lru_cache(maxsize=256)
def subject(text: str) -> Subject:
    """The subject of `text`, of which the caller passes at most a few thousand characters."""
    chunks = text.split()
    try:
        tokens = list(chain.from_iterable(map(_remembered_tokens, chunks)))
    except _LongChunk:
        tokens = list(chain.from_iterable(map(_tokens, chunks)))
    if len(tokens) > _MOST_TOKENS:
        tokens = tokens[: _MOST_TOKENS // 2] + tokens[-_MOST_TOKENS // 2 :]
    words = frozenset([token[1] for token in tokens])
    language = _language(text, words)
    if language in _PICKERS:
        topics = tuple(dict.fromkeys(_PICKERS[language]([token[0] for token in tokens])))[:_MOST_TOPICS]
    else:
        topics = _ranked(_phrases(_uncapitalized(tokens, language), _grammar(language)))
    if not words.isdisjoint(_TONGUE_NAMES) and (wanted := _wanted_language(text, tokens)):
        language = wanted
        topics = tuple(topic for topic in topics if topic.lower() not in _TONGUES)
    return Subject(language, topics, words)


class _LongChunk(Exception):
    """Too long to be remembered."""


@lru_cache(maxsize=2048)
def _remembered_tokens(chunk: str) -> tuple[_Token, ...]:
    """The tokens of a text without blanks: prompts differ, but mostly in the order of the same chunks."""
    if len(chunk) > _REMEMBERED_CHUNK:
        raise _LongChunk
    return _tokens(chunk)


def _tokens(chunk: str) -> tuple[_Token, ...]:
    return tuple([(token, token.lower(), _use(token)) for token in _TOKEN.findall(chunk)])


def _use(token: str) -> int:
    if not _usable(token):
        return _MARK
    return _DIGITS if token.isdigit() else _WORD


def _language(text: str, words: frozenset[str]) -> str:
    if not text.isascii():
        for code, script in _SCRIPTS:
            if re.search(script, text):
                return code
    stops = _stop_words()
    best, most = "en", len(words & stops["en"])
    if 2 * most >= len(words) or (most and len(words & stops["latin"]) <= most):
        return best
    for code in _LATIN:
        hits = len(words & stops[code])
        if hits > most:
            best, most = code, hits
    if not most:
        return next((code for letter, code in _LETTERS if letter in text), "en")
    return best


def _wanted_language(text: str, tokens: list[_Token]) -> str | None:
    """The language that `text` wants its answer in, where it names one."""
    before = ""
    for _, low, _ in tokens:
        if low in _TONGUE_NAMES and before in _INTO:
            found = re.findall(_IN_LANGUAGE, text)
            return _TONGUES[found[-1].lower()] if found else None
        before = low
    return None


def _phrases(tokens: list[_Token], grammar: _Grammar) -> list[str]:
    """Runs of words that are no stop words, with the article before them, in order."""
    stops, articles, joining, _ = grammar
    found: list[str] = []
    phrase: list[str] = []
    before = earlier = ""
    for token, low, use in tokens:
        if low in stops:
            if not phrase:
                earlier, before = before, low
            elif low in joining and _joins(phrase, low, articles):
                phrase.append(token)
            else:
                found.append(_closed(phrase, articles))
                phrase, earlier, before = [], "", low
        elif phrase:
            if use:
                phrase.append(token)
            else:
                found.append(_closed(phrase, articles))
                phrase, before = [], ""
        elif use == _WORD:
            phrase = _opened(token, earlier, before, grammar) if before else [token]
        else:
            before = ""
    if phrase:
        found.append(_closed(phrase, articles))
    return found


def _uncapitalized(tokens: list[_Token], language: str) -> list[_Token]:
    """The tokens with the first in lower case where its capital may be that of a sentence."""
    if language != "de" and tokens:
        token, low, use = tokens[0]
        if token[1:].islower() and not (len(tokens) > 1 and tokens[1][0][0].isupper()):
            tokens[0] = (low, low, use)
    return tokens


def _opened(token: str, earlier: str, before: str, grammar: _Grammar) -> list[str]:
    """A phrase that begins with `token` after the words `earlier` and `before`."""
    if before in grammar.articles:
        return [before, token]
    if before in grammar.leads and _verb_follows(earlier, before):
        low = token.lower()
        return [gerund(stem(low) if before in _THAT else low)]
    return [token]


def _joins(phrase: list[str], low: str, articles: frozenset[str]) -> bool:
    """Whether a joining stop word goes on with the phrase: climate change, theory of the firm, running a race."""
    if low in articles:
        return phrase[-1] in _LINKS or (len(phrase) == 1 and phrase[0].endswith("ing"))
    return low not in _LINKS or phrase[-1] not in _LINKS or low in _stop_words()["soft"]


def _closed(phrase: list[str], articles: frozenset[str]) -> str:
    """The phrase without what its end leaves open."""
    if len(phrase) == 1:
        return phrase[0]
    del phrase[_LONGEST_PHRASE:]
    while len(phrase) > 1 and (phrase[-1] in _LINKS or phrase[-1] in articles):
        phrase.pop()
    return " ".join(phrase)


def _verb_follows(earlier: str, before: str) -> bool:
    return (before == "to" and earlier in _TO_DO) or (before in _WHO and earlier in _DO) or before in _THAT


def _usable(token: str) -> bool:
    """Whether a word can stand in a sentence: what follows it must not become part of it."""
    return token[0].isalnum() and token[-1].isalnum() and len(token) <= _LONGEST_WORD


def _ranked(found: list[str]) -> tuple[str, ...]:
    """The phrases once each, the weightiest first: long ones before short ones, early ones before late ones."""
    phrases = list(dict.fromkeys(found[:24]))
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


def _chinese(tokens: list[str]) -> list[str]:
    parts = [part for token in tokens for part in re.split(_CHINESE_STOPS, token) if _usable(part or "_")]
    return sorted((part[:12] for part in parts if len(part) > 1), key=len, reverse=True)


def _japanese(tokens: list[str]) -> list[str]:
    words = re.findall(_JAPANESE_WORD, " ".join(tokens))
    return [word for word in words if word not in _JAPANESE_STOPS]


def _korean(tokens: list[str]) -> list[str]:
    words = [
        re.sub(_KOREAN_ENDING, "", token) if len(token) > 2 else token for token in tokens if token not in _KOREAN_STOPS
    ]
    return [word for word in words if len(word) > 1 and _usable(word)]


_PICKERS: dict[str, Callable[[list[str]], list[str]]] = {"zh": _chinese, "ja": _japanese, "ko": _korean}
"""Languages whose words are not set apart by blanks, or carry their particles."""


@lru_cache(maxsize=16)
def _grammar(language: str) -> _Grammar:
    stops = _stop_words()
    articles = _ARTICLES.get(language, _NONE)
    leads = _LEADS if language == "en" else _NONE
    return _Grammar(stops[language], articles, articles | _LINKS | stops["soft"], leads)


@lru_cache(maxsize=1)
def _stop_words() -> Mapping[str, frozenset[str]]:
    """Words that are no topic, by language; they also tell the languages apart.

    `soft` ones may go on a phrase, `latin` ones belong to a language of `_LATIN`.
    """
    stops: dict[str, set[str]] = {}
    for line in files("fakeai").joinpath("data/prose/stop_words.txt").read_text("utf-8").splitlines():
        code, *words = line.split()
        stops.setdefault(code, set()).update(words)
    shared = stops.pop("any")
    soft = stops.pop("soft")
    return MappingProxyType(
        {"soft": frozenset(soft), "latin": frozenset(shared).union(*(stops[code] for code in _LATIN))}
        | {code: frozenset(words | shared) for code, words in stops.items()}
    )
