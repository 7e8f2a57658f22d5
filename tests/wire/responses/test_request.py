"""Bodies of the Responses API: bounds, names, and what may be left out."""

import orjson
import pytest

from fakeai.core.errors import BadRequest
from fakeai.wire.base import parse
from fakeai.wire.responses.request import CompactRequest, InputTokensRequest, ResponseRequest


def test_nothing_is_demanded_by_the_document():
    body = parse(ResponseRequest, b"{}")
    assert body.model is None
    assert body.input is None
    assert parse(InputTokensRequest, b"{}").input is None


def test_a_body_to_be_made_short_names_its_model():
    with pytest.raises(BadRequest, match="you must provide a model parameter"):
        parse(CompactRequest, b"{}")


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"max_output_tokens": 15}, "max_output_tokens"),
        ({"temperature": 2.1}, "temperature"),
        ({"top_logprobs": 21}, "top_logprobs"),
        ({"include": ["x"]}, "include[0]"),
        ({"metadata": {"a": 5}}, "metadata.a"),
        ({"text": {"format": {"type": "json_schema", "name": "n"}}}, "text.format.schema"),
        ({"reasoning": {"effort": "huge"}}, "reasoning.effort"),
        (
            {"context_management": [{"type": "compaction", "compact_threshold": 5}]},
            "context_management[0].compact_threshold",
        ),
        ({"prompt": {}}, "prompt.id"),
        ({"service_tier": "x"}, "service_tier"),
        ({"stream": "yes"}, "stream"),
    ],
)
def test_a_fault_is_named_where_it_is(given, param):
    with pytest.raises(BadRequest) as caught:
        parse(ResponseRequest, orjson.dumps(given))
    assert caught.value.param == param


def test_a_prompt_has_variables_of_several_kinds():
    given = {"prompt": {"id": "p", "variables": {"a": "b", "c": {"type": "input_text", "text": "d"}}}}
    variables = parse(ResponseRequest, orjson.dumps(given)).prompt.variables
    assert variables["a"] == "b"
    assert variables["c"].text == "d"
