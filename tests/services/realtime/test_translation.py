"""Sessions that translate, as a state machine."""

import json
from typing import Any, get_args

import openai.types.realtime as types

from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest
from fakeai.core.generation import Audio, Finish, Stop, Usage
from fakeai.services.realtime import config
from fakeai.services.realtime.commands import Close, Generate, Hear, Step
from fakeai.services.realtime.translation import Translation
from fakeai.wire.realtime.reading import BadEvent, read_translation
from services.realtime.driver import base64, kinds, silence, spoken

# Newer than the document: the SDK's types are all there is.
_MEMBERS = get_args(get_args(types.RealtimeTranslationServerEvent)[0])
TYPES = {get_args(member.model_fields["type"].annotation)[0]: member for member in _MEMBERS}


class Driver:
    def __init__(self) -> None:
        view = config.translation("sess_1", "gpt-realtime-translate", 2_000_000_000)
        self.session = Translation(view, Ids(b""), 0.0)
        self.commands: list[Any] = []
        self.opened = self.take(self.session.open())

    def take(self, step: Step) -> list[dict[str, Any]]:
        for event in step.events:
            TYPES[event["type"]].model_validate(event)
        self.commands += step.commands
        return step.events

    def say(self, **event: Any) -> list[dict[str, Any]]:
        try:
            return self.take(self.session.feed(read_translation(json.dumps(event)), 0.0))
        except BadEvent as bad:
            return self.take(self.session.refuse(bad.error, bad.event_id))

    def append(self, pcm: bytes) -> list[dict[str, Any]]:
        return self.say(type="session.input_audio_buffer.append", audio=base64(pcm))

    def command(self, kind: type) -> Any:
        return next(self.commands.pop(at) for at, one in enumerate(self.commands) if isinstance(one, kind))


def test_what_is_said_is_translated_part_by_part() -> None:
    driver = Driver()
    assert kinds(driver.opened) == ["session.created"]
    driver.say(
        type="session.update",
        session={"audio": {"input": {"transcription": {"model": "w"}}, "output": {"language": "de"}}},
    )
    assert driver.append(spoken("One.") + silence(0.5) + spoken("Two.") + silence(0.5)) == []
    first, second = driver.command(Hear), driver.command(Hear)
    assert kinds(driver.take(driver.session.heard(first, "One."))) == ["session.input_transcript.delta"]
    driver.take(driver.session.heard(second, "Two."))
    ask = driver.command(Generate)
    assert "'de'" in ask.instructions and not driver.commands
    events = driver.take(driver.session.progress(ask.response_id, (Audio(0, "a", ("Eins.",), spoken("Eins.")),), 0.0))
    assert set(kinds(events)) == {"session.output_transcript.delta", "session.output_audio.delta"}
    driver.take(driver.session.progress(ask.response_id, (Stop(0, "stop"), Finish(Usage(3, 4))), 0.0))
    assert driver.session.usage == Usage(3, 4)
    other = driver.command(Generate)
    assert driver.session.wants(other.response_id) and not driver.session.wants(ask.response_id)
    assert driver.say(type="session.close") == []
    assert kinds(driver.take(driver.session.failed(other.response_id, BadRequest("no"), 0.0))) == [
        "error",
        "session.closed",
    ]
    assert isinstance(driver.commands[-1], Close)
    assert kinds(driver.say(type="session.close")) == ["error"]


def test_half_a_sentence_counts_at_the_end() -> None:
    driver = Driver()
    driver.append(spoken("One two three."))
    assert driver.say(type="session.close") == []
    events = driver.take(driver.session.unheard(driver.command(Hear)))
    assert kinds(events) == ["session.closed"]


def test_bad_events_are_told() -> None:
    driver = Driver()
    for event in (
        {"type": "response.create"},
        {"type": "session.input_audio_buffer.append", "audio": "?"},
        {"type": "session.update", "session": {"audio": {"output": {"colour": 1}}}},
    ):
        assert kinds(driver.say(**event)) == ["error"]


def test_it_lasts_an_hour() -> None:
    driver = Driver()
    due = driver.session.due()
    assert due == 3600.0 and driver.take(driver.session.tick(3599.0)) == []
    assert kinds(driver.take(driver.session.tick(due))) == ["error"] and driver.session.due() is None
