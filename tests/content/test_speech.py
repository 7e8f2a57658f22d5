"""Spoken answers: real files, as long as foretold, the same for the same seed."""

import io
from time import process_time

import numpy as np
import pytest
import soundfile

from fakeai.content import espeak, transcript
from fakeai.content.speech import (
    LONGEST_S,
    MAX_SECONDS,
    RATE,
    SpeechError,
    Utterance,
    chunks,
    seconds,
    speak,
    tokens,
    tokens_of,
)
from fakeai.content.voices import named, pitch_of
from fakeai.core.chance import Chance
from fakeai.core.errors import ServerError

TEXT = "The quick brown fox jumps over the lazy dog, and then it sleeps. In 2024 we met at the café near the river."


@pytest.mark.parametrize(
    ("fmt", "container", "subtype", "tolerance"),
    [
        ("wav", "WAV", "PCM_16", 1e-9),
        ("mp3", "MP3", "MPEG_LAYER_III", 0.12),
        ("flac", "FLAC", "PCM_16", 1e-9),
        ("opus", "OGG", "OPUS", 1e-3),
    ],
)
def test_each_format_is_what_it_says_and_as_long_as_foretold(fmt, container, subtype, tolerance):
    found = soundfile.info(io.BytesIO(speak(TEXT, "alloy", fmt, Chance(1))))
    assert (found.format, found.subtype, found.samplerate, found.channels) == (container, subtype, RATE, 1)
    assert found.duration == pytest.approx(seconds(TEXT), abs=tolerance)


def test_pcm_is_the_wav_without_its_header():
    wav, pcm = (speak(TEXT, "alloy", fmt, Chance(1)) for fmt in ("wav", "pcm16"))
    assert wav.endswith(b"data" + len(pcm).to_bytes(4, "little") + pcm)
    assert len(pcm) == round(seconds(TEXT) * RATE) * 2


def test_a_format_that_nobody_makes_is_refused_with_those_there_are():
    with pytest.raises(SpeechError, match="wav, mp3, flac, opus, pcm16, aac") as caught:
        speak(TEXT, "alloy", "ogg", Chance(1))  # type: ignore[arg-type]
    assert caught.value.status == 400


@pytest.mark.parametrize("fmt", ["wav", "mp3", "flac", "opus", "aac", "pcm16"])
def test_every_format_tells_the_words(fmt):
    sound = speak(TEXT, "alloy", fmt, Chance(1))
    assert (transcript.heard(sound) if fmt == "pcm16" else transcript.tagged(sound)) == TEXT


@pytest.mark.parametrize("speed", [0.25, 0.5, 1.0, 2.0, 4.0])
def test_speed_makes_it_shorter_and_no_higher(speed: float):
    said = Utterance("oh my, oh my", named("alloy"), speed)
    parts = list(chunks(said, "pcm", Chance(1)))
    assert sum(part.samples for part in parts) / RATE == pytest.approx(max(0.3, 1.15 / speed), abs=0.01)
    sound = np.frombuffer(b"".join(part.data for part in parts), "<i2")
    assert transcript.heard(sound.tobytes()) == "oh my, oh my"
    assert pitch_of(sound.astype(np.float32), RATE) == pytest.approx(165, rel=0.1)


@pytest.mark.parametrize("program", list(dict.fromkeys((None, espeak.found()))))
def test_an_answer_may_be_spoken_faster(program: str | None):
    usual, fast = (speak(TEXT, "alloy", "pcm16", Chance(1), program, speed) for speed in (1.0, 1.5))
    assert len(fast) == pytest.approx(len(usual) / 1.5, rel=0.01)
    assert transcript.heard(fast) == transcript.heard(usual) == TEXT


def test_a_text_that_would_take_too_long_is_said_faster():
    parts = list(chunks(Utterance("日" * 4_096, named("alloy"), 0.25), "pcm", Chance(1)))
    assert LONGEST_S * 0.99 < sum(part.samples for part in parts) / RATE <= LONGEST_S
    assert transcript.heard(b"".join(part.data for part in parts)) == "日" * 4_096


def test_sound_comes_in_parts_that_join_to_the_file():
    said = Utterance(TEXT, named("echo"), 1.0, longest=int(MAX_SECONDS * RATE))
    for fmt in ("mp3", "opus", "aac", "flac", "wav"):
        parts = [part.data for part in chunks(said, fmt, Chance(5))]
        assert len([part for part in parts if part]) > 5
        assert b"".join(parts) == speak(TEXT, "echo", fmt, Chance(5))


