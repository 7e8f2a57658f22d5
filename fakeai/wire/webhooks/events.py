"""What endpoints are told: the types of events, and what each of them is about."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, get_args

from typing_extensions import TypedDict

EventType: TypeAlias = Literal[
    "batch.completed",
    "batch.failed",
    "batch.expired",
    "batch.cancelled",
    "response.completed",
    "response.failed",
    "response.cancelled",
    "response.incomplete",
    "eval.run.succeeded",
    "eval.run.failed",
    "eval.run.canceled",
    "fine_tuning.job.succeeded",
    "fine_tuning.job.failed",
    "fine_tuning.job.cancelled",
    "realtime.call.incoming",
    "live.transport.incoming",
    "live.transport.connected",
    "video.completed",
    "video.failed",
    "agent.environment.ready",
    "agent.environment.failed",
    "agent.environment.suspended",
    "agent.environment.expired",
    "agent.session.created",
    "agent.session.action_required",
    "agent.session.in_progress",
    "agent.session.idle",
    "agent.session.failed",
    "safety.alert.created",
]

EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)


class Event(TypedDict):
    """What is sent. `data` is what the type of event is about (Any: JSON), mostly no more than an id."""

    id: str
    object: Literal["event"]
    created_at: int
    type: EventType
    data: Mapping[str, Any]


_PREFIXES = (
    ("batch.", "batch_"),
    ("response.", "resp_"),
    ("eval.", "evalrun_"),
    ("fine_tuning.", "ftjob-"),
    ("video.", "video_"),
    ("agent.environment.", "env_"),
    ("agent.session.", "asess_"),
    ("safety.", "salert_"),
)
_CALL = MappingProxyType(
    {
        "sip_headers": [
            {"name": "From", "value": "sip:+15550100@sip.example.com"},
            {"name": "To", "value": "sip:+15550199@sip.example.com"},
            {"name": "Call-ID", "value": "0a1b2c3d@sip.example.com"},
        ]
    }
)


def sample(type: EventType) -> dict[str, Any]:
    """The data of an event that is sent to try an endpoint out: of the right shape, about nothing. Any: JSON."""
    if type == "realtime.call.incoming":
        return {"call_id": "rtc_test", **_CALL}
    if type == "live.transport.incoming":
        return {"type": "sip", "session_id": "live_test", **_CALL}
    if type == "live.transport.connected":
        return {"type": "webrtc", "session_id": "live_test"}
    about: dict[str, Any] = {"id": next(prefix for start, prefix in _PREFIXES if type.startswith(start)) + "test"}
    if type == "agent.session.action_required":
        about["required_action"] = {"type": "function_call"}
    elif type.startswith("agent.session."):
        about["environment_type"] = "none"
    return about
