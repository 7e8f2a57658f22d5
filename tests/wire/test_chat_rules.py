"""OpenAI's rules for chat requests, as strict validation checks them."""

from typing import Any

import pytest

from fakeai.core.errors import BadRequest
from fakeai.wire.base import parse
from fakeai.wire.chat import ChatRequest
from fakeai.wire.chat_rules import check

from .test_chat import GOOD, HELLO, NO_CONTENT, body


def call(*ids: str, name: str = "f") -> dict[str, Any]:
    uses = [{"id": each, "type": "function", "function": {"name": name, "arguments": "{}"}} for each in ids]
    return {"role": "assistant", "content": None, "tool_calls": uses}


def answer(id: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": "42"}


def image(role: str) -> dict[str, Any]:
    return {"role": role, "tool_call_id": "c", "content": [{"type": "image_url", "image_url": {"url": "u"}}]}


ORPHAN = "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
UNANSWERED = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
    "The following tool_call_ids did not have response messages: "
)
AUDIO = {"voice": "alloy", "format": "mp3"}

BAD: list[tuple[dict[str, Any], str, str | None, str | None]] = [
    ({"model": ...}, "you must provide a model parameter", None, None),
    ({"model": ""}, "you must provide a model parameter", None, None),
    (
        {"messages": HELLO * 2049},
        "Invalid 'messages': array too long. Expected an array with maximum length 2048, "
        "but got an array with length 2049 instead.",
        "messages",
        "array_above_max_length",
    ),
    ({"messages": [*HELLO, answer("c")]}, ORPHAN, "messages.[1].role", None),
    ({"messages": [answer("c")]}, ORPHAN, "messages.[0].role", None),
    ({"messages": [call("c"), answer("c"), *HELLO, answer("c")]}, ORPHAN, "messages.[3].role", None),
    (
        {"messages": [*HELLO, call("c"), answer("d")]},
        "Invalid parameter: 'tool_call_id' of 'd' not found in 'tool_calls' of previous message.",
        "messages.[2].tool_call_id",
        None,
    ),
    ({"messages": [*HELLO, call("call_x")]}, UNANSWERED + "call_x", "messages.[1].role", None),
    ({"messages": [*HELLO, call("a", "b"), answer("a"), *HELLO]}, UNANSWERED + "b", "messages.[3].role", None),
    ({"messages": [*HELLO, call("a", "b"), *HELLO]}, UNANSWERED + "a, b", "messages.[2].role", None),
    ({"messages": [{"role": "assistant"}]}, NO_CONTENT, "messages.[0].content", None),
    ({"messages": [{"role": "assistant", "content": None, "refusal": None}]}, NO_CONTENT, "messages.[0].content", None),
    ({"messages": [{"role": "function", "name": "f", "content": None}]}, NO_CONTENT, "messages.[0].content", None),
    (
        {"messages": [{"role": "assistant", "content": "x", "tool_calls": []}]},
        "Invalid 'messages[0].tool_calls': empty array. Expected an array with minimum length 1, "
        "but got an empty array instead.",
        "messages[0].tool_calls",
        "empty_array",
    ),
    (
        {"messages": [call("c", name="a b"), answer("c")]},
        "Invalid 'messages[0].tool_calls[0].function.name': string does not match pattern. "
        "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
        "messages[0].tool_calls[0].function.name",
        "invalid_value",
    ),
    (
        {"messages": [image("assistant")]},
        "Invalid 'messages[0]'. Image URLs are only allowed for messages with role 'user', but this message with role "
        "'assistant' contains an image URL.",
        "messages[0]",
        "invalid_value",
    ),
    (
        {"messages": [call("c"), image("tool")]},
        "Invalid 'messages[1]'. Image URLs are only allowed for messages with role 'user', but this message with role "
        "'tool' contains an image URL.",
        "messages[1]",
        "invalid_value",
    ),
    (
        {"messages": [{"role": "system", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]},
        "Invalid value: 'file'. Supported values are: 'text'.",
        "messages[0].content[0].type",
        "invalid_value",
    ),
    (
        {"messages": [{"role": "user", "content": "a", "name": "a b"}]},
        r"Invalid 'messages[0].name': string does not match pattern. Expected a string that matches the pattern "
        r"'^[^\s<|\\/>]+$'.",
        "messages[0].name",
        "invalid_value",
    ),
    (
        {"messages": [{"role": "user", "content": "a", "name": "a" * 65}]},
        "Invalid 'messages[0].name': string too long. Expected a string with maximum length 64, "
        "but got a string with length 65 instead.",
        "messages[0].name",
        "string_above_max_length",
    ),
    (
        {"max_tokens": 5, "max_completion_tokens": 5},
        "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
        "max_tokens",
        "invalid_parameter_combination",
    ),
    (
        {"max_tokens": 0},
        "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        "max_tokens",
        "integer_below_min_value",
    ),
    (
        {"max_completion_tokens": -7},
        "Invalid 'max_completion_tokens': integer below minimum value. Expected a value >= 1, but got -7 instead.",
        "max_completion_tokens",
        "integer_below_min_value",
    ),
    (
        {"metadata": {"a": "b"}},
        "The 'metadata' parameter is only allowed when 'store' is enabled.",
        "metadata",
        None,
    ),
    (
        {"stream_options": {"include_usage": True}},
        "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        "stream_options",
        None,
    ),
    (
        {"top_logprobs": 2, "logprobs": False},
        "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
        "top_logprobs",
        None,
    ),
    (
        {"logit_bias": {"AI": 1}},
        "Invalid key in 'logit_bias': AI. You should only be submitting non-negative integers.",
        "logit_bias",
        None,
    ),
    (
        {"logit_bias": {"-1": 1}},
        "Invalid key in 'logit_bias': -1. You should only be submitting non-negative integers.",
        "logit_bias",
        None,
    ),
    (
        {"response_format": {"type": "json_object"}},
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
        "messages",
        None,
    ),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a b", "schema": {}}}},
        "Invalid 'response_format.json_schema.name': string does not match pattern. "
        "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
        "response_format.json_schema.name",
        "invalid_value",
    ),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}},
        "Missing required parameter: 'response_format.json_schema.schema'.",
        "response_format.json_schema.schema",
        "missing_required_parameter",
    ),
    (
        {"modalities": []},
        "Invalid 'modalities': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        "modalities",
        "empty_array",
    ),
    ({"modalities": ["text", "audio"]}, "Missing required parameter: 'audio'.", "audio", "missing_required_parameter"),
    (
        {"modalities": ["audio"], "audio": AUDIO, "stream": True},
        "Unsupported value: 'audio.format' does not support 'mp3' when stream=true. Supported values are: 'pcm16'.",
        "audio.format",
        "unsupported_value",
    ),
]


