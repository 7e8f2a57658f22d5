"""Screens, shells and patches: who carries them out, and what their items hold, whatever a model has written."""

import pytest

from fakeai.core.generation import ToolStart
from fakeai.services.responses.calls import HostedCall
from fakeai.services.responses.hosted import machines
from fakeai.wire.responses.tools import ToolSearchTool

from .conftest import CarryOut, made
from .test_interpreter import desk


def item_of(offer, text):
    call = offer.opens(ToolStart(0, 0, "call_1", offer.tool.name, "function"))
    assert not isinstance(call, HostedCall)
    call.closed(text, complete=True)
    return call.item


def test_a_screen_is_for_the_caller_to_look_at():
    item = item_of(machines.computer(made("cu_1"), many=False), '{"type":"click","x":1,"y":2,"button":"left"}')
    assert (item["action"], item["pending_safety_checks"]) == ({"type": "click", "x": 1, "y": 2, "button": "left"}, [])
    item = item_of(machines.computer(made("cu_1"), many=True), "nonsense")
    assert item["actions"] == [{"type": "screenshot"}]
    assert "action" not in item


def test_commands_on_the_caller_s_machine_are_for_the_caller():
    assert item_of(machines.local_shell(made("lsh_1")), '{"command":["ls"]}')["action"]["command"] == ["ls"]
    offer = machines.shell(made("sh_1"), None)
    assert not offer.hosted
    item = item_of(offer, '{"commands":["ls","pwd"]}')
    assert item["action"]["commands"] == ["ls", "pwd"]
    assert item["environment"] == {"type": "local"}


def test_a_search_for_tools_is_for_the_caller_and_as_he_describes_it():
    offer = machines.tool_search(made("tsc_1"), ToolSearchTool(type="tool_search", description="Look.", parameters={}))
    assert (offer.tool.description, offer.hosted) == ("Look.", False)
    item = item_of(offer, '{"goal":"book"}')
    assert (item["arguments"], item["execution"], item["call_id"]) == ({"goal": "book"}, "client", "call_1")


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        ('{"type":"create_file","path":"a","diff":"+x"}', {"type": "create_file", "path": "a", "diff": "+x"}),
        ('{"type":"delete_file","path":"a","diff":"+x"}', {"type": "delete_file", "path": "a"}),
        ("nonsense", {"type": "update_file", "path": "", "diff": ""}),
    ],
)
def test_patches_are_for_the_caller_to_make(text, operation):
    item = item_of(machines.apply_patch(made("apc_1")), text)
    assert (item["operation"], item["status"]) == (operation, "completed")


async def test_commands_in_a_container_are_carried_out(carry_out: CarryOut):
    log = []
    offer = machines.shell(made("sh_1"), desk(log))
    assert offer.hosted
    call, told = await carry_out(offer, '{"commands":["echo hi","false"]}')
    assert told == [f"shell_call_command.{step}" for _ in range(2) for step in ("added", "delta", "done")]
    assert log == ["ready"]
    assert call.item["environment"] == {"type": "container_reference", "container_id": "cntr_1"}
    (output,) = call.after()
    assert [one["outcome"]["exit_code"] for one in output["output"]] == [0, 1]
    assert (output["type"], output["call_id"], call.result) == ("shell_call_output", "call_1", "hi\n\n")
