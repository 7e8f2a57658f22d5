"""AAC: what a decoder made from the standard gets back, and one that everybody uses, where there is one."""

import subprocess
from shutil import which
from time import process_time

import numpy as np
import pytest
from content.aac_decoder import decoded, frames

from fakeai.content.aac import RATE, Encoder
from fakeai.content.speech import speak
from fakeai.core.chance import Chance

AT = np.arange(RATE)
RANDOM = np.random.default_rng(1)
SOUNDS = {
    "speech": np.frombuffer(speak("She sells sea shells.", "nova", "pcm16", Chance(1)), "<i2"),
    "tone": (9_000 * np.sin(2 * np.pi * 440 * AT / RATE)).astype(np.int16),
    "square": np.where(AT // 40 % 2, 32_767, -32_768).astype(np.int16),
    "noise": RANDOM.normal(scale=9_000, size=RATE).clip(-32_768, 32_767).astype(np.int16),
    "faint": (4 * np.sin(AT / 9)).astype(np.int16),
}


def encoded(sound: np.ndarray, part: int = 5_000) -> bytes:
    encoder = Encoder()
    return b"".join([encoder.add(sound[at : at + part]) for at in range(0, len(sound), part)]) + encoder.end()


def likeness(sound: np.ndarray, heard: np.ndarray) -> float:
    """The ratio of the sound to what is wrong with it, in dB."""
    error = heard[1_024 : 1_024 + len(sound)] - sound
    return float(10 * np.log10((sound.astype(float) ** 2).sum() / max(1e-9, (error**2).sum())))


@pytest.mark.parametrize(
    ("name", "least"), [("speech", 30), ("tone", 30), ("square", 30), ("noise", 20), ("faint", 15)]
)
def test_what_is_decoded_is_what_was_encoded(name: str, least: float):
    assert likeness(SOUNDS[name], decoded(encoded(SOUNDS[name]))) > least


@pytest.mark.skipif(which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize(("name", "least"), [("speech", 30), ("tone", 30), ("square", 30), ("noise", 20)])
def test_everybodys_decoder_hears_the_same(name: str, least: float):
    command = ["ffmpeg", "-v", "error", "-f", "aac", "-i", "-", "-f", "s16le", "-ac", "1", "-ar", str(RATE), "-"]
    done = subprocess.run(command, input=encoded(SOUNDS[name]), capture_output=True, check=True)
    assert done.stderr == b""
    assert likeness(SOUNDS[name], np.frombuffer(done.stdout, "<i2").astype(float)) > least


def test_the_last_samples_are_there():
    for length in (1, 1_023, 1_024, 1_025, 5_000):
        sound = SOUNDS["tone"][:length]
        assert len(frames(encoded(sound))) == -(-length // 1_024) + 1
        assert np.abs(decoded(encoded(sound))[1_024 : 1_024 + length] - sound).max() < 3_000


def test_parts_of_any_size_make_the_same_bytes():
    assert encoded(SOUNDS["speech"], 1) == encoded(SOUNDS["speech"], 4_096) == encoded(SOUNDS["speech"], 10**6)


def test_no_frame_is_larger_than_a_decoder_must_hold():
    loudest = RANDOM.choice(np.array([-32_768, 32_767], np.int16), RATE)
    assert max(map(len, frames(encoded(loudest)))) <= 768


def test_silence_takes_no_room():
    assert len(encoded(np.zeros(RATE, np.int16))) < 400
    assert not decoded(encoded(np.zeros(RATE, np.int16))).any()


def test_a_second_takes_milliseconds():
    encoded(SOUNDS["speech"])
    started = process_time()
    encoded(SOUNDS["tone"])
    assert process_time() - started < 0.1
