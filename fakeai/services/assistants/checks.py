"""What OpenAI checks of assistants, messages and runs beyond its document."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from fakeai.core.call import Call
from fakeai.core.catalog import ModelCard
from fakeai.core.errors import BadRequest
from fakeai.services import prompt, structure
from fakeai.services.base import lenient
from fakeai.services.directory import ModelDirectory
from fakeai.store.base import Object
from fakeai.wire import wording
from fakeai.wire.assistants.messages import MessageCreate
from fakeai.wire.assistants.tools import NamedChoice
from fakeai.wire.base import Wire
from fakeai.wire.tool_rules import check_name

LONGEST_TEXT = 256_000
MOST_ATTACHMENTS = 10


class Checks:
    """Checks of one App."""

    def __init__(self, directory: ModelDirectory, *, lenient: bool) -> None:
        self._directory = directory
        self._lenient = lenient

    def model(self, call: Call, name: str) -> ModelCard:
        """The card of a model that can be an assistant's. Raises BadRequest, ModelNotFound."""
        if not name and not lenient(call, self._lenient):
            raise BadRequest(wording.NO_MODEL, param="model")
        card = self._directory.card(name)
        if card.known and card.family != "chat":
            raise BadRequest(
                f"The requested model '{card.id}' cannot be used with the Assistants API.",
                param="model",
                code="unsupported_model",
            )
        return card

    def tools(self, call: Call, tools: Sequence[Any] | None, form: Any) -> None:
        """Refuse tools whose names or schemas are bad, and a bad schema of the answer. Any: unions of wire types."""
        easy = lenient(call, self._lenient)
        functions = [tool for tool in tools or () if tool.type == "function"]
        if not easy:
            _check_names(tools or ())
        wanted = None if isinstance(form, str) else form
        structure.check(_Shaped(functions, wanted), prompt.declared(functions), strict=not easy)

    def choice(self, call: Call, choice: str | NamedChoice | None, tools: Sequence[Object]) -> None:
        """Refuse the choice of a tool that is not there."""
        if not isinstance(choice, NamedChoice) or lenient(call, self._lenient):
            return
        if choice.type != "function":
            if all(tool["type"] != choice.type for tool in tools):
                raise BadRequest(f"Tool choice '{choice.type}' not found in 'tools' parameter.", param="tool_choice")
            return
        if choice.function is None:
            raise BadRequest(
                "Missing required parameter: 'tool_choice.function'.",
                param="tool_choice.function",
                code="missing_required_parameter",
            )
        names = [tool["function"]["name"] for tool in tools if tool["type"] == "function"]
        if choice.function.name not in names:
            raise BadRequest(
                f"Tool choice '{choice.function.name}' not found in 'tools' parameter.", param="tool_choice"
            )

    def messages(self, call: Call, messages: Sequence[MessageCreate], where: str = "") -> None:
        """Refuse messages that say nothing or too much. `where` is where in a body they are."""
        if lenient(call, self._lenient):
            return
        for number, message in enumerate(messages):
            _check_message(message, f"{where}[{number}]." if where else "")


class _Shaped(NamedTuple):
    """What `structure.check` looks at."""

    tools: Sequence[Any]
    response_format: Any


def plain(value: Wire) -> Object:
    """A wire object as it was given."""
    told: Object = value.model_dump(mode="json", exclude_none=True, by_alias=True, warnings=False)
    return told


def _check_names(tools: Sequence[Any]) -> None:
    names: set[str] = set()
    for index, tool in enumerate(tools):
        name = tool.function.name if tool.type == "function" else f"\0{tool.type}"
        if tool.type == "function":
            check_name(f"tools[{index}].function.name", name)
        if name in names:
            told = f"function '{name}'" if tool.type == "function" else f"tool '{tool.type}'"
            raise BadRequest(f"Invalid 'tools': the {told} is given more than once.", param="tools")
        names.add(name)


def _check_message(message: MessageCreate, where: str) -> None:
    content = message.content
    texts = [content] if isinstance(content, str) else [part.text for part in content if part.type == "text"]
    if isinstance(content, str) and not content.strip():
        raise BadRequest("Message content must be non-empty.", param=f"{where}content")
    for text in texts:
        if len(text) > LONGEST_TEXT:
            raise wording.string_too_long(f"{where}content", LONGEST_TEXT, len(text))
    if not isinstance(content, str) and message.role == "assistant" and len(texts) < len(content):
        raise BadRequest("Messages of the assistant may only have text.", param=f"{where}content")
    if not isinstance(content, str):
        _check_images(content, f"{where}content")
    attachments = message.attachments or ()
    if len(attachments) > MOST_ATTACHMENTS:
        raise wording.array_too_long(f"{where}attachments", MOST_ATTACHMENTS, len(attachments))
    for number, attachment in enumerate(attachments):
        for name in ("file_id", "tools"):
            if not getattr(attachment, name):
                param = f"{where}attachments[{number}].{name}"
                raise BadRequest(
                    f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter"
                )


def _check_images(parts: Sequence[Any], where: str) -> None:
    """Refuse images whose URL cannot be one: they would have the run fail. Any: a union of wire types."""
    from fakeai.content import media

    for number, part in enumerate(parts):
        if part.type == "image_url":
            media.from_url(part.image_url.url, "image", param=f"{where}[{number}].image_url.url")
