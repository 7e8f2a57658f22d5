"""What somebody hears of the user, under settings that change."""

import pytest

from fakeai.content import transcript
from fakeai.core.errors import BadRequest
from fakeai.services.realtime import config
from fakeai.services.realtime.ear import Ear, SpeechStarted, SpeechStopped
from services.realtime.driver import silence, spoken

INPUT = config.fresh("realtime", "sess_1", "gpt-realtime", 0)["audio"]["input"]


def test_a_turn_holds_all_that_was_said() -> None:
    ear = Ear(INPUT)
    started, stopped = ear.hear(silence(1) + spoken("All of these words.") + silence(1))
    assert isinstance(started, SpeechStarted) and isinstance(stopped, SpeechStopped)
    assert transcript.heard(stopped.pcm) == "All of these words."
    assert 700 <= started.at_ms < stopped.at_ms <= ear.now_ms and not ear.speaking


def test_half_a_turn_can_be_taken_and_is_then_none() -> None:
    ear = Ear(INPUT)
    ear.hear(silence(1) + spoken("All of these words.")[:40_000])
    assert ear.speaking
    assert len(ear.take()) < 60_000 and not ear.speaking
    with pytest.raises(BadRequest, match=r"0\.00ms"):
        ear.take()


def test_silence_is_not_kept_for_ever() -> None:
    ear = Ear(INPUT)
    for _ in range(30):
        ear.hear(silence(1))
    assert ear.now_ms == 30_000 and len(ear.take()) < 2 * 24_000 * 11


def test_there_is_an_end_to_what_is_kept_where_nobody_listens() -> None:
    ear = Ear({**INPUT, "turn_detection": None})
    for _ in range(10):
        ear.hear(silence(60))
    with pytest.raises(BadRequest, match="600 seconds"):
        ear.hear(silence(1))
    ear.clear()
    assert ear.hear(silence(1)) == []


def test_other_settings_count_from_there_on() -> None:
    ear = Ear(INPUT)
    ear.hear(spoken("Hello"))
    ear.change({**INPUT, "turn_detection": None, "format": {"type": "audio/pcmu"}})
    before = ear.now_ms
    assert ear.hear(b"\x7f" * 8_000) == [] and ear.now_ms == before + 1_000
