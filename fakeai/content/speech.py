"""Spoken texts, as sound of the format asked for: by a voice that says the words where there is one, else by a plain one.

The plain voice knows durations without making the sound, so that usage can be known beforehand. Either way the sound tells
its words to `transcript`: in its samples, and in the tag of files that have one.
"""

from collections.abc import Iterable, Iterator
from math import ceil
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

from fakeai.content import espeak, formants, sound_files, transcript
from fakeai.content.sound_files import SoundFormat
from fakeai.content.syllables import RATE, Word, words
from fakeai.content.voices import Voice, named
from fakeai.core.chance import Chance
from fakeai.core.errors import BadRequest, ServerError

if TYPE_CHECKING:
    from numpy import int16
    from numpy.typing import NDArray

SpeechFormat = Literal["wav", "mp3", "flac", "opus", "pcm16", "aac"]

MAX_SECONDS = 120.0
"""Of an answer that is spoken."""
LONGEST_S: Final = 1_200.0
"""Of a text that is read out: one that would take longer is said faster."""
TOKENS_PER_SECOND = 20
"""1 token per 50 ms of spoken answer: https://platform.openai.com/docs/guides/realtime-costs."""

_NEAR: Final = 0.06
"""How much longer or shorter than it should be sound may be, to be stretched as it is."""
_CHUNK: Final = 12_000
"""Samples of sound that are given out at once, if there are as many."""
_SIZED: Final = frozenset({"wav", "flac"})
"""Formats whose head says how long they are."""


class SpeechError(BadRequest):
    """The sound cannot be made in the format asked for."""


class Utterance(NamedTuple):
    """What is to be said, and how. `program` is where `espeak-ng` is; without it the plain voice speaks."""

    text: str
    voice: Voice
    speed: float
    program: str | None = None
    longest: int | None = None
    """Samples after which nothing more is said."""


class Chunk(NamedTuple):
    """Bytes of a file, and the samples that have come to it: none with the last bytes."""

    data: bytes
    samples: int


def seconds(text: str) -> float:
    """How long `speak` makes `text` last: at least 0.3 s, at most `MAX_SECONDS`."""
    return sum([word.samples for word in words(text, 1.0, int(MAX_SECONDS * RATE))]) / RATE


def tokens_of(samples: int) -> int:
    """Audio tokens of so many samples."""
    return ceil(round(samples / RATE * TOKENS_PER_SECOND, 6))


def tokens(text: str) -> int:
    """Completion audio tokens of `text` spoken."""
    return ceil(round(seconds(text) * TOKENS_PER_SECOND, 6))


def speak(
    text: str, voice: str, fmt: SpeechFormat, chance: Chance, program: str | None = None, speed: float = 1.0
) -> bytes:
    """`text` spoken: 24 kHz, mono, a finished file (`pcm16` is bare little-endian samples), as long as `seconds` says at
    the usual speed.

    By the plain voice, or by `espeak-ng` if `program` is where it is. A second of sound takes 1 ms to make, aac 5 ms, mp3
    10 ms, opus 35 ms, and the program 10 ms: call it in a thread. An unknown voice has a middle pitch. Raises SpeechError for
    a format that nobody makes, ServerError when the program fails.
    """
    if fmt not in get_args(SpeechFormat):
        formats = ", ".join(get_args(SpeechFormat))
        message = f"Audio of format '{fmt}' cannot be made here. Supported formats are: {formats}."
        raise SpeechError(message, param="audio.format", code="unsupported_value")
    said = Utterance(text, named(voice), speed, longest=int(MAX_SECONDS * RATE / speed))
    kind: SoundFormat = "pcm" if fmt == "pcm16" else fmt
    if program is None:
        return b"".join([chunk.data for chunk in chunks(said, kind, chance)])
    try:
        sound = _fitted(program, said)
    except espeak.EspeakError as error:
        raise ServerError("The speech synthesiser failed.", code="synthesis_failed") from error
    file = sound_files.begin(kind, len(sound), transcript.tag(text))
    return file.add(sound) + file.end()


def chunks(said: Utterance, fmt: SoundFormat, chance: Chance) -> Iterator[Chunk]:
    """The file piece by piece, each made when it is asked for. Raises EspeakError."""
    if said.program is None:
        spoken = _fitting(said)
        total = sum([word.samples for word in spoken])
        sound = _told(spoken, formants.spoken(spoken, said.voice, chance))
    else:
        sound = _said_by(said.program, said)
        total = None
        if fmt in _SIZED:
            whole = list(sound)
            sound, total = iter(whole), sum([len(part) for part in whole])
    file = sound_files.begin(fmt, total, transcript.tag(said.text))
    for part in _joined(sound):
        yield Chunk(file.add(part), len(part))
    yield Chunk(file.end(), 0)


def _fitting(said: Utterance) -> list[Word]:
    """The words, at a speed at which they do not take too long."""
    spoken = list(words(said.text, said.speed, said.longest))
    length = sum([word.samples for word in spoken]) / RATE
    return spoken if length <= LONGEST_S else list(words(said.text, said.speed * length / LONGEST_S, said.longest))


def _told(spoken: Iterable[Word], sounds: "Iterator[NDArray[int16]]") -> "Iterator[NDArray[int16]]":
    for number, (word, sound) in enumerate(zip(spoken, sounds, strict=True)):
        transcript.write(sound, word.text, number)
        yield sound


def _said_by(program: str, said: Utterance) -> "Iterator[NDArray[int16]]":
    number = 0
    for sentence in espeak.spoken(program, said.text, said.voice, said.speed):
        at = 0
        for text, length in zip(sentence.words, sentence.lengths, strict=True):
            transcript.write(sentence.samples[at : at + length], text, number)
            number += 1
            at += length
        yield sentence.samples


def _fitted(program: str, said: Utterance) -> "NDArray[int16]":
    """What the program says, exactly as long as the plain voice would take: said again at another speed if it is far off."""
    import numpy as np

    spoken = _fitting(said)
    text, size = "".join([word.text for word in spoken]), sum([word.samples for word in spoken])
    sentences = list(espeak.spoken(program, text, said.voice, 1.0))
    ratio = sum([len(one.samples) for one in sentences]) / size
    if abs(ratio - 1) > _NEAR:
        sentences = list(espeak.spoken(program, text, said.voice, ratio))
    whole = np.concatenate([one.samples for one in sentences])
    sound: NDArray[int16] = np.interp(np.linspace(0, len(whole) - 1, size), np.arange(len(whole)), whole).astype(
        np.int16
    )
    ends = np.cumsum([length for one in sentences for length in one.lengths]) * size // len(whole)
    at = 0
    for number, (word, end) in enumerate(zip([w for one in sentences for w in one.words], ends.tolist(), strict=True)):
        transcript.write(sound[at:end], word, number)
        at = end
    return sound


def _joined(sound: "Iterable[NDArray[int16]]") -> "Iterator[NDArray[int16]]":
    """The samples in parts of one size, but for the last: a file's bytes must not depend on how its sound was made."""
    import numpy as np

    held: list[NDArray[int16]] = []
    size = 0
    for part in sound:
        held.append(part)
        size += len(part)
        if size >= _CHUNK:
            whole = np.concatenate(held)
            for start in range(0, size - _CHUNK + 1, _CHUNK):
                yield whole[start : start + _CHUNK]
            held = [whole[size - size % _CHUNK :]]
            size %= _CHUNK
    if size:
        yield np.concatenate(held)
