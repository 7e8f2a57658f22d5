"""The words and phrases that moderation looks for, each with its roles, read from `data/moderation.toml`.

Knows what stands where in a row of words; does not know what it means for a category.
"""

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, NamedTuple

CONTEXT_ROLES: Final = frozenset(
    ("person", "you", "group", "minor", "intent", "howto", "passive", "negation", "harmless", "reporting", "clinical")
)
"""Roles that only say something about what is near. A term of any other role is worth looking at by itself."""


class Term(NamedTuple):
    """A word, or a phrase of which `rest` are the words after the first."""

    rest: tuple[bytes, ...]
    roles: Mapping[str, float]
    """Weight by role."""


class Idiom(NamedTuple):
    """A phrase in which a word does not mean what it means elsewhere; `before` words of it precede that word."""

    before: int
    words: tuple[bytes, ...]


class Lexicon(NamedTuple):
    """Terms and idioms by the word they are found at. Words are lower-case UTF-8 without apostrophes."""

    thresholds: Mapping[str, float]
    terms: Mapping[bytes, tuple[Term, ...]]
    """By first word, the longest first."""
    idioms: Mapping[bytes, tuple[Idiom, ...]]
    starters: frozenset[bytes]
    """First words of the terms worth looking at."""


class Reading:
    """A row of words as the lexicon sees it. Looks at each place once, however often it is asked about it."""

    def __init__(self, words: Sequence[bytes], lexicon: Lexicon) -> None:
        self.words = words
        self._lexicon = lexicon
        self._roles: dict[int, frozenset[str]] = {}

    def starts(self) -> list[int]:
        """Places where a term worth looking at may begin."""
        starters = self._lexicon.starters
        return [at for at, word in enumerate(self.words) if word in starters]

    def term(self, at: int) -> Term | None:
        """The longest term that begins at `at`."""
        return next(self._terms(at), None)

    def roles(self, start: int, end: int) -> set[str]:
        """Roles of all terms that begin in words[start:end]; places outside the row are allowed."""
        roles: set[str] = set()
        for at in range(max(0, start), min(end, len(self.words))):
            if at not in self._roles:
                self._roles[at] = frozenset(role for term in self._terms(at) for role in term.roles)
            roles |= self._roles[at]
        return roles

    def idiom_end(self, at: int) -> int:
        """Where an idiom around the word at `at` ends; 0 if there is none."""
        for idiom in self._lexicon.idioms.get(self.words[at], ()):
            start = at - idiom.before
            if start >= 0 and tuple(self.words[start : start + len(idiom.words)]) == idiom.words:
                return start + len(idiom.words)
        return 0

    def _terms(self, at: int) -> Iterator[Term]:
        for term in self._lexicon.terms.get(self.words[at], ()):
            if not term.rest or tuple(self.words[at + 1 : at + 1 + len(term.rest)]) == term.rest:
                yield term


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lexicon that ships with the package, read once (some 6 ms)."""
    data: dict[str, Any] = tomllib.loads(files("fakeai").joinpath("data/moderation.toml").read_text("utf-8"))
    thresholds = data.pop("thresholds")
    phrases = data.pop("idioms")["phrases"]
    roles: dict[tuple[bytes, ...], dict[str, float]] = {}
    for role, weight, form in _entries(data):
        roles.setdefault(tuple(form.encode().split()), {})[role] = weight
    terms: dict[bytes, list[Term]] = {}
    for words in sorted(roles, key=len, reverse=True):
        terms.setdefault(words[0], []).append(Term(words[1:], MappingProxyType(roles[words])))
    starters = frozenset(words[0] for words, given in roles.items() if given.keys() - CONTEXT_ROLES)
    return Lexicon(
        MappingProxyType(thresholds),
        MappingProxyType({word: tuple(listed) for word, listed in terms.items()}),
        MappingProxyType(_filed([tuple(phrase.encode().split()) for phrase in phrases], starters)),
        starters,
    )


def _entries(data: Mapping[str, Mapping[str, Sequence[str]]]) -> list[tuple[str, float, str]]:
    """(role, weight, word or phrase) of every entry, with the endings that a trailing * stands for."""
    return [
        (role, float(weight), form)
        for role, weights in data.items()
        for weight, phrases in weights.items()
        for phrase in phrases
        for form in _forms(phrase)
    ]


def _forms(phrase: str) -> list[str]:
    if not phrase.endswith("*"):
        return [phrase]
    word = phrase[:-1]
    stem = word.removesuffix("e")
    return [word, word + ("es" if word.endswith(("s", "sh", "ch")) else "s"), stem + "ed", stem + "ing"]


def _filed(phrases: Sequence[tuple[bytes, ...]], starters: Collection[bytes]) -> dict[bytes, tuple[Idiom, ...]]:
    """Idioms by each of their words that is worth looking at."""
    filed: dict[bytes, tuple[Idiom, ...]] = {}
    for words in phrases:
        for at, word in enumerate(words):
            if word in starters:
                filed[word] = (*filed.get(word, ()), Idiom(at, words))
    return filed
