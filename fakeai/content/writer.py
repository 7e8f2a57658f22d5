"""Says lines of a bank about one subject, in a given order, as exact token pieces.

Knows which lines were said already and when the limit is reached; does not know what a prompt wants.
"""

from functools import lru_cache
from typing import NamedTuple

from fakeai.content.prose import cut_words, fill, voice
from fakeai.content.tokens import Encoding
from fakeai.content.topics import Subject
from fakeai.core.chance import Chance

_FULL_STOP: dict[str, str] = {"zh": "。", "ja": "。"}
"""Languages whose sentences follow each other without a blank. Their lines are stored without the full stop, since it
is one pre-token with the word after it."""

_AGAIN = ("the subject", "this subject", "the topic", "this topic")
_ARTICLES = frozenset({"the", "a", "an", "la", "une", "un", "las", "los", "una", "uno", "uma", "um"})


class Step(NamedTuple):
    """One line to say: its role, and what stands before and after it."""

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

    __slots__ = ("again", "chance", "enc", "language", "limit", "pieces", "said", "topics", "voice", "words")

    def __init__(self, about: Subject, chance: Chance, enc: Encoding, limit: int) -> None:
        self.language = about.language
        self.voice = voice(about.language)
        self.chance = chance
        self.enc = enc
        self.limit = limit
        self.pieces: list[str] = []
        self.said: dict[str, int] = {}
        """Lines said by role, as bits."""
        self.topics = about.topics
        self.words: tuple[str, ...] = ()
        self.again: tuple[str, ...] = ()
        """The words where the topic was just named."""
        self.turn()

    def turn(self) -> None:
        """Take up another side of the subject: draw the words of the slots `t`, `u` and `a` again."""
        topics, aspects = self.topics, self.voice.aspects
        bits = self.chance.bits()
        aspect = aspects[bits % len(aspects)]
        count = len(topics)
        second = topics[1 + (bits >> 20) % (count - 1)] if count > 1 else aspects[(bits >> 8) % len(aspects)]
        if not topics:
            topics = self.voice.topics
            self.words = self.again = (topics[(bits >> 20) % len(topics)], second, aspect)
            return
        self.words = self.again = (topics[0], second, aspect)
        if self.language == "en":
            self.again = (_AGAIN[bits >> 30], second, aspect)

    def capitals(self, *more: str) -> None:
        """Fill the slots `T`, `U` and `A` as well, and those after them with `more`."""
        self.words = (*self.words[:3], *map(capital, self.words[:3]), *more)

    @property
    def full(self) -> bool:
        """Whether nothing more is needed."""
        return len(self.pieces) >= self.limit

    def write(self, plan: tuple[Step, ...]) -> list[str]:
        """Say `plan`; what was said so far, cut at the limit."""
        pieces, limit = self.pieces, self.limit
        if self.language in _FULL_STOP:
            plan = _unspaced(plan, _FULL_STOP[self.language])
        for role, lead, trail in plan:
            self.say(role, lead, trail)
            if len(pieces) >= limit:
                del pieces[limit:]
                break
        return pieces

    def say(self, role: str, lead: str = "", trail: str = "") -> None:
        """One line of `role` that was not said yet, as long as there are any."""
        lines = self.voice.lines(role, lead, trail)
        count = len(lines)
        bits = self.chance.bits()
        at = bits * count >> 32
        if role in self.said:
            said = self.said[role]
            if said == (1 << count) - 1:
                said = 0
            while said >> at & 1:
                at = (at + 1) % count
            self.said[role] = said | 1 << at
        else:
            self.said[role] = 1 << at
        variants = lines[at]
        words = self.again if lead == " " and not bits & 0x30000 else self.words
        fill(variants[(bits & 0xFFFF) * len(variants) >> 16], words, self.enc, self.pieces)

    def line(self, role: str, at: int, lead: str = "", trail: str = "") -> None:
        """Line number `at` of `role`, for lines that belong together."""
        fill(self.chance.pick(self.voice.lines(role, lead, trail)[at]), self.words, self.enc, self.pieces)

    def add(self, text: str) -> None:
        """`text` as it is; it must begin where a pre-token may: after a line break, or with a blank and a letter."""
        self.pieces += cut_words("", text, self.enc) if len(text) < 64 else self.enc.pieces(text)


def capital(phrase: str) -> str:
    """A phrase as it begins a heading: without an article, with a capital."""
    article, _, rest = phrase.partition(" ")
    if article in _ARTICLES and rest:
        phrase = rest
    return phrase[:1].upper() + phrase[1:]
