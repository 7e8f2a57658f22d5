"""OpenAI's rules for tools in a chat request: names, numbers, and choices among tools that exist.

Knows what was declared and chosen; does not know whether schemas and grammars are valid.
"""

import re
from collections.abc import Iterable

from fakeai.core.errors import BadRequest
from fakeai.core.generation import JsonObject
from fakeai.wire import wording
from fakeai.wire.chat import ChatRequest
from fakeai.wire.tools import AllowedChoice, CustomChoice, FunctionChoice, FunctionTool, Tool, ToolChoice

TOOL_LIMIT = 128
NAME_LIMIT = 64
NAME_PATTERN = "^[a-zA-Z0-9_-]+$"
DESCRIPTION_LIMIT = 1024

_NAME = re.compile(r"[a-zA-Z0-9_-]+")
_KINDS = ("function", "custom")


def check_name(param: str, name: str) -> None:
    """Names of tools and schemas: 1 to 64 of letters, digits, underscore and dash."""
    if not name:
        raise wording.empty_string(param)
    if len(name) > NAME_LIMIT:
        raise wording.string_too_long(param, NAME_LIMIT, len(name))
    if not _NAME.fullmatch(name):
        raise wording.pattern_mismatch(param, NAME_PATTERN)


def check_tools(body: ChatRequest) -> None:
    """Tools are few, well named and distinct, and whatever is chosen is among them."""
    if body.tools is None:
        for param, value in (("tool_choice", body.tool_choice), ("parallel_tool_calls", body.parallel_tool_calls)):
            if value is not None:
                raise _only_specified(param, "tools")
        return
    if body.functions is not None:
        raise BadRequest("'functions' and 'tools' cannot be specified at the same time.", param="functions")
    kinds = _declared(body.tools)
    for kind, name in _chosen(body.tool_choice):
        if kinds.get(name) != kind:
            raise _undeclared("tool_choice", "tools", kind, name)


def _declared(tools: list[Tool]) -> dict[str, str]:
    """The tools' names and kinds."""
    if not tools:
        raise wording.empty_array("tools")
    if len(tools) > TOOL_LIMIT:
        raise wording.array_too_long("tools", TOOL_LIMIT, len(tools))
    kinds: dict[str, str] = {}
    for index, tool in enumerate(tools):
        entry = tool.function if isinstance(tool, FunctionTool) else tool.custom
        param = f"tools[{index}].{tool.type}"
        check_name(f"{param}.name", entry.name)
        length = len(entry.description or "")
        if length > DESCRIPTION_LIMIT:
            raise wording.string_too_long(f"{param}.description", DESCRIPTION_LIMIT, length)
        if entry.name in kinds:
            raise _twice("tools", entry.name)
        kinds[entry.name] = tool.type
    return kinds


def check_functions(body: ChatRequest) -> None:
    """The same for legacy functions."""
    functions = body.functions
    if functions is None:
        if body.function_call is not None:
            raise _only_specified("function_call", "functions")
        return
    names: set[str] = set()
    for index, function in enumerate(functions):
        check_name(f"functions[{index}].name", function.name)
        if function.name in names:
            raise _twice("functions", function.name)
        names.add(function.name)
    call = body.function_call
    if call is not None and not isinstance(call, str) and call.name not in names:
        raise _undeclared("function_call", "functions", "function", call.name)


def _chosen(choice: ToolChoice | None) -> Iterable[tuple[str, str]]:
    """Kind and name of every tool that a choice names."""
    if isinstance(choice, FunctionChoice):
        return [("function", choice.function.name)]
    if isinstance(choice, CustomChoice):
        return [("custom", choice.custom.name)]
    if isinstance(choice, AllowedChoice):
        if not choice.allowed_tools.tools:
            raise wording.empty_array("tool_choice.allowed_tools.tools")
        return [_reference(tool, index) for index, tool in enumerate(choice.allowed_tools.tools)]
    return []


def _reference(tool: JsonObject, index: int) -> tuple[str, str]:
    param = f"tool_choice.allowed_tools.tools[{index}]"
    kind = tool.get("type")
    if kind is None:
        raise wording.missing(f"{param}.type")
    if kind not in _KINDS:
        raise wording.invalid_value(f"{param}.type", kind, _KINDS)
    named = tool.get(kind)
    name = named.get("name") if isinstance(named, dict) else None
    if not isinstance(name, str):
        raise wording.missing(f"{param}.{kind}.name")
    return kind, name


def _only_specified(param: str, other: str) -> BadRequest:
    message = f"Invalid value for '{param}': '{param}' is only allowed when '{other}' are specified."
    return BadRequest(message, param=param)


def _twice(param: str, name: str) -> BadRequest:
    return BadRequest(
        f"Invalid '{param}': the name '{name}' is used more than once. Names must be unique.", param=param
    )


def _undeclared(param: str, where: str, kind: str, name: str) -> BadRequest:
    subject = "function" if kind == "function" else "custom tool"
    return BadRequest(
        f"Invalid value for '{param}': no {subject} named '{wording.shown(name)}' was specified in the '{where}' "
        "parameter.",
        param=param,
    )
