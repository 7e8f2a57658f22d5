"""What a Live session tells those who are attached to it."""

from typing import Any, Literal, NotRequired, TypeAlias

from typing_extensions import TypedDict

from fakeai.wire.decisions import Decision
from fakeai.wire.live.config import LiveSession

Reason: TypeAlias = Literal["close_requested", "expired", "content", "remote_hangup", "connection_lost"]


class Told(TypedDict):
    """What events have in common. `client_event_id` names the command that an event answers."""

    event_id: str
    client_event_id: NotRequired[str]


class Seconds(TypedDict):
    """What is billed."""

    seconds: float


class Window(TypedDict):
    """How full the model's context is."""

    usage_ratio: float


class SessionEvent(Told):
    """It has begun, or is otherwise than before."""

    type: Literal["session.started", "session.updated"]
    session: LiveSession


class SessionClosed(Told):
    """It is over."""

    type: Literal["session.closed"]
    reason: Reason
    session: LiveSession
    usage: Seconds


class Acknowledged(Told):
    """A command was carried out."""

    type: Literal[
        "session.input_audio.muted",
        "session.input_audio.unmuted",
        "session.output_audio.fixture.playing",
        "session.output_audio.fixture.played",
    ]


class Appended(Told):
    """Words have become part of the session."""

    type: Literal["session.instructions.appended", "session.thinking.appended", "session.commentary.appended"]
    start_ms: int
    end_ms: int


class TranscriptDelta(Told):
    """Words that were said, by the user or by the model."""

    type: Literal["session.input_transcript.delta", "session.output_transcript.delta"]
    delta: str
    start_ms: int
    end_ms: int


class InputAudio(TypedDict):
    """What the user said, as it came: for whoever joined the session."""

    type: Literal["session.input_audio.append"]
    audio: str


class OutputAudio(TypedDict):
    """What the model says; with its place for whoever joined the session."""

    type: Literal["session.output_audio.delta"]
    delta: str
    start_ms: NotRequired[int]
    end_ms: NotRequired[int]


class Delegated(TypedDict):
    """A task, and whose it is."""

    id: str
    type: Literal["delegation"]
    target: Literal["client", "responses", "decisions"]
    response_id: NotRequired[str]


class DelegationCreated(Told):
    """The model has a task for somebody."""

    type: Literal["session.delegation.created"]
    delegation: Delegated
    offset_ms: int


class DecisionCompleted(TypedDict):
    """Answers."""

    type: Literal["decision.completed"]
    decision: Decision


class DecisionEvent(Told):
    """Answers for a task, or for something that was said."""

    type: Literal["decision.event"]
    event: DecisionCompleted
    delegation_id: str | None
    trigger_id: str | None
    source_event_id: str | None
    source_event_type: Literal["session.input_transcript.delta", "session.output_transcript.delta"] | None


class DecisionItemCreated(Told):
    """Something more to decide by. Any: the item as it was given, with an id."""

    type: Literal["decision.item.created"]
    item: dict[str, Any]


class DecisionItemDeleted(Told):
    """Something less."""

    type: Literal["decision.item.deleted"]
    item_id: str


class ResponseEvent(Told):
    """An event of a Responses stream. Any: one of its many events."""

    type: Literal["response.event"]
    event: dict[str, Any]
    delegation_id: str | None


class UsageUpdated(Told):
    """What is billed so far."""

    type: Literal["session.usage.updated"]
    usage: Seconds
    context_window: NotRequired[Window]


class Dtmf(Told):
    """A key of the telephone was pressed."""

    type: Literal["transport.dtmf.sent"]
    event: str


class Info(Told):
    """Something to know."""

    type: Literal["info"]
    code: str
    message: str


class Fault(TypedDict):
    """What was wrong."""

    type: str
    code: str
    message: str
    param: NotRequired[str]
    client_event_id: NotRequired[str]


class Error(Told):
    """A command was not carried out."""

    type: Literal["error"]
    error: Fault


Event: TypeAlias = (
    SessionEvent
    | SessionClosed
    | Acknowledged
    | Appended
    | TranscriptDelta
    | InputAudio
    | OutputAudio
    | DelegationCreated
    | DecisionEvent
    | DecisionItemCreated
    | DecisionItemDeleted
    | ResponseEvent
    | UsageUpdated
    | Dtmf
    | Info
    | Error
)
