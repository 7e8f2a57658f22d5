"""What is asked of a model for one response."""

import pytest

from fakeai.core.errors import BadRequest
from fakeai.core.generation import AudioOut, ToolChoice
from fakeai.services.realtime import config
from fakeai.services.realtime.plans import planned

TOOL = {"type": "function", "name": "weather", "parameters": {"type": "object"}}
SERVER = {"type": "mcp", "server_label": "docs", "allowed_tools": ["look_up"], "require_approval": "never"}
SESSION = {
    **config.fresh("realtime", "sess_1", "gpt-realtime", 1),
    "tools": [TOOL, SERVER],
    "reasoning": {"effort": "low"},
    "parallel_tool_calls": False,
}


def test_a_session_says_what_a_response_does_not() -> None:
    plan, ask = planned(SESSION, {}, "resp_1", "conv_1", ())
    assert (plan.modality, plan.voice, plan.max_output_tokens) == ("audio", "marin", "inf")
    assert ask.audio == AudioOut("marin", "pcm16") and ask.max_tokens is None
    assert [tool.name for tool in ask.tools] == ["weather", "look_up"] and not ask.parallel and ask.effort == "low"
    assert plan.remote["look_up"].label == "docs" and not plan.remote["look_up"].asks


def test_a_session_says_how_fast_it_speaks() -> None:
    fast = config.fresh("realtime", "sess_1", "gpt-realtime", 1)
    fast["audio"]["output"]["speed"] = 1.5
    assert planned(fast, {}, "resp_1", "conv_1", ()).ask.audio == AudioOut("marin", "pcm16", speed=1.5)


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ({"type": "function", "name": "weather"}, ("weather",)),
        ({"type": "mcp", "server_label": "docs"}, ("look_up",)),
        ({"type": "mcp", "server_label": "docs", "name": "look_up"}, ("look_up",)),
    ],
)
def test_a_tool_can_be_named(choice, names) -> None:
    assert planned(SESSION, {"tool_choice": choice}, "resp_1", None, ()).ask.tool_choice == ToolChoice(
        "required", names
    )


def test_a_tool_that_is_not_there_cannot() -> None:
    for choice in ({"type": "function", "name": "x"}, {"type": "mcp", "server_label": "x"}):
        with pytest.raises(BadRequest, match="not found"):
            planned(SESSION, {"tool_choice": choice}, "resp_1", None, ())
