"""What is said when: our own words at their own time, others' as long as they speak, and nothing in silence."""

import io

import numpy as np
import pytest
import soundfile

from fakeai.content.hearing import Span, heard, loud, overheard, speech
from fakeai.content.sound import listen
from fakeai.content.speech import speak
from fakeai.core.chance import Chance

TEXT = "The quick brown fox jumps. Then, it sleeps!"


def said(pieces: list) -> str:
    return "".join(piece.text for piece in pieces)


def bursts(*spans: tuple[float, float], seconds: float = 10.0) -> bytes:
    """Somebody else's speech: noise at these seconds."""
    sound = np.zeros(int(seconds * 16_000))
    for start, end in spans:
        size = int((end - start) * 16_000)
        sound[int(start * 16_000) :][:size] = np.random.default_rng(int(start)).normal(scale=0.1, size=size)
    file = io.BytesIO()
    soundfile.write(file, sound, 16_000, format="WAV")
    return file.getvalue()


@pytest.mark.parametrize("fmt", ["wav", "flac", "mp3", "opus", "aac"])
def test_our_own_words_come_back_with_times_within_the_sound(fmt):
    sound = listen(speak(TEXT, "alloy", fmt, Chance(1)), f"x.{fmt}")
    pieces = heard(sound, "en", "")
    assert said(pieces) == TEXT
    times = [time for piece in pieces for time in (piece.start, piece.end)]
    assert times == sorted(times)
    assert times[0] < 0.2 and times[-1] <= sound.seconds


def test_words_in_samples_are_where_they_are_said():
    sound = listen(speak("one two three", "alloy", "wav", Chance(1)), "x.wav")
    assert [round(piece.start, 2) for piece in heard(sound, "en", "")] == [0.0, 0.25, 0.5]


def test_words_that_only_pauses_have_kept_are_not_all_of_them():
    sound = listen(speak(TEXT, "alloy", "wav", Chance(1)), "x.wav")
    left = sound._replace(said=[piece._replace(start=piece.end - 900) for piece in sound.said[1:3]])
    assert said(heard(left, "en", "")) == TEXT
    assert said(heard(left._replace(tagged=None), "en", "")) == "quick brown"
    cut = sound._replace(said=sound.said[1:3], levels=sound.levels[12:38])
    cut = cut._replace(said=[piece._replace(start=piece.start - 5_760, end=piece.end - 5_760) for piece in cut.said])
    assert said(heard(cut, "en", "")) == "quick brown"


def test_a_long_sound_has_words_to_its_end():
    pieces = heard(listen(bursts((0, 10)), "x.wav")._replace(levels=np.full(150_000, 0.1, np.float32)), "en", "")
    assert len(pieces) > 6_000
    assert pieces[-1].end == pytest.approx(3_000, rel=0.01)


def test_others_speech_takes_as_many_words_as_fit_its_loud_parts():
    sound = listen(bursts((1, 4), (6, 9)), "x.wav")
    assert [(round(s.start, 1), round(s.end, 1)) for s in speech(sound)] == [(1.0, 4.0), (6.0, 9.0)]
    pieces = heard(sound, "en", "")
    assert 10 <= len(pieces) <= 24
    assert all(1 <= p.start <= p.end <= 4.01 or 6 <= p.start <= p.end <= 9.01 for p in pieces)
    assert said(pieces)[-1] in ".!?"


def test_the_same_sound_says_the_same_and_another_another():
    first, same, other = (said(heard(listen(bursts(span), "x.wav"), "en", "")) for span in ((0, 4), (0, 4), (1, 5)))
    assert first == same != other


def test_silence_says_nothing():
    assert heard(listen(bursts(), "x.wav"), "en", "") == []
    assert loud(np.zeros(0, np.float32)) == []


def test_short_pauses_belong_to_speech_and_clicks_do_not():
    levels = np.zeros(100, np.float32)
    levels[10:20] = levels[30:40] = 0.2
    levels[80] = 0.2
    assert loud(levels) == [Span(0.2, 0.8)]


@pytest.mark.parametrize(("language", "letter"), [("de", "ü"), ("ja", "の"), ("ru", "о"), ("xx", "e")])
def test_words_are_in_the_language_that_is_named(language: str, letter: str):
    assert letter in overheard(60, language, "", Chance(1))


def test_words_are_about_what_is_told():
    text = overheard(40, "en", "photovoltaic inverters and their warranties", Chance(1))
    assert "photovoltaic inverters" in text.lower()


@pytest.mark.parametrize("seconds", [0.1, 1, 10, 300])
def test_as_much_is_said_as_there_is_time_for(seconds: float):
    count = len(overheard(seconds, "en", "", Chance(5)).split())
    assert max(1, 1.6 * seconds) <= count <= max(2, 4.0 * seconds)
