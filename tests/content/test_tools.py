"""The policy of tool calls, and their arguments."""

import json
import re

import jsonschema_rs
import pytest

from fakeai.content.grammar import GrammarError
from fakeai.content.jsonschema import SchemaError
from fakeai.content.tools import MAX_CALLS, plan
from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Chance
from fakeai.core.generation import GenerateRequest, Message, Sampling, Tool, ToolChoice, ToolUse


def function(name, description="", required=None, **properties):
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties) if required is None else required,
        "additionalProperties": False,
    }
    return Tool(name, description, schema=schema)


TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
WEATHER = function(
    "get_weather",
    "Get the current weather",
    ["location"],
    location={"type": "string", "description": "City and country, e.g. Bogotá, Colombia"},
    unit={"type": "string", "enum": ["celsius", "fahrenheit"]},
)
TIME = function("get_time", "Local time in a city", city=TEXT)
ADD = function("add", "Add two numbers", a=WHOLE, b=WHOLE)
MULTIPLY = function("multiply", "Multiply two numbers", a=WHOLE, b=WHOLE)
FLIGHT = function("book_flight", "Book a flight", origin=TEXT, destination=TEXT)
IMPOSSIBLE = function("impossible", "", x={"type": "integer", "minimum": 2, "maximum": 1})


def planned(prompt, *tools, choice="auto", names=None, parallel=True, seed=1, after=()):
    request = GenerateRequest(
        model=ModelCard("gpt-4o"),
        messages=(Message("system", "You help."), Message("user", prompt), *after),
        prompt_tokens=10,
        room=1_000,
        digest=b"",
        sampling=Sampling(),
        tools=tools,
        tool_choice=ToolChoice(choice, names),
        parallel_tool_calls=parallel,
    )
    return plan(request, Chance(seed))


def called(*args, **more):
    return [(call.name, json.loads(call.text)) for call in planned(*args, **more)]


def test_no_tools_or_none_wanted_means_text():
    assert planned("weather in Rome") == []
    assert planned("weather in Rome", WEATHER, choice="none") == []
    assert planned("weather in Rome", WEATHER, choice="required", names=("other",)) == []


def test_a_users_question_calls_the_tool_with_its_words():
    assert called("What's the weather like in Paris today?", TIME, WEATHER) == [("get_weather", {"location": "Paris"})]
    assert called("Wie ist das Wetter in München?", WEATHER) == [("get_weather", {"location": "München"})]
    assert called("北京天气怎么样", WEATHER) == [("get_weather", {"location": "北京"})]
    assert called("weather in Oslo, Norway in Celsius", WEATHER) == [
        ("get_weather", {"location": "Oslo, Norway", "unit": "celsius"})
    ]


def test_an_unrelated_question_still_calls_one_tool():
    assert len(planned("Tell me a joke", WEATHER, TIME)) == 1


@pytest.mark.parametrize("prompt", ["hello", "Hi there!", "Thanks so much!", "thank you", "Good morning"])
def test_mere_politeness_is_answered_in_words(prompt):
    assert planned(prompt, WEATHER) == []
    assert len(planned(prompt, WEATHER, choice="required")) == 1


def test_a_tool_result_ends_the_loop_unless_a_call_is_required():
    after = (Message("assistant", ""), Message("tool", "sunny", tool_call_id="c"))
    assert planned("weather in Rome", WEATHER, after=after) == []
    assert called("weather in Rome", WEATHER, after=after, choice="required") == [("get_weather", {"location": "Rome"})]
    again = (*after, Message("user", "And in Oslo?"))
    assert called("weather in Rome", WEATHER, after=again) == [("get_weather", {"location": "Oslo"})]
    assert planned("weather in Rome", WEATHER, after=(Message("function", "sunny", name="get_weather"),)) == []


def test_a_required_call_comes_to_the_tools_not_called_yet():
    used = Message("assistant", "", tool_calls=(ToolUse("c", "get_weather", "{}"),))
    after = (used, Message("tool", "sunny", tool_call_id="c"))
    final = function("final_result", "The final response", sky=TEXT)
    assert [name for name, _ in called("weather in Rome", WEATHER, final, choice="required")] == ["get_weather"]
    found = called("weather in Rome", WEATHER, final, choice="required", after=after)
    assert [name for name, _ in found] == ["final_result"]
    again = (*after, Message("user", "And the weather in Oslo?"))
    assert called("", WEATHER, final, choice="required", after=again) == [("get_weather", {"location": "Oslo"})]


def test_named_tools_limit_the_choice():
    assert called("weather in Rome", WEATHER, TIME, choice="required", names=("get_time",)) == [
        ("get_time", {"city": "Rome"})
    ]
    assert called("weather in Rome", WEATHER, TIME, ADD, names=("get_time", "add")) == [("get_time", {"city": "Rome"})]


