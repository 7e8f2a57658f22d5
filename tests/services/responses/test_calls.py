"""Calls as items: what is told while they are written, and how they end."""

import pytest

from fakeai.core.generation import ToolStart
from fakeai.services.responses.calls import HostedCall, function_item


@pytest.mark.parametrize(
    ("kind", "field", "name"),
    [("function", "arguments", "function_call_arguments"), ("custom", "input", "custom_tool_call_input")],
)
def test_a_call_of_the_caller_s_tool_is_told_piece_by_piece(kind, field, name):
    call = function_item("fc_1", ToolStart(0, 0, "call_1", "f", kind))
    assert (call.item["status"], call.item[field]) == ("in_progress", "")
    assert call.typed("{") == {"type": f"response.{name}.delta", "delta": "{"}
    (done,) = call.closed("{}", complete=True)
    assert (done["type"], done[field]) == (f"response.{name}.done", "{}")
    assert (call.item["status"], call.item[field], call.item["call_id"]) == ("completed", "{}", "call_1")


def test_a_call_that_is_broken_off_is_incomplete():
    call = function_item("fc_1", ToolStart(0, 0, "call_1", "f", "function"))
    call.closed("{", complete=False)
    assert call.item["status"] == "incomplete"


def test_a_tool_of_a_name_space_is_told_with_it():
    call = function_item("fc_1", ToolStart(0, 0, "call_1", "crm.find", "function"), "crm", "find")
    assert (call.item["namespace"], call.item["name"]) == ("crm", "find")


def test_a_hosted_call_remembers_what_it_was_asked():
    call = HostedCall({"status": "in_progress"}, "call_1")
    assert call.closed("{}", complete=True) == []
    assert (call.arguments, call.item["status"], call.after()) == ("{}", "in_progress", [])
    call.closed("{", complete=False)
    assert call.item["status"] == "incomplete"
