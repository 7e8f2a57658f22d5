"""How a Live session is to be: at its start, in an update, for a fork; and the session as it is told."""

from typing import Annotated, Any, Literal, NotRequired, TypeAlias

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import Field
from typing_extensions import TypedDict

from fakeai.wire.base import FirstOf, Items, Omittable, Wire
from fakeai.wire.decisions import Questions

MOST_HISTORY = 128
"""Messages of an initial history."""

Delay: TypeAlias = Annotated[int, Ge(0), Le(60_000)]
Tokens: TypeAlias = Annotated[int, Ge(16), Le(1_000_000)]
ServiceTier: TypeAlias = Literal["auto", "default", "fast_tier_temp_pilot", "flex", "priority", "ultrafast"]


class PcmFormat(Wire):
    """Little-endian samples of 16 bits, one channel."""

    type: Literal["audio/pcm"]
    rate: Literal[16000, 24000]


class UlawFormat(Wire):
    """G.711 mu-law."""

    type: Literal["audio/pcmu"]
    rate: Literal[8000]


class AlawFormat(Wire):
    """G.711 A-law."""

    type: Literal["audio/pcma"]
    rate: Literal[8000]


Format: TypeAlias = Annotated[PcmFormat | UlawFormat | AlawFormat, Field(discriminator="type")]


class CustomVoice(Wire):
    """A voice the caller made."""

    id: str


class AudioOutput(Wire):
    """How the model sounds."""

    voice: Omittable[Annotated[str | CustomVoice, FirstOf()]] = None


class MediaAudio(Wire):
    """Sound of a session whose transport settles the format."""

    output: Omittable[AudioOutput] = None


class Audio(MediaAudio):
    """Sound of a primary WebSocket."""

    format: Omittable[Format] = None


class ForkAudio(Wire):
    """Sound of a fork's WebSocket: the voice is that of the session it comes from."""

    format: Omittable[Format] = None


class EventSelector(Wire):
    """A kind of events that a frontend may see."""

    type: str
    response_event: Omittable[str] = None


class DataChannel(Wire):
    """What a frontend may send and see."""

    allowed_client_events: Annotated[Literal["all"] | Items[str] | None, FirstOf()] = None
    allowed_server_events: Annotated[Literal["all"] | Items[EventSelector] | None, FirstOf()] = None


class Client(Wire):
    """The frontend of a WebRTC session."""

    data_channel: DataChannel


class Reasoning(Wire):
    """How the backend reasons."""

    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None
    summary: Literal["concise", "detailed", "auto"] | None = None


class Verbosity(Wire):
    """How much the backend writes."""

    verbosity: Literal["low", "medium", "high"] | None = None


class Backend(Wire):
    """How tasks are put to Responses; what is left out of an update stays. Tools are checked when they are used."""

    model: Omittable[Annotated[str, MinLen(1)]] = None
    instructions: str | None = None
    max_output_tokens: Tokens | None = None
    parallel_tool_calls: bool | None = None
    reasoning: Reasoning | None = None
    service_tier: ServiceTier | None = None
    text: Verbosity | None = None
    tool_choice: Annotated[Literal["auto", "none", "required"] | dict[str, Any] | None, FirstOf()] = None
    tools: Annotated[Items[dict[str, Any]], MaxLen(128)] | None = None


class StartedBackend(Backend):
    """The same at the start of a session."""

    model: Annotated[str, MinLen(1)]


class Decider(Wire):
    """How tasks are put to Decisions; what is left out of an update stays."""

    model: Omittable[Annotated[str, MinLen(1)]] = None
    questions: Omittable[Questions] = None


class StartedDecider(Decider):
    """The same at the start of a session."""

    model: Annotated[str, MinLen(1)]
    questions: Questions


class Delegated(Wire):
    """What all delegations have."""

    acknowledgement_delay_ms: Omittable[Delay] = None


class ClientDelegation(Delegated):
    """Tasks are the application's."""

    type: Literal["client"]


