"""Messages as they are read, and made up."""

from typing import Any

import orjson
import pytest
from openai.types.beta.threads import Message as Sdk

from fakeai.core.errors import BadRequest
from fakeai.wire.assistants.messages import Message, MessageCreate
from fakeai.wire.base import parse
from fakeai.wire.example import example


def test_content_is_a_text_or_parts() -> None:
    assert parse(MessageCreate, b'{"role": "user", "content": "a"}').content == "a"
    parts = parse(MessageCreate, b'{"role": "user", "content": [{"type": "text", "text": "a"}]}').content
    assert not isinstance(parts, str) and parts[0].type == "text"


@pytest.mark.parametrize(
    "body",
    [
        {"content": "a"},
        {"role": "system", "content": "a"},
        {"role": "user", "content": []},
        {"role": "user", "content": [{"type": "image_file", "image_file": {}}]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "u", "detail": "huge"}}]},
        {"role": "user", "content": "a", "attachments": [{"tools": [{"type": "function"}]}]},
    ],
)
def test_what_is_no_message_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        parse(MessageCreate, orjson.dumps(body))


def test_one_that_is_made_up_is_one_for_the_sdk() -> None:
    assert Sdk.model_validate(example(Message, "msg_x")).object == "thread.message"
