"""The moderation request: its types, OpenAI's rules for it, and its reply."""

import json
from typing import Any, get_args, get_type_hints

import pytest
from openai.types import Moderation as SdkResult
from openai.types import ModerationCreateResponse
from openai.types.moderation_create_params import ModerationCreateParams
from pydantic import TypeAdapter

from fakeai.core.errors import BadRequest
from fakeai.wire import moderations
from fakeai.wire.base import parse
from fakeai.wire.moderations import Moderation, ModerationRequest, check

TEXT = {"type": "text", "text": "a"}
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}


def body(**fields: Any) -> bytes:
    return json.dumps({"input": "a", **fields}).encode()


def test_every_parameter_of_the_sdk_is_a_field() -> None:
    assert set(get_type_hints(ModerationCreateParams)) - set(ModerationRequest.model_fields) == set()


@pytest.mark.parametrize("input", ["", "a", ["a", ""], [TEXT], [TEXT, IMAGE]])
def test_every_form_of_input_is_read_as_it_is(input: object) -> None:
    request = parse(ModerationRequest, body(input=input))
    check(request)
    assert request.model_dump(exclude_unset=True) == {"input": input}


@pytest.mark.parametrize(
    ("fields", "message", "param", "code"),
    [
        (
            {"input": 5},
            "Invalid type for 'input': expected one of a string or array of strings or objects, but got an integer instead.",
            "input",
            "invalid_type",
        ),
        (
            {"input": [TEXT, {"type": "text"}]},
            "Missing required parameter: 'input[1].text'.",
            "input[1].text",
            "missing_required_parameter",
        ),
        (
            {"input": [{"type": "audio"}]},
            "Invalid value: 'audio'. Supported values are: 'text' and 'image_url'.",
            "input[0].type",
            "invalid_value",
        ),
        (
            {"model": None},
            "Invalid type for 'model': expected a string, but got null instead.",
            "model",
            "invalid_type",
        ),
        (
            {"input": []},
            "Invalid 'input': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            "input",
            "empty_array",
        ),
        ({"input": [IMAGE, IMAGE]}, "Only one image is supported per request.", "input", "too_many_images"),
    ],
)
def test_a_bad_body_is_told_as_openai_tells_it(fields: dict[str, Any], message: str, param: str, code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        check(parse(ModerationRequest, body(**fields)))
    assert (refused.value.message, refused.value.param, refused.value.code) == (message, param, code)


def test_a_missing_input_is_told_though_the_model_may_be_missing() -> None:
    with pytest.raises(BadRequest, match=r"^Missing required parameter: 'input'.$"):
        parse(ModerationRequest, b"{}")


@pytest.mark.parametrize(
    ("ours", "field"),
    [
        (moderations.Categories, "categories"),
        (moderations.CategoryScores, "category_scores"),
        (moderations.CategoryInputs, "category_applied_input_types"),
    ],
)
def test_the_categories_are_the_sdks(ours: type, field: str) -> None:
    theirs = SdkResult.model_fields[field].annotation
    assert theirs is not None
    names = {info.alias or name for name, info in theirs.model_fields.items()}  # type: ignore[attr-defined]
    assert set(get_type_hints(ours)) == names


def test_the_reply_is_the_sdks() -> None:
    names = get_type_hints(moderations.Categories)
    reply: Any = {
        "id": "modr-1",
        "model": "omni-moderation-latest",
        "results": [
            {
                "flagged": False,
                "categories": dict.fromkeys(names, False),
                "category_scores": dict.fromkeys(names, 0.5),
                "category_applied_input_types": {name: ["text"] for name in names},
            }
        ],
    }
    TypeAdapter(Moderation).validate_python(reply, strict=True)
    ModerationCreateResponse.model_validate(reply, strict=True)
    assert get_args(moderations.InputKinds)
