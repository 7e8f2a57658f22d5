"""The chat request's types: what passes, and what each bad body is told."""

import json
from typing import Any, get_type_hints

import pytest
from openai.types.chat import completion_create_params

from fakeai.core.errors import BadRequest
from fakeai.wire.base import parse
from fakeai.wire.chat import ChatRequest, JsonSchemaFormat

HELLO = [{"role": "user", "content": "hello"}]

UNMODELLED: dict[str, str] = {}
"""Parameters of the official SDK that ChatRequest has no field for, each with the reason."""


def body(**fields: Any) -> bytes:
    """A good request with `fields` over it; a field given as ... is left out."""
    whole = {"model": "gpt-4o", "messages": HELLO, **fields}
    return json.dumps({name: value for name, value in whole.items() if value is not ...}).encode()


def told(raw: bytes) -> tuple[str, str | None, str | None]:
    with pytest.raises(BadRequest) as refused:
        parse(ChatRequest, raw)
    assert refused.value.status == 400
    assert refused.value.type == "invalid_request_error"
    return refused.value.message, refused.value.param, refused.value.code


def test_every_parameter_of_the_sdk_is_a_field_or_a_listed_exception() -> None:
    parameters = set(get_type_hints(completion_create_params.CompletionCreateParamsStreaming))
    parameters |= set(get_type_hints(completion_create_params.CompletionCreateParamsNonStreaming))
    assert len(parameters) >= 37
    assert parameters - set(ChatRequest.model_fields) == set(UNMODELLED)


MISSING = "missing_required_parameter"
TYPE = "invalid_type"
VALUE = "invalid_value"
NO_CONTENT = "Invalid value for 'content': expected a string, got null."
ROLES = "'system', 'assistant', 'user', 'function', 'tool', and 'developer'"
PARTS = "'text', 'image_url', 'input_audio', 'refusal', 'file', 'video_url', and 'audio_url'"

