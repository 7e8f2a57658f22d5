"""What a fine-tuned model has learned: answers by question, and how its answers usually begin, end and look.

Small on purpose: a model that is in use is held in memory.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

_MOST = 1_000
_MOST_CHARACTERS = 200_000
_LONGEST = 4_000
_LONGEST_HABIT = 12
_WORD = re.compile(r"\w+")
_MARKS = (".", "!", "?", ",", ":", ";", "…")
_SHARED = 0.6
"""The part of all answers that must begin, or end, alike for it to be a habit."""


class Lessons(NamedTuple):
    """Of one file. `words` is how long answers are, in words: that of the middle one."""

    answers: Mapping[str, str]
    """By `key` of the question."""
    opening: str = ""
    ending: str = ""
    upper: bool = False
    lower: bool = False
    words: int = 0


def key(question: str) -> str:
    """What questions are compared by: their words."""
    return " ".join(_WORD.findall(question[:_LONGEST].lower()))


def learn(pairs: Iterable[tuple[str, str]]) -> Lessons:
    """What there is to learn from questions and their answers; those beyond what is kept are not."""
    kept: dict[str, str] = {}
    room = _MOST_CHARACTERS
    for question, answer in pairs:
        room -= len(question) + len(answer)
        if room < 0 or len(kept) >= _MOST:
            break
        if answer.strip() and len(answer) <= _LONGEST:
            kept.setdefault(key(question), answer)
    said = list(kept.values())
    if not said:
        return Lessons(MappingProxyType({}))
    lengths = sorted(len(answer.split()) for answer in said)
    return Lessons(
        MappingProxyType(kept),
        _opening([answer.split() for answer in said]),
        _ending([answer.split()[::-1] for answer in said]),
        all(answer.isupper() for answer in said),
        all(answer.islower() for answer in said),
        lengths[len(lengths) // 2],
    )


def _opening(answers: Sequence[Sequence[str]]) -> str:
    """What most answers begin with, up to a mark: what follows one can be anything."""
    run = _habit(answers)
    return " ".join(run[: max((at for at, word in enumerate(run, 1) if word.endswith(_MARKS)), default=0)])


def _ending(answers: Sequence[Sequence[str]]) -> str:
    """What most answers end with, from behind a mark on. The words of `answers` are in reverse."""
    run = _habit(answers)
    for size in range(len(run), 0, -1):
        before = [words[size] for words in answers if tuple(words[:size]) == run[:size] and len(words) > size]
        if all(word.endswith(_MARKS) for word in before):
            return " ".join(run[:size][::-1])
    return ""


def _habit(answers: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The run of words, up to a dozen, that most answers begin with, and no answer is made of alone."""
    run: tuple[str, ...] = ()
    while len(run) < _LONGEST_HABIT:
        size = len(run) + 1
        found = Counter(tuple(words[:size]) for words in answers if len(words) > size)
        longer, times = max(found.items(), key=lambda item: (item[1], item[0]), default=((), 0))
        if len(answers) < 2 or times < _SHARED * len(answers):
            break
        run = longer
    return run
