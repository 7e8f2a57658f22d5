"""Items: what was said and done in a turn. Replies only."""

from typing import Any, Literal, NotRequired, TypeAlias

from typing_extensions import TypedDict

Progress: TypeAlias = Literal["in_progress", "completed", "incomplete"]
CallProgress: TypeAlias = Literal["in_progress", "completed", "failed", "incomplete"]


class Said(TypedDict):
    """Text of the user or the agent."""

    type: Literal["input_text", "output_text"]
    text: str


class Shown(TypedDict):
    """An image of the user."""

    type: Literal["input_image"]
    image_url: str


class Item(TypedDict):
    """What all items have."""

    id: str
    turn_id: str


class MessageItem(Item):
    """A message; `phase` is null for the user's."""

    type: Literal["message"]
    role: Literal["user", "assistant"]
    content: list[Said | Shown]
    phase: Literal["commentary", "final_answer"] | None
    status: Progress


class SummaryText(TypedDict):
    """What is told of the reasoning."""

    type: Literal["summary_text"]
    text: str


class ReasoningItem(Item):
    """The agent thought."""

    type: Literal["reasoning"]
    status: Progress | None
    summary: list[SummaryText]


class FunctionCallItem(Item):
    """A function is called. Any: arguments are JSON."""

    type: Literal["function_call"]
    call_id: str
    name: str
    arguments: Any
    status: CallProgress


class FunctionOutputItem(Item):
    """What the function has come to. Any: text, or content parts."""

    type: Literal["function_call_output"]
    call_id: str
    output: Any
    error: str | None
    status: CallProgress


class McpCallItem(Item):
    """A tool of an MCP server is called. Any: JSON."""

    type: Literal["mcp_call"]
    server_label: str
    name: str
    arguments: Any
    output: Any
    error: Any
    status: CallProgress


class SearchAction(TypedDict):
    """A search."""

    type: Literal["search"]
    query: str | None
    queries: list[str] | None


class WebSearchItem(Item):
    """A search in the web."""

    type: Literal["web_search_call"]
    action: SearchAction | None
    status: Progress


class CommandItem(Item):
    """A command is run in the environment."""

    type: Literal["command_execution"]
    command: str
    cwd: str | None
    duration_ms: int | None
    exit_code: int | None
    output: str | None
    status: CallProgress


class Screenshot(TypedDict):
    """A JPEG as a data address."""

    type: Literal["computer_screenshot"]
    image_url: str


class ComputerUseItem(Item):
    """The browser is used."""

    type: Literal["computer_use_call"]
    title: str | None
    output: Screenshot | None
    status: CallProgress


class FormField(TypedDict):
    """A field of a form."""

    id: str
    label: str
    required: bool
    type: str


class FormOption(TypedDict):
    """A way to sign in."""

    id: str
    label: str
    field_ids: list[str]


class SignInForm(TypedDict):
    """A form that is to be filled in."""

    type: Literal["browser_authentication"]
    credential_origin: str | None
    fields: list[FormField]
    options: list[FormOption]
    reason: str | None


class OriginQuestion(TypedDict):
    """Whether the browser may go to an origin."""

    type: Literal["browser_origin_access"]
    origin: str
    reason: str | None


Approval: TypeAlias = SignInForm | OriginQuestion


class SignInItem(Item):
    """A form is waited for."""

    type: Literal["computer_use_approval_request"]
    request: SignInForm
    request_id: str


class SignInAnswer(TypedDict):
    """What became of a form, without what was filled in."""

    type: Literal["browser_authentication"]
    action: Literal["submit", "cancel"]
    selected_option: NotRequired[str | None]


class SignInResultItem(Item):
    """A form came back."""

    type: Literal["computer_use_approval_request_result"]
    request_id: str
    response: SignInAnswer


class CreateSubagentItem(Item):
    """A subagent is given a task."""

    type: Literal["create_subagent_call"]
    agent_id: str
    content: list[Said]
    model: str | None
    reasoning_effort: str | None
    status: CallProgress


class SubagentsItem(Item):
    """Subagents are waited for."""

    type: Literal["wait_for_subagents_call"]
    sender_agent_id: str
    recipient_agent_ids: list[str]
    status: CallProgress


class SubagentItem(Item):
    """A subagent is told something: to resume, to stop, to close."""

    type: Literal["resume_subagent_call", "interrupt_subagent_call", "close_subagent_call"]
    sender_agent_id: str
    recipient_agent_id: str
    status: CallProgress


class SubagentInputItem(Item):
    """A subagent is sent something."""

    type: Literal["send_subagent_input_call"]
    sender_agent_id: str
    recipient_agent_id: str
    content: list[Said]
    status: CallProgress


class AgentMessageItem(Item):
    """What one agent tells another."""

    type: Literal["agent_message"]
    sender_agent_id: str
    recipient_agent_id: str
    content: list[Said]