# What is wrong, the fields, and the message, param and code that OpenAI answers with.
BAD: list[tuple[dict[str, Any], str, str | None, str | None]] = [
    # messages
    ({"messages": ...}, "Missing required parameter: 'messages'.", "messages", MISSING),
    ({"messages": ..., "model": ...}, "you must provide a model parameter", None, None),
    (
        {"messages": "ping"},
        "Invalid type for 'messages': expected an array of objects, but got a string instead.",
        "messages",
        TYPE,
    ),
    (
        {"messages": None},
        "Invalid type for 'messages': expected an array of objects, but got null instead.",
        "messages",
        TYPE,
    ),
    (
        {"messages": {"role": "user"}},
        "Invalid type for 'messages': expected an array of objects, but got an object instead.",
        "messages",
        TYPE,
    ),
    (
        {"messages": []},
        "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        "messages",
        "empty_array",
    ),
    *[
        (
            {"messages": [{"role": role, "content": [], "tool_call_id": "call_1"}]},
            "Invalid 'messages[0].content': empty array. Expected an array with minimum length 1, "
            "but got an empty array instead.",
            "messages[0].content",
            "empty_array",
        )
        for role in ("system", "developer", "user", "assistant", "tool")
    ],
    (
        {"messages": ["ping"]},
        "Invalid type for 'messages[0]': expected an object, but got a string instead.",
        "messages[0]",
        TYPE,
    ),
    (
        {"messages": [{"content": "ping"}]},
        "Missing required parameter: 'messages[0].role'.",
        "messages[0].role",
        MISSING,
    ),
    (
        {"messages": [{"role": "bogus", "content": "ping"}]},
        f"Invalid value: 'bogus'. Supported values are: {ROLES}.",
        "messages[0].role",
        VALUE,
    ),
    (
        {"messages": [{"role": 5, "content": "ping"}]},
        "Invalid type for 'messages[0].role': expected one of 'system', 'assistant', 'user', 'function', 'tool', or "
        "'developer', but got an integer instead.",
        "messages[0].role",
        TYPE,
    ),
    (
        {"messages": [{"role": None}]},
        "Invalid type for 'messages[0].role': expected one of 'system', 'assistant', 'user', 'function', 'tool', or "
        "'developer', but got null instead.",
        "messages[0].role",
        TYPE,
    ),
    (
        {"messages": [{"role": "user", "content": 7}]},
        "Invalid type for 'messages[0].content': expected one of a string or array of objects, but got an integer instead.",
        "messages[0].content",
        TYPE,
    ),
    (
        {"messages": [{"role": "user", "content": {"text": "a"}}]},
        "Invalid type for 'messages[0].content': expected one of a string or array of objects, but got an object instead.",
        "messages[0].content",
        TYPE,
    ),
    ({"messages": [{"role": "user", "content": None}]}, NO_CONTENT, "messages.[0].content", None),
    ({"messages": [*HELLO, {"role": "user"}]}, NO_CONTENT, "messages.[1].content", None),
    ({"messages": [{"role": "system"}]}, NO_CONTENT, "messages.[0].content", None),
    ({"messages": [{"role": "tool", "tool_call_id": "c"}]}, NO_CONTENT, "messages.[0].content", None),
    (
        {"messages": [*HELLO, {"role": "developer"}]},
        "Missing required parameter: 'messages[1].content'.",
        "messages[1].content",
        MISSING,
    ),
    (
        {"messages": [*HELLO, {"role": "developer", "content": None}]},
        "Invalid type for 'messages[1].content': expected one of a string or array of objects, but got null instead.",
        "messages[1].content",
        TYPE,
    ),
    (
        {"messages": [{"role": "tool", "content": "42"}]},
        "Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.",
        "messages.[0].tool_call_id",
        None,
    ),
    (
        {"messages": [{"role": "function", "content": "42"}]},
        "Missing parameter 'name': messages with role 'function' must have a 'name'.",
        "messages.[0].name",
        None,
    ),
    # content parts
    (
        {"messages": [{"role": "user", "content": [5]}]},
        "Invalid type for 'messages[0].content[0]': expected an object, but got an integer instead.",
        "messages[0].content[0]",
        TYPE,
    ),
    (
        {"messages": [{"role": "user", "content": [{"text": "a"}]}]},
        "Missing required parameter: 'messages[0].content[0].type'.",
        "messages[0].content[0].type",
        MISSING,
    ),
    (
        {"messages": [{"role": "user", "content": [{"type": "image", "text": "a"}]}]},
        f"Invalid value: 'image'. Supported values are: {PARTS}.",
        "messages[0].content[0].type",
        VALUE,
    ),
    (
        {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
        "Missing required parameter: 'messages[0].content[0].text'.",
        "messages[0].content[0].text",
        MISSING,
    ),
    (
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": "x"}]}
            ]
        },
        "Invalid type for 'messages[0].content[1].image_url': expected an object, but got a string instead.",
        "messages[0].content[1].image_url",
        TYPE,
    ),
    (
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": 5}}]}]},
        "Invalid type for 'messages[0].content[0].image_url.url': expected a string, but got an integer instead.",
        "messages[0].content[0].image_url.url",
        TYPE,
    ),
    (
        {
            "messages": [
                {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "u", "detail": "max"}}]}
            ]
        },
        "Invalid value: 'max'. Supported values are: 'auto', 'low', 'high', and 'original'.",
        "messages[0].content[0].image_url.detail",
        VALUE,
    ),
    (
        {
            "messages": [
                {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "", "format": "ogg"}}]}
            ]
        },
        "Invalid value: 'ogg'. Supported values are: 'wav' and 'mp3'.",
        "messages[0].content[0].input_audio.format",
        VALUE,
    ),
    # tool calls
    (
        {"messages": [{"role": "assistant", "tool_calls": "x"}]},
        "Invalid type for 'messages[0].tool_calls': expected an array of objects, but got a string instead.",
        "messages[0].tool_calls",
        TYPE,
    ),
    (
        {
            "messages": [
                {
                    "role": "assistant",
                    "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": {}}}],
                }
            ]
        },
        "Invalid type for 'messages[0].tool_calls[0].function.arguments': expected a string, but got an object instead.",
        "messages[0].tool_calls[0].function.arguments",
        TYPE,
    ),
    (
        {
            "messages": [
                {"role": "assistant", "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": ""}}]}
            ]
        },
        "Missing required parameter: 'messages[0].tool_calls[0].id'.",
        "messages[0].tool_calls[0].id",
        MISSING,
    ),
    # sampling
    ({"n": "2"}, "Invalid type for 'n': expected an integer, but got a string instead.", "n", TYPE),
    ({"n": 1.5}, "Invalid type for 'n': expected an integer, but got a decimal number instead.", "n", TYPE),
    ({"n": True}, "Invalid type for 'n': expected an integer, but got a boolean instead.", "n", TYPE),
    (
        {"n": 0},
        "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        "n",
        "integer_below_min_value",
    ),
    (
        {"n": 129},
        "Invalid 'n': integer above maximum value. Expected a value <= 128, but got 129 instead.",
        "n",
        "integer_above_max_value",
    ),
    (
        {"temperature": "hot"},
        "Invalid type for 'temperature': expected a decimal, but got a string instead.",
        "temperature",
        TYPE,
    ),
    (
        {"temperature": 3},
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
        "temperature",
        "decimal_above_max_value",
    ),
    (
        {"temperature": -0.5},
        "Invalid 'temperature': decimal below minimum value. Expected a value >= 0, but got -0.5 instead.",
        "temperature",
        "decimal_below_min_value",
    ),
    ({"top_p": [1]}, "Invalid type for 'top_p': expected a decimal, but got an array instead.", "top_p", TYPE),
    (
        {"presence_penalty": -3},
        "Invalid 'presence_penalty': decimal below minimum value. Expected a value >= -2, but got -3 instead.",
        "presence_penalty",
        "decimal_below_min_value",
    ),
    (
        {"frequency_penalty": 2.5},
        "Invalid 'frequency_penalty': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.",
        "frequency_penalty",
        "decimal_above_max_value",
    ),
    ({"seed": 1.5}, "Invalid type for 'seed': expected an integer, but got a decimal number instead.", "seed", TYPE),
    (
        {"seed": 2**63},
        "Invalid 'seed': integer above maximum value. Expected a value <= 9223372036854775807, "
        "but got 9223372036854775808 instead.",
        "seed",
        "integer_above_max_value",
    ),
    (
        {"top_logprobs": -1},
        "Invalid 'top_logprobs': integer below minimum value. Expected a value >= 0, but got -1 instead.",
        "top_logprobs",
        "integer_below_min_value",
    ),
    (
        {"top_logprobs": 21},
        "Invalid 'top_logprobs': integer above maximum value. Expected a value <= 20, but got 21 instead.",
        "top_logprobs",
        "integer_above_max_value",
    ),
    ({"logprobs": 5}, "Invalid type for 'logprobs': expected a boolean, but got an integer instead.", "logprobs", TYPE),
    (
        {"logit_bias": "x"},
        "Invalid type for 'logit_bias': expected an object, but got a string instead.",
        "logit_bias",
        TYPE,
    ),
    (
        {"logit_bias": {"50256": 101}},
        "Invalid 'logit_bias.50256': integer above maximum value. Expected a value <= 100, but got 101 instead.",
        "logit_bias.50256",
        "integer_above_max_value",
    ),
    (
        {"stop": ["a", "b", "c", "d", "e"]},
        "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length 5 instead.",
        "stop",
        "array_above_max_length",
    ),
    (
        {"stop": 5},
        "Invalid type for 'stop': expected one of a string or array of strings, but got an integer instead.",
        "stop",
        TYPE,
    ),
    ({"stop": ["a", 5]}, "Invalid type for 'stop[1]': expected a string, but got an integer instead.", "stop[1]", TYPE),
    (
        {"stop": []},
        "Invalid 'stop': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        "stop",
        "empty_array",
    ),
    # tools
    (
        {"tools": "none"},
        "Invalid type for 'tools': expected an array of objects, but got a string instead.",
        "tools",
        TYPE,
    ),
    ({"tools": None}, "Invalid type for 'tools': expected an array of objects, but got null instead.", "tools", TYPE),
    (
        {"tools": [{"type": "web"}]},
        "Invalid value: 'web'. Supported values are: 'function' and 'custom'.",
        "tools[0].type",
        VALUE,
    ),
    (
        {"tools": [{"type": "function"}]},
        "Missing required parameter: 'tools[0].function'.",
        "tools[0].function",
        MISSING,
    ),
    (
        {"tools": [{"type": "function", "function": {}}]},
        "Missing required parameter: 'tools[0].function.name'.",
        "tools[0].function.name",
        MISSING,
    ),
    (
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": "{}"}}]},
        "Invalid type for 'tools[0].function.parameters': expected an object, but got a string instead.",
        "tools[0].function.parameters",
        TYPE,
    ),
    (
        {
            "tools": [
                {
                    "type": "custom",
                    "custom": {"name": "f", "format": {"type": "grammar", "grammar": {"definition": "a"}}},
                }
            ]
        },
        "Missing required parameter: 'tools[0].custom.format.grammar.syntax'.",
        "tools[0].custom.format.grammar.syntax",
        MISSING,
    ),
    (
        {"tool_choice": 7},
        "Invalid type for 'tool_choice': expected one of one of 'none', 'auto', or 'required' or object, "
        "but got an integer instead.",
        "tool_choice",
        TYPE,
    ),
    (
        {"tool_choice": "bogus"},
        "Invalid value: 'bogus'. Supported values are: 'none', 'auto', and 'required'.",
        "tool_choice",
        VALUE,
    ),
    (
        {"tool_choice": {"type": "function", "function": {}}},
        "Missing required parameter: 'tool_choice.function.name'.",
        "tool_choice.function.name",
        MISSING,
    ),
    (
        {"parallel_tool_calls": None},
        "Invalid type for 'parallel_tool_calls': expected a boolean, but got null instead.",
        "parallel_tool_calls",
        TYPE,
    ),
    (
        {"functions": "x"},
        "Invalid type for 'functions': expected an array of function definitions, but got a string instead.",
        "functions",
        TYPE,
    ),
    (
        {"functions": [{"parameters": {}}]},
        "Missing required parameter: 'functions[0].name'.",
        "functions[0].name",
        MISSING,
    ),
    ({"function_call": {"a": 1}}, "Missing required parameter: 'function_call.name'.", "function_call.name", MISSING),
    # the form of the answer
    (
        {"response_format": "json"},
        "Invalid type for 'response_format': expected an object, but got a string instead.",
        "response_format",
        TYPE,
    ),
    ({"response_format": {}}, "Missing required parameter: 'response_format.type'.", "response_format.type", MISSING),
    (
        {"response_format": {"type": "bogus"}},
        "Invalid value: 'bogus'. Supported values are: 'json_object', 'json_schema', and 'text'.",
        "response_format.type",
        VALUE,
    ),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}},
        "Missing required parameter: 'response_format.json_schema.name'.",
        "response_format.json_schema.name",
        MISSING,
    ),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": 5}}},
        "Invalid type for 'response_format.json_schema.schema': expected an object, but got an integer instead.",
        "response_format.json_schema.schema",
        TYPE,
    ),
    (
        {"modalities": ["smell"]},
        "Invalid value: 'smell'. Supported values are: 'text' and 'audio'.",
        "modalities[0]",
        VALUE,
    ),
    (
        {"audio": {"voice": 5, "format": "mp3"}},
        "Invalid type for 'audio.voice': expected one of a string or object, but got an integer instead.",
        "audio.voice",
        TYPE,
    ),
    ({"audio": {"voice": "alloy"}}, "Missing required parameter: 'audio.format'.", "audio.format", MISSING),
    (
        {"prediction": {"type": "content", "content": 5}},
        "Invalid type for 'prediction.content': expected one of a string or array of objects, but got an integer instead.",
        "prediction.content",
        TYPE,
    ),
    ({"prediction": {"content": "a"}}, "Missing required parameter: 'prediction.type'.", "prediction.type", MISSING),
    (
        {"web_search_options": {"user_location": {"type": "approximate", "approximate": {"city": 5}}}},
        "Invalid type for 'web_search_options.user_location.approximate.city': expected a string, but got an integer instead.",
        "web_search_options.user_location.approximate.city",
        TYPE,
    ),
    # the rest
    ({"model": 5}, "Invalid type for 'model': expected a string, but got an integer instead.", "model", TYPE),
    ({"stream": "yes"}, "Invalid type for 'stream': expected a boolean, but got a string instead.", "stream", TYPE),
    (
        {"stream_options": "x"},
        "Invalid type for 'stream_options': expected an object, but got a string instead.",
        "stream_options",
        TYPE,
    ),
    ({"user": {"a": 1}}, "Invalid type for 'user': expected a string, but got an object instead.", "user", TYPE),
    ({"user": None}, "Invalid type for 'user': expected a string, but got null instead.", "user", TYPE),
    (
        {"safety_identifier": "x" * 129},
        "Invalid 'safety_identifier': string too long. Expected a string with maximum length 128, "
        "but got a string with length 129 instead.",
        "safety_identifier",
        "string_above_max_length",
    ),
    (
        {"metadata": "x"},
        "Invalid type for 'metadata': expected a metadata object, but got a string instead.",
        "metadata",
        TYPE,
    ),
    (
        {"metadata": {"k": 7}},
        "Invalid type for 'metadata.k': expected a string, but got an integer instead.",
        "metadata.k",
        TYPE,
    ),
    (
        {"metadata": {f"k{i}": "v" for i in range(17)}},
        "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, "
        "but got an object with 17 properties instead.",
        "metadata",
        "object_above_max_properties",
    ),
    (
        {"metadata": {"k": "x" * 600}},
        "Invalid 'metadata.k': string too long. Expected a string with maximum length 512, "
        "but got a string with length 600 instead.",
        "metadata.k",
        "string_above_max_length",
    ),
    (
        {"metadata": {"k" * 70: "v"}},
        "Invalid property name in 'metadata': 'kkk...kkk' is too long. Expected a string with maximum length 64, "
        "but got a string with length 70 instead.",
        f"metadata.{'k' * 70}",
        "property_name_above_max_length",
    ),
    (
        {"verbosity": "bogus"},
        "Invalid value: 'bogus'. Supported values are: 'low', 'medium', and 'high'.",
        "verbosity",
        VALUE,
    ),
    (
        {"prompt_cache_retention": {"a": 1}},
        "Invalid type for 'prompt_cache_retention': expected one of 'in_memory' or '24h', but got an object instead.",
        "prompt_cache_retention",
        TYPE,
    ),
    (
        {"prompt_cache_options": "x"},
        "Invalid type for 'prompt_cache_options': expected an object, but got a string instead.",
        "prompt_cache_options",
        TYPE,
    ),
    ({"moderation": {}}, "Missing required parameter: 'moderation.model'.", "moderation.model", MISSING),
]


