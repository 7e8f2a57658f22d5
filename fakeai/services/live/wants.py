"""What a Live session says and what it needs done: the only way out of its state machine."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from fakeai.wire.live.events import Event

if TYPE_CHECKING:
    from numpy import int16
    from numpy.typing import NDArray

# -- what is said


class Tell(NamedTuple):
    """An event for everybody attached, or for those who joined only."""

    event: Event
    to: Literal["all", "sideband"] = "all"


class Sound(NamedTuple):
    """Something to be heard, at 24 kHz: what the model says, with its place in the session."""

    samples: "NDArray[int16]"
    start_ms: int
    end_ms: int


class Reflected(NamedTuple):
    """What came from the user, at 24 kHz."""

    samples: "NDArray[int16]"


class Over(NamedTuple):
    """There will be nothing more."""


# -- what is to be done


class Word(NamedTuple):
    """Something that was heard, with its place in the session."""

    text: str
    start_ms: int
    end_ms: int


class Listen(NamedTuple):
    """Find out what was said; tell `heard`."""

    samples: "NDArray[int16]"
    start_ms: int
    end_ms: int


class Reply(NamedTuple):
    """Think of an answer to what was said so far, and say it as `Say` does."""

    turn: int


class Say(NamedTuple):
    """Say this, piece by piece; tell `said` of each, and `finished` in the end."""

    turn: int
    text: str


class Respond(NamedTuple):
    """Have Responses answer; tell `responded` of each event, and `response_over` in the end. Any: JSON."""

    delegation: str | None
    backend: dict[str, Any]
    items: Sequence[dict[str, Any]]


class Cause(NamedTuple):
    """Why something is decided: for a task, or because something was said."""

    delegation_id: str | None = None
    trigger_id: str | None = None
    source_event_id: str | None = None
    source_event_type: Literal["session.input_transcript.delta", "session.output_transcript.delta"] | None = None


class Judge(NamedTuple):
    """Have Decisions answer; tell `decided`, or `failed`. Any: JSON."""

    cause: Cause
    model: str
    questions: Sequence[Any]
    items: Sequence[dict[str, Any]]


class Remind(NamedTuple):
    """Tell `reminded` of the delegation after so many seconds: somebody waits for an answer."""

    delegation: str
    seconds: float


class Play(NamedTuple):
    """Tell `played` after so many seconds."""

    fixture: int
    seconds: float


Want: TypeAlias = Listen | Reply | Say | Respond | Judge | Remind | Play
Out: TypeAlias = Tell | Sound | Reflected | Over | Want
