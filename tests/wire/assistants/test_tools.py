"""Tools, choices and resources as they are read."""

from typing import Any

import orjson
import pytest

from fakeai.core.errors import BadRequest
from fakeai.wire.assistants.assistants import AssistantCreate
from fakeai.wire.assistants.tools import CodeInterpreterTool, FileSearchTool, NamedChoice
from fakeai.wire.base import parse
from fakeai.wire.tools import FunctionTool


def read(**more: Any) -> AssistantCreate:
    return parse(AssistantCreate, orjson.dumps({"model": "gpt-4o", **more}))


def test_each_tool_is_read_as_its_kind() -> None:
    function = {"type": "function", "function": {"name": "f"}}
    tools = read(tools=[{"type": "code_interpreter"}, {"type": "file_search"}, function]).tools
    assert [type(tool) for tool in tools or ()] == [CodeInterpreterTool, FileSearchTool, FunctionTool]


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "web_search"},
        {"type": "function"},
        {"type": "file_search", "file_search": {"max_num_results": 51}},
        {"type": "file_search", "file_search": {"ranking_options": {"score_threshold": 2}}},
        {"type": "file_search", "file_search": {"ranking_options": {}}},
    ],
)
def test_what_is_no_tool_is_refused(tool: Any) -> None:
    with pytest.raises(BadRequest):
        read(tools=[tool])


def test_there_are_128_tools_at_most() -> None:
    assert len(read(tools=[{"type": "code_interpreter"}] * 128).tools or ()) == 128
    with pytest.raises(BadRequest):
        read(tools=[{"type": "code_interpreter"}] * 129)


@pytest.mark.parametrize(
    "resources",
    [
        {"code_interpreter": {"file_ids": ["f"] * 21}},
        {"file_search": {"vector_store_ids": ["a", "b"]}},
        {"file_search": {"vector_stores": [{}, {}]}},
        {"file_search": {"vector_stores": [{"chunking_strategy": {"type": "static"}}]}},
    ],
)
def test_resources_are_bounded(resources: Any) -> None:
    with pytest.raises(BadRequest):
        read(tool_resources=resources)


def test_the_name_of_a_choice_may_be_left_out() -> None:
    assert NamedChoice(type="file_search").function is None
