"""The plain voice: as long as its words, loud, and never too loud."""

import numpy as np

from fakeai.content.formants import spoken
from fakeai.content.syllables import words
from fakeai.content.voices import named
from fakeai.core.chance import Chance

TEXT = "She sells sea shells, many more than Tom bought. Why?"


def test_each_word_sounds_for_as_long_as_it_lasts():
    said = list(words(TEXT))
    for word, sound in zip(said, spoken(said, named("echo"), Chance(1)), strict=True):
        assert len(sound) == word.samples
        assert sound.dtype == np.int16
        assert 12_000 < np.abs(sound.astype(int)).max() <= 0.8 * 32_768


def test_letters_can_be_told_apart():
    oh, sue, moo = (
        next(iter(spoken(words(text), named("echo"), Chance(1)))).astype(float) for text in ("oo", "su", "mu")
    )
    begin = slice(0, 1_000)

    def highs(sound: np.ndarray) -> float:
        spectrum = np.abs(np.fft.rfft(sound[begin]))
        return float(spectrum[200:].sum() / spectrum.sum())

    assert highs(sue) > 2 * highs(moo)
    assert highs(sue) > 2 * highs(oh)


def test_syllables_are_as_loud_at_any_speed():
    for speed in (0.25, 4.0):
        sound = np.concatenate(list(spoken(words("la la la", speed), named("nova"), Chance(1)))).astype(float)
        assert np.abs(sound).max() > 15_000
