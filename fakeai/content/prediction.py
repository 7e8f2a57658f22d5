"""Predicted outputs: an answer that keeps most of the text the caller already knows.

What the prompt asks to rename or replace is applied to the prediction; all else is kept, which is what a model does
with an edit. Knows nothing of tokens beyond counting those kept and lost.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

_EDIT = re.compile(
    r"(?:rename|replace|change|substitute)\s+(?:the\s+)?(?:\w+\s+)?[`\"']?([\w.]{1,80})[`\"']?\s+"
    r"(?:property\s+|variable\s+)?(?:with|to|by|into)\s+(?:an?\s+|the\s+)?(?:\w+\s+)?[`\"']([^`\"'\n]{1,200})[`\"']"
    r"|(?:rename|replace|change)\s+[`\"']?([\w.]{1,80})[`\"']?\s+(?:with|to|by|into)\s+[`\"']?([\w.]{1,80})[`\"']?",
    re.IGNORECASE,
)
_COMPARED = 20_000


class Kept(NamedTuple):
    """How many of the prediction's tokens the answer kept, in order, and how many it did not."""

    accepted: int
    rejected: int


def answer(prompt: str, prediction: str) -> str:
    """`prediction` with the replacement that `prompt` asks for, if any."""
    edit = _EDIT.search(prompt[-4_000:])
    if edit is None:
        return prediction
    old, new = (edit[1], edit[2]) if edit[1] else (edit[3], edit[4])
    return re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", lambda _: new, prediction)


def compare(prediction: Sequence[str], answer: Sequence[str]) -> Kept:
    """Tokens of `prediction` that stand in `answer` in the same order. Beyond 20,000 tokens only equal heads and tails count."""
    size = min(len(prediction), len(answer))
    head = 0
    while head < size and prediction[head] == answer[head]:
        head += 1
    tail = 0
    while tail < size - head and prediction[-1 - tail] == answer[-1 - tail]:
        tail += 1
    middle, changed = prediction[head : len(prediction) - tail], answer[head : len(answer) - tail]
    kept = head + tail
    if middle and changed and len(middle) + len(changed) <= _COMPARED:
        matcher = SequenceMatcher(None, middle, changed, autojunk=True)
        kept += sum(block.size for block in matcher.get_matching_blocks())
    return Kept(kept, len(prediction) - kept)
