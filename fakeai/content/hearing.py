"""What is said in a sound, and when: the words that fakeai has put into it, or else words that could be what is said.

Other people's speech becomes sentences drawn by the sound's digest, as many as its loud parts have time for, in the language
that is named. Silence says nothing.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from fakeai.content.sound import STEP_S, Sound
from fakeai.content.syllables import words as spoken_words
from fakeai.content.tokens import encoding
from fakeai.content.topics import Subject, subject
from fakeai.content.writer import Writer
from fakeai.core.chance import Chance

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

_FAINTEST: Final = 0.003
"""The level below which nobody speaks: -50 dB of the loudest there can be."""
_FRACTION: Final = 0.1
"""Of the loud parts' level, below which there is a pause."""
_GAP_S: Final = 0.3
_LEAST_S: Final = 0.08
_SYLLABLE_S: Final = 0.24
_MOST_SYLLABLES: Final = 60_000
"""Four hours of speech."""
_MOST_LETTERS: Final = 2_000_000
_WHOLE: Final = 0.5
_ROLES: Final = ("explanation", "example", "contrast", "advice")
_LANGUAGES: Final = frozenset({"de", "en", "es", "fr", "it", "ja", "ko", "pt", "ru", "zh"})


class Timed(NamedTuple):
    """A piece of text and when it is said, in seconds. Pieces joined are the text."""

    text: str
    start: float
    end: float


class Span(NamedTuple):
    """Seconds during which somebody speaks."""

    start: float
    end: float


def heard(sound: Sound, language: str, about: str, seed: bytes = b"") -> list[Timed]:
    """The words in order; none for silence. `about` is what other people's words may be about."""
    spans = speech(sound)
    if sound.said and (sound.tagged is None or _covered(sound, spans) >= _WHOLE):
        return _trimmed(_exact(sound))
    if sound.tagged is not None:
        return _trimmed(_laid(sound.tagged, spans or [Span(0.0, sound.seconds)]))
    return anew(sound, language, about, seed)


def anew(sound: Sound, language: str, about: str, seed: bytes = b"") -> list[Timed]:
    """Words that could be what is said, whatever the sound tells of its own."""
    spans = speech(sound)
    if not spans:
        return []
    seconds = sum([span.end - span.start for span in spans])
    return _trimmed(_laid(overheard(seconds, language, about, Chance(sound.digest + seed)), spans))


def speech(sound: Sound) -> list[Span]:
    """When it is loud; all the time where nobody knows."""
    if sound.levels is None:
        return [Span(0.0, sound.seconds)]
    return loud(sound.levels)


def loud(levels: "NDArray[float32]") -> list[Span]:
    """Spans in which the levels are those of speech, with pauses of up to 0.3 s within."""
    import numpy as np

    if not len(levels):
        return []
    threshold = max(_FAINTEST, _FRACTION * float(np.percentile(levels, 95)))
    above = np.concatenate([[False], levels > threshold, [False]])
    edges = np.flatnonzero(above[1:] != above[:-1])
    spans: list[Span] = []
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if spans and start * STEP_S - spans[-1].end <= _GAP_S:
            spans[-1] = spans[-1]._replace(end=end * STEP_S)
        else:
            spans.append(Span(start * STEP_S, end * STEP_S))
    return [span for span in spans if span.end - span.start >= _LEAST_S]


def overheard(seconds: float, language: str, about: str, chance: Chance) -> str:
    """Sentences that take about so long to say, at least a word of them."""
    found = subject(about[:2_000])
    tongue = language if language in _LANGUAGES else "en"
    writer = Writer(Subject(tongue, found.topics, found.words), chance, encoding("o200k_base"), 1)
    syllables = max(1, round(seconds / _SYLLABLE_S))
    blank = "" if tongue in ("ja", "zh") else " "
    text, count = "", 0
    while count < min(syllables, _MOST_SYLLABLES):
        writer.pieces.clear()
        writer.limit = 200
        writer.say(chance.pick(_ROLES), blank if text else "")
        writer.turn()
        sentence = "".join(writer.pieces)
        text += sentence
        count += _syllables(sentence)
    return _shortened(text, syllables)


def _syllables(text: str) -> int:
    return sum([1 for word in spoken_words(text, most=_MOST_LETTERS) for unit in word.units if unit.vowel >= 0])


def _shortened(text: str, syllables: int) -> str:
    """The first words with so many syllables, ended with a full stop."""
    kept, count = "", 0
    for word in spoken_words(text, most=_MOST_LETTERS):
        if count >= syllables:
            return kept.rstrip(" ,;:-—").rstrip(".!?。") + ("。" if kept and kept[-1] > "\u2fff" else ".")
        kept += word.text
        count += sum([1 for unit in word.units if unit.vowel >= 0])
    return kept


def _covered(sound: Sound, spans: Sequence[Span]) -> float:
    """How much of the loud time has words in its samples: little, where only those in pauses have outlived an encoder."""
    total = sum([span.end - span.start for span in spans])
    both = 0.0
    for piece in sound.said:
        start, end = piece.start / sound.rate, piece.end / sound.rate
        both += sum([max(0.0, min(end, span.end) - max(start, span.start)) for span in spans])
    return both / total if total else 1.0


def _exact(sound: Sound) -> list[Timed]:
    """The words where the samples have them; each lasts until the next one at most."""
    ends = [piece.start for piece in sound.said[1:]] + [sound.said[-1].end]
    return [
        Timed(piece.text, piece.start / sound.rate, min(max(piece.end, piece.start), end) / sound.rate)
        for piece, end in zip(sound.said, ends, strict=True)
    ]


def _laid(text: str, spans: Sequence[Span]) -> list[Timed]:
    """The words of `text` laid over the spans, each as long as its share of all the syllables."""
    pieces = [(word.text, max(word.sounding, 1), word.samples) for word in spoken_words(text, most=_MOST_LETTERS)]
    total = sum([sounding for _, sounding, _ in pieces])
    room = sum([span.end - span.start for span in spans])
    found: list[Timed] = []
    said = 0
    at = 0
    past = 0.0
    for piece, sounding, _ in pieces:
        begin, said = room * said / total, said + sounding
        end = room * said / total
        while at < len(spans) - 1 and begin >= past + spans[at].end - spans[at].start - 1e-9:
            past += spans[at].end - spans[at].start
            at += 1
        start = spans[at].start + begin - past
        start = max(start, found[-1].end) if found else start
        found.append(Timed(piece, start, max(start, min(spans[at].start + end - past, spans[at].end))))
    return found


def _trimmed(pieces: list[Timed]) -> list[Timed]:
    """Without blanks before the first and after the last; none where nothing is left."""
    while pieces and not pieces[0].text.strip():
        pieces = pieces[1:]
    while pieces and not pieces[-1].text.strip():
        pieces = pieces[:-1]
    if pieces:
        pieces[0] = pieces[0]._replace(text=pieces[0].text.lstrip())
        pieces[-1] = pieces[-1]._replace(text=pieces[-1].text.rstrip())
    return pieces