@pytest.mark.parametrize(
    ("fields", "message", "param", "code"), BAD, ids=[f"{i}-{row[2]}" for i, row in enumerate(BAD)]
)
def test_a_bad_body_is_told_as_openai_tells_it(fields: dict[str, Any], message: str, param: str, code: str) -> None:
    assert told(body(**fields)) == (message, param, code)


# Pairs of faults, and the one that OpenAI tells first.
ORDER = [
    ({"functions": "x", "messages": "x"}, "messages"),
    ({"tools": "x", "functions": "x"}, "functions"),
    ({"parallel_tool_calls": {}, "tools": "x"}, "tools"),
    ({"max_completion_tokens": {}, "parallel_tool_calls": {}}, "parallel_tool_calls"),
    ({"n": {}, "max_completion_tokens": {}}, "max_completion_tokens"),
    ({"temperature": {}, "n": 0}, "n"),
    ({"top_p": {}, "temperature": {}}, "temperature"),
    ({"presence_penalty": {}, "top_p": {}}, "top_p"),
    ({"frequency_penalty": {}, "presence_penalty": {}}, "presence_penalty"),
    ({"logprobs": {}, "frequency_penalty": {}}, "frequency_penalty"),
    ({"top_logprobs": {}, "logprobs": {}}, "logprobs"),
    ({"user": {}, "top_logprobs": {}}, "top_logprobs"),
    ({"seed": {}, "user": {}}, "user"),
    ({"prompt_cache_key": 7, "prompt_cache_options": "x"}, "prompt_cache_options"),
    ({"stream": {}, "service_tier": {}}, "service_tier"),
    ({"store": {}, "stream": {}}, "stream"),
    ({"metadata": "x", "store": {}}, "store"),
    ({"verbosity": {}, "metadata": "x"}, "metadata"),
]


