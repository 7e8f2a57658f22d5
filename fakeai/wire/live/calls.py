"""Bodies and replies of the HTTP routes of Live sessions."""

from typing import Annotated, Literal

from annotated_types import Ge, Le, MaxLen, MinLen
from typing_extensions import TypedDict

from fakeai.wire.base import Omittable, Wire, shown_as
from fakeai.wire.live.config import CallSession, MediaFork, MediaSession

_SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"


class Offer(Wire):
    """A WebRTC connection that the caller offers."""

    type: Literal["webrtc"]
    sdp: Annotated[str, MinLen(1), MaxLen(65_536)]


class LiveCreate(Wire):
    """Body of `POST /live/sessions`."""

    model_config = shown_as({"session": {"model": "gpt-live-1"}, "transport": {"type": "webrtc", "sdp": _SDP}})

    session: MediaSession
    transport: Offer


class LiveFork(Wire):
    """Body of `POST /live/sessions/{session_id}/fork`."""

    model_config = shown_as({"transport": {"type": "webrtc", "sdp": _SDP}})

    transport: Offer
    session: Omittable[MediaFork] = None


class LiveAccept(Wire):
    """Body of `POST /live/sessions/{session_id}/accept`."""

    model_config = shown_as({"session": {"type": "live", "model": "gpt-live-1"}})

    session: CallSession


class LiveRefer(Wire):
    """Body of `POST /live/sessions/{session_id}/refer`."""

    model_config = shown_as({"target_uri": "tel:+14155550123"})

    target_uri: Annotated[str, MinLen(1), MaxLen(2_048)]


class LiveReject(Wire):
    """Body of `POST /live/sessions/{session_id}/reject`."""

    model_config = shown_as({"status_code": 486})

    status_code: Annotated[int, Ge(300), Le(699)]


class CreatedSession(TypedDict):
    """Which session it is."""

    id: str


class Answer(TypedDict):
    """The server's side of the connection."""

    type: Literal["webrtc"]
    sdp: str


class LiveCreated(TypedDict):
    """A session over WebRTC."""

    session: CreatedSession
    transport: Answer
