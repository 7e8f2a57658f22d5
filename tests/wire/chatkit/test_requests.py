"""What a chat asks for: known types only, and content of the kinds there are."""

from typing import Any

import orjson
import pytest

from fakeai.core.errors import BadRequest
from fakeai.wire.base import parse
from fakeai.wire.chatkit.requests import ConversationRequest, TagPart, TextPart

SAY: dict[str, Any] = {
    "content": [{"type": "input_text", "text": "Hi"}, {"type": "input_tag", "id": "t", "text": "@a", "data": {}}],
    "quoted_text": "",
    "attachments": [],
    "inference_options": {},
}


def read(type: str, **params: Any) -> ConversationRequest:
    return parse(ConversationRequest, orjson.dumps({"type": type, "params": params}))


def test_a_message_has_text_and_tags() -> None:
    given = read("threads.create", input=SAY).params.input
    assert given is not None
    first, second = given.content
    assert isinstance(first, TextPart) and isinstance(second, TagPart) and second.text == "@a"
    assert given.inference_options is not None and given.inference_options.model is None


def test_what_a_browser_sends_beside_is_no_fault() -> None:
    body = {"type": "threads.list", "params": {"limit": None, "after": None}, "metadata": {"a": 1}, "more": True}
    assert parse(ConversationRequest, orjson.dumps(body)).params.limit is None


@pytest.mark.parametrize(
    ("type", "params", "param"),
    [
        ("threads.explode", {}, "type"),
        ("threads.create", {"input": {"content": [{"type": "x"}]}}, "params.input.content[0].type"),
        ("threads.create", {"input": {**SAY, "attachments": ["a"] * 101}}, "params.input.attachments"),
        ("items.feedback", {"kind": "meh"}, "params.kind"),
        ("items.list", {"limit": 101}, "params.limit"),
        ("attachments.create", {"size": -1}, "params.size"),
    ],
)
def test_what_cannot_be_is_refused(type: str, params: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(type, **params)
    assert refused.value.param == param
