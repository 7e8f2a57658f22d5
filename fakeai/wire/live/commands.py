"""What clients send over the sockets of a Live session."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeAlias

from annotated_types import MaxLen, MinLen

from fakeai.wire.base import Wire
from fakeai.wire.decisions import Item
from fakeai.wire.live.config import SessionUpdate, SocketFork, SocketSession

EventId: TypeAlias = Annotated[str, MinLen(1), MaxLen(512)]


class Command(Wire):
    """What all commands have."""

    type: str
    event_id: EventId | None = None


class Start(Command):
    """Begin."""

    type: Literal["session.start"]
    session: SocketSession


class StartFork(Command):
    """Begin where a stored session ended."""

    type: Literal["session.start"]
    session: SocketFork


class Update(Command):
    """Change something."""

    type: Literal["session.update"]
    session: SessionUpdate


class Close(Command):
    """End."""

    type: Literal["session.close"]


class AppendAudio(Command):
    """Hear this: base64."""

    type: Literal["session.input_audio.append"]
    audio: str


class Mute(Command):
    """Hear nothing."""

    type: Literal["session.input_audio.mute"]


class Unmute(Command):
    """Hear again."""

    type: Literal["session.input_audio.unmute"]


class PlayFixture(Command):
    """Play this: base64 of PCM16 at 24 kHz."""

    type: Literal["session.output_audio.fixture.play"]
    audio: str


class Append(Command):
    """What appended words have in common."""

    content: Annotated[str, MinLen(1)]
    delegation_id: Annotated[str, MinLen(1)] | None


class AppendInstructions(Append):
    """Know what to do."""

    type: Literal["session.instructions.append"]


class AppendThinking(Append):
    """Know, and say nothing."""

    type: Literal["session.thinking.append"]


class AppendCommentary(Append):
    """Know, and say it."""

    type: Literal["session.commentary.append"]


class CreateDecision(Command):
    """Ask the configured questions."""

    type: Literal["decision.create"]
    event_id: EventId


class CreateDecisionItem(Command):
    """Something to decide by."""

    type: Literal["decision.item.create"]
    item: Item


class DeleteDecisionItem(Command):
    """Decide by it no longer."""

    type: Literal["decision.item.delete"]
    item_id: Annotated[str, MinLen(1)]


class CreateResponseItem(Command):
    """Something to respond to; checked when it is responded to."""

    type: Literal["response.item.create"]
    item: dict[str, Any]


class CreateResponse(Command):
    """Respond, or go on with what waits for it."""

    type: Literal["response.create"]


class SendDtmf(Command):
    """Press a key of the telephone."""

    type: Literal["transport.dtmf.send"]
    event: Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "A", "B", "C", "D", "*", "#"]


def _types(*kinds: type[Command]) -> Mapping[str, type[Command]]:
    return MappingProxyType({str(kind.model_fields["type"].annotation.__args__[0]): kind for kind in kinds})  # type: ignore[union-attr]  # a Literal each


_BOTH = (
    Update,
    Mute,
    Unmute,
    PlayFixture,
    AppendInstructions,
    AppendThinking,
    AppendCommentary,
    CreateDecision,
    CreateDecisionItem,
    DeleteDecisionItem,
    CreateResponseItem,
    CreateResponse,
    Close,
)
PRIMARY = _types(Start, AppendAudio, *_BOTH)
"""What may be sent where a session is started, by type."""
FORK = _types(StartFork, AppendAudio, *_BOTH)
SIDEBAND = _types(SendDtmf, *_BOTH)
"""What may be sent by whoever joins a session."""
