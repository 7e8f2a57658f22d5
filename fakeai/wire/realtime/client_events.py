"""What a client may say in a session, and how it is read."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal, TypeAlias

from annotated_types import Ge, MaxLen

from fakeai.wire.base import FirstOf, Integer, Items, Metadata, Omittable, Wire
from fakeai.wire.realtime.items import InputItem, Item, ItemId
from fakeai.wire.realtime.session import (
    Format,
    MaxTokens,
    Modalities,
    Prompt,
    Reasoning,
    SessionRequest,
    Tool,
    ToolChoice,
    Voice,
)

LONGEST_EVENT_ID = 512


class _Event(Wire):
    event_id: Omittable[Annotated[str, MaxLen(LONGEST_EVENT_ID)]] = None


class SessionUpdate(_Event):
    """Change the session."""

    type: Literal["session.update"]
    session: SessionRequest


class Append(_Event):
    """More sound of the user's, in base64."""

    type: Literal["input_audio_buffer.append"]
    audio: str


class Commit(_Event):
    """The sound so far is the user's turn."""

    type: Literal["input_audio_buffer.commit"]


class Clear(_Event):
    """Forget the sound so far."""

    type: Literal["input_audio_buffer.clear"]


class ClearOutput(_Event):
    """Play no more of the answer."""

    type: Literal["output_audio_buffer.clear"]


class ItemCreate(_Event):
    """Put an item into the conversation."""

    type: Literal["conversation.item.create"]
    previous_item_id: ItemId | None = None
    item: Item


class ItemRetrieve(_Event):
    """Show an item."""

    type: Literal["conversation.item.retrieve"]
    item_id: ItemId


class ItemTruncate(_Event):
    """The user has heard so much of an answer."""

    type: Literal["conversation.item.truncate"]
    item_id: ItemId
    content_index: Annotated[Integer, Ge(0)]
    audio_end_ms: Annotated[Integer, Ge(0)]


class ItemDelete(_Event):
    """Take an item out of the conversation."""

    type: Literal["conversation.item.delete"]
    item_id: ItemId


class ResponseOutput(Wire):
    """The sound of one response."""

    format: Omittable[Format] = None
    voice: Omittable[Voice] = None


class ResponseAudio(Wire):
    """Sound out."""

    output: Omittable[ResponseOutput] = None


class ResponseRequest(Wire):
    """How one response is to be other than the session says."""

    audio: Omittable[ResponseAudio] = None
    conversation: Omittable[str] = None
    input: Omittable[Items[InputItem]] = None
    instructions: Omittable[str] = None
    max_output_tokens: Omittable[MaxTokens] = None
    metadata: Metadata | None = None
    output_modalities: Omittable[Modalities] = None
    parallel_tool_calls: Omittable[bool] = None
    prompt: Prompt | None = None
    reasoning: Omittable[Reasoning] = None
    temperature: Omittable[float] = None
    """Of the beta alone."""
    tool_choice: Omittable[ToolChoice] = None
    tools: Omittable[Items[Tool]] = None


class ResponseCreate(_Event):
    """Answer."""

    type: Literal["response.create"]
    response: Omittable[ResponseRequest] = None


class ResponseCancel(_Event):
    """Say no more."""

    type: Literal["response.cancel"]
    response_id: Omittable[str] = None


ClientEvent: TypeAlias = Annotated[
    SessionUpdate
    | Append
    | Commit
    | Clear
    | ClearOutput
    | ItemCreate
    | ItemRetrieve
    | ItemTruncate
    | ItemDelete
    | ResponseCreate
    | ResponseCancel,
    FirstOf(),
]

KINDS: Mapping[str, type[Wire]] = MappingProxyType(
    {
        "session.update": SessionUpdate,
        "input_audio_buffer.append": Append,
        "input_audio_buffer.commit": Commit,
        "input_audio_buffer.clear": Clear,
        "output_audio_buffer.clear": ClearOutput,
        "conversation.item.create": ItemCreate,
        "conversation.item.retrieve": ItemRetrieve,
        "conversation.item.truncate": ItemTruncate,
        "conversation.item.delete": ItemDelete,
        "response.create": ResponseCreate,
        "response.cancel": ResponseCancel,
    }
)
