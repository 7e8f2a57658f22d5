"""What is said of an agent, laid over what was there."""

import pytest

from fakeai.core.errors import BadRequest
from fakeai.services.agents.configuration import check, for_session, needs_model, plain, settled
from fakeai.wire.agents.configuration import Configured
from fakeai.wire.base import parse

SERVER = b"""{"tools": [{"type": "mcp", "server_label": "s",
  "transport": {"type": "http", "server_url": "https://m.example", "headers": {"a": "b"}, "authorization": "secret"}}]}"""


def said(raw: bytes) -> Configured:
    return parse(Configured, raw)


def test_nothing_said_changes_nothing() -> None:
    before = plain("gpt-4o-mini")
    assert settled(said(b"{}"), before, kept=True) == before


def test_null_is_as_if_nothing_had_been_said() -> None:
    before = settled(
        said(
            b'{"reasoning": {"effort": "low"}, "service_tier": "flex", "text": {"verbosity": "high"},'
            b' "multi_agent": {"enabled": true}, "compaction": {"async": true}, "instructions": "x"}'
        ),
        plain("gpt-4o-mini"),
        kept=True,
    )
    assert before["multi_agent"]["max_concurrent_subagents"] == 6
    assert before["compaction"] == {"async": True}
    nulls = (
        b'{"reasoning": null, "service_tier": null, "text": null, "multi_agent": null, "compaction": null,'
        b' "instructions": null, "tools": null}'
    )
    assert settled(said(nulls), before, kept=True) == plain("gpt-4o-mini")


def test_experimental_settings_are_merged() -> None:
    on = settled(said(b'{"experimental": {"time_awareness": true}}'), plain("m"), kept=True)
    assert settled(said(b'{"experimental": {}}'), on, kept=True)["experimental"] == {"time_awareness": True}


def test_no_secret_of_a_server_is_told_and_no_header_in_sessions() -> None:
    kept = settled(said(SERVER), plain("m"), kept=True)["tools"]
    assert "secret" not in str(kept)
    assert kept[0]["transport"] == {"type": "http", "server_url": "https://m.example", "headers": {"a": "b"}}
    assert for_session(kept) == settled(said(SERVER), plain("m"), kept=False)["tools"]
    assert "headers" not in for_session(kept)[0]["transport"]


def test_values_of_variables_are_not_told() -> None:
    tool = (
        b'{"tools": [{"type": "mcp", "server_label": "s", "transport": {"type": "stdio", "command": "c", "cwd": "/",'
        b' "env": {"KEY": "secret"}, "env_vars": ["HOME"]}}]}'
    )
    told = settled(said(tool), plain("m"), kept=True)["tools"][0]
    assert told["transport"] == {"type": "stdio", "command": "c", "cwd": "/", "args": [], "env_vars": ["HOME", "KEY"]}


def test_the_usual_of_each_tool_is_told() -> None:
    tools = (
        b'{"tools": [{"type": "web_search"}, {"type": "computer_use"}, {"type": "programmatic_tool_calling"},'
        b' {"type": "tool_search"}, {"type": "automations"},'
        b' {"type": "function", "name": "f", "description": "", "parameters": {}, "async": true}]}'
    )
    search, computer, code, *_, function = settled(said(tools), plain("m"), kept=True)["tools"]
    assert (search["mode"], search["context_size"], search["location"]) == ("live", "medium", None)
    assert (computer["include_screenshots"], code["enabled"]) == (False, True)
    assert (function["async"], function["defer_loading"]) == (True, False)
    told = [tool["type"] for tool in settled(said(tools), plain("m"), kept=False)["tools"]]
    assert "tool_search" not in told


@pytest.mark.parametrize(
    ("raw", "param"),
    [
        (b'{"tools": [{"type": "function", "name": "a b", "description": "", "parameters": {}}]}', "tools[0].name"),
        (
            b'{"tools": [{"type": "function", "name": "f", "description": "", "parameters": {"type": "nothing"}}]}',
            "tools[0].parameters",
        ),
        (b'{"tools": [{"type": "web_search"}, {"type": "web_search"}]}', "tools[1]"),
        (b'{"text": {"format": {"type": "json_schema", "schema": {"type": 5}}}}', "text.format.schema"),
    ],
)
def test_what_the_types_do_not_say_is_checked(raw: bytes, param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        check(said(raw))
    assert refused.value.param == param


def test_tools_of_more_than_three_million_bytes_are_refused() -> None:
    large = b'{"tools": [{"type": "function", "name": "f", "description": "%s", "parameters": {}}]}' % (b"x" * 2**22)
    with pytest.raises(BadRequest, match="larger than"):
        check(said(large), "agent")


def test_a_configuration_without_a_model_is_told_where_it_is_missing() -> None:
    assert needs_model("agent").param == "agent.model"
