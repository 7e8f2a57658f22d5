"""Where the noun phrases of a sentence stand, by the kinds of its words. Knows no words."""

from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

from fakeai.content.kinds import (
    ARTICLE,
    ARTICLED,
    DO,
    ING,
    JOINING,
    LINK,
    LINKED,
    OPENING,
    SOFT,
    STOP,
    THAT,
    TO,
    TO_DO,
    USED,
    WHO,
)

Form: TypeAlias = Literal["plain", "article", "verb", "third"]
"""What the first word of a phrase is: one of its words, its article, a verb, or a verb in the third person."""
_LONGEST_PHRASE: Final = 5
_MOST_PHRASES: Final = 24


class Span(NamedTuple):
    """Where a phrase begins and ends, and what it begins with."""

    start: int
    end: int
    form: Form


@lru_cache(maxsize=512)
def spans(kinds: str) -> tuple[Span, ...]:
    """The first phrases: runs of words that are no stop words, with the article before them, in order.

    `kinds` has a character of `kinds.kind` for each word. Sentences of the same build have the same phrases.
    """
    found: list[Span] = []
    start = -1
    form: Form = "plain"
    before = earlier = 0
    for at, letter in enumerate(kinds):
        kind = ord(letter)
        if kind & STOP:
            if start < 0:
                earlier, before = before, kind
            elif not (kind & JOINING and _joins(kinds[start:at], form, kind)):
                found.append(_closed(kinds, start, at, form))
                start, earlier, before = -1, 0, kind
        elif start >= 0:
            if not kind & USED:
                found.append(_closed(kinds, start, at, form))
                start, before = -1, 0
        elif kind & OPENING:
            form = _form(earlier, before)
            start = at - 1 if form == "article" else at
        else:
            before = 0
    if start >= 0:
        found.append(_closed(kinds, start, len(kinds), form))
    return tuple(found[:_MOST_PHRASES])


def _form(earlier: int, before: int) -> Form:
    """How a phrase begins after the stop words `earlier` and `before`, 0 where none stands there."""
    if before & ARTICLE:
        return "article"
    if before & THAT:
        return "third"
    return "verb" if (before & TO and earlier & TO_DO) or (before & WHO and earlier & DO) else "plain"


def _joins(phrase: str, form: Form, kind: int) -> bool:
    """Whether a joining stop word goes on with the phrase: climate change, theory of the firm, running a race."""
    alone = len(phrase) == 1
    verb = alone and form in ("verb", "third")
    last = ord(phrase[-1])
    linked = last & LINKED and not verb
    if kind & ARTICLE:
        return bool(linked or (alone and (verb or last & ING)))
    return not (kind & LINK and linked) or bool(kind & SOFT)


def _closed(kinds: str, start: int, end: int, form: Form) -> Span:
    """The phrase without what its end leaves open."""
    end = min(end, start + _LONGEST_PHRASE)
    while end - start > 1 and ord(kinds[end - 1]) & (LINKED | ARTICLED):
        end -= 1
    return Span(start, end, form)
