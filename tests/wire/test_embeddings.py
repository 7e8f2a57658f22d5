"""The embedding request: its types, OpenAI's rules for it, and its reply."""

import json
from typing import Any, get_type_hints

import pytest
from openai.types import CreateEmbeddingResponse
from openai.types.embedding_create_params import EmbeddingCreateParams
from pydantic import TypeAdapter

from fakeai.core.errors import BadRequest
from fakeai.wire.base import parse
from fakeai.wire.embeddings import INVALID_INPUT, EmbeddingList, EmbeddingRequest, check


def body(**fields: Any) -> bytes:
    return json.dumps({"model": "text-embedding-3-small", "input": "a", **fields}).encode()


def told(raw: bytes) -> tuple[str, str | None, str | None]:
    with pytest.raises(BadRequest) as refused:
        check(parse(EmbeddingRequest, raw))
    return refused.value.message, refused.value.param, refused.value.code


def test_every_parameter_of_the_sdk_is_a_field() -> None:
    assert set(get_type_hints(EmbeddingCreateParams)) - set(EmbeddingRequest.model_fields) == set()


@pytest.mark.parametrize("input", ["a", ["a"], ["a"] * 2048, [1], [[1], [2, 3]]])
def test_every_form_of_input_is_read_as_it_is(input: object) -> None:
    request = parse(EmbeddingRequest, body(input=input))
    check(request)
    assert request.input == input


@pytest.mark.parametrize(
    "input", ["", [], [""], ["a", ""], None, 5, {}, ["a", 1], [[]], [1, -1], [True], [1.5], [None]]
)
def test_whatever_is_wrong_with_the_input_has_one_sentence(input: object) -> None:
    assert told(body(input=input)) == (INVALID_INPUT, None, None)


def test_too_many_texts_are_told_their_number() -> None:
    message = "Invalid 'input': array too long. Expected an array with maximum length 2048, but got an array with length 2049 instead."
    assert told(body(input=["a"] * 2049)) == (message, "input", "array_above_max_length")


@pytest.mark.parametrize(
    ("fields", "message", "param", "code"),
    [
        ({"model": None}, "you must provide a model parameter", None, None),
        (
            {"dimensions": 0},
            "Invalid 'dimensions': integer below minimum value. Expected a value >= 1, but got 0 instead.",
            "dimensions",
            "integer_below_min_value",
        ),
        (
            {"dimensions": None},
            "Invalid type for 'dimensions': expected an integer, but got null instead.",
            "dimensions",
            "invalid_type",
        ),
        (
            {"encoding_format": "int8"},
            "Invalid value: 'int8'. Supported values are: 'float' and 'base64'.",
            "encoding_format",
            "invalid_value",
        ),
        (
            {"user": 5},
            "Invalid type for 'user': expected a string, but got an integer instead.",
            "user",
            "invalid_type",
        ),
    ],
)
def test_a_bad_body_is_told_as_openai_tells_it(fields: dict[str, Any], message: str, param: str, code: str) -> None:
    assert told(body(**fields)) == (message, param, code)


def test_a_missing_input_is_told_after_a_missing_model() -> None:
    assert told(b"{}")[0] == "you must provide a model parameter"
    assert told(b'{"model": "m"}') == ("Missing required parameter: 'input'.", "input", "missing_required_parameter")


def test_the_reply_is_the_sdks() -> None:
    reply: EmbeddingList = {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5, -0.5]}],
        "model": "m",
        "usage": {"prompt_tokens": 1, "total_tokens": 1},
    }
    TypeAdapter(EmbeddingList).validate_python(reply, strict=True)
    CreateEmbeddingResponse.model_validate(reply, strict=True)
