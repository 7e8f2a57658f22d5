"""Samples survive the way to a telephone and back; PCM at the usual rate keeps every bit."""

import numpy as np
import pytest

from fakeai.content.waves import PCM, RATE, Wave, read, resampled, write

TONE = (np.sin(np.arange(RATE) * 2 * np.pi * 440 / RATE) * 12_000).astype(np.int16)
ULAW, ALAW = Wave("audio/pcmu", 8_000), Wave("audio/pcma", 8_000)


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one.astype(float), other.astype(float))[0, 1])


def test_pcm_keeps_every_bit():
    assert write(TONE, PCM) == TONE.tobytes()
    assert (read(TONE.tobytes() + b"x", PCM) == TONE).all()


@pytest.mark.parametrize("wave", [ULAW, ALAW, Wave("audio/pcm", 16_000)])
def test_a_tone_is_the_same_tone_after_the_way_there_and_back(wave: Wave):
    data = write(TONE, wave)
    assert len(data) == wave.rate * wave.width
    assert wave.seconds(data) == 1
    back = read(data, wave)
    assert len(back) == RATE
    assert likeness(back, TONE) > 0.99


def test_codes_are_those_of_the_standard():
    """Values of ITU-T G.711's tables."""
    levels = np.array([0, 1_000, -1_000, 32_767, -32_768], np.int16)
    ulaw = write(levels, Wave("audio/pcmu", RATE))
    alaw = write(levels, Wave("audio/pcma", RATE))
    assert ulaw == bytes([0xFF, 0xCE, 0x4E, 0x80, 0x00])
    assert alaw == bytes([0xD5, 0xFA, 0x7A, 0xAA, 0x2A])
    assert read(b"\x80\x00\xff", Wave("audio/pcmu", RATE)).tolist() == [32_124, -32_124, 0]
    assert read(b"\xaa\x2a\xd5", Wave("audio/pcma", RATE)).tolist() == [32_256, -32_256, 8]


@pytest.mark.parametrize("wave", [Wave("audio/pcmu", RATE), Wave("audio/pcma", RATE)])
def test_every_code_comes_back_as_itself(wave: Wave):
    codes = bytes(range(256))
    values = read(codes, wave)
    again = read(write(values, wave), wave)
    assert (again == values).all()
    assert len(set(values.tolist())) >= 255


def test_pieces_join_without_a_click():
    level = np.full(2_400, 8_000, np.int16)
    for wave in (ULAW, Wave("audio/pcm", 16_000)):
        values = read(write(level, wave), Wave(wave.encoding, RATE))
        assert values.max() - values.min() < 200


def test_no_samples_are_none_at_any_rate():
    assert len(resampled(TONE[:0], 8_000, RATE)) == 0
    assert write(TONE[:0], ULAW) == b""
    assert len(resampled(TONE, RATE, RATE)) == len(TONE)
