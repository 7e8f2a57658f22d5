"""Tools that wait are found before they are called, once a conversation; those of a conversation are offered with it."""

from typing import Any

import openai
import pytest

from .test_stored import make


def function(name: str, about: str, **more: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    return {"type": "function", "name": name, "description": about, "parameters": parameters, **more}


WEATHER = function("get_weather", "Get the weather of a city.", defer_loading=True)
NAMES = {
    "type": "namespace",
    "name": "town",
    "description": "What a town has.",
    "tools": [function("get_hotels", "Get the hotels of a city.", defer_loading=True), function("get_mayor", "Mayor.")],
}
SEARCH = {"type": "tool_search"}
OWN_SEARCH = {**SEARCH, "execution": "client", "description": "Find the tools that the task needs."}
FOUND = ["tool_search_call", "tool_search_output", "function_call"]


def kinds(response: Any) -> list[str]:
    return [item.type for item in response.output]


def test_a_tool_that_waits_is_found_once_a_conversation(client: openai.OpenAI):
    tools = [WEATHER, SEARCH]
    first = make(client, input="What is the weather in Paris?", tools=tools)
    assert kinds(first) == FOUND
    search, output, call = first.output
    assert (search.arguments, search.execution, search.call_id) == ({"paths": ["get_weather"]}, "server", None)
    assert [tool.name for tool in output.tools] == ["get_weather"]
    said = [
        {"type": "function_call_output", "call_id": call.call_id, "output": "18"},
        {"role": "user", "content": "And what is the weather in Rome?"},
    ]
    assert kinds(make(client, input=said, tools=tools, previous_response_id=first.id)) == ["function_call"]


def test_a_name_space_is_found_with_what_waits_in_it(client: openai.OpenAI):
    with client.responses.stream(
        model="gpt-4o-mini", input="Get the hotels of Paris.", tools=[NAMES, SEARCH]
    ) as stream:
        told = [event.type for event in stream if "output_item" in event.type]
        response = stream.get_final_response()
    assert kinds(response) == FOUND
    assert told == ["response.output_item.added", "response.output_item.done"] * 3
    assert response.output[0].arguments == {"paths": ["town"]}
    assert [[one.name for one in tool.tools] for tool in response.output[1].tools] == [["get_hotels"]]
    assert (response.output[2].namespace, response.output[2].name) == ("town", "get_hotels")


def test_nothing_is_searched_without_need(client: openai.OpenAI):
    ask = {"input": "What is the weather in Paris?"}
    assert kinds(make(client, **ask, tools=[WEATHER])) == ["function_call"]
    assert kinds(make(client, **ask, tools=[{**WEATHER, "defer_loading": False}, SEARCH])) == ["function_call"]
    assert kinds(make(client, **ask, tools=[NAMES, SEARCH], tool_choice="none")) == ["message"]


def test_a_caller_who_searches_himself_says_what_he_has_found(client: openai.OpenAI):
    first = make(client, input="Find the weather in Paris.", tools=[OWN_SEARCH, WEATHER], tool_choice="required")
    (search,) = first.output
    assert (search.type, search.execution, list(search.arguments)) == ("tool_search_call", "client", ["goal"])
    output = {"type": "tool_search_output", "call_id": search.call_id, "execution": "client", "tools": [WEATHER]}
    then = make(client, input=[output], tools=[OWN_SEARCH, WEATHER], previous_response_id=first.id)
    assert [(item.type, item.name) for item in then.output] == [("function_call", "get_weather")]


def test_a_conversation_may_bring_tools_along(client: openai.OpenAI):
    added = {"type": "additional_tools", "role": "developer", "tools": [{**WEATHER, "defer_loading": False}]}
    asks = {"role": "user", "content": "What is the weather in Paris?"}
    first = make(client, input=[added, asks])
    assert (kinds(first), first.tools) == (["function_call"], [])
    twice = make(client, input=[added, asks], tools=[{**WEATHER, "defer_loading": False}])
    assert kinds(twice) == ["function_call"]
    for wrong in ([{"type": "nonsense"}], None):
        with pytest.raises(openai.BadRequestError, match="additional_tools"):
            make(client, input=[{**added, "tools": wrong}, asks])
