"""A response tells what was asked, and stands for what was not; secrets are not told."""

from openai.types.responses import Response

from fakeai.core import catalog
from fakeai.core.generation import Usage
from fakeai.services.responses.response import begun, made, tool_echo, usage_of
from fakeai.wire.base import parse
from fakeai.wire.responses.request import ResponseRequest
from fakeai.wire.responses.tools import FileSearchTool, FunctionTool, McpTool

CATALOG = catalog.load()
CARD = CATALOG.get("gpt-4o-mini")
THINKER = CATALOG.get("gpt-5")


def response(raw, card=CARD):
    return begun(parse(ResponseRequest, raw), "resp_1", 5, card, [])


def test_what_was_not_asked_has_what_stands_for_it():
    told = response(b"{}")
    Response.model_validate(told, strict=True)
    assert (told["status"], told["temperature"], told["truncation"], told["store"]) == (
        "in_progress",
        1.0,
        "disabled",
        True,
    )
    assert told["text"] == {"format": {"type": "text"}, "verbosity": "medium"}
    assert (told["tool_choice"], told["service_tier"]) == ("auto", "default")
    assert "usage" not in told


def test_what_was_asked_is_told():
    told = response(
        b'{"temperature":0.5,"metadata":{"a":"b"},"user":"u","conversation":{"id":"conv_1"},"background":true,'
        b'"text":{"format":{"type":"json_schema","name":"n","schema":{}}},"tool_choice":{"type":"function","name":"f"},'
        b'"prompt":{"id":"p"},"service_tier":"fast","prompt_cache_options":{"ttl":"12h"}}'
    )
    Response.model_validate(told, strict=True)
    assert (told["status"], told["temperature"], told["metadata"], told["user"]) == ("queued", 0.5, {"a": "b"}, "u")
    assert told["text"]["format"] == {"type": "json_schema", "name": "n", "schema": {}, "strict": True}
    assert told["tool_choice"] == {"type": "function", "name": "f"}
    assert told["conversation"] == {"id": "conv_1"}
    assert told["prompt"] == {"id": "p", "version": None, "variables": None}
    assert told["service_tier"] == "priority"
    assert told["prompt_cache_options"] == {"mode": "implicit", "ttl": "12h"}


def test_models_that_think_tell_how_hard():
    assert response(b"{}", THINKER)["reasoning"] == {"effort": "medium", "summary": None}
    asked = b'{"reasoning":{"effort":"low","generate_summary":"concise"}}'
    assert response(asked, THINKER)["reasoning"] == {"effort": "low", "summary": "concise"}


def test_secrets_of_tools_are_not_told():
    tool = McpTool(type="mcp", server_label="s", authorization="secret", headers={"x": "secret"})
    told = tool_echo(tool)
    assert "secret" not in str(told)
    assert told["headers"] == {"x": "<redacted>"}


def test_tools_are_told_with_what_stands_for_the_rest():
    assert tool_echo(FunctionTool(type="function", name="f"))["strict"] is True
    assert tool_echo(FileSearchTool(type="file_search", vector_store_ids=["v"]))["max_num_results"] == 20


def test_a_response_that_is_made_up_is_whole_and_the_same_each_time():
    one = made(CARD, "resp_x")
    Response.model_validate(one, strict=True)
    assert one == made(CARD, "resp_x") != made(CARD, "resp_y")


def test_usage_adds_up():
    told = usage_of(Usage(10, 5, cached=3, reasoning=2))
    assert (told["total_tokens"], told["input_tokens_details"]["cached_tokens"]) == (15, 3)
    assert told["output_tokens_details"]["reasoning_tokens"] == 2
