"""A transcript as people want it written: words, sentences, who says them, subtitles. Knows no request."""

import zlib
from collections.abc import Iterator, Sequence
from math import exp
from typing import NamedTuple

from fakeai.content.hearing import Timed
from fakeai.content.logprobs import logprobs
from fakeai.content.tokens import Encoding
from fakeai.core.chance import Chance
from fakeai.wire.audio import transcriptions as wire

_MOST_WORDS = 40
"""Words of a segment that no full stop ends."""
_STOPS = (".", "!", "?", "。", "！", "？", "…")
_QUOTES = "\"')]»”’"
_MARKS = " \t\n\"'.,;:!?()[]{}«»“”„—–…。、，！？：；"
_SEEK = 100
"""Whisper counts in hundredths of a second."""


class Passage(NamedTuple):
    """Words that belong together."""

    text: str
    start: float
    end: float


def passages(words: Sequence[Timed]) -> list[Passage]:
    """Sentences, and pieces of those that do not end."""
    found: list[Passage] = []
    held: list[Timed] = []
    for word in words:
        held.append(word)
        if word.text.rstrip().rstrip(_QUOTES).endswith(_STOPS) or len(held) >= _MOST_WORDS:
            found.append(_passage(held))
            held = []
    if held:
        found.append(_passage(held))
    return [one for one in found if one.text.strip()]


def _passage(words: Sequence[Timed]) -> Passage:
    return Passage("".join([word.text for word in words]), words[0].start, words[-1].end)


def timed_words(words: Sequence[Timed]) -> list[wire.Word]:
    """Words without their marks, as Whisper tells them."""
    bare = [(_bare(word.text), word) for word in words]
    return [{"word": text, "start": _seconds(word.start), "end": _seconds(word.end)} for text, word in bare if text]


def _bare(text: str) -> str:
    """The first word of a piece that has a letter or a digit."""
    parts = [part.strip(_MARKS) for part in text.split()]
    return next((part for part in parts if any(map(str.isalnum, part))), "")


def segments(found: Sequence[Passage], enc: Encoding, chance: Chance, temperature: float) -> list[wire.Segment]:
    """Sentences with Whisper's figures, which are plausible and the same each time."""
    told: list[wire.Segment] = []
    for number, one in enumerate(found):
        text = " " + one.text.strip()
        data = text.encode("utf-8", "replace")
        segment: wire.Segment = {
            "id": number,
            "seek": int(one.start // 30 * 30 * _SEEK),
            "start": _seconds(one.start),
            "end": _seconds(one.end),
            "text": text,
            "tokens": enc.encode(text),
            "temperature": temperature,
            "avg_logprob": round(-0.12 - 0.25 * chance.unit(), 6),
            "compression_ratio": round(len(data) / len(zlib.compress(data)), 6),
            "no_speech_prob": round(exp(-3 - 4 * chance.unit()), 6),
        }
        told.append(segment)
    return told


def speakers(found: Sequence[Passage], names: Sequence[str], chance: Chance, ours: bool) -> list[wire.SpeakerSegment]:
    """Sentences and who says them: people that are known by name, or A and B. One voice alone where it is fakeai's own."""
    known = [*names[:2], *("A", "B")][:2]
    told: list[wire.SpeakerSegment] = []
    who = 0
    for number, one in enumerate(found):
        if not ours and number and chance.below(2):
            who = 1 - who
        segment: wire.SpeakerSegment = {
            "type": "transcript.text.segment",
            "id": f"seg_{number + 1:03d}",
            "start": _seconds(one.start),
            "end": _seconds(one.end),
            "text": one.text.strip(),
            "speaker": known[who],
        }
        told.append(segment)
    return told


def log_probabilities(tokens: Sequence[str], enc: Encoding, chance: Chance, temperature: float) -> list[wire.Logprob]:
    """Of each token its own."""
    return [
        {"token": one.token, "logprob": one.logprob, "bytes": list(one.token.encode("utf-8", "replace"))}
        for one in logprobs(tokens, 0, chance, enc, temperature)
    ]


def srt(found: Sequence[Passage]) -> str:
    """SubRip: numbered, with commas before the milliseconds."""
    return "".join(
        [
            f"{n}\n{_clock(one.start, ',')} --> {_clock(one.end, ',')}\n{one.text.strip()}\n\n"
            for n, one in _numbered(found)
        ]
    )


def vtt(found: Sequence[Passage]) -> str:
    """WebVTT (https://www.w3.org/TR/webvtt1/)."""
    cues = [f"{_clock(one.start, '.')} --> {_clock(one.end, '.')}\n{_cue(one.text)}\n\n" for _, one in _numbered(found)]
    return "WEBVTT\n\n" + "".join(cues)


def _numbered(found: Sequence[Passage]) -> Iterator[tuple[int, Passage]]:
    return iter(enumerate(found, 1))


def _cue(text: str) -> str:
    """Text that is no markup, and has no arrow in it."""
    return text.strip().replace("&", "&amp;").replace("<", "&lt;").replace("-->", "--&gt;")


def _clock(seconds: float, mark: str) -> str:
    ms = round(seconds * 1_000)
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1_000 % 60:02d}{mark}{ms % 1_000:03d}"


def _seconds(value: float) -> float:
    return round(value, 2)
