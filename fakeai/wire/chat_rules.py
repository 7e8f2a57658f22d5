"""OpenAI's rules for chat requests that its document cannot say: what goes together, and what must follow what.

Only strict validation asks for them. Knows the request; does not know the model (its window, what it can do), nor
whether schemas and grammars are valid.
"""

import re
from collections.abc import Iterator
from itertools import islice

from fakeai.core.errors import BadRequest
from fakeai.wire import wording
from fakeai.wire.chat import ChatRequest, JsonObjectFormat, JsonSchemaFormat
from fakeai.wire.messages import (
    AssistantMessage,
    DeveloperMessage,
    FunctionMessage,
    Message,
    SystemMessage,
    TextPart,
    ToolMessage,
    UserMessage,
)
from fakeai.wire.tool_rules import check_functions, check_name, check_tools

MESSAGE_LIMIT = 2048
NAME_LIMIT = 64
SPEAKER_PATTERN = r"^[^\s<|\\/>]+$"

_SPEAKER = re.compile(r"[^\s<|\\/>]+")
_IDS_SHOWN = 32
_TEXT_ONLY: tuple[str, ...] = ("text",)
_ASSISTANT_PARTS = ("text", "refusal")
_SPEAKERS: frozenset[type[Message]] = frozenset({UserMessage, AssistantMessage, SystemMessage, DeveloperMessage})
"""Messages that hold nothing to check if a text is all they hold."""
_ALONE = frozenset(
    {
        "model",
        "messages",
        "max_tokens",
        "max_completion_tokens",
        "temperature",
        "top_p",
        "n",
        "stop",
        "seed",
        "stream",
        "user",
    }
)
"""Fields that go with any other: a request of nothing else breaks no rule below the messages'."""
_USER_PARTS = ("text", "image_url", "input_audio", "file", "video_url", "audio_url")


def check(body: ChatRequest) -> None:
    """Refuse what OpenAI refuses of a well-typed request; the first fault counts."""
    if not body.model:
        raise BadRequest(wording.NO_MODEL)
    messages = body.messages
    if len(messages) > MESSAGE_LIMIT:
        raise wording.array_too_long("messages", MESSAGE_LIMIT, len(messages))
    _check_messages(messages)
    _check_lengths(body)
    if body.__pydantic_fields_set__ <= _ALONE:
        return
    if body.metadata is not None and not body.store:
        raise wording.only_with("metadata", "store")
    if body.stream_options and not body.stream:
        raise wording.only_with("stream_options", "stream")
    if body.top_logprobs is not None and not body.logprobs:
        raise wording.only_with("top_logprobs", "logprobs")
    if body.logit_bias:
        check_token_ids(body.logit_bias)
    check_tools(body)
    check_functions(body)
    if body.response_format:
        _check_format(body)
    if body.modalities is not None:
        _check_modalities(body)


def check_token_ids(logit_bias: dict[str, int]) -> None:
    """Keys of a logit bias are token ids, written as JSON has to: in strings."""
    for key in logit_bias:
        if not (key.isascii() and key.isdigit()):
            raise BadRequest(
                f"Invalid key in 'logit_bias': {wording.shown(key)}. You should only be submitting non-negative integers.",
                param="logit_bias",
            )


def _check_lengths(body: ChatRequest) -> None:
    limit, newer = body.max_tokens, body.max_completion_tokens
    if limit is not None and newer is not None:
        raise BadRequest(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
            param="max_tokens",
            code="invalid_parameter_combination",
        )
    value = newer if limit is None else limit
    if value is not None and value < 1:
        param = "max_completion_tokens" if limit is None else "max_tokens"
        raise wording.out_of_bounds(param, "integer", "below", 1, value)


# -- messages


def _check_messages(messages: list[Message]) -> None:
    """Every tool call is answered at once, every tool message answers one, and each role says what it may."""
    caller = 0
    called: frozenset[str] = frozenset()
    open_calls: dict[str, None] = {}
    for index, message in enumerate(messages):
        bare = type(message) in _SPEAKERS and len(message.__pydantic_fields_set__) == 2  # a role and one thing more
        if bare and not open_calls and type(message.content) is str:
            called = frozenset()
            continue
        if isinstance(message, ToolMessage):
            _check_answer(message, called, index)
            open_calls.pop(message.tool_call_id, None)
        else:
            if open_calls:
                raise _unanswered(open_calls, index)
            called = frozenset()
        _check_message(message, index)
        if isinstance(message, AssistantMessage) and message.tool_calls:
            caller, open_calls = index, {call.id: None for call in message.tool_calls}
            called = frozenset(open_calls)
    if open_calls:
        raise _unanswered(open_calls, caller)