@pytest.mark.parametrize(("fields", "first"), ORDER, ids=[first for _, first in ORDER])
def test_of_two_faults_openais_first_is_told(fields: dict[str, Any], first: str) -> None:
    assert told(body(**fields))[1] == first


# What the official suite sends although a strict server would refuse it, and other bodies that must pass the types.
GOOD: list[dict[str, Any]] = [
    {"model": ...},
    {"logit_bias": {"foo": 0}},
    {"max_tokens": 0, "max_completion_tokens": 0},
    {"functions": [{"name": "f", "parameters": {}}], "tools": [{"type": "function", "function": {"name": "g"}}]},
    {"stream": False, "stream_options": {"include_usage": True, "include_obfuscation": True}},
    {"seed": -9007199254740991},
    {"presence_penalty": -2, "frequency_penalty": 2, "temperature": 2, "top_p": 1, "n": 128},
    {"metadata": {"k" * 64: "v" * 512} | {str(i): "" for i in range(15)}},
    {"stop": None, "n": None, "temperature": None, "metadata": None, "logit_bias": None, "audio": None, "store": None},
    {"stop": "x"},
    {"stop": ["a", "b", "c", "d"]},
    {"tool_choice": "required"},
    {"tool_choice": {"type": "custom", "custom": {"name": "x"}}},
    {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "function"}]}}},
    {"function_call": {"name": "f"}},
    {"function_call": "none"},
    {"tools": []},
    {"service_tier": "fast", "verbosity": "low", "reasoning_effort": "max"},
    {
        "prompt_cache_options": {"mode": "explicit", "ttl": "30m"},
        "prompt_cache_retention": "24h",
        "prompt_cache_key": "k",
    },
    {"moderation": {"model": "omni-moderation-latest", "policy": {"input": {"mode": "block"}, "output": None}}},
    {"web_search_options": {"search_context_size": "low", "user_location": None}},
    {"prediction": {"type": "content", "content": [{"type": "text", "text": "a"}]}},
    {"audio": {"voice": {"id": "voice_1"}, "format": "pcm16"}, "modalities": ["text", "audio"]},
    {"messages": [{"role": "user", "content": "\u0000 nul and \U0001f600"}]},
    {"messages": [{"role": "assistant", "tool_calls": None, "function_call": None, "content": "a"}]},
    {"messages": [{"role": "assistant", "audio": {"id": "a"}}]},
    {"messages": [{"role": "function", "name": "f", "content": None}]},
    {"tools": [{"type": "custom", "custom": {"name": "f", "format": {"type": "text"}}}]},
]


