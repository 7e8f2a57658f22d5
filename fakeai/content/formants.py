"""The plain voice: a text's syllables as vowels with a consonant's noise before them. Nobody understands it, all hear it.

A vowel is one period of a voice's harmonics through the vowel's formants, said over and over. Costs 1 ms for each second.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from fakeai.content.syllables import RATE, WORD_GAP, Unit, Word
from fakeai.content.voices import Voice
from fakeai.core.chance import Chance

if TYPE_CHECKING:
    from numpy import float32, int16
    from numpy.typing import NDArray

_ONSET: Final = 1_200
_EDGE: Final = 600
_LOUDEST: Final = 0.8
# First three formants in Hz with their weights, by vowel: Peterson and Barney (1952), men's and women's means.
_FORMANTS = (
    ((800, 1.0), (1_200, 0.5), (2_600, 0.15)),
    ((550, 1.0), (1_950, 0.4), (2_650, 0.2)),
    ((300, 1.0), (2_400, 0.3), (3_100, 0.2)),
    ((570, 1.0), (880, 0.5), (2_500, 0.1)),
    ((320, 1.0), (900, 0.4), (2_400, 0.1)),
)
_HISSES: Final = frozenset("csxzjfhv")
"""Letters whose sound lasts; that of the others bursts, but for the hums."""
_HUMS: Final = frozenset("mnlrw")


def spoken(words: Iterable[Word], voice: Voice, chance: Chance) -> "Iterator[NDArray[int16]]":
    """The sound of each word; a word's samples are as many as it says."""
    import numpy as np

    said = 0
    for word in words:
        sound = np.zeros(word.samples, np.float32)
        at = 0
        for unit in word.units:
            if unit.vowel >= 0:
                # The pitch falls along a phrase, and no two syllables are alike.
                hertz = voice.pitch * max(0.8, 1.1 - 0.015 * said) * (0.95 + 0.1 * chance.unit())
                sound[at : at + unit.samples] = _syllable(unit, voice, hertz, chance)
                said += 1
            elif unit.samples > WORD_GAP:
                said = 0
            at += unit.samples
        yield (sound * 32_767).astype(np.int16)


def _syllable(unit: Unit, voice: Voice, hertz: float, chance: Chance) -> "NDArray[float32]":
    import numpy as np

    wave = _waves(voice)[unit.vowel]
    steps = np.arange(unit.samples, dtype=np.float32)
    glide = hertz * (1 - 0.04 * steps / unit.samples)
    phase = np.cumsum(glide * (wave.size / RATE)).astype(np.int32) % wave.size
    sound: NDArray[float32] = wave[phase] * _envelope(unit.samples) * (0.62 + 0.13 * chance.unit())
    if unit.onset:
        noise = _noise(unit.onset, chance)[: unit.samples]
        if unit.onset not in _HUMS:
            sound[: len(noise)] *= np.linspace(0.2, 1, len(noise), dtype=np.float32)
        sound[: len(noise)] += noise
    return np.clip(sound, -_LOUDEST, _LOUDEST)


def _envelope(samples: int) -> "NDArray[float32]":
    import numpy as np

    edge = min(_EDGE, samples // 3)
    rise = 0.5 - 0.5 * np.cos(np.pi * np.arange(edge) / max(edge, 1))
    return np.concatenate([rise, np.ones(samples - 2 * edge), rise[::-1]]).astype(np.float32)


def _noise(letter: str, chance: Chance) -> "NDArray[float32]":
    """A consonant: a hiss, a burst or a hum."""
    import numpy as np

    noise = np.frombuffer(chance.data(_ONSET), dtype=np.int8).astype(np.float32) / 128
    if letter in _HUMS:
        noise = np.convolve(noise, np.full(16, 1 / 16, np.float32), "same") * 0.5
    elif letter in _HISSES:
        noise = np.diff(noise, prepend=noise[0]) * 0.2
    else:
        noise = noise * np.exp(-np.arange(_ONSET) / 180).astype(np.float32) * 0.5
    return (noise * np.hanning(_ONSET)).astype(np.float32)


@lru_cache(maxsize=16)
def _waves(voice: Voice) -> "tuple[NDArray[float32], ...]":
    """One period of each vowel: the voice's harmonics through the vowel's formants."""
    import numpy as np

    turn = np.arange(2_048) * (2 * np.pi / 2_048)
    waves = []
    for formants in _FORMANTS:
        wave = np.zeros(2_048)
        for harmonic in range(1, 4_000 // voice.pitch):
            hertz = harmonic * voice.pitch / voice.throat
            gain = sum(weight / (1 + ((hertz - peak) / 90) ** 2) for peak, weight in formants) + 0.02
            # Phases that are spread keep the period from being one sharp peak: louder at the same height.
            wave += gain / harmonic**0.5 * np.sin(harmonic * turn + 0.7 * harmonic * harmonic)
        waves.append((wave / np.abs(wave).max()).astype(np.float32))
    return tuple(waves)
