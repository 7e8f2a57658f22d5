"""Schemas and grammars that cannot be used are refused before anything is generated, and say where they are."""

from typing import Any

import orjson
import pytest

from fakeai.core.errors import BadRequest
from fakeai.services import prompt, structure
from fakeai.wire.base import parse
from fakeai.wire.chat import ChatRequest

GOOD = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
LOOSE = {"type": "object", "properties": {"a": {"type": "string"}}}
BAD = {"type": "object", "properties": {"a": {"type": "nothing"}}}


def check(*, strict: bool = True, **body: Any) -> Any:
    request = parse(ChatRequest, orjson.dumps({"model": "m", "messages": [{"role": "user", "content": "x"}], **body}))
    return structure.check(request, prompt.tools(request), strict=strict)


def form(schema: Any, **more: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, **more}}


def function(schema: Any, **more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "get", "parameters": schema, **more}}


def custom(syntax: str, definition: str) -> dict[str, Any]:
    grammar = {"syntax": syntax, "definition": definition}
    return {"type": "custom", "custom": {"name": "steer", "format": {"type": "grammar", "grammar": grammar}}}


def refusal(**body: Any) -> BadRequest:
    with pytest.raises(BadRequest) as caught:
        check(**body)
    return caught.value


def test_the_schema_of_the_answer_is_found() -> None:
    assert check(response_format=form(GOOD, strict=True)) == GOOD
    assert check(response_format={"type": "text"}) is None
    assert check(response_format={"type": "json_object"}) is None
    assert check() is None


def test_a_form_without_a_schema_wants_some_object() -> None:
    assert check(response_format={"type": "json_schema", "json_schema": {"name": "answer"}}) == {"type": "object"}


def test_a_bad_schema_of_the_answer_is_refused() -> None:
    error = refusal(response_format=form(BAD))
    assert error.message.startswith("Invalid schema for response_format 'answer': ")
    assert (error.status, error.param) == (400, "response_format")
    assert refusal(strict=False, response_format=form(BAD)).message == error.message


def test_openais_rules_hold_for_strict_schemas_of_strict_calls() -> None:
    for strict in (True, False):
        check(strict=strict, response_format=form(GOOD, strict=True), tools=[function(GOOD, strict=True)])
        check(strict=strict, response_format=form(LOOSE), tools=[function(LOOSE)])
    assert "additionalProperties" in refusal(response_format=form(LOOSE, strict=True)).message
    assert "additionalProperties" in refusal(tools=[function(LOOSE, strict=True)]).message
    assert check(strict=False, response_format=form(LOOSE, strict=True), tools=[function(LOOSE, strict=True)]) == LOOSE


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"tools": [function(GOOD), function(BAD)]}, "tools[1].function.parameters"),
        ({"functions": [{"name": "get", "parameters": BAD}]}, "functions[0].parameters"),
        ({"functions": [{"name": "a"}, {"name": "get", "parameters": BAD}]}, "functions[1].parameters"),
        ({"tools": [function(GOOD)], "functions": [{"name": "get", "parameters": BAD}]}, "functions[0].parameters"),
    ],
)
def test_a_bad_schema_of_a_tool_says_which(body: dict[str, Any], param: str) -> None:
    error = refusal(**body)
    assert error.message.startswith("Invalid schema for function 'get': ")
    assert (error.param, error.code) == (param, "invalid_function_parameters")


@pytest.mark.parametrize(
    ("syntax", "definition"), [("regex", "go (left"), ("lark", "start: nowhere"), ("regex", "(a+)+" * 5_000)]
)
def test_a_bad_grammar_says_which(syntax: str, definition: str) -> None:
    error = refusal(tools=[custom("regex", "a|b"), custom(syntax, definition)])
    assert error.message.startswith("Invalid grammar for custom tool 'steer': ")
    assert (error.param, error.code) == ("tools[1].custom.format.grammar.definition", "invalid_grammar")


def test_tools_without_schema_or_grammar_are_fine() -> None:
    free = {"type": "custom", "custom": {"name": "free"}}
    texts = {"type": "custom", "custom": {"name": "text", "format": {"type": "text"}}}
    assert check(tools=[free, texts, {"type": "function", "function": {"name": "none"}}]) is None
    assert check(tools=[custom("lark", 'start: "go " ("left" | "right")'), custom("regex", "go (left|right)")]) is None


def test_tools_are_looked_at_before_the_form_of_the_answer() -> None:
    assert refusal(tools=[function(BAD)], response_format=form(BAD)).code == "invalid_function_parameters"