@pytest.mark.parametrize("fields", GOOD, ids=[",".join(row) for row in GOOD])
def test_a_good_body_passes_and_keeps_what_was_sent(fields: dict[str, Any]) -> None:
    raw = body(**fields)
    assert parse(ChatRequest, raw).model_dump(exclude_unset=True) == json.loads(raw)


def test_all_part_kinds_are_read() -> None:
    parts = [
        {"type": "text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,"}},
        {"type": "video_url", "video_url": {"url": "data:video/mp4;base64,"}},
        {"type": "audio_url", "audio_url": {"url": "https://example.com/a.mp3"}},
    ]
    message = parse(ChatRequest, body(messages=[{"role": "user", "content": parts}])).messages[0]
    assert isinstance(message.content, list)
    assert [part.model_dump(exclude_unset=True) for part in message.content] == parts


def test_a_schema_is_found_under_its_python_name() -> None:
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}, "strict": True}}
    request = parse(ChatRequest, body(response_format=form))
    assert isinstance(request.response_format, JsonSchemaFormat)
    assert request.response_format.json_schema.schema_ == {"type": "object"}


def test_an_integer_is_good_for_a_decimal_but_not_the_other_way_round() -> None:
    temperature = parse(ChatRequest, body(temperature=1)).temperature
    assert temperature == 1.0
    assert isinstance(temperature, float)
    assert told(body(top_logprobs=1.0))[2] == "invalid_type"
