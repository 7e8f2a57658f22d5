"""Assistants as they are read, and made up."""

from typing import Any

import orjson
import pytest
from openai.types.beta import Assistant as Sdk

from fakeai.core.errors import BadRequest
from fakeai.wire.assistants.assistants import Assistant, AssistantCreate, AssistantUpdate
from fakeai.wire.base import parse
from fakeai.wire.example import example


def test_an_update_knows_what_was_given() -> None:
    body = parse(AssistantUpdate, b'{"name": null, "tools": []}')
    assert body.model_fields_set == {"name", "tools"}


@pytest.mark.parametrize(
    "more",
    [
        {"name": "x" * 257},
        {"description": "x" * 513},
        {"instructions": "x" * 256_001},
        {"temperature": 2.1},
        {"top_p": -0.1},
        {"metadata": {"a": 1}},
        {"response_format": "json"},
        {"tools": None},
    ],
)
def test_what_the_document_forbids_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        parse(AssistantCreate, orjson.dumps({"model": "gpt-4o", **more}))


def test_one_that_is_made_up_is_one_for_the_sdk() -> None:
    assert Sdk.model_validate(example(Assistant, "asst_x")).object == "assistant"
