"""What a session knows of time."""

from types import SimpleNamespace
from typing import Any

from fakeai.core.catalog import ModelCard
from fakeai.core.generation import Usage
from fakeai.services.realtime.hours import LONGEST_S, Hours

CARD = ModelCard("m", requests_per_minute=60, tokens_per_minute=600)
RESPONSE: Any = SimpleNamespace(id="resp_1", in_conversation=True)


def test_a_session_ends_once() -> None:
    hours = Hours(100.0, None, CARD, played=False)
    assert hours.due() == 100.0 + LONGEST_S and not hours.expired(100.0)
    assert hours.expired(100.0 + LONGEST_S) and not hours.expired(1e9) and hours.due() is None


def test_the_allowance_comes_back_within_a_minute() -> None:
    hours = Hours(0.0, None, CARD, played=False)
    for now in (0.0, 30.0):
        (event,) = hours.over(RESPONSE, Usage(50, 50), now)
    requests, tokens = event["rate_limits"]
    assert (requests["remaining"], tokens["remaining"], tokens["reset_seconds"]) == (58, 400, 20.0)
    (event,) = hours.over(RESPONSE, Usage(5_000, 0), 61.0)
    assert [limit["remaining"] for limit in event["rate_limits"]] == [58, 0]


def test_sound_is_played_as_long_as_it_lasts() -> None:
    hours = Hours(0.0, None, CARD, played=True)
    assert [event["type"] for event in hours.plays(RESPONSE, 24_000, 0.0)] == ["output_audio_buffer.started"]
    assert list(hours.plays(RESPONSE, 24_000, 0.5)) == []
    assert hours.due() == 2.0 and list(hours.played(1.9)) == []
    assert [event["type"] for event in hours.played(2.0)] == ["output_audio_buffer.stopped"]
    list(hours.plays(RESPONSE, 24_000, 5.0))
    assert [event["type"] for event in hours.silenced(5.5)] == ["output_audio_buffer.cleared"]
    assert list(hours.silenced(5.5)) == []


def test_a_user_is_waited_for_once_the_answer_was_heard() -> None:
    hours = Hours(0.0, {"idle_timeout_ms": 5_000}, CARD, played=False)
    list(hours.plays(RESPONSE, 48_000, 1.0))
    list(hours.over(RESPONSE, Usage(1, 1), 1.5))
    assert hours.due() == 8.0 and not hours.idle(7.9)
    hours.speaks()
    assert not hours.idle(9.0)
    list(hours.over(RESPONSE, Usage(1, 1), 10.0))
    assert hours.idle(15.0) and not hours.idle(15.0)
    list(hours.over(RESPONSE, Usage(1, 1), 20.0))
    hours.change(None)
    assert not hours.idle(30.0)