class ResponsesDelegation(Delegated):
    """Tasks are put to Responses."""

    type: Literal["responses"]
    responses: StartedBackend


class ResponsesUpdate(Delegated):
    """Changes to how they are put."""

    type: Literal["responses"]
    responses: Omittable[Backend] = None


class DecisionsDelegation(Delegated):
    """Tasks are put to Decisions."""

    type: Literal["decisions"]
    decisions: StartedDecider


class DecisionsUpdate(Delegated):
    """Changes to how they are put."""

    type: Literal["decisions"]
    decisions: Omittable[Decider] = None


Delegation: TypeAlias = Annotated[
    ClientDelegation | ResponsesDelegation | DecisionsDelegation, Field(discriminator="type")
]
DelegationUpdate: TypeAlias = Annotated[
    ClientDelegation | ResponsesUpdate | DecisionsUpdate, Field(discriminator="type")
]


class TriggerQuestions(Wire):
    """What is asked whenever something was said."""

    questions: Questions


class Trigger(Wire):
    """Questions about what is said, asked as it is said."""

    type: Literal["decisions"]
    event_type: Literal["session.input_transcript.delta", "session.output_transcript.delta"]
    decisions: TriggerQuestions


class HistoryPart(Wire):
    """Text of an earlier message."""

    text: str
    type: Omittable[Literal["input_text", "text", "output_text"]] = None


class HistoryItem(Wire):
    """An earlier message."""

    role: Literal["developer", "user", "assistant"]
    content: Annotated[Items[HistoryPart], MinLen(1), MaxLen(1)]
    id: Omittable[str] = None
    status: Omittable[Literal["incomplete", "completed"]] = None
    type: Omittable[Literal["message"]] = None


class Session(Wire):
    """What sessions of all transports are started with."""

    model: Annotated[str, MinLen(1)]
    delegation: Delegation | None = None
    input: Omittable[Annotated[Items[HistoryItem], MaxLen(MOST_HISTORY)]] = None
    instructions: str | None = None
    safety_identifier: Annotated[str, MaxLen(128)] | None = None
    store: Omittable[bool] = None
    triggers: Omittable[Annotated[Items[Trigger], MaxLen(2)]] = None


class SocketSession(Session):
    """A session on a primary WebSocket."""

    audio: Omittable[Audio] = None
    client: Omittable[Client] = None


class WakePolicy(Wire):
    """What ends a pause."""

    type: Literal["speech"]
    vad_threshold: Omittable[Annotated[float, Ge(0), Le(1)]] = None


class MediaSession(Session):
    """A session over WebRTC."""

    audio: Omittable[MediaAudio] = None
    client: Omittable[Client] = None
    idle_timeout_s: Omittable[Annotated[int, Ge(1), Le(86_400)]] = None
    wake_policy: Omittable[WakePolicy] = None


class CallSession(Session):
    """A session that answers a call over SIP."""

    type: Literal["live"]
    audio: Omittable[MediaAudio] = None


class MediaFork(Wire):
    """What a fork over WebRTC has otherwise than the session that it comes from."""

    client: Omittable[Client] = None
    delegation: Omittable[ResponsesUpdate] = None
    store: Omittable[bool] = None


class SocketFork(MediaFork):
    """The same on a WebSocket."""

    audio: Omittable[ForkAudio] = None


class SessionUpdate(Wire):
    """Changes to an active session."""

    delegation: DelegationUpdate | None = None
    triggers: Omittable[Annotated[Items[Trigger], MaxLen(2)]] = None


# -- what is told


class LiveSession(TypedDict):
    """A session as it is: what it was started with, and what the server has added."""

    id: str
    expires_at: int
    model: str
    status: Literal["active"]
    audio: NotRequired[dict[str, Any]]
    client: NotRequired[dict[str, Any]]
    delegation: NotRequired[dict[str, Any]]
    input: NotRequired[list[dict[str, Any]]]
    instructions: NotRequired[str | None]
    safety_identifier: NotRequired[str | None]
    store: NotRequired[bool]
    triggers: NotRequired[list[dict[str, Any]]]
