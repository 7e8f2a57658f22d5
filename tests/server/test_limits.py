"""The limits of connections are those the documents tell."""

from fakeai.server.limits import Deadlines, SocketLimits
from fakeai.settings import Settings


def test_limits_are_by_default_what_the_settings_say() -> None:
    at = Settings().server
    sockets = SocketLimits(at.max_message_bytes, at.body_timeout_s, at.idle_timeout_s, at.ping_s)
    assert Deadlines() == (at.header_timeout_s, at.body_timeout_s, at.idle_timeout_s, at.max_header_bytes, sockets)
