"""Items of a conversation, as clients make them."""

from typing import Annotated, Literal, TypeAlias

from annotated_types import MaxLen
from pydantic import Field

from fakeai.core.generation import JsonObject
from fakeai.wire.base import Items, Omittable, Wire

ItemId: TypeAlias = Annotated[str, MaxLen(64)]
Status: TypeAlias = Literal["completed", "incomplete", "in_progress"]


class Content(Wire):
    """A part of a message. Which types a role may have is for the conversation to say."""

    type: Literal["input_text", "input_audio", "input_image", "output_text", "output_audio", "text", "audio"]
    text: Omittable[str] = None
    audio: Omittable[str] = None
    transcript: Omittable[str | None] = None
    image_url: Omittable[str] = None
    detail: Omittable[Literal["auto", "low", "high"]] = None


class _Item(Wire):
    id: Omittable[ItemId] = None
    object: Omittable[Literal["realtime.item"]] = None
    status: Omittable[Status] = None


class Message(_Item):
    """What somebody said."""

    type: Literal["message"]
    role: Literal["system", "user", "assistant"]
    content: Annotated[Items[Content], MaxLen(256)]


class FunctionCall(_Item):
    """A call of a function, made earlier."""

    type: Literal["function_call"]
    name: str
    arguments: str
    call_id: Omittable[str] = None


class FunctionCallOutput(_Item):
    """What the function gave."""

    type: Literal["function_call_output"]
    call_id: str
    output: str


class McpApprovalResponse(_Item):
    """Whether a server's tool may be used."""

    type: Literal["mcp_approval_response"]
    approval_request_id: str
    approve: bool
    reason: str | None = None


class McpApprovalRequest(_Item):
    """An earlier question whether a server's tool may be used."""

    type: Literal["mcp_approval_request"]
    server_label: str
    name: str
    arguments: str


class McpListTools(_Item):
    """The tools of a server, as they were listed earlier."""

    type: Literal["mcp_list_tools"]
    server_label: str
    tools: Items[JsonObject]


class McpCall(_Item):
    """An earlier use of a server's tool."""

    type: Literal["mcp_call"]
    server_label: str
    name: str
    arguments: str
    output: str | None = None
    error: JsonObject | None = None
    approval_request_id: str | None = None


Item: TypeAlias = Annotated[
    Message | FunctionCall | FunctionCallOutput | McpApprovalResponse | McpApprovalRequest | McpListTools | McpCall,
    Field(discriminator="type"),
]


class ItemReference(Wire):
    """An item that the conversation has."""

    type: Literal["item_reference"]
    id: ItemId


InputItem: TypeAlias = Annotated[
    Message
    | FunctionCall
    | FunctionCallOutput
    | McpApprovalResponse
    | McpApprovalRequest
    | McpListTools
    | McpCall
    | ItemReference,
    Field(discriminator="type"),
]
