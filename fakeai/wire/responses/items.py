"""Items of a response's input, as they are sent: messages, calls of tools and their results, what earlier responses put out.

An item without a `type` is a message, or a reference if it has nothing but an id. What an earlier response has put out may
be sent as it came: fields that only tell what has been are kept unread.
"""

from typing import Annotated, Any, Literal, TypeAlias, get_args

from annotated_types import MaxLen
from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from fakeai.core.generation import JsonObject
from fakeai.wire.base import FirstOf, Items, Omittable, Wire
from fakeai.wire.messages import InputAudio, Part

Status: TypeAlias = Literal["in_progress", "completed", "incomplete"] | None
CallId: TypeAlias = Annotated[str, MaxLen(64)]
_LONGEST_TEXT = 10_485_760
"""Characters of a text of the input: https://platform.openai.com/docs/api-reference/responses/create."""
Text: TypeAlias = Annotated[str, MaxLen(_LONGEST_TEXT)]


class InputText(Part):
    """Text."""

    type: Literal["input_text"]
    text: Text


class InputImage(Part):
    """An image: a link, a `data:` URL or an uploaded file."""

    type: Literal["input_image"]
    image_url: str | None = None
    file_id: str | None = None
    detail: Literal["low", "high", "auto", "original"] | None = None


class InputFile(Part):
    """A document: its bytes in base64, a link or an uploaded file."""

    type: Literal["input_file"]
    file_id: str | None = None
    filename: Omittable[str] = None
    file_data: Omittable[str] = None
    file_url: Omittable[str] = None
    detail: Omittable[Literal["auto", "low", "high"]] = None


class InputSound(Part):
    """Sound."""

    type: Literal["input_audio"]
    input_audio: InputAudio


class OutputText(Wire):
    """What the assistant has said."""

    KEEPS_ALL = True

    type: Literal["output_text"]
    text: str


class OutputRefusal(Wire):
    """What the assistant has declined with."""

    type: Literal["refusal"]
    refusal: str


class PlainText(Wire):
    """Text of a conversation's item."""

    type: Literal["text", "summary_text", "reasoning_text"]
    text: str


class Screenshot(Wire):
    """A picture of a computer's screen."""

    type: Literal["computer_screenshot"]
    image_url: Omittable[str] = None
    file_id: Omittable[str] = None


Content: TypeAlias = Annotated[
    InputText | InputImage | InputFile | InputSound | OutputText | OutputRefusal | PlainText | Screenshot,
    Field(discriminator="type"),
]
Given: TypeAlias = Annotated[str | Items[Content], FirstOf()]


class MessageItem(Wire):
    """A message of anybody's; the assistant's own may be sent back as they came."""

    type: Omittable[Literal["message"]] = None
    role: Literal["user", "assistant", "system", "developer"]
    content: Given
    id: str | None = None
    status: Status = None
    phase: Literal["commentary", "final_answer"] | None = None


class FunctionCallItem(Wire):
    """A call of a function that the model has made."""

    type: Literal["function_call"]
    call_id: CallId
    name: str
    arguments: str
    id: str | None = None
    status: Status = None


class FunctionOutputItem(Wire):
    """What the function gave."""

    type: Literal["function_call_output"]
    call_id: CallId
    output: Given
    id: str | None = None
    status: Status = None


class CustomCallItem(Wire):
    """A call of a custom tool that the model has made."""

    type: Literal["custom_tool_call"]
    call_id: CallId
    name: str
    input: str
    id: str | None = None


class CustomOutputItem(Wire):
    """What the custom tool gave."""

    type: Literal["custom_tool_call_output"]
    call_id: CallId
    output: Given
    id: str | None = None


class ComputerCallItem(Wire):
    """Something that the model wants done at a computer."""

    KEEPS_ALL = True

    type: Literal["computer_call"]
    call_id: CallId
    id: str | None = None
    action: JsonObject | None = None
    actions: Items[JsonObject] | None = None
    status: Status = None


class ComputerOutputItem(Wire):
    """What the computer's screen shows after it."""

    type: Literal["computer_call_output"]
    call_id: CallId
    output: Screenshot
    id: str | None = None
    acknowledged_safety_checks: Items[JsonObject] | None = None
    status: Status = None


class LocalShellItem(Wire):
    """A command that the model wants run on the caller's machine, as it was first offered."""

    KEEPS_ALL = True

    type: Literal["local_shell_call"]
    call_id: CallId
    action: JsonObject
    id: str | None = None
    status: Status = None


