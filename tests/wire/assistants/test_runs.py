"""Runs as they are read."""

from typing import Any

import orjson
import pytest

from fakeai.core.errors import BadRequest
from fakeai.wire.assistants.runs import ACTIVE, RunCreate, ThreadRunCreate, ToolOutputs
from fakeai.wire.base import parse


@pytest.mark.parametrize(
    "more",
    [
        {"max_prompt_tokens": 255},
        {"max_completion_tokens": 0},
        {"truncation_strategy": {"type": "first"}},
        {"truncation_strategy": {"type": "last_messages", "last_messages": 0}},
        {"tool_choice": "any"},
        {"tool_choice": {"type": "custom"}},
        {"parallel_tool_calls": None},
        {"additional_messages": [{}]},
        {"stream": 1},
    ],
)
def test_what_the_document_forbids_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        parse(RunCreate, orjson.dumps({"assistant_id": "asst_x", **more}))


def test_a_run_needs_an_assistant() -> None:
    for kind in (RunCreate, ThreadRunCreate):
        with pytest.raises(BadRequest) as caught:
            parse(kind, b"{}")
        assert caught.value.param == "assistant_id"


def test_outputs_may_say_nothing() -> None:
    assert parse(ToolOutputs, b'{"tool_outputs": [{}]}').tool_outputs[0].output is None


def test_a_run_that_is_over_is_not_active() -> None:
    assert ACTIVE.isdisjoint({"completed", "incomplete", "failed", "cancelled", "expired"}) and len(ACTIVE) == 4
