"""Voices by name, and the pitch of a sample."""

import numpy as np
import pytest

from fakeai.content.formants import spoken
from fakeai.content.syllables import RATE, words
from fakeai.content.voices import OTHER, VOICES, named, pitch_of, pitched
from fakeai.core.chance import Chance


def test_every_voice_of_openai_is_there_and_no_two_are_alike():
    assert len(VOICES) == len(set(VOICES.values())) == 13
    assert named("Alloy") == VOICES["alloy"]
    assert named("nobody") == OTHER


@pytest.mark.parametrize("name", ["onyx", "alloy", "nova"])
def test_a_voice_is_known_by_its_sample(name: str):
    sound = np.concatenate(list(spoken(words("How are you all today, my friends?"), named(name), Chance(3))))
    assert pitch_of(sound.astype(np.float32), RATE) == pytest.approx(named(name).pitch, rel=0.12)


@pytest.mark.parametrize("rate", [8_000, 44_100])
def test_the_pitch_of_a_tone_is_its_own(rate: int):
    tone = np.sin(2 * np.pi * 180 * np.arange(rate) / rate).astype(np.float32)
    assert pitch_of(tone, rate) == pytest.approx(180, abs=4)


def test_noise_and_silence_have_no_pitch():
    assert pitch_of(np.zeros(RATE, np.float32), RATE) is None
    assert pitch_of(np.zeros(10, np.float32), RATE) is None
    assert pitch_of(np.random.default_rng(1).normal(size=RATE).astype(np.float32), RATE) is None


def test_a_made_voice_stays_within_what_people_have():
    assert pitched(20).pitch == 70
    assert pitched(4_000).pitch == 320
    assert pitched(110).throat < pitched(220).throat
