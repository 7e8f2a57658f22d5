"""Spoken answers: a plain voice that says a text's syllables, as sound of the format asked for.

One vowel to a syllable, its formants from the letters, its pitch from the voice; not intelligible, but as long, as
loud and as uneven as speech. Knows durations without making the sound, so that usage can be known beforehand.
"""

import io
import re
import struct
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from math import ceil
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from fakeai.core.chance import Chance
from fakeai.core.errors import BadRequest

if TYPE_CHECKING:
    from numpy import float32, int16
    from numpy.typing import NDArray

SpeechFormat = Literal["wav", "mp3", "flac", "opus", "pcm16", "aac"]

RATE = 24_000
"""Samples a second, one channel."""
MAX_SECONDS = 120.0
TOKENS_PER_SECOND = 20
"""1 token per 50 ms of spoken answer: https://platform.openai.com/docs/guides/realtime-costs."""

# In samples: about 160 words of English a minute.
_SYLLABLE: Final = 4_800
_WORD_GAP: Final = 1_200
_COMMA: Final = 3_600
_STOP: Final = 7_200
_LEAST: Final = 7_200
_ONSET: Final = 1_200
_READ: Final = 20_000
"""Characters that are looked at; speech of `MAX_SECONDS` has 2,000."""
_BLOCK: Final = 65_536

_PART = re.compile(
    r"(?P<cjk>[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])|(?P<digits>\d{1,12})|(?P<word>[^\W\d_]{1,64}'?)"
    r"|(?P<comma>[,;:\u3001\uff0c])|(?P<stop>[.!?\u2026\u3002\uff01\uff1f])"
)
_VOWELS = re.compile(r"[aeiouy]+")
_LETTERS_A_SYLLABLE: Final = 3
"""Of words in other scripts than ours."""
_SOUNDS: Final = "aeiou"
# First three formants in Hz with their weights, by vowel: Peterson and Barney (1952), men's and women's means.
_FORMANTS = (
    ((800, 1.0), (1_200, 0.5), (2_600, 0.15)),
    ((550, 1.0), (1_950, 0.4), (2_650, 0.2)),
    ((300, 1.0), (2_400, 0.3), (3_100, 0.2)),
    ((570, 1.0), (880, 0.5), (2_500, 0.1)),
    ((320, 1.0), (900, 0.4), (2_400, 0.1)),
)
# Hz of a voice's middle pitch.
_PITCH = MappingProxyType(
    {
        "alloy": 165, "ash": 115, "ballad": 125, "cedar": 105, "coral": 205, "echo": 110, "fable": 150, "marin": 200,
        "nova": 220, "onyx": 92, "sage": 190, "shimmer": 215, "verse": 130,
    }
)  # fmt: skip
_OTHER_PITCH = 140


class SpeechError(BadRequest):
    """The sound cannot be made in the format asked for."""


class _Unit(NamedTuple):
    """A stretch of sound or silence: `vowel` indexes `_SOUNDS`, -1 is silence; `onset` begins with a consonant."""

    samples: int
    vowel: int
    onset: bool


def seconds(text: str) -> float:
    """How long `speak` makes `text` last: at least 0.3 s, at most `MAX_SECONDS`."""
    return sum(unit.samples for unit in _units(text)) / RATE


def tokens(text: str) -> int:
    """Completion audio tokens of `text` spoken."""
    return ceil(round(seconds(text) * TOKENS_PER_SECOND, 6))


def speak(text: str, voice: str, fmt: SpeechFormat, chance: Chance) -> bytes:
    """`text` spoken: 24 kHz, mono, a finished file (`pcm16` is bare little-endian samples).

    A second of sound takes 1 ms to make, mp3 and opus 10 to 15 ms: call it in a thread. An unknown voice has a middle
    pitch. Raises SpeechError for `aac`, whose encoders are not free to ship.
    """
    if fmt not in ("wav", "mp3", "flac", "opus", "pcm16"):
        message = f"Audio of format '{fmt}' cannot be made here. Supported formats are: wav, mp3, flac, opus, pcm16."
        raise SpeechError(message, param="audio.format", code="unsupported_value")
    samples = _sound(list(_units(text)), _PITCH.get(voice.lower(), _OTHER_PITCH), chance)
    if fmt == "pcm16":
        return samples.astype("<i2").tobytes()
    if fmt == "wav":
        return _wav(samples.astype("<i2").tobytes())
    return _encoded(samples, fmt)


