"""An answer in the tone of what a fine-tuned model has learned."""

import re

from fakeai.content.tokens import Encoding
from fakeai.core.generation import GenerateRequest
from fakeai.core.lessons import Lessons, key

_NEAR = 0.6
"""The part of both questions' words that must be the same for them to be one question."""
_SENTENCE = re.compile(r"[.!?](?=\s)|\Z")
_SOME = 4
"""An answer may be so many times as long as the usual one."""


def learned(request: GenerateRequest, lessons: Lessons, enc: Encoding) -> list[str] | None:
    """The answer that was learned for the last question, or the one most like it; None if none is."""
    asked = key(next((said.text for said in reversed(request.messages) if said.role == "user"), ""))
    answer = lessons.answers.get(asked) or _near(asked, lessons)
    return None if answer is None else enc.pieces(answer)


def toned(pieces: list[str], lessons: Lessons, enc: Encoding) -> list[str]:
    """What would have been said, about as long as learned answers, with their first and last words and their case."""
    text = "".join(pieces)
    if lessons.words:
        text = _short(text, lessons.words * _SOME)
    if lessons.upper or lessons.lower:
        text = text.upper() if lessons.upper else text.lower()
    return enc.pieces(" ".join(part for part in (lessons.opening, text, lessons.ending) if part))


def _near(asked: str, lessons: Lessons) -> str | None:
    """Questions are alike by their words; of several, the first that is most so."""
    words = set(asked.split())
    best, found = _NEAR, None
    for question, answer in lessons.answers.items():
        others = set(question.split())
        alike = len(words & others) / max(len(words | others), 1)
        if alike > best or (alike == best and found is None):
            best, found = alike, answer
    return found


def _short(text: str, words: int) -> str:
    """Whole sentences of it, up to that many words; one sentence at least."""
    said = end = 0
    for mark in _SENTENCE.finditer(text):
        said += len(text[end : mark.end()].split())
        if end and said > words:
            break
        end = mark.end()
    return text[:end]
