"""A voice that says the words, in a process of its own: with a program that stands in for it, and with the real one."""

import stat
import sys
from pathlib import Path

import numpy as np
import pytest

from fakeai.content import espeak
from fakeai.content.espeak import EspeakError, spoken
from fakeai.content.syllables import least
from fakeai.content.voices import named

TEXT = 'Hello there, my friend! How are you "today"? 你好。 No end to it'

STAND_IN = """#!{python}
import struct, sys
text = sys.stdin.buffer.read()
open({log!r}, "a").write(repr((sys.argv[1:], text)) + chr(10))
{fault}
samples = b"".join(struct.pack("<h", 9000 if n // 50 % 2 else -9000) for n in range(40 * len(text)))
head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 0x7FFFF024, b"WAVE", b"fmt ", 16, 1, 1, 22050, 44100, 2, 16)
sys.stdout.buffer.write(head + struct.pack("<4sI", b"data", 0x7FFFF000) + bytes(2000) + samples + bytes(2000))
"""


@pytest.fixture
def program(tmp_path: Path):
    def make(fault: str = "") -> tuple[str, Path]:
        path, log = tmp_path / "espeak-ng", tmp_path / "log"
        path.write_text(STAND_IN.format(python=sys.executable, log=str(log), fault=fault))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path), log

    return make


def test_the_program_is_looked_for_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(espeak, "which", lambda name: f"/usr/bin/{name}")
    assert espeak.found() == espeak.found("auto") == espeak.found("espeak-ng") == "/usr/bin/espeak-ng"
    assert espeak.found("plain") is None
    monkeypatch.setattr(espeak, "which", lambda name: None)
    assert espeak.found("auto") is None
    with pytest.raises(ValueError, match=r"audio\.synthesiser: there is no espeak-ng on PATH"):
        espeak.found("espeak-ng")


def test_a_sentence_without_sound_is_silent(program):
    path, _ = program("sys.exit()")
    (one,) = spoken(path, " ", named("nova"), 1.0)
    assert not one.samples.any() and "".join(one.words) == " "


def test_sentences_are_said_one_by_one_and_are_the_text_together(program):
    path, log = program()
    said = list(spoken(path, TEXT, named("onyx"), 1.0))
    assert ["".join(one.words) for one in said] == [
        "Hello there, my friend! ",
        'How are you "today"? ',
        "你好。 ",
        "No end to it",
    ]
    calls = [eval(line) for line in log.read_text().splitlines()]
    assert [text.decode() for _, text in calls] == ["".join(one.words) for one in said]
    assert [arguments[arguments.index("-v") + 1][:3] for arguments, _ in calls] == ["en-", "en-", "cmn", "en-"]


def test_words_last_as_long_as_the_sound_and_have_room_for_their_letters(program):
    path, _ = program()
    for text in (TEXT, "😀" * 500, "", "a"):
        for one in spoken(path, text, named("nova"), 1.0):
            assert sum(one.lengths) == len(one.samples)
            assert all(length >= least(word) for word, length in zip(one.words, one.lengths, strict=True))


def test_it_is_loud_and_at_our_rate(program):
    path, _ = program()
    (one,) = spoken(path, "Hello", named("nova"), 1.0)
    assert len(one.samples) == pytest.approx((2_000 + 40 * 5) * 24_000 / 22_050, rel=0.1)
    assert 15_000 < np.abs(one.samples.astype(int)).max() <= 26_100


@pytest.mark.parametrize(("voice", "speed", "pace"), [("onyx", 0.25, "80"), ("nova", 1.0, "165"), ("nova", 4.0, "450")])
def test_voice_and_speed_are_told(program, voice: str, speed: float, pace: str):
    path, log = program()
    list(spoken(path, "[[a]]", named(voice), speed))
    arguments, text = eval(log.read_text())
    assert arguments[arguments.index("-s") + 1] == pace
    assert ("+m" if voice == "onyx" else "+f") in arguments[arguments.index("-v") + 1]
    assert text == b"[ [a]]"


@pytest.mark.parametrize("fault", ["sys.exit(3)", "sys.stdout.write('no sound'); sys.exit()"])
def test_a_program_that_fails_is_told(program, fault: str):
    path, _ = program(fault)
    with pytest.raises(EspeakError):
        list(spoken(path, "Hello", named("nova"), 1.0))


def test_a_program_that_hangs_is_ended(program, monkeypatch):
    path, _ = program("import time; time.sleep(60)")
    monkeypatch.setattr(espeak, "_PATIENCE_S", 0.5)
    with pytest.raises(EspeakError):
        list(spoken(path, "Hello", named("nova"), 1.0))


def test_a_program_that_is_not_there_is_told():
    with pytest.raises(EspeakError):
        list(spoken("/nowhere/espeak-ng", "Hello", named("nova"), 1.0))


@pytest.mark.skipif(espeak.found() is None, reason="espeak-ng is not installed")
def test_the_real_one_says_longer_texts_longer():
    short, long = (
        sum(len(one.samples) for one in spoken(espeak.found() or "", text, named("nova"), 1.0))
        for text in ("Hello.", "Hello. This is a longer text, which takes longer to say.")
    )
    assert 0.3 * 24_000 < short < long / 2
