"""How words may stand in a sentence, as bits: stop words, articles, words that link, words that a phrase is made of.

Knows each word and its language; not which words stand together (`phrases`).
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

LATIN = ("de", "fr", "es", "it", "pt")
"""Languages that are told apart by their stop words alone, English aside."""

STOP, ARTICLE, LINK, SOFT, TO, WHO, THAT, TO_DO, DO, LINKED, ARTICLED, ING, USED, OPENING = (
    1 << place for place in range(14)
)
"""Bits of a kind. `LINKED` and `ARTICLED` tell of the word as it is written, `LINK` and `ARTICLE` of it in lower case."""
JOINING = ARTICLE | LINK | SOFT
"""Stop words that may go on a phrase."""

LONGEST_WORD = 32
_ARTICLES: dict[str, frozenset[str]] = {
    "en": frozenset({"the", "a", "an"}),
    "fr": frozenset({"la", "une", "un"}),
    "es": frozenset({"la", "las", "los", "una", "un"}),
    "it": frozenset({"una", "un", "uno"}),
    "pt": frozenset({"uma", "um"}),
}
"""Articles that stay with their noun: those that do not melt into a preposition."""
_NONE: frozenset[str] = frozenset()
_LINKS = frozenset({"of", "de", "del", "di", "da", "do", "du"})
"""Words inside a phrase: theory of relativity, histoire de France."""
_ENGLISH: tuple[tuple[int, frozenset[str]], ...] = (
    (TO, frozenset({"to"})),
    (WHO, frozenset({"i", "you", "we", "one", "they"})),
    (THAT, frozenset({"that", "which"})),
    (
        TO_DO,
        frozenset(
            ("how", "way", "ways", "steps", "step", "want", "need", "tips", "takes", "take", "try", "like", "learn")
        ),
    ),
    (DO, frozenset({"do", "can", "should", "could", "would", "must", "will"})),
)
"""Words after which a verb may stand for what it does: `THAT`; `TO` after `TO_DO`; `WHO` after `DO`."""


def usable(word: str) -> bool:
    """Whether a word can stand in a sentence: what follows it must not become part of it."""
    return word[0].isalnum() and word[-1].isalnum() and len(word) <= LONGEST_WORD


def use(word: str) -> int:
    """The bits that say whether a phrase may go on with a word (`USED`) and begin with it (`OPENING`)."""
    if not usable(word):
        return 0
    return USED if word.isdigit() else USED | OPENING


def kind(word: str, low: str, used: int, language: str) -> str:
    """The bits of `word` in `language` as one character, so that those of a sentence are a string.

    `low` is the word in lower case and `used` its `use`.
    """
    stops = stop_words()
    articles = _ARTICLES.get(language, _NONE)
    found = used
    for bit, has in (
        (STOP, low in stops[language]),
        (ARTICLE, low in articles),
        (LINK, low in _LINKS),
        (SOFT, low in stops["soft"]),
        (LINKED, word in _LINKS),
        (ARTICLED, word in articles),
        (ING, word.endswith("ing")),
    ):
        if has:
            found |= bit
    if language == "en":
        for bit, words in _ENGLISH:
            if low in words:
                found |= bit
    return chr(found)


@lru_cache(maxsize=1)
def stop_words() -> Mapping[str, frozenset[str]]:
    """Words that are no topic, by language; they also tell the languages apart.

    `soft` ones may go on a phrase, `latin` ones belong to a language of `LATIN`.
    """
    stops: dict[str, set[str]] = {}
    for line in files("fakeai").joinpath("data/prose/stop_words.txt").read_text("utf-8").splitlines():
        code, *words = line.split()
        stops.setdefault(code, set()).update(words)
    shared = stops.pop("any")
    soft = stops.pop("soft")
    return MappingProxyType(
        {"soft": frozenset(soft), "latin": frozenset(shared).union(*(stops[code] for code in LATIN))}
        | {code: frozenset(words | shared) for code, words in stops.items()}
    )
