"""Items become the messages of a conversation; outputs must answer calls."""

import pytest

from fakeai.core.errors import BadRequest
from fakeai.core.generation import Message, ToolUse
from fakeai.services.responses.items import check_answers, messages, sealed, unsealed

CALL = {"type": "function_call", "call_id": "c", "name": "n", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "c", "output": "o"}


def test_messages_and_calls_are_put_together():
    said = messages(
        [
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": [{"type": "output_text", "text": "b"}]},
            CALL,
            {**CALL, "call_id": "d"},
            OUTPUT,
            {**OUTPUT, "call_id": "d", "output": [{"type": "input_text", "text": "p"}]},
        ]
    )
    assert said == (
        Message("user", "a"),
        Message("assistant", "b", tool_calls=(ToolUse("c", "n", "{}"), ToolUse("d", "n", "{}"))),
        Message("tool", "o", tool_call_id="c"),
        Message("tool", "p", tool_call_id="d"),
    )


@pytest.mark.parametrize(
    ("item", "name", "said"),
    [
        (
            {"type": "file_search_call", "id": "fs", "queries": ["q"], "results": [{"text": "r"}]},
            "file_search",
            '[{"text":"r"}]',
        ),
        ({"type": "code_interpreter_call", "id": "ci", "code": "1", "outputs": None}, "code_interpreter", ""),
        (
            {"type": "mcp_call", "id": "m", "server_label": "s", "name": "n", "arguments": "{}", "output": "o"},
            "s.n",
            "o",
        ),
    ],
)
def test_what_the_platform_did_is_told_with_what_it_gave(item, name, said):
    call, result = messages([item])
    assert call.tool_calls[0].name == name
    assert (result.role, result.text) == ("tool", said)


def test_screens_and_shells_are_results():
    shot = {
        "type": "computer_call_output",
        "call_id": "c",
        "output": {"type": "computer_screenshot", "file_id": "file-1"},
    }
    ran = {"type": "shell_call_output", "call_id": "s", "output": [{"stdout": "a", "stderr": "b"}]}
    screen, shell = messages([shot, ran])
    assert screen.media[0].url == "file-1"
    assert shell.text == "ab"


def test_what_is_only_told_says_nothing():
    assert messages([{"type": "reasoning", "summary": []}, {"type": "mcp_list_tools", "tools": []}]) == ()


def test_a_picture_that_cannot_be_read_is_refused_where_it_is():
    parts = [{"type": "input_image", "image_url": "data:image/png;base64,!!!"}]
    with pytest.raises(BadRequest) as caught:
        messages([{"role": "user", "content": parts}])
    assert caught.value.param == "input[0].content[0].image_url"


def test_what_is_sealed_comes_back():
    assert unsealed(sealed([{"a": 1}]), "input[0]") == [{"a": 1}]
    for spoof in ("", "x", "c3Bvb2Y=", sealed([])[:-6]):
        with pytest.raises(BadRequest) as caught:
            unsealed(spoof, "input[0]")
        assert caught.value.code == "invalid_encrypted_content"


def test_outputs_answer_calls():
    check_answers([CALL, OUTPUT])
    check_answers([{"role": "user", "content": "a"}])
    with pytest.raises(BadRequest, match="No tool call found for function call output with call_id c"):
        check_answers([OUTPUT])
    with pytest.raises(BadRequest, match="No tool output found for function call c"):
        check_answers([CALL])
    with pytest.raises(BadRequest, match="No tool call found"):
        check_answers([CALL, OUTPUT, OUTPUT])


def test_a_call_that_was_not_allowed_has_failed():
    asks = {"type": "mcp_approval_request", "id": "mcpr_1", "server_label": "docs", "name": "search", "arguments": "{}"}
    answer = {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": False}
    call, result = messages([asks, answer])
    assert (call.tool_calls[0].name, result.role) == ("docs.search", "tool")
    assert "not approved" in result.text
    assert messages([asks, {**answer, "approve": True}]) == messages([answer]) == ()
