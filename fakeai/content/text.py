"""The answer a simulated model gives: prose about the prompt, as token pieces whose number is exact.

Chooses what to say and in which order; how lines are stored and cut is `prose`, what a prompt is about is `topics`.
"""

from typing import NamedTuple

from fakeai.content.prose import Voice, fill, voice
from fakeai.content.tokens import Encoding
from fakeai.content.topics import Subject, subject
from fakeai.core.chance import Chance
from fakeai.core.generation import GenerateRequest, Message

_LOOKED_AT = 2_000
"""Characters at each end of a prompt that decide what it is about."""


class Step(NamedTuple):
    """One line to say: its role, and what stands before and after it."""

    role: str
    lead: str
    trail: str


def steps(*paragraphs: str) -> tuple[Step, ...]:
    """Paragraphs, each given as the roles of its sentences, as steps."""
    steps = []
    for number, paragraph in enumerate(paragraphs, 1):
        roles = paragraph.split()
        after = "\n\n" if number < len(paragraphs) else ""
        for place, role in enumerate(roles, 1):
            steps.append(Step(role, " " if place > 1 else "", after if place == len(roles) else ""))
    return tuple(steps)


_SHAPES = {
    "low": (
        steps("opening explanation"),
        steps("opening example"),
        steps("opening closing"),
        steps("opening explanation closing"),
    ),
    "medium": (
        steps("opening explanation example", "advice closing"),
        steps("opening explanation", "contrast closing"),
        steps("opening example", "explanation advice"),
        steps("opening explanation contrast", "advice closing"),
        steps("opening explanation example closing"),
        steps("opening explanation", "example contrast", "closing"),
    ),
    "high": (
        steps("opening explanation explanation example", "contrast example advice", "advice closing"),
        steps("opening explanation example", "explanation contrast example", "advice contrast closing"),
        steps("opening explanation contrast", "explanation example advice", "contrast advice closing"),
    ),
}


def answer(request: GenerateRequest, chance: Chance, enc: Encoding, limit: int) -> list[str]:
    """What the model says, at most its first `limit` tokens: one piece per token, at least one."""
    shapes = _SHAPES[request.verbosity]
    return Writer(about(request.messages), chance, enc, limit).write(chance.pick(shapes))


def continuation(prompt: str, suffix: str | None, chance: Chance, enc: Encoding, limit: int) -> list[str]:
    """Text that goes on where `prompt` ends, and that `suffix` may follow."""
    return Writer(subject(ends(prompt)), chance, enc, limit).write(chance.pick(_SHAPES["low"]))


class Writer:
    """Says lines about one subject until they are all said or the limit is reached."""

    __slots__ = ("chance", "enc", "limit", "pieces", "said", "voice", "words")

    def __init__(self, topic: Subject, chance: Chance, enc: Encoding, limit: int) -> None:
        self.voice = voice("en", enc)
        self.chance = chance
        self.enc = enc
        self.limit = limit
        self.pieces: list[str] = []
        self.words = _slots(topic.topics, self.voice, chance)
        self.said: dict[str, int] = {}

    def write(self, steps: tuple[Step, ...]) -> list[str]:
        """Say `steps`; what was said so far, cut at the limit."""
        pieces, limit = self.pieces, self.limit
        for role, lead, trail in steps:
            self.say(role, lead, trail)
            if len(pieces) >= limit:
                del pieces[limit:]
                break
        return pieces

    def say(self, role: str, lead: str, trail: str) -> None:
        """One line of `role` that was not said yet, as long as there are any."""
        lines = self.voice.lines(role, lead, trail)
        count = len(lines)
        bits = self.chance.bits()
        at = (bits * count) >> 32
        said = self.said.get(role, 0)
        if said:
            if said == (1 << count) - 1:
                said = 0
            while said >> at & 1:
                at = (at + 1) % count
        self.said[role] = said | 1 << at
        variants = lines[at]
        fill(variants[(bits & 0xFFFF) * len(variants) >> 16], self.words, self.enc, self.pieces)


def _slots(topics: tuple[str, ...], speaker: Voice, chance: Chance) -> tuple[str, ...]:
    """Words for the slots `t`, `u`, `a` and their capitals."""
    roles = speaker.roles
    bits = chance.bits()
    main = topics[0] if topics else roles["topics"][bits % len(roles["topics"])][0]
    aspects = roles["aspect"]
    aspect = aspects[(bits >> 8) % len(aspects)][0]
    second = topics[1 + (bits >> 20) % (len(topics) - 1)] if len(topics) > 1 else aspect
    return main, second, aspect


def about(messages: tuple[Message, ...]) -> Subject:
    """What the last message is about."""
    return subject(ends(messages[-1].text))


def ends(text: str) -> str:
    """The part of a prompt that is looked at: the first and last characters of a long text; a short one whole."""
    return text if len(text) <= 2 * _LOOKED_AT else f"{text[:_LOOKED_AT]}\n{text[-_LOOKED_AT:]}"
