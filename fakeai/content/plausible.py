"""Plausible values by the name of a field: `city` is a city, `price` has two decimals.

Knows names and pools, and which facts of a prompt belong to which kind of field; does not know JSON Schema.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from fakeai.content.clues import Clues, Fact, Facts
from fakeai.content.field_tables import (
    DEFAULT_SPAN,
    FIELD_WORDS,
    FIRST_NAMES,
    LAST_NAMES,
    POOLS,
    SENTENCES,
    SPANS,
    WORDS,
    Span,
)
from fakeai.core.chance import Chance

_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {word: kind for kind, words in FIELD_WORDS.items() for word in words.split()}
)
_FACTS: Final[Mapping[str, Callable[[Facts], Sequence[Fact]]]] = MappingProxyType(
    {
        **dict.fromkeys(("city", "country", "state"), lambda facts: facts.places or facts.names),
        **dict.fromkeys(("location", "address"), lambda facts: facts.locations or facts.names),
        "receiver": lambda facts: facts.emails or facts.places or facts.names,
        **dict.fromkeys(("name", "first", "last"), lambda facts: facts.names or facts.quotes),
        **dict.fromkeys(
            ("anyname", "company", "username", "product", "animal"), lambda facts: facts.quotes or facts.names
        ),
        **dict.fromkeys(("title", "text", "code", "sql", "path", "tag"), lambda facts: facts.quotes),
        "email": lambda facts: facts.emails,
        "url": lambda facts: facts.urls,
        "expression": lambda facts: facts.expressions or facts.quotes,
        "date": lambda facts: facts.dates or facts.days,
        "day": lambda facts: facts.days,
        "id": lambda facts: facts.codes or facts.quotes or facts.numbers,
        "version": lambda facts: facts.codes,
        "zip": lambda facts: facts.numbers,
        "phone": lambda facts: facts.numbers,
        "": lambda facts: facts.quotes or facts.codes or facts.names,
    }
)
_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")
_EXAMPLE: Final = re.compile(r"\be\.g\.?,? [\"'`]?([^.;)\"'`\n]{1,60})")


class Field(NamedTuple):
    """What a field's name and description say about its values. `words` are lower case, the most telling one first."""

    words: tuple[str, ...]
    kind: str
    span: Span
    example: str | None
    many: bool


def field(name: str, description: str = "", owner: str = "") -> Field:
    """What is known of a field called `name`, or described by the first words of `description`.

    `owner` is what the object with the field is called: the `name` of a `CalendarEvent` is no person's.
    """
    return _field(name[:80], description[:400], owner[:80])


@lru_cache(maxsize=2_048)
def _field(name: str, description: str, owner: str) -> Field:
    words = tuple(reversed([part.lower() for part in _PARTS.findall(name)]))
    singular = tuple(_singular(word) for word in words)
    told = tuple(_singular(part.lower()) for part in _PARTS.findall(description[:120]))
    whole = "".join(reversed(singular))
    kind = next((_KINDS[word] for word in (whole, *singular, *words, *told) if word in _KINDS), "")
    if kind == "anyname":
        owners = (*singular[1:], *(_singular(part.lower()) for part in reversed(_PARTS.findall(owner))))
        kind = next((_KINDS[word] for word in owners if word in _KINDS), kind)
    span = next((SPANS[word] for word in (*words, *singular, *told) if word in SPANS), DEFAULT_SPAN)
    found = _EXAMPLE.search(description)
    many = bool(words) and words[0] != singular[0]
    return Field((*words, *singular), kind, span, found[1].strip() if found else None, many)


def facts_for(known: Field, facts: Facts) -> Sequence[Fact]:
    """The facts of a prompt that such a field takes, in the order of the prompt."""
    return _FACTS[known.kind](facts) if known.kind in _FACTS else ()


def text(known: Field, chance: Chance, clues: Clues, fits: Callable[[str], bool]) -> str:
    """A text for a field: from the prompt if it mentions one that fits, else a usual one."""
    found = clues.take(facts_for(known, clues.facts), known.words, fits)
    if found is None and known.kind == "text" and fits(whole := clues.facts.text.strip()[:200]):
        found = whole
    return found or made(known, chance)


def made(known: Field, chance: Chance) -> str:
    """A usual text for a field."""
    if known.example:
        return known.example
    if known.kind in POOLS:
        return chance.pick(POOLS[known.kind])
    maker = _MAKERS.get(known.kind)
    return maker(chance) if maker else chance.pick(WORDS)


def key(chance: Chance) -> str:
    """A name for a member of an open object."""
    return chance.pick(POOLS["key"])


def sentences(chance: Chance, length: int) -> str:
    """Prose of at least `length` characters."""
    prose = " ".join(chance.pick(SENTENCES) for _ in range(min(8, length // 40 + 1)))
    return (prose + " ") * (length // (len(prose) + 1) + 1) if len(prose) < length else prose


def _person(chance: Chance) -> str:
    return f"{chance.pick(FIRST_NAMES)} {chance.pick(LAST_NAMES)}"


def date(chance: Chance) -> str:
    """An ISO date."""
    return f"20{chance.between(20, 26)}-{chance.between(1, 12):02}-{chance.between(1, 28):02}"


def time(chance: Chance) -> str:
    """A time of day, to the quarter of an hour."""
    return f"{chance.between(8, 19):02}:{chance.pick(('00', '15', '30', '45'))}"


_MAKERS: Final[Mapping[str, Callable[[Chance], str]]] = MappingProxyType(
    {
        "name": _person,
        "anyname": _person,
        "email": lambda chance: f"{chance.pick(FIRST_NAMES).lower()}.{chance.pick(LAST_NAMES).lower()}@example.com",
        "receiver": lambda chance: f"{chance.pick(FIRST_NAMES).lower()}@example.com",
        "phone": lambda chance: f"+1-555-{chance.between(100, 199):04}",
        "url": lambda chance: f"https://example.com/{chance.pick(WORDS)}",
        "username": lambda chance: f"{chance.pick(FIRST_NAMES).lower()}{chance.between(10, 99)}",
        "text": lambda chance: chance.pick(SENTENCES),
        "date": date,
        "time": time,
        "moment": lambda chance: f"{date(chance)}T{time(chance)}:00Z",
        "id": lambda chance: chance.data(5).hex(),
        "address": lambda chance: f"{chance.between(1, 200)} {chance.pick(('Main', 'Oak', 'River', 'Hill'))} Street",
        "zip": lambda chance: f"{chance.between(10_000, 99_999)}",
    }
)


def _singular(word: str) -> str:
    if len(word) < 4 or word.endswith(("ss", "us", "is")) or not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("ches", "shes", "xes", "sses")) else word[:-1]
