"""Messages become events, or are refused with the name their client gave them."""

import json

import pytest

from fakeai.wire.realtime.client_events import KINDS, Append, ResponseCreate
from fakeai.wire.realtime.reading import BadEvent, read, read_translation
from fakeai.wire.realtime.translation_events import TRANSLATION_KINDS, TranslationClose

EXAMPLES = {
    "session.update": {"session": {"type": "realtime", "instructions": "Sing."}},
    "input_audio_buffer.append": {"audio": "AAAA"},
    "input_audio_buffer.commit": {},
    "input_audio_buffer.clear": {},
    "output_audio_buffer.clear": {},
    "conversation.item.create": {"item": {"type": "message", "role": "user", "content": []}},
    "conversation.item.retrieve": {"item_id": "a"},
    "conversation.item.truncate": {"item_id": "a", "content_index": 0, "audio_end_ms": 1},
    "conversation.item.delete": {"item_id": "a"},
    "response.create": {},
    "response.cancel": {},
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_event_is_read_with_and_without_a_name(kind) -> None:
    for named in ({}, {"event_id": "mine"}):
        event = read(json.dumps({"type": kind, **EXAMPLES[kind], **named}))
        assert type(event) is KINDS[kind] and event.event_id == named.get("event_id")
        assert type(read(json.dumps({"type": kind, **EXAMPLES[kind], **named}).encode(), old=True)) is KINDS[kind]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "invalid_json"),
        ("[1]", "invalid_json"),
        ("\ud800", "invalid_json"),
        ("{}", "missing_required_parameter"),
        ('{"type": 5}', "invalid_value"),
        ('{"type": "nothing"}', "invalid_value"),
        ('{"type": "response.create", "response": []}', "invalid_type"),
        ('{"type": "response.create", "colour": 1}', "unknown_parameter"),
        ('{"type": "input_audio_buffer.append"}', "missing_required_parameter"),
        ('{"type": "input_audio_buffer.append", "audio": 5}', "invalid_type"),
    ],
)
def test_what_is_no_event_is_refused(text, code) -> None:
    for old in (False, True):
        with pytest.raises(BadEvent) as bad:
            read(text, old=old)
        assert bad.value.error.code == code


def test_a_refusal_names_the_event() -> None:
    with pytest.raises(BadEvent) as bad:
        read('{"type": "nothing", "event_id": "mine"}')
    assert bad.value.event_id == "mine"
    with pytest.raises(BadEvent) as bad:
        read(json.dumps({"type": "nothing", "event_id": "x" * 10_000}))
    assert bad.value.event_id is None


def test_an_event_of_a_million_parts_or_depths_is_refused_unread() -> None:
    for text in (
        '{"type":"a","x":[' + "1," * 1_100_000 + "1]}",
        '{"type":"session.update","x":' + "[" * 5_000 + "]" * 5_000 + "}",
    ):
        with pytest.raises(BadEvent):
            read(text)
    deep = '{"type":"response.create","response":{"instructions":"a","metadata":' + '{"a":' * 240 + "1" + "}" * 243
    for old in (False, True):
        with pytest.raises(BadEvent):
            read(deep, old=old)


def test_sound_is_read_without_looking_at_each_field_of_it() -> None:
    event = read('{"type": "input_audio_buffer.append", "audio": "AAAA"}')
    assert isinstance(event, Append) and event.audio == "AAAA" and event.event_id is None
    assert isinstance(read('{"type": "response.create"}'), ResponseCreate)


def test_a_session_that_translates_has_events_of_its_own() -> None:
    assert isinstance(read_translation('{"type": "session.close"}'), TranslationClose)
    assert len(TRANSLATION_KINDS) == 3
    with pytest.raises(BadEvent):
        read_translation('{"type": "response.create"}')
