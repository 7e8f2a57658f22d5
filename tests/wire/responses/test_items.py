"""Items of an input are told apart by their type; faults are named where they are."""

import orjson
import pytest

from fakeai.core.errors import BadRequest
from fakeai.wire.base import parse, unknown_fields
from fakeai.wire.responses import items
from fakeai.wire.responses.request import ResponseRequest


def read(*given):
    return parse(ResponseRequest, orjson.dumps({"input": list(given)})).input


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"role": "user", "content": "a"}, items.MessageItem),
        (
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]},
            items.MessageItem,
        ),
        ({"id": "msg_1"}, items.ReferenceItem),
        ({"type": "item_reference", "id": "msg_1"}, items.ReferenceItem),
        ({"type": "function_call", "call_id": "c", "name": "n", "arguments": "{}"}, items.FunctionCallItem),
        ({"type": "function_call_output", "call_id": "c", "output": "o"}, items.FunctionOutputItem),
        ({"type": "reasoning", "id": "rs_1", "summary": []}, items.ReasoningItem),
        ({"type": "mcp_call", "id": "m", "arguments": "", "name": "n", "server_label": "s"}, items.McpItem),
        ({"type": "mcp_list_tools", "tools": [], "server_label": "s"}, items.ToldItem),
        ({"type": "shell_call", "call_id": "c", "action": {"commands": ["ls"]}}, items.ShellItem),
    ],
)
def test_each_type_has_its_item(given, kind):
    (item,) = read(given)
    assert type(item) is kind


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"type": "nonsense"}, "input[0].type"),
        ({"type": 5}, "input[0].type"),
        ({}, "input[0].role"),
        ({"role": "user"}, "input[0].content"),
        ({"role": "king", "content": "a"}, "input[0].role"),
        ({"type": "function_call_output", "output": "o"}, "input[0].call_id"),
        ({"role": "user", "content": [{"type": "input_text"}]}, "input[0].content[0].text"),
        ({"role": "user", "content": [{"type": "input_image", "detail": "x"}]}, "input[0].content[0].detail"),
        (5, "input[0]"),
        ({"type": "mcp_approval_request", "server_label": "s", "name": "n", "arguments": ""}, "input[0].id"),
        ({"type": "mcp_call", "id": "m", "server_label": "s", "name": "n", "arguments": []}, "input[0].arguments"),
        ({"type": "tool_search_output", "tools": ["x"]}, "input[0].tools[0]"),
        ({"type": "additional_tools", "tools": "all"}, "input[0].tools"),
        ({"type": "code_interpreter_call", "container_id": ["x"]}, "input[0].container_id"),
        ({"type": "image_generation_call", "result": ["x"]}, "input[0].result"),
    ],
)
def test_a_fault_is_named_where_it_is(given, param):
    with pytest.raises(BadRequest) as caught:
        read(given)
    assert caught.value.param == param


def test_what_no_type_models_is_reported():
    body = parse(ResponseRequest, b'{"input":[{"role":"user","content":"a","colour":"red"}]}')
    assert unknown_fields(body) == ["input[0].colour"]


def test_what_an_earlier_response_has_put_out_is_kept_as_it_came():
    said = {"type": "output_text", "text": "a", "annotations": [], "logprobs": []}
    told = {"type": "web_search_call", "id": "ws_1", "action": {"type": "search"}, "status": "completed"}
    body = parse(ResponseRequest, orjson.dumps({"input": [{"role": "assistant", "content": [said]}, told]}))
    assert unknown_fields(body) == []
    assert body.input[1].model_dump(exclude_unset=True) == told
