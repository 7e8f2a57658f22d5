"""What cannot go together, and what a model cannot do, is refused by name."""

import pytest

from fakeai.core import catalog
from fakeai.core.errors import ApiError
from fakeai.core.generation import Tool
from fakeai.services.responses.rules import check, check_json, check_model, check_tools, schema_of
from fakeai.wire.base import parse
from fakeai.wire.responses.request import ResponseRequest

CATALOG = catalog.load()


@pytest.mark.parametrize(
    ("raw", "param"),
    [
        (b'{"input":"a"}', "model"),
        (b'{"model":"m"}', "input"),
        (b'{"model":"m","conversation":"c","previous_response_id":"p"}', None),
        (b'{"model":"m","input":"a","background":true,"store":false}', "background"),
    ],
)
def test_fields_that_do_not_go_together_are_refused(raw, param):
    with pytest.raises(ApiError) as caught:
        check(parse(ResponseRequest, raw))
    assert caught.value.param == param


@pytest.mark.parametrize("raw", [b'{"model":"m","conversation":"c"}', b'{"prompt":{"id":"p"}}'])
def test_a_prompt_or_a_conversation_stands_for_an_input(raw):
    check(parse(ResponseRequest, raw))


@pytest.mark.parametrize(
    ("model", "raw", "param"),
    [
        ("gpt-4o", b'{"reasoning":{"effort":"high"}}', "reasoning.effort"),
        ("gpt-5", b'{"top_p":0.5}', "top_p"),
        ("gpt-5", b'{"top_logprobs":3}', "top_logprobs"),
        ("whisper-1", b"{}", "model"),
    ],
)
def test_what_a_model_cannot_do_is_refused(model, raw, param):
    with pytest.raises(ApiError) as caught:
        check_model(parse(ResponseRequest, raw), CATALOG.get(model))
    assert caught.value.param == param


def test_unknown_models_can_do_everything():
    check_model(parse(ResponseRequest, b'{"reasoning":{"effort":"high"},"top_p":0.5}'), CATALOG.accept("mine"))


def test_schemas_are_checked():
    body = parse(ResponseRequest, b'{"text":{"format":{"type":"json_schema","name":"n","schema":{"type":"nonsense"}}}}')
    with pytest.raises(ApiError) as caught:
        schema_of(body, strict=True)
    assert (caught.value.param, caught.value.code) == ("text.format.schema", "invalid_json_schema")
    assert schema_of(parse(ResponseRequest, b"{}"), strict=True) is None


def test_json_has_to_be_asked_for_in_words():
    check_json([{"role": "user", "content": [{"type": "input_text", "text": "as JSON"}]}], None)
    check_json([], "Answer in json")
    with pytest.raises(ApiError, match="must contain the word 'json'"):
        check_json([{"role": "user", "content": "hello"}], None)


def test_tools_that_cannot_be_used_are_named():
    with pytest.raises(ApiError) as caught:
        check_tools(
            [Tool("f", schema={"type": "object"}), Tool("g", kind="custom", grammar=("regex", "a**"))], strict=True
        )
    assert caught.value.param == "tools[1].format.definition"
    with pytest.raises(ApiError) as caught:
        check_tools([Tool("f", schema={"type": "nonsense"})], strict=True)
    assert caught.value.code == "invalid_function_parameters"
