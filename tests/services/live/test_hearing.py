"""Stretches of speech are found wherever chunks are cut, with their places; silence is none."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fakeai.services.live.hearing import Ear, Utterance

NOISE = (np.random.default_rng(1).normal(size=24_000) * 3_000).astype(np.int16)


def quiet(seconds: float) -> np.ndarray:
    return np.zeros(int(24_000 * seconds), np.int16)


SOUND = np.concatenate([quiet(0.5), NOISE, quiet(0.8), NOISE[:12_000], quiet(0.6)])


def heard(chunks: list[np.ndarray]) -> list[Utterance]:
    ear = Ear()
    return [said for chunk in chunks for said in ear.take(chunk).ended]


def test_two_stretches_are_told_with_their_places() -> None:
    first, second = heard([SOUND])
    assert 300 <= first.start_ms <= 500 and 1_900 <= first.end_ms <= 2_100
    assert 2_100 <= second.start_ms <= 2_300 and 3_200 <= second.end_ms <= 3_400
    assert NOISE.tobytes() in first.samples.tobytes()


@given(st.lists(st.integers(0, len(SOUND)), max_size=12))
def test_it_does_not_matter_where_chunks_are_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(SOUND)]
    chunks = [SOUND[start:end] for start, end in pairwise(places)]
    one, other = heard(chunks), heard([SOUND])
    assert [(said.start_ms, said.end_ms, said.samples.tobytes()) for said in one] == [
        (said.start_ms, said.end_ms, said.samples.tobytes()) for said in other
    ]


def test_the_beginning_of_speech_is_told_once() -> None:
    ear = Ear()
    assert not ear.take(quiet(1)).began
    assert ear.take(NOISE).began
    assert ear.speaking and not ear.take(NOISE).began
    assert ear.take(quiet(1)).ended and not ear.speaking


def test_silence_and_a_click_are_no_speech() -> None:
    click = np.concatenate([quiet(0.5), NOISE[:480], quiet(2)])
    assert heard([click]) == [] == heard([quiet(30)])


def test_speech_that_nobody_ends_is_cut_after_a_minute_or_when_asked() -> None:
    ear = Ear()
    assert ear.end() is None
    (minute,) = ear.take(np.tile(NOISE, 61)).ended
    assert len(minute.samples) == 60 * 24_000
    ear.take(NOISE)
    rest = ear.end()
    assert rest is not None and rest.end_ms == ear.ms == 62_000
    assert not ear.speaking


def test_chunks_smaller_than_a_frame_are_heard_too() -> None:
    ear = Ear()
    for at in range(0, len(NOISE), 100):
        ear.take(NOISE[at : at + 100])
    assert ear.speaking and ear.ms == 1_000
