"""What a text says about a question: whether something is true of it, which option fits it, how far up a scale it is.

Decides by words: those of the question and its options that the text has too (or their stems and synonyms), unless the
text negates them, and by its mood. An option that the text names wins. Knows nothing of models, tokens or wire formats.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import exp
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from fakeai.content.embeddings import terms
from fakeai.content.moderation import moderate
from fakeai.core.chance import Chance

READ: Final = 262_144
"""Characters of a text that are looked at."""
_BRIEF: Final = 4_096
"""Characters of a question or an option that are looked at."""

_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*|[.;!?\n]")
_ENDS: Final = frozenset(".;!?\n")
_REACH: Final = 4
"""Words after a negation that it negates."""
_NEGATIONS_WORDS: Final = "not no never without none neither nor cannot nothing nobody hardly"
_NEGATIONS: Final = frozenset(_NEGATIONS_WORDS.split())
_FRAME_WORDS: Final = """
message text input user customer person author writer speaker asks ask asked asking mention mentions mentioned says
say said contain contains containing describe describes report reports reporting request requests about question
conversation state states content email ticket review comment sentiment tone classify rate evaluate decide choose
select pick determine category topic intent best fits fit following whether does should must true false yes level
score how likely statement indicate indicates express expresses
"""
_FRAME: Final = frozenset(_FRAME_WORDS.split())
"""Words that questions are put in, which say nothing of what is asked."""
_GOOD_WORDS: Final = """
good great excellent love loved loves happy glad perfect wonderful amazing fantastic awesome best nice pleased
satisfied satisfaction delighted thank thanks thankful recommend helpful friendly positive enjoy enjoyed fast
"""
_GOOD: Final = frozenset(_GOOD_WORDS.split())
_BAD_WORDS: Final = """
bad terrible awful horrible hate hated angry furious upset annoyed annoying frustrated frustrating frustration broken
worst poor disappointed disappointing disappointment unacceptable slow rude refund complaint complain useless
negative anger unhappy dissatisfied sad wrong fail failed fails error crash crashes
"""
_BAD: Final = frozenset(_BAD_WORDS.split())
_STRONG_WORDS: Final = """
urgent urgently urgency asap immediately emergency critical critically severe severely extremely very now today
danger dangerous huge major serious seriously down outage blocked deadline highest
"""
_STRONG: Final = frozenset(_STRONG_WORDS.split())
_NEUTRAL: Final = frozenset({"neutral", "mixed", "balanced", "indifferent"})
_REST_WORDS: Final = "other others none unknown general neither unclear unsure misc miscellaneous else"
_REST: Final = frozenset(_REST_WORDS.split())
_DESKS: Final = MappingProxyType(
    {
        "billing": "charge invoice payment refund subscription price receipt card",
        "technical": "error crash bug install broken outage slow update screen",
        "shipping": "delivery package parcel arrive tracking address late",
        "account": "login password profile username locked signin",
        "sales": "quote buy plan demo pricing upgrade license",
    }
)
"""What people write about who are sent to the desks of these names."""
_GIST: Final = 1.5
"""How much the mood of a text counts beside one word in common."""


class Option(NamedTuple):
    """Something to choose: what it is called, and what it means."""

    value: str | bool
    description: str = ""


class Question(NamedTuple):
    """What is asked of a text. Options of a `choice` are in no order, those of a `score` from the lowest to the highest."""

    kind: Literal["predicate", "choice", "score"]
    text: str
    options: tuple[Option, ...] = ()


def decide(text: str, questions: Sequence[Question], chance: Chance) -> list[list[float] | None]:
    """The probabilities of each question's options, or the one of a predicate; None for what nobody should be asked.

    The answer to a question does not depend on the others.
    """
    evidence = Evidence(text)
    return [_answer(evidence, question, chance) for question in questions]


def _answer(text: "Evidence", question: Question, chance: Chance) -> list[float] | None:
    asked = question.text[:_BRIEF]
    if moderate(asked).flagged:
        return None
    own = chance.stream(f"{question.kind}\0{asked}")
    match question.kind:
        case "predicate":
            return [predicate(text, asked, own)]
        case "choice":
            return choice(text, asked, question.options, own)
        case "score":
            return score(text, asked, question.options, own)


class Evidence:
    """A text as questions about it need it; made once for all of them. Some milliseconds for long texts."""

    def __init__(self, text: str) -> None:
        self._lower = text[:READ].casefold()
        self._said: set[int] = set()
        self._denied: set[int] = set()
        good = bad = strong = 0
        for word, denied in _words(self._lower):
            (self._denied if denied else self._said).update(_hashes(word))
            good += (word in _GOOD) != (denied and word in _GOOD | _BAD)
            bad += word in _BAD and not denied
            strong += word in _STRONG and not denied
        self.mood = max(-1.0, min(1.0, (good - bad) / 2))
        """From -1 (bad) to 1 (good)."""
        self.strength = min(1.0, (strong + min(self._lower.count("!"), 3) / 2) / 3)
        """How much it insists, from 0 to 1."""

    def holds(self, word: str) -> int:
        """1 if the text says this word or one like it, -1 if it only denies it, 0 if neither."""
        hashes = _hashes(word)
        if any(one in self._said for one in hashes):
            return 1
        return -1 if any(one in self._denied for one in hashes) else 0

    def names(self, phrase: str) -> int:
        """The same for a whole phrase, word by word as it stands."""
        wanted = phrase.casefold().strip()
        at = self._lower.find(wanted) if wanted else -1
        while at >= 0:
            end = at + len(wanted)
            if not self._lower[at - 1 : at].isalnum() and not self._lower[end : end + 1].isalnum():
                return min([self.holds(word) for word, _ in _words(wanted)], default=1)
            at = self._lower.find(wanted, at + 1)
        return 0


def predicate(text: Evidence, statement: str, chance: Chance) -> float:
    """The probability that `statement` is true of the text."""
    votes: list[float] = []
    for word, denied in _words(statement[:_BRIEF].casefold()):
        if word in _FRAME or not _telling(word):
            continue
        vote = float(text.holds(word))
        if not vote and (mood := _mood(word)):
            vote = mood * text.mood
        if not vote and word in _STRONG:
            vote = text.strength
        votes.append(-vote if denied else vote)
    share = sum(votes) / len(votes) if votes else 0.35
    return _bounded(_sigmoid(5 * (share - 0.35) + chance.unit() - 0.5))


def choice(text: Evidence, question: str, options: Sequence[Option], chance: Chance) -> list[float]:
    """The probabilities of the options, which sum to 1."""
    truth = predicate(text, question, chance) if any(isinstance(one.value, bool) for one in options) else 0.5
    return _shares([_weight(text, option, truth) + 0.3 * chance.unit() for option in options])


def score(text: Evidence, question: str, levels: Sequence[Option], chance: Chance) -> list[float]:
    """The probabilities of the levels, from the lowest to the highest; they sum to 1."""
    named = [_weight(text, level, 0.5) for level in levels]
    if max(named) - min(named) < 0.5:
        top = len(levels) - 1
        place = top * _height(text, question, levels, chance)
        named = [-1.5 * abs(place - at) * 4 / max(top, 2) for at in range(len(levels))]
    return _shares([weight + 0.2 * chance.unit() for weight in named])


def _height(text: Evidence, question: str, levels: Sequence[Option], chance: Chance) -> float:
    """How far up the scale the text is, from 0 to 1."""
    ends = [_tone(levels[at]) for at in (0, -1)]
    if ends[0] != ends[1]:
        return 0.5 + text.mood * (ends[1] - ends[0]) / 4
    asked = [word for word, _ in _words(question[:_BRIEF].casefold())]
    if any(word in _GOOD or word == "satisfied" for word in asked):
        return 0.5 + text.mood / 2
    if any(word in _BAD for word in asked):
        return 0.5 - text.mood / 2
    return 0.7 * predicate(text, question, chance) + 0.3 * text.strength


def _tone(level: Option) -> int:
    moods = [_mood(word) for word, _ in _words(_described(level))]
    return 1 if any(mood > 0 for mood in moods) else -1 if any(mood < 0 for mood in moods) else 0


def _weight(text: Evidence, option: Option, truth: float) -> float:
    """How well an option fits: 0 for one the text has nothing to do with."""
    if isinstance(option.value, bool):
        return 3 * (truth if option.value else 1 - truth) + _shared(text, option.description)
    name = option.value[:_BRIEF]
    weight = 2.0 * text.names(name) + 1.2 * _shared(text, name) + 0.8 * _shared(text, option.description)
    words = [word for word, _ in _words(name.casefold())]
    for word in words:
        weight += _shared(text, _DESKS.get(word, ""))
        if word in _NEUTRAL:
            weight += _GIST * (0.6 - abs(text.mood))
        elif mood := _mood(word):
            weight += _GIST * mood * text.mood
    return weight + 0.4 * any(word in _REST for word in words)


def _shared(text: Evidence, words: str) -> float:
    """How much of some words the text says: each word more counts less."""
    said = denied = 0
    for word, _ in _words(words[:_BRIEF].casefold()):
        if word not in _FRAME and _telling(word):
            holds = text.holds(word)
            said += holds > 0
            denied += holds < 0
    return 2 * said / (said + 1) - denied


def _described(option: Option) -> str:
    return f"{option.value} {option.description}"[:_BRIEF].casefold()


def _mood(word: str) -> int:
    return (word in _GOOD) - (word in _BAD)


def _words(lower: str) -> Iterator[tuple[str, bool]]:
    """The words of a text in lower case, and whether they are negated; a negation itself is none."""
    reach = 0
    for word in _WORD.findall(lower):
        if word in _ENDS:
            reach = 0
        elif word in _NEGATIONS or word.endswith(("n't", "n\u2019t")):
            reach = _REACH
        else:
            yield word, reach > 0
            reach -= reach > 0


def _telling(word: str) -> bool:
    return bool(_hashes(word))


@lru_cache(maxsize=4096)
def _known(word: str) -> tuple[int, ...]:
    return tuple(one for stem, group, common in terms(word) if not common for one in (stem, group) if one is not None)


def _hashes(word: str) -> tuple[int, ...]:
    """Of a telling word its stem and its synonyms; nothing of a common one."""
    return _known(word[:40])


def _shares(weights: Sequence[float]) -> list[float]:
    """Probabilities of weights, the largest for the largest; rounded so that they still sum to 1."""
    top = max(weights)
    powers = [exp(2 * (weight - top)) for weight in weights]
    total = sum(powers)
    shares = [round(power / total, 4) for power in powers]
    best = shares.index(max(shares))
    shares[best] = round(shares[best] + 1 - sum(shares), 4)
    return shares


def _sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x))


def _bounded(probability: float) -> float:
    return round(min(0.99, max(0.01, probability)), 4)
