"""Which tools a request may use, and what comes of them before the model speaks."""

import time

import openai
import pytest

from fakeai.testing import FakeAI

from .test_stored import make

MCP = {"type": "mcp", "server_label": "docs", "server_url": "https://docs.example"}


def test_a_server_s_tools_are_listed_once_a_conversation(client: openai.OpenAI):
    tools = [{**MCP, "require_approval": "never"}]
    first = make(client, tools=tools, input="What is the capital of France?")
    then = make(client, tools=tools, input="And of Spain?", previous_response_id=first.id)
    kinds = [[item.type for item in one.output] for one in (first, then)]
    assert kinds == [["mcp_list_tools", "mcp_call", "message"], ["mcp_call", "message"]]


def test_a_server_needs_an_address(client: openai.OpenAI):
    with pytest.raises(openai.BadRequestError) as caught:
        make(client, tools=[{"type": "mcp", "server_label": "docs"}])
    assert caught.value.param == "tools[0]"
    make(client, tools=[{"type": "mcp", "server_label": "mail", "connector_id": "connector_gmail"}], tool_choice="none")


def test_a_project_may_forbid_tools():
    with FakeAI(seed=1) as fake:
        admin, client = fake.client(), fake.client(project="proj_fakeai")
        admin.post(
            "/organization/projects/proj_fakeai/hosted_tool_permissions",
            body={"web_search": {"enabled": False}},
            cast_to=object,
        )
        with pytest.raises(openai.PermissionDeniedError, match="web_search"):
            make(client, tools=[{"type": "web_search"}])
        make(client, tools=[{"type": "image_generation"}], tool_choice="none")


def test_searches_are_counted_by_what_was_searched(client: openai.OpenAI):
    store = client.vector_stores.create(name="s")
    make(client, tools=[{"type": "file_search", "vector_store_ids": [store.id]}], input="Find the holidays.")
    make(client, tools=[{"type": "web_search"}], input="Search for the weather.")
    day = int(time.time()) // 86_400 * 86_400
    for kind in ("file_search_calls", "web_search_calls"):
        told = client.get(f"/organization/usage/{kind}?start_time={day}&bucket_width=1d", cast_to=object)
        assert [result["num_requests"] for bucket in told["data"] for result in bucket["results"]] == [1]


def test_tools_that_only_say_how_others_are_found_change_nothing(client: openai.OpenAI):
    answer = make(client, tools=[{"type": "tool_search"}, {"type": "programmatic_tool_calling"}])
    assert [item.type for item in answer.output] == ["message"]


def test_who_does_not_allow_a_call_is_answered_in_words(client: openai.OpenAI):
    asked = make(client, tools=[MCP], input="Search the docs for tides.")
    *_, request = asked.output
    assert request.type == "mcp_approval_request"
    answer = {"type": "mcp_approval_response", "approval_request_id": request.id, "approve": False}
    then = make(client, tools=[MCP], input=[answer], previous_response_id=asked.id)
    assert [item.type for item in then.output] == ["message"]
    assert "not approved" in then.output_text


def test_a_picture_that_was_made_is_what_is_changed(client: openai.OpenAI):
    tools = [{"type": "image_generation", "quality": "low", "size": "1024x1024"}]
    first = make(client, tools=tools, input="Draw a red fox.")
    then = make(client, tools=tools, input="Now make it blue.", previous_response_id=first.id)
    made = [item for one in (first, then) for item in one.output if item.type == "image_generation_call"]
    assert [item.action for item in made] == ["generate", "edit"]
    assert made[0].result != made[1].result
