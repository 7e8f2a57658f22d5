"""Sounds in a prompt: their words stand behind the text, where somebody can tell them."""

import io

import numpy as np
import soundfile

from fakeai.content import hearing
from fakeai.content.listening import heard, unheard
from fakeai.content.sound import listen
from fakeai.content.speech import speak
from fakeai.core.chance import Chance
from fakeai.core.generation import Media, Message


def sound(text: str = "How are you?", **more: object) -> Media:
    return Media("audio", speak(text, "nova", "wav", Chance(1)), "audio/wav")._replace(**more)


def test_the_words_of_sounds_stand_behind_the_text():
    messages = (
        Message("system", "Be kind."),
        Message("user", "", (sound("Hello."),)),
        Message("user", "Answer this:", (sound(), sound("And you?"))),
    )
    assert unheard(messages)
    assert [one.text for one in heard(messages, None, b"")] == [
        "Be kind.",
        "Hello.",
        "Answer this:\nHow are you?\nAnd you?",
    ]


def test_what_has_been_written_down_already_and_what_is_no_sound_says_nothing_more():
    media = (sound(written=True), Media("image", b"x"), Media("audio", None, url="https://a/b.wav"))
    messages = (Message("user", "Hi", media), Message("user", "Bye"))
    assert not unheard(messages)
    assert heard(messages, None, b"") == messages
    assert heard([Message("user", "Hi", (sound(data=b"no sound"),))], None, b"")[0].text == "Hi"


def test_somebody_elses_words_are_those_of_a_transcription():
    file = io.BytesIO()
    soundfile.write(file, np.random.default_rng(1).normal(scale=0.1, size=48_000), 24_000, format="WAV")
    expected = "".join(word.text for word in hearing.heard(listen(file.getvalue()), "en", "", b"seed"))
    (told,) = heard([Message("user", "", (sound(data=file.getvalue()),))], None, b"seed")
    assert told.text == expected != ""


def test_only_the_last_sounds_of_a_long_conversation_are_listened_to():
    told = heard([Message("user", "", (sound(),))] * 20, None, b"")
    assert [bool(one.text) for one in told] == [False] * 4 + [True] * 16
