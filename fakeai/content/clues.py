"""What a prompt mentions: numbers, names, places, quotations, addresses, dates, and the words around them.

Found by spelling alone (capitals, digits, quotes), in the scripts of most languages. Reads the first few thousand
characters only; does not know what a schema wants.
"""

import re
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from fakeai.content.clue_words import ARTICLES, CITIES, CONJUNCTIONS, DAYS, OPENERS, PREPOSITIONS

READ: Final = 4_000
"""Characters of the prompt that are looked at, the newest message first."""

_NUMBER: Final = re.compile(r"(?<![\w./:-])-?\d{1,15}(?:,\d{3})*(?:\.\d{1,9})?(?![\w/:]|[-.,]\d)")
_QUOTED: Final = re.compile(
    '"([^"\n]{1,300})"|“([^”\n]{1,300})”|«([^»\n]{1,300})»|「([^」\n]{1,300})」|`([^`\n]{1,300})`'
    "|(?<!\\w)'([^'\n]{1,300})'(?!\\w)|(?<!\\w)\u2018([^\u2019\n]{1,300})\u2019"
)
_WORD: Final = re.compile(r"[^\W\d_](?:[\w'\u2019-]*\w)?")
_EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_URL: Final = re.compile(r"https?://[^\s\"'<>)\]]{1,300}")
_DATE: Final = re.compile(r"(?<!\d)(?:19|20)\d\d-[01]\d-[0-3]\d(?!\d)")
_EXPRESSION: Final = re.compile(r"\d[\d.]{0,20}(?: ?[-+*/^\u00d7\u00f7=] ?\(?-?[\d.a-z]{1,20}\)?){1,20}")
_CODE: Final = re.compile(r"(?<![\w-])(?=[\w-]{0,30}\d)[A-Za-z][\w-]{2,40}(?![\w-])|(?<![\w-])#\d{2,12}")
_JOINT: Final = re.compile(
    r"\s*(?:[,;]\s*(?:(and|or|und|oder|et|ou|y|o|e|и|och|og)\s+)?|(?:(and|or|&|und|oder|et|ou|y|o|e|и|och|og)\s+))"
    r"(?:(?:in|at|for|to|of|en|à|für)\s+)?",
    re.IGNORECASE,
)


class Fact(NamedTuple):
    """Something mentioned, and the character at which it starts."""

    at: int
    text: str


