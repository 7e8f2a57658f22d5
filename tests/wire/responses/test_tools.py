"""Tools and choices of tools, told apart by their type."""

import orjson
import pytest

from fakeai.core.errors import BadRequest
from fakeai.wire.base import parse
from fakeai.wire.responses import tools
from fakeai.wire.responses.request import ResponseRequest


def read(tool):
    return parse(ResponseRequest, orjson.dumps({"tools": [tool]})).tools[0]


@pytest.mark.parametrize(
    ("tool", "kind"),
    [
        ({"type": "function", "name": "f"}, tools.FunctionTool),
        ({"type": "custom", "name": "f"}, tools.CustomTool),
        ({"type": "web_search_preview"}, tools.WebSearchTool),
        ({"type": "file_search", "vector_store_ids": ["vs"]}, tools.FileSearchTool),
        ({"type": "code_interpreter", "container": {"type": "auto"}}, tools.CodeInterpreterTool),
        ({"type": "image_generation"}, tools.ImageGenerationTool),
        ({"type": "mcp", "server_label": "s", "require_approval": {"never": {"tool_names": ["a"]}}}, tools.McpTool),
        ({"type": "shell", "environment": {"type": "local"}}, tools.ShellTool),
        ({"type": "computer"}, tools.ComputerTool),
        ({"type": "apply_patch"}, tools.ApplyPatchTool),
    ],
)
def test_each_type_has_its_tool(tool, kind):
    assert type(read(tool)) is kind


@pytest.mark.parametrize(
    ("tool", "param"),
    [
        ({"type": "nonsense"}, "tools[0].type"),
        ({"type": "file_search"}, "tools[0].vector_store_ids"),
        ({"type": "file_search", "vector_store_ids": []}, "tools[0].vector_store_ids"),
        ({"type": "file_search", "vector_store_ids": ["v"], "max_num_results": 51}, "tools[0].max_num_results"),
        ({"type": "code_interpreter"}, "tools[0].container"),
        ({"type": "image_generation", "partial_images": 4}, "tools[0].partial_images"),
        ({"type": "function", "name": ""}, "tools[0].name"),
    ],
)
def test_a_fault_is_named_where_it_is(tool, param):
    with pytest.raises(BadRequest) as caught:
        read(tool)
    assert caught.value.param == param


@pytest.mark.parametrize(
    ("choice", "kind"),
    [
        ("auto", str),
        ({"type": "function", "name": "f"}, tools.NamedChoice),
        ({"type": "mcp", "server_label": "s"}, tools.McpChoice),
        ({"type": "allowed_tools", "mode": "auto", "tools": []}, tools.AllowedChoice),
        ({"type": "web_search_preview"}, tools.HostedChoice),
    ],
)
def test_each_choice_is_read(choice, kind):
    assert type(parse(ResponseRequest, orjson.dumps({"tool_choice": choice})).tool_choice) is kind
