"""Words within sound: there after cutting, joining and copying, and nowhere that nobody put them."""

from time import process_time

import numpy as np
import pytest

from fakeai.content import marks, transcript
from fakeai.content.transcript import Relay, heard, pieces, tag, tagged, write

WORDS = ["Hello ", "there, ", "this ", "is ", "was ", "gesagt: ", "Grüße ", "日本語."]


def spoken(words: list[str] = WORDS, each: int = 3_000, seed: int = 1) -> np.ndarray:
    sound = (np.random.default_rng(seed).normal(size=each * len(words)) * 3_000).astype(np.int16)
    for number, word in enumerate(words):
        write(sound[number * each : (number + 1) * each], word, number)
    return sound


def test_samples_tell_the_words_they_say():
    assert heard(spoken().tobytes()) == "Hello there, this is was gesagt: Grüße 日本語."


def test_a_word_is_where_it_was_said():
    said = pieces(spoken())
    assert [piece.text for piece in said] == WORDS
    assert all(n * 3_000 == piece.start < piece.end <= (n + 1) * 3_000 for n, piece in enumerate(said))


def test_it_does_not_matter_where_the_samples_are_cut_to_be_searched(monkeypatch: pytest.MonkeyPatch):
    whole = pieces(spoken())
    for size in (1, 33, 1_000):
        monkeypatch.setattr(marks, "_PART", size)
        assert pieces(spoken()) == whole


def test_nobody_hears_it():
    plain = (np.random.default_rng(1).normal(size=24_000) * 3_000).astype(np.int16)
    assert np.abs(spoken().astype(int) - plain.astype(int)).max() == 1


def test_what_is_left_of_cut_sound_tells_its_words():
    sound = spoken()
    for start in (3_001, 3_700, 5_000):
        assert heard(sound[start:13_000].tobytes()) == "there, this is was"


def test_sound_said_after_other_sound_is_heard_after_it():
    again = np.concatenate([np.zeros(777, np.int16), spoken(), np.zeros(5, np.int16), spoken(["Bye."])])
    assert heard(again.tobytes()) == "Hello there, this is was gesagt: Grüße 日本語. Bye."
    assert heard(np.concatenate([spoken(["yes"]), spoken(["yes"])]).tobytes()) == "yes yes"


@pytest.mark.parametrize("samples", [b"", b"\0", b"\0" * 100_000, b"\xff" * 100_001])
def test_nothing_is_heard_where_nothing_was_said(samples: bytes):
    assert heard(samples) is None


def test_nothing_is_heard_in_noise():
    noise = np.random.default_rng(2).integers(-32_768, 32_767, 500_000, dtype=np.int16)
    assert heard(noise.tobytes()) is None


def test_a_damaged_word_is_left_out():
    sound = spoken(["one ", "two ", "three"], 200)
    sound[200 + 100] ^= 1
    assert heard(sound.tobytes()) == "one three"


def test_a_word_for_which_there_is_no_time_changes_nothing():
    silence = np.zeros(100, np.int16)
    write(silence, "incomprehensibilities", 0)
    assert not silence.any()


def test_a_long_piece_is_cut_between_two_characters():
    sound = np.zeros(10_000, np.int16)
    write(sound, "ü" * 200, 0)
    assert heard(sound.tobytes()) == "ü" * 127


def test_words_are_carried_to_another_rate():
    sound = spoken()
    for down, up in ((3, 1), (3, 2), (2, 3), (1, 3)):
        other = np.zeros(len(sound) * up // down, np.int16)
        Relay(down, up).carry(sound, other)
        assert heard(other.tobytes()) == heard(sound.tobytes())
        pieces = np.zeros(len(other), np.int16)
        relay = Relay(down, up)
        for at in range(0, len(sound), 600):
            end = (at + 600) * up // down
            relay.carry(sound[at : at + 600], pieces[at * up // down : end])
        assert (pieces == other).all()
        assert set(np.unique(other)) <= {0, 1}


def test_what_there_is_no_time_for_is_left_out():
    dense = np.zeros(100_000, np.int16)
    for number in range(100):
        write(dense[1_000 * number : 1_000 * (number + 1)], f"word{number:03d} ", number)
    other = np.zeros(10_000, np.int16)
    Relay(10, 1).carry(dense, other)
    said = heard(other.tobytes())
    assert said is not None and said.startswith("word000 word001 ")
    assert len(pieces(other)) * 100 < 10_000


def test_sound_made_of_marks_costs_little():
    marks = np.tile(np.unpackbits(np.frombuffer(b"\xa5\xc3\xf0\xe1", np.uint8)), 300_000).astype(np.int16)
    started = process_time()
    assert heard(marks.tobytes()) is None
    assert process_time() - started < 2.0


@pytest.mark.parametrize("text", ["", "Hello.", "Grüße\n日本語", "a" * 100_000, "\ud800"])
def test_a_tag_tells_its_text(text: str):
    told = tag(text)
    assert told.isascii() and told.isprintable()
    assert tagged(b"ID3\x04" + told.encode() + b"\xff\xfb") == text.encode("utf-8", "replace").decode()


def test_a_damaged_tag_is_passed_over():
    good = tag("Hello.").encode()
    assert tagged(good.replace(b".", b"A.", 1) + good) == "Hello."
    assert tagged(good[:-9] + b"00000000;") is None
    assert tagged(good[:-1]) is None
    assert tagged(b"fakeai-words:!!!.00000000;") is None


def test_a_file_made_of_tags_costs_little(monkeypatch: pytest.MonkeyPatch):
    unfolded: list[object] = []
    monkeypatch.setattr(transcript, "_unfolded", unfolded.append)
    assert tagged(tag("a" * 1_000_000).encode() * 1_000) is None
    assert len(unfolded) == 16


def test_a_tag_that_unfolds_to_too_much_is_passed_over():
    assert tagged(tag("a" * 3_000_000).encode()) is None