@pytest.mark.skipif(espeak.found() is None, reason="espeak-ng is not installed")
@pytest.mark.parametrize("fmt", ["wav", "mp3", "pcm"])
def test_a_voice_that_says_the_words_says_them_the_same_each_time(fmt):
    said = Utterance(TEXT, named("nova"), 1.0, espeak.found())
    first, second = (b"".join([part.data for part in chunks(said, fmt, Chance(n))]) for n in (1, 2))
    assert first == second
    assert (transcript.heard(first) if fmt == "pcm" else transcript.tagged(first)) == TEXT


@pytest.mark.skipif(espeak.found() is None, reason="espeak-ng is not installed")
@pytest.mark.parametrize("text", [TEXT, "", "Hm.", "日本語", "word " * 600])
def test_an_answer_that_is_spoken_in_words_is_as_long_as_foretold(text: str):
    sound = speak(text, "nova", "pcm16", Chance(1), espeak.found())
    assert len(sound) == 2 * round(seconds(text) * RATE)
    told = transcript.heard(sound)
    assert told is not None and text.startswith(told)
    assert (transcript.tagged(speak(text, "nova", "mp3", Chance(1), espeak.found())) or "") == text


def test_a_synthesiser_that_fails_is_told():
    with pytest.raises(ServerError, match="synthesiser failed"):
        speak(TEXT, "nova", "wav", Chance(1), "/nowhere/espeak-ng")


def samples(text: str, voice: str = "alloy", seed: int = 1) -> np.ndarray:
    return np.frombuffer(speak(text, voice, "pcm16", Chance(seed)), "<i2").astype(float)


def test_it_is_audible_and_not_clipped():
    sound = samples(TEXT)
    assert 6_000 < np.sqrt(np.mean(sound**2)) < 12_000
    assert 20_000 < np.abs(sound).max() < 32_000
    assert abs(sound.mean()) < 100


def test_pauses_are_silent_and_syllables_are_not():
    sound = samples("Oh. Oh.")
    pause = sound[4_800 + 1_200 : 4_800 + 1_200 + 7_200]
    assert np.abs(pause).max() <= 1  # what carries the words
    assert np.abs(sound[:4_800]).max() > 5_000


@pytest.mark.parametrize(("voice", "hertz"), [("onyx", 92), ("alloy", 165), ("nova", 220), ("no such voice", 140)])
def test_a_voice_has_its_pitch(voice: str, hertz: int):
    sound = samples("oh", voice)[1_000:3_800]
    spectrum = np.fft.rfft(sound * np.hanning(len(sound)), 65_536)
    likeness = np.fft.irfft(np.abs(spectrum) ** 2)
    lag = 80 + int(np.argmax(likeness[80:400]))
    assert RATE / lag == pytest.approx(hertz * 1.1, rel=0.08)  # a phrase begins 10 % up, give or take 5 %


def test_the_seed_decides_the_sound_and_not_its_length():
    assert speak(TEXT, "echo", "wav", Chance(7)) == speak(TEXT, "echo", "wav", Chance(7))
    assert speak(TEXT, "echo", "wav", Chance(7)) != speak(TEXT, "echo", "wav", Chance(8))
    assert len(speak(TEXT, "echo", "wav", Chance(7))) == len(speak(TEXT, "onyx", "wav", Chance(8)))


def test_durations_by_hand():
    # Hel-lo world: three syllables of 0.2 s, two gaps of 0.05 s, a stop of 0.3 s.
    assert seconds("Hello world.") == pytest.approx(1.0)
    assert tokens("Hello world.") == tokens_of(24_000) == 20
    assert seconds("") == pytest.approx(0.3)
    assert seconds("42") == pytest.approx(0.45)
    assert seconds("日本語") == pytest.approx(0.6)
    assert seconds("make") == seconds("cat") == pytest.approx(0.3)  # 0.25 s, filled up to the least
    assert seconds("привет мир") == pytest.approx(3 * 0.2 + 2 * 0.05)


def test_english_is_spoken_at_an_ordinary_pace():
    words = TEXT * 5
    assert 150 <= len(words.split()) / seconds(words) * 60 <= 180


def test_long_and_hostile_texts_are_cut_short():
    started = process_time()
    for text in ("word " * 5_000, "a" * 1_000_000, " " * 1_000_000, "9" * 1_000_000, "." * 100_000, "\u0301" * 100_000):
        assert 0.3 <= seconds(text) <= MAX_SECONDS
    assert process_time() - started < 1.0
    assert len(speak("word " * 5_000, "alloy", "pcm16", Chance(1))) <= MAX_SECONDS * RATE * 2
