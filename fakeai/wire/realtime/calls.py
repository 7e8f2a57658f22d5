"""Calls: sessions whose sound goes over WebRTC or a telephone, described in SDP (RFC 8866)."""

from typing import Annotated

from typing_extensions import TypedDict

from fakeai.wire.base import FirstOf, Integer, Omittable, Wire, shown_as
from fakeai.wire.realtime.session import RealtimeSession

OFFER = (
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n"
    "a=mid:0\r\na=rtpmap:111 opus/48000/2\r\na=sendrecv\r\n"
)


class CallCreate(Wire):
    """Body of `POST /realtime/calls`: a form. Browsers write the session as JSON."""

    model_config = shown_as({"sdp": OFFER})

    sdp: str
    session: Omittable[Annotated[RealtimeSession | str, FirstOf()]] = None


class CallAccept(RealtimeSession):
    """Body of `POST /realtime/calls/{call_id}/accept`."""

    model_config = shown_as({"type": "realtime", "model": "gpt-realtime"})


class CallRefer(Wire):
    """Body of `POST /realtime/calls/{call_id}/refer`."""

    model_config = shown_as({"target_uri": "tel:+14155550123"})

    target_uri: str


class CallReject(Wire):
    """Body of `POST /realtime/calls/{call_id}/reject`."""

    model_config = shown_as({"status_code": 486})

    status_code: Omittable[Integer] = None


class RealtimeCall(TypedDict):
    """A call as it is kept."""

    id: str
    object: str
    created_at: int
