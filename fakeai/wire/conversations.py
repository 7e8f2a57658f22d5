"""Conversations and their items."""

from typing import Annotated, Literal

from annotated_types import MaxLen
from typing_extensions import TypedDict

from fakeai.core.generation import JsonObject
from fakeai.wire.base import Items, Metadata, Wire, shown_as
from fakeai.wire.responses.items import Item


class ConversationCreate(Wire):
    """A conversation, and what has been said in it so far."""

    items: Annotated[Items[Item], MaxLen(20)] | None = None
    metadata: Metadata | None = None


class ConversationUpdate(Wire):
    """What of a conversation is changed."""

    metadata: Metadata | None


class ItemsCreate(Wire):
    """What is added to a conversation."""

    model_config = shown_as({"items": [{"role": "user", "content": "Hello!"}]})

    items: Annotated[Items[Item], MaxLen(20)]


class Conversation(TypedDict):
    """A conversation."""

    id: str
    object: Literal["conversation"]
    created_at: int
    metadata: dict[str, str]


class ConversationDeleted(TypedDict):
    """Answer to a DELETE."""

    id: str
    object: Literal["conversation.deleted"]
    deleted: bool


class ConversationItems(TypedDict):
    """A page of a conversation's items."""

    object: Literal["list"]
    data: list[JsonObject]
    first_id: str | None
    last_id: str | None
    has_more: bool
