"""The legacy completion request: its types, OpenAI's rules for it, and its reply."""

import json
from typing import Any, get_type_hints

import pytest
from openai.types import Completion as SdkCompletion
from openai.types import completion_create_params
from pydantic import TypeAdapter

from fakeai.core.errors import BadRequest
from fakeai.wire.base import parse
from fakeai.wire.completions import Completion, CompletionRequest, check

ARRAYS = "expected one of a string or array of strings, integers, or integer arrays"


def body(**fields: Any) -> bytes:
    return json.dumps({"model": "gpt-3.5-turbo-instruct", "prompt": "Say", **fields}).encode()


def test_every_parameter_of_the_sdk_is_a_field() -> None:
    parameters = set(get_type_hints(completion_create_params.CompletionCreateParamsStreaming))
    assert parameters - set(CompletionRequest.model_fields) == set()


@pytest.mark.parametrize("prompt", ["", "Say", None, [], ["a", "b"], ["a", ""], [1, 2], [[1, 2], [3]]])
def test_every_form_of_prompt_is_read_as_it_is(prompt: object) -> None:
    assert parse(CompletionRequest, body(prompt=prompt)).prompt == prompt


@pytest.mark.parametrize(
    ("fields", "message", "param", "code"),
    [
        (
            {"prompt": 123},
            f"Invalid type for 'prompt': {ARRAYS}, but got an integer instead.",
            "prompt",
            "invalid_type",
        ),
        ({"prompt": {}}, f"Invalid type for 'prompt': {ARRAYS}, but got an object instead.", "prompt", "invalid_type"),
        (
            {"prompt": ["a", 1]},
            "Invalid type for 'prompt[1]': expected a string, but got an integer instead.",
            "prompt[1]",
            "invalid_type",
        ),
        (
            {"prompt": [1, 2, "a"]},
            "Invalid type for 'prompt[2]': expected an integer, but got a string instead.",
            "prompt[2]",
            "invalid_type",
        ),
        (
            {"prompt": [1, -2]},
            "Invalid 'prompt[1]': integer below minimum value. Expected a value >= 0, but got -2 instead.",
            "prompt[1]",
            "integer_below_min_value",
        ),
        (
            {"prompt": [[1], []]},
            "Invalid 'prompt[1]': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            "prompt[1]",
            "empty_array",
        ),
        (
            {"best_of": 21},
            "Invalid 'best_of': integer above maximum value. Expected a value <= 20, but got 21 instead.",
            "best_of",
            "integer_above_max_value",
        ),
        (
            {"logprobs": 6},
            "Invalid 'logprobs': integer above maximum value. Expected a value <= 5, but got 6 instead.",
            "logprobs",
            "integer_above_max_value",
        ),
        (
            {"logprobs": True},
            "Invalid type for 'logprobs': expected an integer, but got a boolean instead.",
            "logprobs",
            "invalid_type",
        ),
        (
            {"max_tokens": -1},
            "Invalid 'max_tokens': integer below minimum value. Expected a value >= 0, but got -1 instead.",
            "max_tokens",
            "integer_below_min_value",
        ),
        (
            {"suffix": 1},
            "Invalid type for 'suffix': expected a string, but got an integer instead.",
            "suffix",
            "invalid_type",
        ),
        (
            {"echo": "x"},
            "Invalid type for 'echo': expected a boolean, but got a string instead.",
            "echo",
            "invalid_type",
        ),
    ],
)
def test_a_bad_body_is_told_as_openai_tells_it(fields: dict[str, Any], message: str, param: str, code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        parse(CompletionRequest, body(**fields))
    assert (refused.value.message, refused.value.param, refused.value.code) == (message, param, code)


def test_an_empty_object_is_told_that_the_model_is_missing() -> None:
    with pytest.raises(BadRequest, match=r"^you must provide a model parameter$"):
        parse(CompletionRequest, b"{}")
    with pytest.raises(BadRequest, match="'prompt'"):
        parse(CompletionRequest, b'{"model": "m"}')


@pytest.mark.parametrize(
    ("fields", "start", "param"),
    [
        ({"model": None}, "you must provide a model parameter", None),
        ({"best_of": 0, "n": 1}, "Invalid 'best_of': integer below minimum value. Expected a value >= 1", "best_of"),
        ({"best_of": 2, "n": 3}, "You requested that the server return more choices than it will generate", "best_of"),
        ({"best_of": 2, "stream": True}, "You cannot stream completions with 'best_of' greater than 'n'.", "best_of"),
        ({"stream_options": {}, "stream": False}, "The 'stream_options' parameter is only allowed", "stream_options"),
        ({"logit_bias": {"foo": 0}}, "Invalid key in 'logit_bias': foo.", "logit_bias"),
    ],
)
def test_what_breaks_a_rule_passes_the_types_and_not_the_check(fields: dict[str, Any], start: str, param: str) -> None:
    request = parse(CompletionRequest, body(**fields))
    with pytest.raises(BadRequest) as refused:
        check(request)
    assert refused.value.message.startswith(start)
    assert refused.value.param == param


def test_what_keeps_the_rules_passes() -> None:
    check(parse(CompletionRequest, body(best_of=3, n=3, stream=True, stream_options={"include_usage": True})))
    check(
        parse(CompletionRequest, body(best_of=20, n=2, logit_bias={"50256": -100}, logprobs=5, echo=True, suffix="x"))
    )


def test_the_reply_is_the_sdks() -> None:
    reply: Completion = {
        "id": "cmpl-1",
        "object": "text_completion",
        "created": 1,
        "model": "m",
        "choices": [
            {
                "text": "a",
                "index": 0,
                "logprobs": {
                    "tokens": ["a"],
                    "token_logprobs": [-1.0],
                    "top_logprobs": [{"a": -1.0}],
                    "text_offset": [3],
                },
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
    TypeAdapter(Completion).validate_python(reply, strict=True)
    SdkCompletion.model_validate(reply, strict=True)
