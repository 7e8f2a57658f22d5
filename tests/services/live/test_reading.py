"""Messages of clients become commands, or reasons why they are none, each with the client's name for it."""

from base64 import b64encode

import pytest

from fakeai.core.errors import BadRequest
from fakeai.services.live.reading import fault, read, sound
from fakeai.services.live.waves import PCM, Wave
from fakeai.wire.live.commands import PRIMARY, SIDEBAND, AppendAudio, Close


def refused(message: str | bytes, *, easy: bool = False) -> tuple[str | None, BadRequest]:
    said = read(message, PRIMARY, easy=easy)
    assert isinstance(said.command, BadRequest)
    return said.event_id, said.command


def test_commands_are_read_from_text_and_from_bytes() -> None:
    for message in ('{"type": "session.close", "event_id": "e"}', b'{"type": "session.close", "event_id": "e"}'):
        said = read(message, PRIMARY, easy=False)
        assert said.event_id == "e" and isinstance(said.command, Close)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("", "invalid_json"),
        ("{", "invalid_json"),
        ("[" * 100_000, "invalid_json"),
        ("[]", "invalid_json"),
        ("\ud800", "invalid_json"),
        (b"\xff\xfe", "invalid_json"),
        ('{"type": "session.close", "x": "' + "x" * 9_000_000 + '"}', "string_above_max_length"),
        ("{}", "missing_required_parameter"),
        ('{"type": 5}', "invalid_value"),
        ('{"type": "session.input_audio.commit"}', "invalid_value"),
        ('{"type": "transport.dtmf.send", "event": "1"}', "invalid_value"),
        ('{"type": "session.close", "colour": 1}', "unknown_parameter"),
        ('{"type": "session.start", "session": {"model": "m", "voice": "x"}}', "unknown_parameter"),
        ('{"type": "session.close", "event_id": 5}', "invalid_type"),
    ],
)
def test_what_is_no_command_is_refused(message: str | bytes, code: str) -> None:
    assert refused(message)[1].code == code


def test_sound_is_read_alike_with_and_without_a_name() -> None:
    bare = read('{"type": "session.input_audio.append", "audio": "AAAA"}', PRIMARY, easy=False).command
    named = read('{"type": "session.input_audio.append", "audio": "AAAA", "event_id": "e"}', PRIMARY, easy=False)
    assert isinstance(bare, AppendAudio) and isinstance(named.command, AppendAudio)
    assert bare.audio == named.command.audio == "AAAA" and bare.event_id is None
    other = read('{"type": "session.input_audio.append", "audio": "AAAA"}', SIDEBAND, easy=False).command
    assert isinstance(other, BadRequest)


def test_unknown_commands_are_told_those_that_there_are() -> None:
    told = str(refused('{"type": "x"}')[1])
    assert all(f"'{name}'" in told for name in PRIMARY) and "transport.dtmf.send" not in told
    assert "transport.dtmf.send" in SIDEBAND


def test_faults_name_the_command_and_the_field() -> None:
    name, error = refused('{"type": "session.start", "event_id": "e", "session": {"model": "m", "voice": "x"}}')
    assert fault(error, name) == {
        "type": "invalid_request_error",
        "code": "unknown_parameter",
        "message": "Unknown parameter: 'session.voice'.",
        "param": "session.voice",
        "client_event_id": "e",
    }


def test_fields_that_nobody_knows_pass_where_rules_are_easy() -> None:
    assert isinstance(read('{"type": "session.close", "colour": 1}', PRIMARY, easy=True).command, Close)


@pytest.mark.parametrize(
    ("audio", "wave", "message"),
    [
        ("?", PCM, "expected base64"),
        ("é", PCM, "expected base64"),
        (b64encode(b"abc").decode(), PCM, "not whole"),
        (b64encode(bytes(48_000 * 16)).decode(), PCM, "at most 15 seconds"),
        (b64encode(bytes(8_000 * 16)).decode(), Wave("audio/pcmu", 8_000), "at most 15 seconds"),
    ],
)
def test_what_is_no_sound_is_refused(audio: str, wave: Wave, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        sound(audio, wave)


def test_sound_is_read() -> None:
    assert sound(b64encode(b"abcd").decode(), PCM) == b"abcd"
