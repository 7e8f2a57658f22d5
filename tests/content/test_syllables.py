"""Words, syllables and pauses: nothing of a text is lost, and all takes the time it should."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeai.content.syllables import RATE, least, words


@given(st.text(max_size=300), st.sampled_from([0.25, 1.0, 4.0]))
def test_words_are_the_text_and_each_has_room_for_its_letters(text: str, speed: float):
    said = list(words(text, speed))
    assert "".join(word.text for word in said) == text
    assert all(word.samples >= least(word.text) for word in said)
    assert all(unit.samples > 0 for word in said for unit in word.units)
    assert sum(word.samples for word in said) >= 0.3 * RATE


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Hello, world!", ["Hello, ", "world!"]),
        ('  "Hi" — she said 😀. ', ['  "Hi" — ', "she ", "said 😀. "]),
        ("日本 go", ["日", "本 ", "go"]),
        ("in 2024.", ["in ", "2024."]),
        ("...", ["..."]),
        ("", [""]),
    ],
)
def test_what_has_no_sound_belongs_to_the_word_before(text: str, pieces: list[str]):
    assert [word.text for word in words(text)] == pieces


def test_syllables_have_their_vowels_and_consonants():
    (word,) = words("banana")
    assert [(unit.vowel, unit.onset) for unit in word.units if unit.vowel >= 0] == [(0, "b"), (0, "n"), (0, "n")]
    (word,) = words("eat")
    assert [(unit.vowel, unit.onset) for unit in word.units if unit.vowel >= 0] == [(1, "")]
    assert word.sounding == word.samples - word.units[-2].samples - word.units[-1].samples


def test_nothing_is_said_after_the_longest():
    assert sum(word.samples for word in words("word " * 100, 1.0, 24_000)) == 24_000


def test_a_faster_voice_takes_less_time():
    ordinary, fast = (sum(word.samples for word in words("one two three four", speed)) for speed in (1.0, 2.0))
    assert fast == pytest.approx(ordinary / 2, abs=4)