class Facts:
    """What one text mentions; each list is made when it is first asked for."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def lower(self) -> str:
        return self.text.lower()

    @cached_property
    def numbers(self) -> list[Fact]:
        return [Fact(found.start(), found[0].replace(",", "")) for found in _NUMBER.finditer(self.text)]

    @cached_property
    def quotes(self) -> list[Fact]:
        return [Fact(found.start(), next(filter(None, found.groups()))) for found in _QUOTED.finditer(self.text)]

    @cached_property
    def emails(self) -> list[Fact]:
        return [Fact(found.start(), found[0]) for found in _EMAIL.finditer(self.text)]

    @cached_property
    def urls(self) -> list[Fact]:
        return [Fact(found.start(), found[0].rstrip(".,;!?")) for found in _URL.finditer(self.text)]

    @cached_property
    def dates(self) -> list[Fact]:
        return [Fact(found.start(), found[0]) for found in _DATE.finditer(self.text)]

    @cached_property
    def days(self) -> list[Fact]:
        """Dates in words: `Friday`, `tomorrow`, `March`."""
        return [
            Fact(found.start(), found[0])
            for found in _WORD.finditer(self.text)
            if found[0].lower() in DAYS and (found[0] != "may" and found[0] != "march")
        ]

    @cached_property
    def codes(self) -> list[Fact]:
        """Words with digits in them: `ABC-123`, `order_42`."""
        return [Fact(found.start(), found[0].lstrip("#")) for found in _CODE.finditer(self.text)]

    @cached_property
    def expressions(self) -> list[Fact]:
        return [Fact(found.start(), found[0].strip()) for found in _EXPRESSION.finditer(self.text)]

    @cached_property
    def names(self) -> list[Fact]:
        """Proper nouns; neighbouring capitalised words are one name."""
        return [fact for fact, _ in self._nouns]

    @cached_property
    def places(self) -> list[Fact]:
        """Proper nouns that follow a preposition of place, and those enumerated after one."""
        return [fact for fact, place in self._nouns if place]

    @cached_property
    def locations(self) -> list[Fact]:
        """Places with what they lie in: `Paris, France` is one."""
        return [fact for run in runs(self.places, self.text) for fact in grouped(run, self.text)]

    @cached_property
    def _nouns(self) -> list[tuple[Fact, bool]]:
        found: list[tuple[Fact, bool]] = [
            (Fact(self.text.find(city), city), True) for city in CITIES if city in self.text
        ]
        before, end, place = "", 0, False
        for match in _WORD.finditer(self.text):
            word, gap = match[0], self.text[end : match.start()]
            if before not in ARTICLES and self._is_name(match.start(), word):
                if found and gap == " " and end == found[-1][0].at + len(found[-1][0].text):
                    fact, place = found.pop()
                    found.append((Fact(fact.at, f"{fact.text} {word}"), place))
                else:
                    listed = place and (before in CONJUNCTIONS or gap.strip() == ",")
                    place = listed or before in PREPOSITIONS
                    found.append((Fact(match.start(), word), place))
            elif word.lower() not in CONJUNCTIONS:
                place = False
            before, end = word.lower(), match.end()
        return found

    def _is_name(self, at: int, word: str) -> bool:
        folded = word.lower()
        if folded in DAYS or folded in OPENERS:
            return False
        if word[0].isupper():
            return not (at and self.text[at - 1] in "\"“«'\u2018`@/_")
        return len(word) <= 6 and not word.isascii() and folded == word.upper()


class Clues:
    """The facts of a prompt, each handed out once as long as there are others."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._used: set[int] = set()

    def count(self, facts: Sequence[Fact]) -> int:
        """How many of `facts` were not handed out yet."""
        return sum(fact.at not in self._used for fact in facts)

    def take(self, facts: Sequence[Fact], words: Sequence[str], fits: Callable[[str], bool]) -> str | None:
        """The next fact that fits: the one just beside one of `words` first, then in order of appearance."""
        free = [fact for fact in facts if fact.at not in self._used and fits(fact.text)]
        if not free:
            return None
        fact = self._beside(free, words) or free[0]
        self._used.add(fact.at)
        return fact.text

    def _beside(self, facts: Sequence[Fact], words: Sequence[str]) -> Fact | None:
        if len(facts) < 2:
            return None
        lower = self.facts.lower
        for word in words:
            at = lower.find(word) if len(word) > 2 else -1
            if at >= 0:
                nearest = min(facts, key=lambda fact: fact.at - at if fact.at > at else 2 * (at - fact.at))
                if -12 <= nearest.at - at - len(word) <= 12:
                    return nearest
        return None


def runs(facts: Sequence[Fact], text: str) -> list[list[Fact]]:
    """`facts` cut where something else than commas and conjunctions stands between two of them."""
    found: list[list[Fact]] = []
    for fact in facts:
        if found and _joint(found[-1][-1], fact, text) is not None:
            found[-1].append(fact)
        else:
            found.append([fact])
    return found


def grouped(run: Sequence[Fact], text: str) -> list[Fact]:
    """What an enumeration lists: `A, B and C` are three, `Paris, France` is one, `Paris, France and Oslo, Norway` two."""
    joints = [_joint(before, after, text) for before, after in pairwise(run)]
    if not joints or joints[-1] or (not any(joints) and len(joints) > 1):
        return list(run)
    groups = [run[0]]
    for joint, fact in zip(joints, run[1:], strict=True):
        if joint:
            groups.append(fact)
        else:
            groups[-1] = Fact(groups[-1].at, text[groups[-1].at : fact.at + len(fact.text)])
    return groups


def _joint(before: Fact, after: Fact, text: str) -> str | None:
    """The conjunction between two facts, "" for a comma, None when they are not neighbours in an enumeration."""
    found = _JOINT.fullmatch(text, before.at + len(before.text), after.at)
    return None if found is None else found[1] or found[2] or ""


def read(hints: Sequence[str]) -> Facts:
    """The facts of some texts, of which the last is the newest."""
    return _read("\n".join(reversed(hints[-4:]))[:READ] if len(hints) > 1 else hints[0][:READ] if hints else "")


@lru_cache(maxsize=32)
def _read(text: str) -> Facts:
    return Facts(text)
