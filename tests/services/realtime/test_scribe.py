"""What is written of what somebody said."""

import pytest

from fakeai.services.realtime.commands import Hear
from fakeai.services.realtime.conversation import Entry
from fakeai.services.realtime.scribe import LOGPROBS, transcription, words_of
from services.realtime.driver import check, silence, spoken


def told(model: str, words: str = "Hello there.", include=()) -> list[dict]:
    entry = Entry({"id": "item_1", "content": [{}]}, {0: spoken("Hello there.")})
    events = [
        {**event, "event_id": "event_1"} for event in transcription(Hear(entry, 0, {"model": model}), words, include)
    ]
    for event in events:
        check(event)
    return events


def test_what_fakeai_has_said_is_written_as_it_was() -> None:
    assert words_of(spoken("Good morning to all."), "", "", b"") == "Good morning to all."


def test_other_peoples_words_are_made_up_and_silence_has_none() -> None:
    strange = bytes(value & 0xFE if at % 2 == 0 else value for at, value in enumerate(spoken("Good morning to all.")))
    words = words_of(strange, "en", "", b"seed")
    assert words and words == words_of(strange, "en", "", b"seed") != "Good morning to all."
    assert words_of(silence(1), "", "", b"") == "" and words_of(b"", "", "", b"") == ""


@pytest.mark.parametrize(
    ("model", "deltas", "usage"), [("whisper-1", 1, "duration"), ("gpt-4o-transcribe", 2, "tokens")]
)
def test_models_tell_words_in_their_own_ways(model, deltas, usage) -> None:
    events = told(model)
    assert "".join(event["delta"] for event in events[:-1]) == events[-1]["transcript"] == "Hello there."
    assert len(events) == deltas + 1 and events[-1]["usage"]["type"] == usage


def test_log_probabilities_are_told_to_who_wants_them() -> None:
    for event in told("gpt-4o-transcribe", include=(LOGPROBS,)):
        assert event["logprobs"][0]["token"] == "Hello" or event["delta"] == " there."


def test_nothing_is_written_of_nothing() -> None:
    (done,) = told("gpt-4o-transcribe", words="")
    assert done["transcript"] == ""
