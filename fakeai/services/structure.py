"""Schemas and grammars of a chat request, checked before anything is generated."""

from collections.abc import Mapping, Sequence
from typing import Any

from fakeai.core.errors import BadRequest
from fakeai.core.generation import Tool


def check(body: Any, tools: Sequence[Tool], *, strict: bool) -> Mapping[str, Any] | None:
    """The schema the answer must follow, if any. Raises BadRequest for a schema or grammar that cannot be used.

    `strict` False leaves out OpenAI's own rules for strict schemas, never the safety ones. Any: a wire request.
    """
    for number, tool in enumerate(tools):
        check_tool(tool, _where(tool, number, len(body.tools or ())), strict=strict)
    wanted = body.response_format
    if wanted is None or wanted.type != "json_schema":
        return None
    from fakeai.content import jsonschema

    form = wanted.json_schema
    schema: Mapping[str, Any] = form.schema_ if form.schema_ is not None else {"type": "object"}
    try:
        jsonschema.check(schema, strict=strict and bool(form.strict))
    except jsonschema.SchemaError as error:
        message = f"Invalid schema for response_format '{form.name}': {error.message}"
        raise BadRequest(message, param="response_format") from error
    return schema


def _where(tool: Tool, number: int, listed: int) -> str:
    """The parameter that holds a tool's schema or grammar: `functions` come after the `listed` tools."""
    if number >= listed:
        return f"functions[{number - listed}].parameters"
    inner = "custom.format.grammar.definition" if tool.kind == "custom" else "function.parameters"
    return f"tools[{number}].{inner}"


def check_tool(tool: Tool, where: str, *, strict: bool) -> None:
    """Refuse a tool whose schema or grammar, which the parameter `where` holds, cannot be used. Raises BadRequest."""
    from fakeai.content import grammar, jsonschema

    try:
        if tool.schema is not None:
            jsonschema.check(tool.schema, strict=strict and tool.strict)
        if tool.grammar is not None:
            grammar.check(*tool.grammar)
    except jsonschema.SchemaError as error:
        raise BadRequest(
            f"Invalid schema for function '{tool.name}': {error.message}",
            param=where,
            code="invalid_function_parameters",
        ) from error
    except grammar.GrammarError as error:
        raise BadRequest(
            f"Invalid grammar for custom tool '{tool.name}': {error.message}",
            param=where,
            code="invalid_grammar",
        ) from error
