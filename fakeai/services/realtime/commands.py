"""What a session wants done, which it cannot do itself: it waits for nothing."""

from typing import Any, NamedTuple, TypeAlias

from fakeai.core.generation import AudioOut, JsonObject, ReasoningEffort, Tool, ToolChoice
from fakeai.services.realtime.conversation import Entry


class Generate(NamedTuple):
    """Ask the model, and give `progress` its deltas. The entries are the conversation as it was when this was wanted."""

    response_id: str
    entries: tuple[Entry, ...]
    instructions: str
    max_tokens: int | None
    temperature: float | None
    tools: tuple[Tool, ...]
    tool_choice: ToolChoice
    parallel: bool
    audio: AudioOut | None
    effort: ReasoningEffort | None
    truncation: Any
    """`auto`, `disabled`, or an object of the wire (hence Any)."""


class Halt(NamedTuple):
    """Let the model of a response say no more. Its usage so far, if the model can tell, is for `halted`."""

    response_id: str


class Hear(NamedTuple):
    """Find the words of a part of an item, and give them to `heard`."""

    entry: Entry
    part: int
    transcription: JsonObject | None
    """How they are to be told; None if they are for the model only."""


class Close(NamedTuple):
    """The session is over."""


Command: TypeAlias = Generate | Halt | Hear | Close


class Step(NamedTuple):
    """What comes of something: events to tell, in this order, and things to do."""

    events: list[JsonObject]
    commands: list[Command]