class LocalShellOutputItem(Wire):
    """What the command gave; `id` is that of the call."""

    type: Literal["local_shell_call_output"]
    id: str
    output: str
    status: Status = None


class ShellAction(Wire):
    """Commands, and how long they may take and write."""

    commands: Items[str]
    timeout_ms: int | None = None
    max_output_length: int | None = None


class ShellItem(Wire):
    """Commands that the model wants run."""

    KEEPS_ALL = True

    type: Literal["shell_call"]
    call_id: CallId
    action: ShellAction
    id: str | None = None
    status: Status = None


class ShellOutputItem(Wire):
    """What the commands gave."""

    type: Literal["shell_call_output"]
    call_id: CallId
    output: Items[JsonObject]
    id: str | None = None
    max_output_length: int | None = None
    status: Status = None


class PatchItem(Wire):
    """A change to a file that the model wants made."""

    KEEPS_ALL = True

    type: Literal["apply_patch_call"]
    call_id: CallId
    operation: JsonObject
    id: str | None = None
    status: Literal["in_progress", "completed"]


class PatchOutputItem(Wire):
    """What has become of the change."""

    type: Literal["apply_patch_call_output"]
    call_id: CallId
    status: Literal["completed", "failed"]
    output: str | None = None
    id: str | None = None


class ApprovalItem(Wire):
    """Whether an MCP server's tool may be called."""

    type: Literal["mcp_approval_response"]
    approval_request_id: str
    approve: bool
    reason: str | None = None
    id: str | None = None


class ReferenceItem(Wire):
    """An item that is kept, by its id."""

    type: Literal["item_reference"] | None = None
    id: str


class CompactionItem(Wire):
    """A conversation made short."""

    KEEPS_ALL = True

    type: Literal["compaction"]
    encrypted_content: str
    id: str | None = None


class ReasoningItem(Wire):
    """What the model has thought."""

    KEEPS_ALL = True

    type: Literal["reasoning"]
    id: Omittable[str] = None
    summary: Items[JsonObject]
    content: Items[JsonObject] | None = None
    encrypted_content: str | None = None
    status: Status = None


class McpItem(Wire):
    """A call of an MCP server's tool, or the question whether it may be made."""

    KEEPS_ALL = True

    type: Literal["mcp_call", "mcp_approval_request"]
    id: str
    server_label: str
    name: str
    arguments: str


class ToldItem(Wire):
    """What an earlier response has put out, or what changes how this one is made: kept as it came."""

    KEEPS_ALL = True

    type: Literal[
        "file_search_call",
        "web_search_call",
        "code_interpreter_call",
        "image_generation_call",
        "mcp_list_tools",
        "tool_search_call",
        "tool_search_output",
        "additional_tools",
        "configuration_update",
        "compaction_trigger",
        "program",
        "program_output",
    ]
    id: str | None = None
    container_id: str | None = None
    result: str | None = None
    tools: Items[JsonObject] | None = None


class _ByType:
    """Annotation: a union told apart by `type`; without one it is a message, or a reference if it has no role."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """A tagged union of the branches. `source` is Any: pydantic passes whatever is annotated."""
        choices: dict[Any, CoreSchema] = {}
        for branch in get_args(source):
            schema = handler.generate_schema(branch)
            choices.update(dict.fromkeys(_words(branch.model_fields["type"].annotation), schema))
        return core_schema.tagged_union_schema(choices, discriminator=_tag)


def _words(kind: Any) -> list[str]:
    """The words of a literal, which may stand beside None. Any: types of types."""
    found = get_args(kind)
    return [word for one in found for word in ([one] if isinstance(one, str) else _words(one))]


def _tag(item: Any) -> str | None:
    """The type of an item. Any: whatever a caller has sent."""
    if not isinstance(item, dict):
        return "message"
    kind = item.get("type")
    if kind is not None:
        return kind if isinstance(kind, str) else str(kind)
    return "item_reference" if "id" in item and "role" not in item else "message"


Item: TypeAlias = Annotated[
    MessageItem
    | FunctionCallItem
    | FunctionOutputItem
    | CustomCallItem
    | CustomOutputItem
    | ComputerCallItem
    | ComputerOutputItem
    | LocalShellItem
    | LocalShellOutputItem
    | ShellItem
    | ShellOutputItem
    | PatchItem
    | PatchOutputItem
    | ApprovalItem
    | ReferenceItem
    | CompactionItem
    | ReasoningItem
    | McpItem
    | ToldItem,
    _ByType(),
]
Input: TypeAlias = Annotated[Text | Items[Item], FirstOf()]
