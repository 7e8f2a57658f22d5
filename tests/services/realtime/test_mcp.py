"""Which tools a server has, and whose use somebody has to approve."""

import json

import pytest

from fakeai.services.realtime import mcp

SERVER = {"type": "mcp", "server_label": "docs", "server_url": "https://mcp.example"}


def test_a_server_has_the_tools_that_are_allowed() -> None:
    assert [tool["name"] for tool in mcp.tools(SERVER)] == ["search", "fetch"]
    for allowed in (["a", "b", "a"], {"tool_names": ["a", "b"]}):
        assert [tool["name"] for tool in mcp.tools({**SERVER, "allowed_tools": allowed})] == ["a", "b"]


@pytest.mark.parametrize(
    ("rule", "asked"),
    [
        (None, True),
        ("always", True),
        ("never", False),
        ({"never": {"tool_names": ["search"]}}, False),
        ({"never": {"tool_names": ["fetch"]}}, True),
        ({"always": {"tool_names": ["search"]}}, True),
        ({"always": {"tool_names": ["fetch"]}}, False),
    ],
)
def test_a_use_is_asked_for_unless_the_rule_says_otherwise(rule, asked) -> None:
    assert mcp.asks({**SERVER, "require_approval": rule}, "search") is asked


def test_a_tool_gives_what_it_was_given_back() -> None:
    assert json.loads(mcp.output("docs", "search", '{"query": "x"}'))["arguments"] == {"query": "x"}
    assert json.loads(mcp.output("docs", "search", "{"))["arguments"] == "{"
