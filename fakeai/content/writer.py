"""Says lines of a bank about one subject, in a given order, as exact token pieces.

Knows which lines were said already and when the limit is reached; does not know what a prompt wants.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from fakeai.content.prose import AGAIN, Line, Place, cut_words, voice
from fakeai.content.tokens import Encoding
from fakeai.content.topics import Subject
from fakeai.core.chance import Chance

_FULL_STOP: dict[str, str] = {"zh": "。", "ja": "。"}
"""Languages whose sentences follow each other without a blank. Their lines are stored without the full stop, since it
is one pre-token with the word after it."""

_REFERENCES = ("the subject", "this subject", "the topic", "this topic")
_ARTICLES = frozenset({"the", "a", "an", "la", "une", "un", "las", "los", "una", "uno", "uma", "um"})


class Step(NamedTuple):
    """One line to say: its role, and what stands before and after it. A `Place` of the voice."""

    role: str
    lead: str
    trail: str


@lru_cache(maxsize=256)
def steps(*paragraphs: str, after: str = "") -> tuple[Step, ...]:
    """Paragraphs, each given as the roles of its sentences, as steps; `after` ends the last one."""
    found = []
    for number, paragraph in enumerate(paragraphs, 1):
        roles = paragraph.split()
        end = "\n\n" if number < len(paragraphs) else after
        for place, role in enumerate(roles, 1):
            found.append(Step(role, " " if place > 1 else "", end if place == len(roles) else ""))
    return tuple(found)


@lru_cache(maxsize=128)
def _unspaced(plan: tuple[Step, ...], stop: str) -> tuple[Step, ...]:
    """`plan` for a language whose sentences end in `stop` and follow without a blank."""
    nexts = [step.lead for step in plan[1:]] + [""]
    return tuple(
        Step(step.role, stop if step.lead == " " else step.lead, step.trail if following == " " else stop + step.trail)
        for step, following in zip(plan, nexts, strict=True)
    )


class Writer:
    """Appends to `pieces` until its limit is reached; whoever uses it cuts at the limit."""

    __slots__ = (
        "_bits",
        "_filled",
        "_said",
        "chance",
        "enc",
        "language",
        "limit",
        "pieces",
        "topics",
        "voice",
        "words",
    )

    def __init__(self, about: Subject, chance: Chance, enc: Encoding, limit: int) -> None:
        self.language = about.language
        self.topics = about.topics
        self.voice = voice(self.language, enc)
        self.chance = chance
        self.enc = enc
        self.limit = limit
        self.pieces: list[str] = []
        self.words: dict[str, str] = {}
        """What fills a slot, by its letter, where it is not drawn from the subject."""
        self._said: dict[str, int] = {}
        """Lines said by role, as bits."""
        self._bits = chance.bits()
        self._filled: dict[str, tuple[str, ...]] = {}

    def turn(self) -> None:
        """Take up another side of the subject: other words in the slots that are drawn from it."""
        self._bits = self.chance.bits()
        self._filled = {}

    def word(self, slot: str) -> str:
        """What fills a slot, by its letter."""
        if slot in self.words:
            return self.words[slot]
        bits, topics, voice = self._bits, self.topics, self.voice
        if slot == "t":
            return topics[0] if topics else voice.topics[(bits >> 20) % len(voice.topics)]
        if slot == "u":
            others = topics[1:]
            return others[(bits >> 20) % len(others)] if others else voice.aspects[(bits >> 8) % len(voice.aspects)]
        if slot == "a":
            return voice.aspects[bits % len(voice.aspects)]
        if slot == AGAIN:
            return _REFERENCES[bits >> 30] if topics and self.language == "en" else self.word("t")
        assert slot in "TUA", f"nothing was given for slot {slot}"
        return capital(self.word(slot.lower()))

    @property
    def full(self) -> bool:
        """Whether nothing more is needed."""
        return len(self.pieces) >= self.limit

    def write(self, plan: tuple[Step, ...]) -> list[str]:
        """Say `plan`; what was said so far, cut at the limit."""
        if self.language in _FULL_STOP:
            plan = _unspaced(plan, _FULL_STOP[self.language])
        self._say(plan)
        del self.pieces[self.limit :]
        return self.pieces

    def say(self, role: str, lead: str = "", trail: str = "") -> None:
        """One line of `role` that was not said yet, as long as there are any."""
        self._say(((role, lead, trail),))

    def _say(self, plan: Iterable[Place]) -> None:
        """Lines by their places, until there are pieces enough."""
        pieces, limit, filled = self.pieces, self.limit, self._filled
        said, known, draw = self._said, self.voice.known, self.chance.bits
        if len(pieces) >= limit:
            draw()
            return
        for place in plan:
            bits = draw()
            lines = known.get(place) or self.voice.lines(place)
            count = len(lines)
            at = bits * count >> 32
            role = place[0]
            if before := said.get(role, 0):
                if before == (1 << count) - 1:
                    before = 0
                while before >> at & 1:
                    at = (at + 1) % count
            said[role] = before | 1 << at
            variants = lines[at]
            variant = (bits & 0xFFFF) * len(variants) >> 16
            head, slots, again = variants[variant] or self.voice.line(place, at, variant)
            pieces += head
            for slot, tail in slots if bits & 0x30000 else again:
                if len(pieces) >= limit:
                    return
                pieces += filled[slot] if slot in filled else self._filling(slot)
                pieces += tail
            if len(pieces) >= limit:
                return

    def line(self, role: str, at: int, lead: str = "", trail: str = "") -> None:
        """Line number `at` of `role`, for lines that belong together."""
        place = (role, lead, trail)
        variants = (self.voice.known.get(place) or self.voice.lines(place))[at]
        variant = self.chance.below(len(variants))
        self.fill(variants[variant] or self.voice.line(place, at, variant))

    def fill(self, line: Line) -> None:
        """Append `line`, with words in its slots."""
        self.pieces += line.head
        for slot, tail in line.slots:
            self.pieces += self._filling(slot)
            self.pieces += tail

    def _filling(self, slot: str) -> tuple[str, ...]:
        """The pieces that fill a slot, given by the character before it and its letter."""
        found = self._filled.get(slot)
        if found is None:
            found = self._filled[slot] = cut_words(slot[:-1], self.word(slot[-1]), self.enc)
        return found

    def add(self, text: str) -> None:
        """`text` as it is; it must begin where a pre-token may: after a line break, or with a blank and a letter."""
        self.pieces += cut_words("", text, self.enc) if len(text) < 64 else self.enc.pieces(text)


def capital(phrase: str) -> str:
    """A phrase as it begins a heading: without an article, with a capital."""
    article, _, rest = phrase.partition(" ")
    if article in _ARTICLES and rest:
        phrase = rest
    return phrase[:1].upper() + phrase[1:]
