"""Bodies of the HTTP routes of Live sessions."""

import pytest

from fakeai.core.errors import BadRequest
from fakeai.wire.base import Wire, parse
from fakeai.wire.live.calls import LiveAccept, LiveCreate, LiveFork, LiveRefer, LiveReject


@pytest.mark.parametrize(
    ("kind", "raw", "param"),
    [
        (LiveCreate, b"{}", "session"),
        (LiveCreate, b'{"session": {"model": "m"}, "transport": {"type": "sip", "sdp": "x"}}', "transport.type"),
        (LiveCreate, b'{"session": {"model": "m"}, "transport": {"type": "webrtc", "sdp": ""}}', "transport.sdp"),
        (LiveFork, b'{"session": {}}', "transport"),
        (LiveAccept, b'{"session": {"model": "m"}}', "session.type"),
        (LiveRefer, b'{"target_uri": ""}', "target_uri"),
        (LiveReject, b'{"status_code": 200}', "status_code"),
        (LiveReject, b'{"status_code": 700}', "status_code"),
    ],
)
def test_faults_name_their_field(kind: type[Wire], raw: bytes, param: str) -> None:
    with pytest.raises(BadRequest) as told:
        parse(kind, raw)
    assert told.value.param == param
