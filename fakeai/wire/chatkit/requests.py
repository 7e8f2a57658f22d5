"""What a chat in a browser asks for, at one address: a type, and parameters of which each type needs some."""

from typing import Annotated, Any, Literal, TypeAlias

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import Field

from fakeai.wire.base import FailFast, Integer, Items, Omittable, Wire, shown_as
from fakeai.wire.form import File

Asked: TypeAlias = Literal[
    "threads.create",
    "threads.add_user_message",
    "threads.add_client_tool_output",
    "threads.custom_action",
    "threads.sync_custom_action",
    "threads.retry_after_item",
    "threads.get_by_id",
    "threads.list",
    "threads.update",
    "threads.delete",
    "items.list",
    "items.feedback",
    "attachments.create",
    "attachments.delete",
    "input.transcribe",
]
Id = Annotated[str, MinLen(1), MaxLen(256)]


class TextPart(Wire):
    """What the user wrote."""

    type: Literal["input_text"]
    text: Annotated[str, MaxLen(1_000_000)]


class TagPart(Wire):
    """Something that the user has named with an `@`. `data` is the browser's own (Any: JSON)."""

    type: Literal["input_tag"]
    id: str
    text: str
    data: Annotated[dict[str, Any], FailFast()] = Field(default_factory=dict)
    group: str | None = None
    interactive: Omittable[bool] = None


class PickedTool(Wire):
    """The tool that is to be used."""

    id: Annotated[str, MinLen(1), MaxLen(64)]


class Options(Wire):
    """The model and the tool that are to be used."""

    model: str | None = None
    tool_choice: PickedTool | None = None


class UserInput(Wire):
    """What a user says."""

    content: Annotated[Items[Annotated[TextPart | TagPart, Field(discriminator="type")]], MaxLen(1_000)]
    attachments: Annotated[Items[Id], MaxLen(100)] = Field(default_factory=list)
    quoted_text: str | None = None
    inference_options: Options | None = None


class Action(Wire):
    """What the user has done with a widget, or the browser for him. `payload` is its own (Any: JSON)."""

    type: Annotated[str, MinLen(1), MaxLen(256)]
    payload: Any = None


class Params(Wire):
    """Whatever the types of requests need; the service says which."""

    input: Omittable[UserInput] = None
    thread_id: Omittable[Id] = None
    item_id: Id | None = None
    item_ids: Omittable[Annotated[Items[Id], MaxLen(1_000)]] = None
    kind: Omittable[Literal["positive", "negative"]] = None
    result: Any = None
    action: Omittable[Action] = None
    attachment_id: Omittable[Id] = None
    name: Omittable[Annotated[str, MinLen(1), MaxLen(1_024)]] = None
    size: Omittable[Annotated[Integer, Ge(0)]] = None
    mime_type: Omittable[Annotated[str, MaxLen(256)]] = None
    audio_base64: Omittable[str] = None
    title: Omittable[Annotated[str, MaxLen(1_024)]] = None
    limit: Annotated[Integer, Ge(0), Le(100)] | None = None
    order: Omittable[Literal["asc", "desc"]] = None
    after: str | None = None


class ConversationRequest(Wire):
    """Body of `POST /chatkit/conversation`."""

    model_config = shown_as(
        {
            "type": "threads.create",
            "params": {
                "input": {
                    "content": [{"type": "input_text", "text": "Hello!"}],
                    "attachments": [],
                    "inference_options": {},
                }
            },
        }
    )

    type: Asked
    params: Params = Field(default_factory=Params)
    metadata: Annotated[dict[str, Any], FailFast()] | None = None


class ChatKitUpload(Wire):
    """Body of `POST /chatkit/files`, and of the address that an attachment's bytes go to: a form."""

    file: File
