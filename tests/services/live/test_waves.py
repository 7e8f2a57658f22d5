"""Samples survive the way to a telephone and back; PCM at the usual rate keeps every bit."""

import numpy as np
import pytest

from fakeai.services.live.waves import PCM, Inlet, Outlet, Wave
from fakeai.services.realtime.sound import RATE

TONE = (np.sin(np.arange(RATE) * 2 * np.pi * 440 / RATE) * 12_000).astype(np.int16)
ULAW, ALAW, SLOW = Wave("audio/pcmu", 8_000), Wave("audio/pcma", 8_000), Wave("audio/pcm", 16_000)


def there(wave: Wave, samples: np.ndarray = TONE, size: int = 2_400) -> bytes:
    outlet = Outlet(wave)
    return b"".join([outlet.write(samples[at : at + size]) for at in range(0, len(samples), size)])


def back(wave: Wave, data: bytes, size: int = 800) -> np.ndarray:
    inlet = Inlet(wave)
    return np.concatenate([inlet.read(data[at : at + size]) for at in range(0, len(data), size)])


def test_pcm_keeps_every_bit() -> None:
    assert there(PCM) == TONE.tobytes()
    assert (back(PCM, TONE.tobytes()) == TONE).all()


@pytest.mark.parametrize("wave", [ULAW, ALAW, SLOW])
def test_a_tone_is_the_same_tone_after_the_way_there_and_back(wave: Wave) -> None:
    data = there(wave)
    assert len(data) == wave.rate * wave.width
    again = back(wave, data)
    assert len(again) == RATE
    delays = [
        float(np.corrcoef(again[3:], TONE[: len(TONE) - 3].astype(float))[0, 1]),
        float(np.corrcoef(again, TONE)[0, 1]),
    ]
    assert max(delays) > 0.99


@pytest.mark.parametrize("size", [1, 2, 7, 801])
@pytest.mark.parametrize("wave", [PCM, ULAW, ALAW, SLOW])
def test_pieces_of_any_size_are_the_whole(wave: Wave, size: int) -> None:
    data = there(wave)[:6_000]
    assert there(wave, TONE[:3_000], size) == there(wave, TONE[:3_000], 3_000)
    assert (back(wave, data, size) == back(wave, data, len(data))).all()


@pytest.mark.parametrize("wave", [ULAW, ALAW, SLOW])
def test_pieces_join_without_a_click(wave: Wave) -> None:
    level = np.full(9_600, 8_000, np.int16)
    values = back(wave, there(wave, level))[100:]
    assert int(values.max()) - int(values.min()) < 200


def test_no_samples_are_none_at_any_rate() -> None:
    for wave in (PCM, ULAW, SLOW):
        assert Outlet(wave).write(TONE[:0]) == b""
        assert len(Inlet(wave).read(b"")) == 0
