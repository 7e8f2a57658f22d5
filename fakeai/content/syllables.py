"""Texts as speech has them: words of syllables and pauses, and how long each lasts.

One vowel to a syllable, from the letters as they stand: about 160 words of English a minute. Knows no sound.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

RATE: Final = 24_000
"""Samples a second, one channel."""

# In samples, at the ordinary speed.
SYLLABLE: Final = 4_800
WORD_GAP: Final = 1_200
_COMMA: Final = 3_600
_STOP: Final = 7_200
_LEAST: Final = 7_200
_READ: Final = 20_000
"""Characters that are looked at, unless told."""
_FRAME_BITS: Final = 96
_MOST_PARTS: Final = 6
"""Words and pauses of a piece: more dots are no longer silence."""
_LONGEST_PIECE: Final = 60
"""Characters of a piece without a sound of its own: at most 240 bytes."""

_PART = re.compile(
    r"(?P<cjk>[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])|(?P<digits>\d{1,12})|(?P<word>[^\W\d_]{1,60}'?)"
    r"|(?P<comma>[,;:\u3001\uff0c])|(?P<stop>[.!?\u2026\u3002\uff01\uff1f])"
)
_VOWELS = re.compile(r"[aeiouy]+")
_LETTERS_A_SYLLABLE: Final = 3
"""Of words in other scripts than ours."""
VOWELS: Final = "aeiou"


class Unit(NamedTuple):
    """A stretch of sound or silence: `vowel` indexes `VOWELS`, -1 is silence; `onset` is the consonant it begins with."""

    samples: int
    vowel: int
    onset: str = ""


class Word(NamedTuple):
    """What is said in one go: a piece of the text, up to where the next begins, and its syllables and pauses."""

    text: str
    units: tuple[Unit, ...]

    @property
    def samples(self) -> int:
        """How long it lasts."""
        return sum([unit.samples for unit in self.units])

    @property
    def sounding(self) -> int:
        """How long it lasts without its pauses."""
        return sum([unit.samples for unit in self.units if unit.vowel >= 0])


def least(text: str) -> int:
    """Samples that a piece of text must last at least, for its letters to be in their lowest bits (`transcript`)."""
    return _FRAME_BITS + 8 * len(text.encode("utf-8", "replace"))


def words(text: str, speed: float = 1.0, longest: int | None = None, most: int = _READ) -> Iterator[Word]:
    """`text` cut into words, which together are the text (its first `most` characters), each with its sound.

    The last is as long as makes the whole last 0.3 s at least, and each as long as its letters need in the lowest bits of
    its samples (`transcript`). What comes after `longest` samples is not said.
    """
    spent = 0
    held: Word | None = None
    for piece, parts in _pieces(text[:most]):
        units = [_faster(unit, speed) for part in parts[:_MOST_PARTS] for unit in _spoken(part)]
        if held is not None:
            spent += held.samples
            yield held
        held = _filled(piece, units, 0)
        if longest is not None and spent + held.samples > longest:
            return
    last = held or Word(text[:most], ())
    yield _filled(last.text, list(last.units), _LEAST - spent)


def _pieces(text: str) -> Iterator[tuple[str, list[re.Match[str]]]]:
    """Pieces of text, each with its sounds: what has none belongs to the word before it, or to the first."""
    start = 0
    parts: list[re.Match[str]] = []
    sounding = False
    for part in _PART.finditer(text):
        if part.lastgroup in ("cjk", "digits", "word"):
            if sounding:
                yield from _cut(text[start : part.start()], parts)
                start, parts = part.start(), []
            sounding = True
        parts.append(part)
    yield from _cut(text[start:], parts)


def _cut(piece: str, parts: list[re.Match[str]]) -> Iterator[tuple[str, list[re.Match[str]]]]:
    """A piece of more than 60 characters as several, of which the first sounds."""
    yield piece[:_LONGEST_PIECE], parts
    for at in range(_LONGEST_PIECE, len(piece), _LONGEST_PIECE):
        yield piece[at : at + _LONGEST_PIECE], []


def _filled(piece: str, units: list[Unit], at_least: int) -> Word:
    """The word, with a pause at its end if it were too short without."""
    short = max(at_least, least(piece)) - sum([unit.samples for unit in units])
    return Word(piece, (*units, Unit(short, -1)) if short > 0 else tuple(units))


def _faster(unit: Unit, speed: float) -> Unit:
    return unit if speed == 1.0 else unit._replace(samples=max(1, round(unit.samples / speed)))


def _spoken(part: re.Match[str]) -> Iterator[Unit]:
    kind, found = part.lastgroup, part[0]
    if kind in ("comma", "stop"):
        yield Unit(_COMMA if kind == "comma" else _STOP, -1)
        return
    syllables = _syllables(found.lower()) if kind == "word" else [(letter, letter) for letter in found]
    for onset, letter in syllables:
        vowel = VOWELS.find(letter)
        yield Unit(SYLLABLE, vowel if vowel >= 0 else ord(letter) % 5, "" if onset == letter else onset)
    if kind != "cjk":
        yield Unit(WORD_GAP, -1)


def _syllables(word: str) -> list[tuple[str, str]]:
    """The consonant before each syllable of a word, and its vowel: letters, the same one where there is no consonant."""
    bare = unicodedata.normalize("NFKD", word)
    groups = list(_VOWELS.finditer(bare))
    if len(groups) > 1 and groups[-1].end() == len(bare) and groups[-1][0] == "e" and bare[-2] not in "aeiouyl":
        groups.pop()
    if not groups:
        letters = bare[:1] if word.isascii() else bare[::_LETTERS_A_SYLLABLE]
        return [("t" if letter in "tdkpbg" else "s", letter) for letter in letters]
    return [(bare[group.start() - 1] if group.start() else group[0][0], group[0][0]) for group in groups]