@pytest.mark.parametrize(
    ("fields", "message", "param", "code"), BAD, ids=[f"{i}-{row[2]}" for i, row in enumerate(BAD)]
)
def test_what_breaks_a_rule_is_told_as_openai_tells_it(
    fields: dict[str, Any], message: str, param: str, code: str
) -> None:
    request = parse(ChatRequest, body(**fields))
    with pytest.raises(BadRequest) as refused:
        check(request)
    assert (refused.value.message, refused.value.param, refused.value.code) == (message, param, code)


FINE: list[dict[str, Any]] = [
    {},
    {"max_tokens": 1},
    {"stream": True, "stream_options": {"include_usage": True}},
    {"logprobs": True, "top_logprobs": 0},
    {"store": True, "metadata": {"a": "b"}},
    {"logit_bias": {"0": -100, "50256": 100}},
    {"messages": [*HELLO, call("a", "b"), answer("b"), answer("a"), *HELLO]},
    {"messages": [*HELLO, call("a"), answer("a"), call("a"), answer("a")]},
    {"messages": [{"role": "assistant", "refusal": "no"}]},
    {"messages": [{"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}]},
    {"messages": [{"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}]},
    {"messages": [image("user")]},
    {"messages": [{"role": "user", "content": "a", "name": "Änne-1"}]},
    {
        "response_format": {"type": "json_object"},
        "messages": [{"role": "user", "content": [{"type": "text", "text": "As JSON"}]}],
    },
    {"modalities": ["audio"], "audio": AUDIO},
    {"modalities": ["audio"], "audio": {"voice": "alloy", "format": "pcm16"}, "stream": True},
]


@pytest.mark.parametrize("fields", FINE, ids=[",".join(row) or "plain" for row in FINE])
def test_what_keeps_the_rules_passes(fields: dict[str, Any]) -> None:
    check(parse(ChatRequest, body(**fields)))


def test_a_rule_is_broken_or_kept_but_never_a_crash() -> None:
    for fields in GOOD:
        request = parse(ChatRequest, body(**fields))
        try:
            check(request)
        except BadRequest as refused:
            assert refused.message


def test_many_unanswered_calls_are_told_in_few_words() -> None:
    request = parse(ChatRequest, body(messages=[call(*(str(i) * 1000 for i in range(1000)))]))
    with pytest.raises(BadRequest) as refused:
        check(request)
    assert len(refused.value.message) < 8_000
