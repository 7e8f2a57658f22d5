"""One thing is said at a time, in order, until somebody interrupts."""

import numpy as np

from fakeai.services.live.voice import Voice
from fakeai.services.live.wants import Say

SECOND = np.zeros(24_000, np.int16)


def test_one_thing_is_said_after_the_other() -> None:
    voice = Voice()
    assert voice.next() is None
    voice.add(Say(0, "a"))
    voice.add(Say(0, "b"))
    assert voice.next() == Say(0, "a")
    assert voice.next() is None
    voice.saying = "a "
    assert voice.finish() == "a"
    assert voice.next() == Say(0, "b")


def test_an_interruption_ends_what_was_to_be_said() -> None:
    voice = Voice()
    for text in "abc":
        voice.add(Say(0, text))
    voice.next()
    voice.saying = "half of "
    assert voice.hush() == "half of"
    assert voice.next() is None
    voice.add(Say(0, "d"))
    assert voice.next() == Say(1, "d")


def test_what_waits_is_bounded() -> None:
    voice = Voice()
    for number in range(100):
        voice.add(Say(0, str(number)))
    said = []
    while (what := voice.next()) is not None:
        said.append(what)
        voice.finish()
    assert len(said) == 32


def test_sound_comes_in_tenths_of_a_second_with_its_places() -> None:
    voice = Voice()
    pieces = list(voice.sound(np.concatenate([SECOND, SECOND[:1_200]]), 500))
    assert [(piece.start_ms, piece.end_ms) for piece in pieces][::10] == [(500, 600), (1_500, 1_550)]
    assert sum(len(piece.samples) for piece in pieces) == 25_200
    assert voice.spoken_ms == 1_550
