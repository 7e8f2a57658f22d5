"""OpenAI's rules for tools, functions and choices among them."""

from typing import Any

import pytest

from fakeai.core.errors import BadRequest
from fakeai.wire.base import parse
from fakeai.wire.chat import ChatRequest
from fakeai.wire.chat_rules import check

from .test_chat import body


def tool(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **more}}


CUSTOM = {"type": "custom", "custom": {"name": "lark"}}


def allowed(*tools: dict[str, Any]) -> dict[str, Any]:
    return {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": list(tools)}}


PATTERN = "string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
EMPTY = "empty array. Expected an array with minimum length 1, but got an empty array instead."

BAD: list[tuple[dict[str, Any], str, str, str | None]] = [
    (
        {"tool_choice": "auto"},
        "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
        "tool_choice",
        None,
    ),
    (
        {"parallel_tool_calls": False},
        "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified.",
        "parallel_tool_calls",
        None,
    ),
    (
        {"tools": [tool("f")], "functions": [{"name": "g"}]},
        "'functions' and 'tools' cannot be specified at the same time.",
        "functions",
        None,
    ),
    ({"tools": []}, f"Invalid 'tools': {EMPTY}", "tools", "empty_array"),
    (
        {"tools": [tool(f"f{i}") for i in range(129)]},
        "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length 129 instead.",
        "tools",
        "array_above_max_length",
    ),
    (
        {"tools": [tool("a.b")]},
        f"Invalid 'tools[0].function.name': {PATTERN}",
        "tools[0].function.name",
        "invalid_value",
    ),
    ({"tools": [tool("é")]}, f"Invalid 'tools[0].function.name': {PATTERN}", "tools[0].function.name", "invalid_value"),
    (
        {"tools": [tool("a\n")]},
        f"Invalid 'tools[0].function.name': {PATTERN}",
        "tools[0].function.name",
        "invalid_value",
    ),
    (
        {"tools": [CUSTOM, {"type": "custom", "custom": {"name": "a b"}}]},
        f"Invalid 'tools[1].custom.name': {PATTERN}",
        "tools[1].custom.name",
        "invalid_value",
    ),
    (
        {"tools": [tool("")]},
        "Invalid 'tools[0].function.name': empty string. Expected a string with minimum length 1, "
        "but got an empty string instead.",
        "tools[0].function.name",
        "empty_string",
    ),
    (
        {"tools": [tool("f" * 65)]},
        "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64, "
        "but got a string with length 65 instead.",
        "tools[0].function.name",
        "string_above_max_length",
    ),
    (
        {"tools": [tool("f", description="x" * 2780)]},
        "Invalid 'tools[0].function.description': string too long. Expected a string with maximum length 1024, "
        "but got a string with length 2780 instead.",
        "tools[0].function.description",
        "string_above_max_length",
    ),
    (
        {"tools": [tool("f"), tool("f")]},
        "Invalid 'tools': the name 'f' is used more than once. Names must be unique.",
        "tools",
        None,
    ),
    (
        {"tools": [tool("f")], "tool_choice": tool("g")},
        "Invalid value for 'tool_choice': no function named 'g' was specified in the 'tools' parameter.",
        "tool_choice",
        None,
    ),
    (
        {"tools": [tool("f")], "tool_choice": {"type": "custom", "custom": {"name": "f"}}},
        "Invalid value for 'tool_choice': no custom tool named 'f' was specified in the 'tools' parameter.",
        "tool_choice",
        None,
    ),
    (
        {"tools": [tool("f")], "tool_choice": allowed(tool("f"), tool("g"))},
        "Invalid value for 'tool_choice': no function named 'g' was specified in the 'tools' parameter.",
        "tool_choice",
        None,
    ),
    (
        {"tools": [tool("f")], "tool_choice": allowed()},
        f"Invalid 'tool_choice.allowed_tools.tools': {EMPTY}",
        "tool_choice.allowed_tools.tools",
        "empty_array",
    ),
    (
        {"tools": [tool("f")], "tool_choice": allowed({"name": "f"})},
        "Missing required parameter: 'tool_choice.allowed_tools.tools[0].type'.",
        "tool_choice.allowed_tools.tools[0].type",
        "missing_required_parameter",
    ),
    (
        {"tools": [tool("f")], "tool_choice": allowed({"type": ["web"]})},
        "Invalid value: '['web']'. Supported values are: 'function' and 'custom'.",
        "tool_choice.allowed_tools.tools[0].type",
        "invalid_value",
    ),
    (
        {"tools": [tool("f")], "tool_choice": allowed({"type": "function", "name": "f"})},
        "Missing required parameter: 'tool_choice.allowed_tools.tools[0].function.name'.",
        "tool_choice.allowed_tools.tools[0].function.name",
        "missing_required_parameter",
    ),
    (
        {"function_call": "auto"},
        "Invalid value for 'function_call': 'function_call' is only allowed when 'functions' are specified.",
        "function_call",
        None,
    ),
    (
        {"functions": [{"name": "f"}], "function_call": {"name": "g"}},
        "Invalid value for 'function_call': no function named 'g' was specified in the 'functions' parameter.",
        "function_call",
        None,
    ),
    (
        {"functions": [{"name": "f"}, {"name": "f"}]},
        "Invalid 'functions': the name 'f' is used more than once. Names must be unique.",
        "functions",
        None,
    ),
    ({"functions": [{"name": "a b"}]}, f"Invalid 'functions[0].name': {PATTERN}", "functions[0].name", "invalid_value"),
]


@pytest.mark.parametrize(
    ("fields", "message", "param", "code"), BAD, ids=[f"{i}-{row[2]}" for i, row in enumerate(BAD)]
)
def test_a_bad_use_of_tools_is_told_as_openai_tells_it(
    fields: dict[str, Any], message: str, param: str, code: str
) -> None:
    request = parse(ChatRequest, body(**fields))
    with pytest.raises(BadRequest) as refused:
        check(request)
    assert (refused.value.message, refused.value.param, refused.value.code) == (message, param, code)


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [tool("f", strict=True, parameters={}), CUSTOM], "parallel_tool_calls": True},
        {"tools": [tool(f"f{i}") for i in range(128)], "tool_choice": tool("f127")},
        {"tools": [tool("f" * 64)], "tool_choice": "none"},
        {"tools": [CUSTOM], "tool_choice": CUSTOM},
        {"tools": [tool("f"), CUSTOM], "tool_choice": allowed(tool("f"), CUSTOM)},
        {"functions": [{"name": "f"}], "function_call": {"name": "f"}},
        {"functions": [{"name": "f"}], "function_call": "none"},
    ],
)
def test_a_good_use_of_tools_passes(fields: dict[str, Any]) -> None:
    check(parse(ChatRequest, body(**fields)))
