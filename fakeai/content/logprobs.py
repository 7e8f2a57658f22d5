"""Log probabilities of tokens: a plausible number for each chosen token, and the tokens it was chosen over.

Most tokens are all but certain, some are close calls. Knows nothing of a model; alternatives are tokens of the
vocabulary that look like the chosen one, or are common where it stands.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from math import exp, log, log1p
from typing import NamedTuple

from fakeai.content.tokens import Encoding, encoding
from fakeai.content.vocabulary import EncodingName
from fakeai.core.chance import Chance
from fakeai.core.generation import TokenLogprob, TopLogprob

MOST = 20
"""Tokens that may be listed for one place."""

_FEW = 5
_LEVELS = 512
_NEIGHBOURS = 60
_DIGITS = 3
_COMMON_WORDS = (
    " the", " a", " and", " of", " to", " in", " is", " that", " it", " for", " with", " as", " on", " are", " this",
    " you", " be", " by", " or", " an", " can", " from", " which", " at",
)  # fmt: skip
_COMMON_STARTS = (
    "The", "I", "It", "This", "A", "In", "To", "Here", "You", "For", "As", "Yes", "We", "If", "There", "When", "That",
    "What", "Let", "One", "How", "They", "No", "On",
)  # fmt: skip
_COMMON_MARKS = (
    ".", ",", " and", "!", ":", ";", "?", " (", " -", "\n", "\n\n", ".\n", ".\n\n", " or", ")", '"', " to", " for",
    "...", "'s", " in", " of", "-", " with",
)  # fmt: skip


class _Level(NamedTuple):
    """Log probabilities of the best token and of those after it, best first, and the chance of the second and third."""

    best: float
    others: tuple[float, ...]
    second: float
    third: float


def logprobs(pieces: Sequence[str], top: int, chance: Chance, enc: Encoding, temperature: float) -> list[TokenLogprob]:
    """One entry for each of `pieces`, with the `top` (0 to 20) likeliest tokens of its place, it among them.

    Log probabilities are finite and at most 0, listed ones distinct, descending and together at most certain. At
    temperature 0 the chosen token is the first; else a close call now and then goes to the second or third.
    """
    draw = chance.bits
    hot = temperature > 0
    rest = top - 1
    result = []
    for piece in pieces:
        bits = draw()
        level = _level(bits & (_LEVELS - 1))
        place = 0
        if hot and rest > 0 and level.second:
            spin = (bits >> 9) / 8388608.0
            if spin < level.third and rest > 1:
                place = 2
            elif spin < level.second:
                place = 1
        logprob = level.others[place - 1] if place else level.best
        if top <= 0:
            result.append(TokenLogprob(piece, logprob, ()))
            continue
        names = _alternatives(piece, enc.name, rest > _FEW)[:rest]
        listed = (*names[:place], piece, *names[place:]) if place else (piece, *names)
        result.append(TokenLogprob(piece, logprob, tuple(map(TopLogprob, listed, (level.best, *level.others)))))
    return result


@lru_cache(maxsize=_LEVELS)
def _level(number: int) -> _Level:
    """One of `_LEVELS` distributions: three of four leave the others at most 5 %, one of four up to 60 %."""
    spread = (number * 0.6180339887498949) % 1.0
    close = number % 4 == 0
    share = 0.05 * 12.0**spread if close else exp(log(1e-6) + spread * log(0.05 / 1e-6))
    # Each is at most 0.55 times as likely as the one before it, and the first 0.45 of `share`: all add up to less.
    fall = log(share) + log(0.45)
    others = []
    for rank in range(MOST):
        others.append(round(fall, 8))
        fall -= 0.6 + 0.4 * ((number * 0.37 + rank * 0.6180339887498949) % 1.0)
    chosen = exp(others[0]) if share > 0.1 else 0.0
    return _Level(round(log1p(-share), 8), tuple(others), chosen, chosen / 3)


@lru_cache(maxsize=1024)
def _alternatives(piece: str, name: EncodingName, many: bool) -> tuple[str, ...]:
    """Tokens that might have stood in the place of `piece`, none twice: 5 of them, or 19 if `many`."""
    enc = encoding(name)
    wanted = MOST - 1 if many else _FEW
    found: dict[str, None] = {}
    for token in chain(_variants(piece, enc), _common(piece), _near(piece, enc), _COMMON_MARKS):
        if token != piece and token not in found:
            found[token] = None
            if len(found) == wanted:
                break
    return tuple(found)


def _variants(piece: str, enc: Encoding) -> Iterator[str]:
    """Other cases and spacings of `piece` that are single tokens; of a number, the numbers next to it."""
    bare = piece.strip()
    if bare.isdecimal() and bare.isascii() and len(bare) <= _DIGITS:
        yield from (f"{(int(bare) + step) % 10 ** len(bare):0{len(bare)}}" for step in (1, -1, 2, -2, 3))
    if not bare or not bare[0].isalpha():
        return
    space = " " if piece[0] == " " else ""
    for token in (space + bare.capitalize(), space + bare.lower(), ("" if space else " ") + bare):
        if token != piece and enc.count(token) == 1:
            yield token


def _common(piece: str) -> Sequence[str]:
    """Two tokens that are likely anywhere, of the kind of `piece`."""
    if piece[:1] == " " or (piece[:1].isalpha() and piece[:1].islower()):
        words = _COMMON_WORDS
    else:
        words = _COMMON_STARTS if piece[:1].isalpha() else _COMMON_MARKS
    turn = sum(map(ord, piece)) % len(words)
    return words[turn], words[turn - 1]


def _near(piece: str, enc: Encoding) -> Iterator[str]:
    """Tokens learned at about the same time as `piece`, hence about as frequent, and of its shape."""
    ids = enc.encode(piece)
    if not ids:
        return
    for step in range(1, _NEIGHBOURS):
        for token in (ids[0] + step, ids[0] - step):
            text = enc.ascii_token(token)
            if (
                text is not None
                and text[:1].isalpha() == piece[:1].isalpha()
                and (text[:1] == " ") == (piece[:1] == " ")
            ):
                yield text
