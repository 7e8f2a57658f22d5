"""Predicted outputs: an answer that keeps most of the text the caller already knows.

What the prompt asks to rename or replace is applied to the prediction; all else is kept, which is what a model does
with an edit. Knows nothing of tokens beyond counting those kept and lost.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

_NAME = r"(\w[\w.]{0,78}\w|\w)"
_EDIT = re.compile(
    rf"(?:rename|replace|change|substitute)\s+(?:the\s+)?(?:\w+\s+)?[`\"']?{_NAME}[`\"']?\s+"
    r"(?:property\s+|variable\s+)?(?:with|to|by|into)\s+(?:an?\s+|the\s+)?(?:\w+\s+)?[`\"']([^`\"'\n]{1,200})[`\"']"
    rf"|(?:rename|replace|change)\s+[`\"']?{_NAME}[`\"']?\s+(?:with|to|by|into)\s+[`\"']?{_NAME}[`\"']?",
    re.IGNORECASE,
)
_REPLACED: Final = 10_000
_AHEAD: Final = 128
"""Tokens looked ahead for where an edit is over."""


class Kept(NamedTuple):
    """How many of the prediction's tokens the answer kept, in order, and how many it did not."""

    accepted: int
    rejected: int


def answer(prompt: str, prediction: str) -> str:
    """`prediction` with the replacement that `prompt` asks for, if any; made 10,000 times at most."""
    edit = _EDIT.search(prompt[-4_000:])
    if edit is None:
        return prediction
    old, new = (edit[1], edit[2]) if edit[1] else (edit[3], edit[4])
    return re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", lambda _: new, prediction, count=_REPLACED)


def compare(prediction: Sequence[str], answer: Sequence[str]) -> Kept:
    """Tokens of `prediction` that stand in `answer` in the same order, as one finds them reading both side by side.

    Takes time in proportion to their lengths; an edit of more than `_AHEAD` tokens loses as many of the prediction.
    """
    kept = at = said = 0
    while at < len(prediction) and said < len(answer):
        if prediction[at] == answer[said]:
            kept += 1
            at += 1
            said += 1
        else:
            skipped, more = _reunion(prediction[at : at + _AHEAD], answer[said : said + _AHEAD])
            at += skipped
            said += more
    return Kept(kept, len(prediction) - kept)


def _reunion(prediction: Sequence[str], answer: Sequence[str]) -> tuple[int, int]:
    """Tokens to pass over in each for the two to agree again, as few as can be; all of both when they never do."""
    places: dict[str, int] = {}
    for place, token in enumerate(answer):
        places.setdefault(token, place)
    found = [(place + places[token], place) for place, token in enumerate(prediction) if token in places]
    if not found:
        return len(prediction), len(answer)
    total, place = min(found)
    return place, total - place
