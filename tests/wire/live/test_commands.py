"""Commands of Live sockets: those that the SDK knows, each with its fields."""

import json
from typing import Any, get_args

import pytest
from openai.types.live import ClientEvent, ConnectClientEvent, ForkClientEvent

from fakeai.core.errors import BadRequest
from fakeai.wire.base import parse
from fakeai.wire.live.commands import FORK, PRIMARY, SIDEBAND


def known(union: Any) -> set[str]:
    return {get_args(kind.model_fields["type"].annotation)[0] for kind in get_args(get_args(union)[0])}


def test_every_command_of_the_sdk_is_taken_where_the_sdk_sends_it() -> None:
    assert set(PRIMARY) == known(ClientEvent)
    assert set(SIDEBAND) == known(ConnectClientEvent)
    assert set(FORK) == known(ForkClientEvent)


@pytest.mark.parametrize(
    ("type", "fields", "param"),
    [
        ("session.start", {}, "session"),
        ("session.start", {"session": {}}, "session.model"),
        ("session.start", {"session": {"model": "m", "audio": {"format": {"type": "audio/pcm", "rate": 8000}}}}, None),
        ("session.start", {"session": {"model": "m", "delegation": {"type": "nobody"}}}, "session.delegation.type"),
        ("session.input_audio.append", {"audio": 5}, "audio"),
        ("session.commentary.append", {"content": "x"}, "delegation_id"),
        ("session.commentary.append", {"content": "", "delegation_id": None}, "content"),
        ("session.close", {"event_id": "x" * 513}, "event_id"),
        ("decision.create", {}, "event_id"),
        ("decision.item.create", {"item": {"role": "nobody"}}, "item.role"),
    ],
)
def test_faults_name_their_field(type: str, fields: Any, param: str | None) -> None:
    with pytest.raises(BadRequest) as told:
        parse(PRIMARY[type], json.dumps({"type": type, **fields}).encode())
    assert param is None or told.value.param == param


def test_keys_of_the_telephone_are_those_there_are() -> None:
    for key in "0123456789ABCD*#":
        parse(SIDEBAND["transport.dtmf.send"], json.dumps({"type": "transport.dtmf.send", "event": key}).encode())
    with pytest.raises(BadRequest):
        parse(SIDEBAND["transport.dtmf.send"], b'{"type": "transport.dtmf.send", "event": "E"}')
