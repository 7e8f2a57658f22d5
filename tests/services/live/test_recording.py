"""A recording has the user left and the model right, each where it was, and an end."""

import io
import wave

import numpy as np

from fakeai.services.live.recording import LONGEST_S, Recorder

ONES = np.ones(2_400, np.int16)


def channels(data: bytes) -> np.ndarray:
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 24_000, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)


def test_each_is_where_it_was() -> None:
    recorder = Recorder()
    recorder.hear(ONES)
    recorder.hear(2 * ONES)
    recorder.say(3 * ONES, 150)
    sound = channels(recorder.file())
    assert len(sound) == 6_000
    assert sound[:2_400, 0].tolist() == ONES.tolist() and set(sound[2_400:4_800, 0]) == {2}
    assert not sound[:3_600, 1].any() and set(sound[3_600:, 1]) == {3}


def test_nothing_is_a_recording_too() -> None:
    assert len(channels(Recorder().file())) == 0


def test_what_comes_too_late_is_not_recorded() -> None:
    recorder = Recorder()
    minute = np.ones(60 * 24_000, np.int16)
    for _ in range(LONGEST_S // 60 + 1):
        recorder.hear(minute)
    recorder.say(ONES, LONGEST_S * 1_000 - 50)
    recorder.say(ONES, LONGEST_S * 1_000)
    sound = channels(recorder.file())
    assert len(sound) == LONGEST_S * 24_000
    assert sound[:, 1].sum() == 1_200