def _units(text: str) -> Iterator[_Unit]:
    """Syllables and pauses of `text`, up to `MAX_SECONDS`."""
    left = int(MAX_SECONDS * RATE)
    spent = 0
    for part in _PART.finditer(text, 0, _READ):
        for unit in _spoken(part):
            spent += unit.samples
            if spent > left:
                return
            yield unit
    if spent < _LEAST:
        yield _Unit(_LEAST - spent, -1, onset=False)


def _spoken(part: re.Match[str]) -> Iterator[_Unit]:
    kind, found = part.lastgroup, part[0]
    if kind in ("comma", "stop"):
        yield _Unit(_COMMA if kind == "comma" else _STOP, -1, onset=False)
        return
    syllables = _syllables(found) if kind == "word" else found
    for at, letter in enumerate(syllables):
        vowel = _SOUNDS.find(letter)
        yield _Unit(_SYLLABLE, vowel if vowel >= 0 else ord(letter) % 5, onset=at > 0 or letter != found[0].lower())
    if kind != "cjk":
        yield _Unit(_WORD_GAP, -1, onset=False)


def _syllables(word: str) -> list[str]:
    """One letter for each syllable of a word: its vowel where there is one."""
    bare = unicodedata.normalize("NFKD", word.lower())
    vowels = [group[0] for group in _VOWELS.findall(bare)]
    if len(vowels) > 1 and bare.endswith("e") and bare[-2] not in "aeiouyl":
        vowels.pop()
    return vowels or ([bare[0]] if word.isascii() else list(bare[::_LETTERS_A_SYLLABLE]))


def _sound(units: list[_Unit], pitch: int, chance: Chance) -> "NDArray[int16]":
    import numpy as np

    noise = np.frombuffer(chance.data(_ONSET), dtype=np.int8).astype(np.float32) * (0.08 / 128)
    noise *= np.hanning(_ONSET).astype(np.float32)
    rise = np.hanning(1_600).astype(np.float32)
    envelope = np.concatenate([rise[:800], np.ones(_SYLLABLE - 1_600, np.float32), rise[800:]])
    sound = np.zeros(sum(unit.samples for unit in units), np.float32)
    steps = np.arange(_SYLLABLE, dtype=np.float32)
    at = 0
    said = 0
    for unit in units:
        if unit.vowel < 0:
            said = 0 if unit.samples > _WORD_GAP else said
        else:
            # The pitch falls along a phrase, and no two syllables are alike.
            hertz = pitch * max(0.8, 1.1 - 0.015 * said) * (0.95 + 0.1 * chance.unit())
            wave = _waves(pitch)[unit.vowel]
            loud = 0.35 + 0.15 * chance.unit()
            phase = (steps * (hertz * wave.size / RATE)).astype(np.int32) % wave.size
            sound[at : at + unit.samples] = wave[phase] * envelope * loud
            if unit.onset:
                sound[at : at + _ONSET] += noise
            said += 1
        at += unit.samples
    return (sound * 32_767).astype(np.int16)


@lru_cache(maxsize=16)
def _waves(pitch: int) -> "tuple[NDArray[float32], ...]":
    """One period of each vowel at `pitch`: a voice's harmonics through the vowel's formants."""
    import numpy as np

    turn = np.arange(2_048) * (2 * np.pi / 2_048)
    waves = []
    for formants in _FORMANTS:
        wave = np.zeros(2_048)
        for harmonic in range(1, 4_000 // pitch):
            hertz = harmonic * pitch
            gain = sum(weight / (1 + ((hertz - peak) / 90) ** 2) for peak, weight in formants) + 0.02
            wave += gain / harmonic**0.5 * np.sin(harmonic * turn)
        waves.append((wave / np.abs(wave).max()).astype(np.float32))
    return tuple(waves)


def _wav(pcm: bytes) -> bytes:
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + len(pcm), b"WAVE", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    return head + struct.pack("<4sI", b"data", len(pcm)) + pcm


def _encoded(samples: "NDArray[int16]", fmt: str) -> bytes:
    """Through libsndfile, block by block: its Ogg encoders take their memory from the stack."""
    import soundfile  # type: ignore[import-untyped]

    container, subtype = {"mp3": ("MP3", "MPEG_LAYER_III"), "flac": ("FLAC", "PCM_16"), "opus": ("OGG", "OPUS")}[fmt]
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", RATE, 1, subtype, format=container) as out:
        for start in range(0, len(samples), _BLOCK):
            out.write(samples[start : start + _BLOCK])
    return file.getvalue()
