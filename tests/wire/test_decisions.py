"""Bodies of `POST /decisions`: what is taken, and how faults are told."""

import json
from typing import Any

import pytest

from fakeai.core.errors import BadRequest
from fakeai.wire.base import parse
from fakeai.wire.decisions import AssistantMessage, DecisionRequest, FunctionCall, UserMessage

TRUE = {"type": "predicate", "instructions": "x"}


def read(**fields: Any) -> DecisionRequest:
    return parse(DecisionRequest, json.dumps({"model": "m", "input": "i", "questions": [TRUE], **fields}).encode())


def test_items_are_told_apart_by_role_or_type() -> None:
    call = {"type": "function_call", "call_id": "c", "name": "n", "arguments": "{}"}
    said = {"type": "message", "role": "assistant", "content": "a"}
    body = read(input=[{"role": "user", "content": "u"}, call, said])
    assert [type(item) for item in body.input] == [UserMessage, FunctionCall, AssistantMessage]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": []}, "input"),
        ({"input": [{"role": "tool", "content": "x"}]}, "input[0].role"),
        ({"questions": []}, "questions"),
        ({"questions": [TRUE] * 401}, "questions"),
        ({"questions": [{"type": "guess"}]}, "questions[0].type"),
        ({"questions": [{"type": "choice", "instructions": "x", "choices": [{"value": "a"}]}]}, "questions[0].choices"),
        (
            {"questions": [{"type": "choice", "instructions": "x", "choices": [{"value": 1}, {"value": "b"}]}]},
            "questions[0].choices[0].value",
        ),
        ({"questions": [{"type": "score", "instructions": "x", "levels": []}]}, "questions[0].levels"),
        ({"questions": [{**TRUE, "name": None}]}, "questions[0].name"),
        ({"safety_identifier": "x" * 129}, "safety_identifier"),
        ({"prompt_cache_options": {"ttl": "1h"}}, "prompt_cache_options.ttl"),
    ],
)
def test_faults_name_their_field(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as told:
        read(**fields)
    assert told.value.param == param
