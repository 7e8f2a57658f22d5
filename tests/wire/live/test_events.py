"""Events are named as the SDK names them."""

from typing import Any, get_args, get_type_hints

from openai.types.live import ConnectServerEvent

from fakeai.wire.live.events import Event

OURS_NOT = {
    "session.resumed",
    "session.paused",
    "transport.dtmf.received",
    "transport.dtmf.send",
    "transport.ringing",
    "transport.answered",
    "transport.failed",
}
"""What only a telephone or WebRTC media can bring about."""


def test_events_are_those_of_the_sdk() -> None:
    ours = {name for kind in get_args(Event) for name in get_args(get_type_hints(kind)["type"])}
    union: Any = get_args(ConnectServerEvent)[0]
    theirs = {get_args(kind.model_fields["type"].annotation)[0] for kind in get_args(union)}
    assert ours == theirs - OURS_NOT