def _check_message(message: Message, index: int) -> None:
    if isinstance(message, FunctionMessage) and message.content is None:
        raise _no_content(index)
    if isinstance(message, AssistantMessage):
        _check_assistant(message, index)
    if isinstance(message.content, list):
        _check_parts(message, index)
    if not isinstance(message, ToolMessage) and message.name is not None:
        _check_speaker(message.name, index)


def _check_answer(message: ToolMessage, called: frozenset[str], index: int) -> None:
    if not called:
        raise BadRequest(
            "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
            "'tool_calls'.",
            param=f"messages.[{index}].role",
        )
    if message.tool_call_id not in called:
        raise BadRequest(
            f"Invalid parameter: 'tool_call_id' of '{wording.shown(message.tool_call_id)}' not found in 'tool_calls' "
            "of previous message.",
            param=f"messages.[{index}].tool_call_id",
        )


def _unanswered(calls: dict[str, None], index: int) -> BadRequest:
    ids = ", ".join(wording.shown(call) for call in islice(calls, _IDS_SHOWN))
    return BadRequest(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
        f"The following tool_call_ids did not have response messages: {ids}",
        param=f"messages.[{index}].role",
    )


def _check_assistant(message: AssistantMessage, index: int) -> None:
    if message.tool_calls is not None:
        if not message.tool_calls:
            raise wording.empty_array(f"messages[{index}].tool_calls")
        for number, call in enumerate(message.tool_calls):
            name = call.function.name if call.type == "function" else call.custom.name
            check_name(f"messages[{index}].tool_calls[{number}].{call.type}.name", name)
    elif message.content is None and not (message.function_call or message.audio or message.refusal):
        raise _no_content(index)


def _check_parts(message: Message, index: int) -> None:
    """Which kinds of part the message's role may hold."""
    allowed = _TEXT_ONLY
    if isinstance(message, UserMessage):
        allowed = _USER_PARTS
    elif isinstance(message, AssistantMessage):
        allowed = _ASSISTANT_PARTS
    for number, part in enumerate(message.content or ()):
        if isinstance(part, str) or part.type in allowed:
            continue
        if part.type == "image_url":
            raise BadRequest(
                f"Invalid 'messages[{index}]'. Image URLs are only allowed for messages with role 'user', but this "
                f"message with role '{message.role}' contains an image URL.",
                param=f"messages[{index}]",
                code="invalid_value",
            )
        raise wording.invalid_value(f"messages[{index}].content[{number}].type", part.type, allowed)


def _check_speaker(name: str, index: int) -> None:
    param = f"messages[{index}].name"
    if not name:
        raise wording.empty_string(param)
    if len(name) > NAME_LIMIT:
        raise wording.string_too_long(param, NAME_LIMIT, len(name))
    if not _SPEAKER.fullmatch(name):
        raise wording.pattern_mismatch(param, SPEAKER_PATTERN)


def _no_content(index: int) -> BadRequest:
    return BadRequest(wording.NO_CONTENT, param=f"messages.[{index}].content")


# -- the form of the answer


def _check_format(body: ChatRequest) -> None:
    form = body.response_format
    if isinstance(form, JsonObjectFormat) and not any("json" in text.lower() for text in _texts(body.messages)):
        raise BadRequest(
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
            param="messages",
        )
    if isinstance(form, JsonSchemaFormat):
        check_name("response_format.json_schema.name", form.json_schema.name)
        if form.json_schema.schema_ is None:
            raise wording.missing("response_format.json_schema.schema")


def _texts(messages: list[Message]) -> Iterator[str]:
    for message in messages:
        if isinstance(message.content, str):
            yield message.content
        else:
            yield from (part.text for part in message.content or () if isinstance(part, TextPart))


def _check_modalities(body: ChatRequest) -> None:
    if not body.modalities:
        raise wording.empty_array("modalities")
    if "audio" not in body.modalities:
        return
    if body.audio is None:
        raise wording.missing("audio")
    if body.stream and body.audio.format != "pcm16":
        raise BadRequest(
            f"Unsupported value: 'audio.format' does not support '{body.audio.format}' when stream=true. "
            "Supported values are: 'pcm16'.",
            param="audio.format",
            code="unsupported_value",
        )