def test_several_things_are_several_calls_when_they_may_be_parallel():
    prompt = "What's the weather in Paris, Rome and São Paulo?"
    places = [arguments["location"] for _, arguments in called(prompt, WEATHER)]
    assert places == ["Paris", "Rome", "São Paulo"]
    assert called(prompt, WEATHER, parallel=False) == [("get_weather", {"location": "Paris"})]
    many = "weather in Rome, Oslo, Bern, Wien, Prag and Lima"
    assert len(planned(many, WEATHER)) == MAX_CALLS
    assert len(planned(prompt, WEATHER, choice="required", names=("get_weather",))) == 1


def test_several_tools_named_are_each_called_with_their_own_words():
    assert called("weather in Paris and time in Tokyo", WEATHER, TIME) == [
        ("get_weather", {"location": "Paris"}),
        ("get_time", {"city": "Tokyo"}),
    ]
    assert called("Add 3 and 4, then multiply 5 by 6", MULTIPLY, ADD) == [
        ("add", {"a": 3, "b": 4}),
        ("multiply", {"a": 5, "b": 6}),
    ]
    assert len(planned("Add 3 and 4, then multiply 5 by 6", MULTIPLY, ADD, parallel=False)) == 1


def test_two_places_of_one_call_stay_together():
    assert called("Book a flight from Berlin to Madrid", FLIGHT) == [
        ("book_flight", {"origin": "Berlin", "destination": "Madrid"})
    ]


def test_arguments_are_taken_from_quotes_and_numbers():
    assert called("Create a customer named '你好啊集团'", function("create_customer", customer_name=TEXT)) == [
        ("create_customer", {"customer_name": "你好啊集团"})
    ]
    assert called("What is magic_function(3)?", function("magic_function", input=WHOLE)) == [
        ("magic_function", {"input": 3})
    ]


def test_a_tool_without_parameters_is_called_with_none():
    assert called("x", Tool("ping")) == [("ping", {})]
    assert called("x", Tool("ping", schema={})) == [("ping", {})]
    assert called("x", Tool("ping", schema={"foo": "bar"})) == [("ping", {})]


def test_arguments_always_validate():
    schema = {
        "type": "object",
        "properties": {
            "when": {"type": "string", "format": "date-time"},
            "mode": {"oneOf": [{"const": "a"}, {"type": "integer", "minimum": 5}]},
            "tags": {
                "type": "array",
                "items": {"type": "string", "pattern": "^[a-z]{3}$"},
                "minItems": 2,
                "uniqueItems": True,
            },
        },
        "required": ["when", "mode"],
    }
    judge = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    for seed in range(40):
        (call,) = planned("Do it with 7 things for Paris", Tool("do", schema=schema), seed=seed)
        assert judge.is_valid(json.loads(call.text)), call.text


def test_seeds_decide_and_choices_differ():
    tool = function("note", remark={"type": "string", "pattern": "^[a-z]{12}$"})
    assert planned("x", tool, seed=1) == planned("x", tool, seed=1) != planned("x", tool, seed=2)


def test_custom_tools_get_text_of_their_grammar():
    (call,) = planned("Save a timestamp", Tool("timestamp", kind="custom", grammar=("regex", r"^\d{4}-\d{2}$")))
    assert call.kind == "custom" and re.fullmatch(r"\d{4}-\d{2}", call.text)
    (call,) = planned("go", Tool("dsl", kind="custom", grammar=("lark", 'start: "go" | "stop"')))
    assert call.text in ("go", "stop")


def test_custom_tools_without_a_grammar_get_free_text():
    code = Tool("code_exec", "Executes arbitrary Python code", kind="custom")
    assert planned("Run `print(6*7)` please", code)[0].text == "print(6*7)"
    assert planned("Compute something", code)[0].text
    assert planned("say what I say", Tool("echo", kind="custom"))[0].text == "say what I say"


def test_a_tool_that_admits_no_input_is_passed_over_unless_required():
    assert planned("impossible", IMPOSSIBLE) == []
    assert [call.name for call in planned("impossible", IMPOSSIBLE, WEATHER)] == ["get_weather"]
    with pytest.raises(SchemaError):
        planned("x", IMPOSSIBLE, choice="required")
    with pytest.raises(GrammarError):
        planned("x", Tool("bad", kind="custom", grammar=("regex", "[")), choice="required")


def test_a_screen_is_seen_and_then_acted_on_until_all_is_done():
    screen = Tool("computer", "Look at a screen.", schema={"type": "object"}, takes="screen")
    after: list[Message] = []
    moves = []
    while calls := called("Click on the door.", screen, after=after):
        ((name, given),) = calls
        moves.append(given["type"])
        after += [Message("assistant", tool_calls=(ToolUse("c", name, "{}"),)), Message("tool", "", tool_call_id="c")]
    assert moves == ["screenshot", "click"]
    assert called("Click on the door.", screen, choice="none", after=after[:2]) == []


def test_the_name_space_of_tools_says_nothing_of_one():
    search = function("docs.search", "Search docs.", query=TEXT)
    fetch = function("docs.fetch", "Get something that was found in docs.", id=TEXT)
    assert [name for name, _ in called("Search the docs for tides.", search, fetch)] == ["docs.search"]
