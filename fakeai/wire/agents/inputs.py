"""What is put into a session: messages, results, decisions, and a word to stop."""

from typing import Annotated, Literal, TypeAlias

from annotated_types import MaxLen, MinLen
from pydantic import Field

from fakeai.wire.base import Called, FirstOf, Items, Wire

Decision: TypeAlias = Literal["approve", "deny", "cancel"]
CallId: TypeAlias = Annotated[str, MinLen(1), MaxLen(256)]


class InputText(Wire):
    """Text of the user."""

    type: Literal["input_text"]
    text: Annotated[str, MaxLen(10 * 2**20)]


class InputImage(Wire):
    """An image of the user, as an address or in it."""

    type: Literal["input_image"]
    image_url: Annotated[str, MinLen(1), MaxLen(48 * 2**20)]


Content: TypeAlias = Annotated[InputText | InputImage, Field(discriminator="type")]


class InputMessage(Wire):
    """A message of the user."""

    role: Literal["user"]
    content: Annotated[Items[Content], MinLen(1)]
    type: Literal["message"] = "message"


Input: TypeAlias = Annotated[
    Annotated[str, MinLen(1), MaxLen(10 * 2**20)]
    | Annotated[Items[InputMessage], MinLen(1), MaxLen(100), Called("array of messages")],
    FirstOf(),
]
"""Messages, or the text of one."""


class MessageEvent(Wire):
    """Messages begin a turn."""

    type: Literal["agent.session.input.message"]
    input: Annotated[Items[InputMessage], MinLen(1), MaxLen(100)]


class CancelEvent(Wire):
    """The turn shall end."""

    type: Literal["agent.session.input.cancel"]


class ToolResultEvent(Wire):
    """What a function of the application has come to."""

    type: Literal["agent.session.input.tool_result"]
    turn_id: CallId
    call_id: CallId
    success: bool
    error: str | None = None
    output: Annotated[str | Annotated[Items[Content], Called("array of content parts")], FirstOf()] | None = None


class McpDecision(Wire):
    """Whether a tool of an MCP server may be called."""

    type: Literal["mcp_tool_call"]
    decision: Decision


class McpApprovalEvent(Wire):
    """The answer to the question whether a tool may be called."""

    type: Literal["agent.session.input.mcp_approval_request_result"]
    request_id: CallId
    response: McpDecision


class FieldValue(Wire):
    """What was filled into a field."""

    field_id: Annotated[str, MinLen(1)]
    value: str


class SignIn(Wire):
    """A form that was filled in, or was not."""

    type: Literal["browser_authentication"]
    action: Literal["submit", "cancel"]
    fields: Annotated[Items[FieldValue], MaxLen(6)] | None = None
    selected_option: str | None = None


class OriginDecision(Wire):
    """Whether the browser may go to an origin."""

    type: Literal["browser_origin_access"]
    decision: Decision


class ComputerApprovalEvent(Wire):
    """The answer to what the browser asked."""

    type: Literal["agent.session.input.computer_use_approval_request_result"]
    request_id: CallId
    response: Annotated[SignIn | OriginDecision, Field(discriminator="type")]


Event: TypeAlias = Annotated[
    MessageEvent | CancelEvent | ToolResultEvent | McpApprovalEvent | ComputerApprovalEvent,
    Field(discriminator="type"),
]


class EventCreate(Wire):
    """Body of `POST /agents/sessions/{session_id}/events`."""

    events: Annotated[Items[Event], MinLen(1), MaxLen(100)]
