"""Tools through the official SDK: who is called, with what, and how an agent's loop ends."""

import json
import re
from typing import Any, Literal

import jsonschema_rs
import openai
import pytest
from openai.lib.streaming.chat import ChatCompletionStreamState
from pydantic import BaseModel, Field

from fakeai.content.tokens import encoding

O200K = encoding("o200k_base")
MODEL = "gpt-4o-mini"

WEATHER_ARGUMENTS = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "Name of the city"},
        "days": {"type": "integer", "minimum": 1, "maximum": 14},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
    },
    "required": ["city", "days", "unit"],
    "additionalProperties": False,
}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather in a city",
        "parameters": WEATHER_ARGUMENTS,
        "strict": True,
    },
}
TIME = {
    "type": "function",
    "function": {
        "name": "get_time",
        "description": "The time of day in a zone",
        "parameters": {"type": "object", "properties": {"zone": {"type": "string"}}, "required": ["zone"]},
    },
}
PARIS = [{"role": "user", "content": "What will the weather be in Paris over the next 3 days?"}]
BOTH = [{"role": "user", "content": "What is the weather in Oslo, and what time is it in Tokyo?"}]


def calls(completion: Any) -> list[Any]:
    return completion.choices[0].message.tool_calls or []


# -- which tools are called


@pytest.mark.parametrize("choice", [{}, {"tool_choice": "auto"}, {"tool_choice": "required"}])
def test_a_question_for_a_tool_calls_it_with_valid_arguments(complete, choice):
    answer = complete(messages=PARIS, tools=[WEATHER, TIME], **choice)
    (call,) = calls(answer)
    assert answer.choices[0].finish_reason == "tool_calls"
    assert answer.choices[0].message.content is None
    assert re.fullmatch(r"call_[A-Za-z0-9]{24}", call.id)
    assert (call.type, call.function.name) == ("function", "get_weather")
    arguments = json.loads(call.function.arguments)
    assert jsonschema_rs.is_valid(WEATHER_ARGUMENTS, arguments)
    assert (arguments["city"], arguments["days"]) == ("Paris", 3)
    assert answer.usage.completion_tokens > O200K.count(call.function.arguments)


def test_small_talk_calls_nothing_unless_it_must(complete):
    hello = [{"role": "user", "content": "Hello!"}]
    assert not calls(complete(messages=hello, tools=[WEATHER]))
    assert calls(complete(messages=hello, tools=[WEATHER], tool_choice="required"))


def test_none_means_words(complete):
    answer = complete(messages=PARIS, tools=[WEATHER], tool_choice="none")
    assert not calls(answer)
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"


def test_a_named_tool_is_called_though_another_fits_better(complete):
    (call,) = calls(
        complete(
            messages=PARIS, tools=[WEATHER, TIME], tool_choice={"type": "function", "function": {"name": "get_time"}}
        )
    )
    assert call.function.name == "get_time"


@pytest.mark.parametrize("mode", ["auto", "required"])
def test_only_allowed_tools_are_called(complete, mode):
    allowed = {"mode": mode, "tools": [{"type": "function", "function": {"name": "get_time"}}]}
    found = calls(
        complete(messages=PARIS, tools=[WEATHER, TIME], tool_choice={"type": "allowed_tools", "allowed_tools": allowed})
    )
    assert {call.function.name for call in found} == {"get_time"}


def test_two_questions_are_two_calls_at_once(complete):
    found = calls(complete(messages=BOTH, tools=[WEATHER, TIME]))
    assert {call.function.name for call in found} == {"get_weather", "get_time"}
    assert len({call.id for call in found}) == len(found) == 2
    cities = "What is the weather in Paris, Rome and Oslo?"
    found = calls(complete(messages=[{"role": "user", "content": cities}], tools=[WEATHER]))
    assert [json.loads(call.function.arguments)["city"] for call in found] == ["Paris", "Rome", "Oslo"]


def test_one_call_at_a_time_when_asked_for(complete):
    assert len(calls(complete(messages=BOTH, tools=[WEATHER, TIME], parallel_tool_calls=False))) == 1


def test_tools_cost_tokens_of_the_prompt(complete):
    bare = complete(messages=PARIS).usage.prompt_tokens
    one = complete(messages=PARIS, tools=[TIME], tool_choice="none").usage.prompt_tokens
    two = complete(messages=PARIS, tools=[TIME, WEATHER], tool_choice="none").usage.prompt_tokens
    assert bare < one < two


def test_a_function_without_parameters_is_called_with_an_empty_object(complete):
    (call,) = calls(
        complete(messages=PARIS, tools=[{"type": "function", "function": {"name": "ping"}}], tool_choice="required")
    )
    assert json.loads(call.function.arguments) == {}


def test_the_same_seed_makes_the_same_calls(complete):
    asked = {"messages": BOTH, "tools": [WEATHER, TIME], "seed": 3}
    made = [[(call.function.name, call.function.arguments) for call in calls(complete(**asked))] for _ in range(2)]
    assert made[0] == made[1]


def test_arguments_are_cut_at_the_limit(complete):
    answer = complete(messages=PARIS, tools=[WEATHER], tool_choice="required", max_tokens=12)
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 12


# -- custom tools


GRAMMARS = [
    (
        "lark",
        'start: "move " DIRECTION " " STEPS\nDIRECTION: "north" | "south" | "east" | "west"\nSTEPS: /[1-9][0-9]?/\n',
        r"move (north|south|east|west) [1-9][0-9]?",
    ),
    ("lark", 'start: expr\nexpr: term (("+" | "-") term)*\nterm: /[0-9]{1,4}/ | "(" expr ")"\n', r"[0-9()+\-]+"),
    ("regex", r"(?P<year>\d{4})-(0[1-9]|1[0-2])-([0-2]\d|3[01])", r"\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])"),
    ("regex", r"[A-Z]{3}-\d{2,5}", r"[A-Z]{3}-\d{2,5}"),
]


@pytest.mark.parametrize(("syntax", "definition", "accepts"), GRAMMARS)
def test_a_custom_tools_input_obeys_its_grammar(complete, syntax, definition, accepts):
    form = {"type": "grammar", "grammar": {"syntax": syntax, "definition": definition}}
    tool = {"type": "custom", "custom": {"name": "steer", "description": "Steers", "format": form}}
    for seed in range(4):
        answer = complete(messages=PARIS, tools=[tool], tool_choice="required", seed=seed)
        (call,) = calls(answer)
        custom = call.custom if isinstance(call.custom, dict) else call.custom.model_dump()
        assert answer.choices[0].finish_reason == "tool_calls"
        assert (call.type, custom["name"]) == ("custom", "steer")
        assert re.fullmatch(accepts, custom["input"])


def test_a_custom_tool_of_free_text_gets_text(complete):
    tool = {"type": "custom", "custom": {"name": "note", "description": "Takes a note", "format": {"type": "text"}}}
    (call,) = calls(complete(messages=PARIS, tools=[tool], tool_choice={"type": "custom", "custom": {"name": "note"}}))
    custom = call.custom if isinstance(call.custom, dict) else call.custom.model_dump()
    assert custom["input"].strip()


# -- streams of calls


def test_a_streamed_call_begins_with_its_name_and_goes_on_in_pieces(client):
    chunks = list(client.chat.completions.create(model=MODEL, messages=BOTH, tools=[WEATHER, TIME], stream=True))
    parts = [part for chunk in chunks for part in chunk.choices[0].delta.tool_calls or []]
    firsts = [part for part in parts if part.id]
    assert [part.index for part in firsts] == [0, 1]
    assert all(part.type == "function" and part.function.name and part.function.arguments == "" for part in firsts)
    rest = [part for part in parts if not part.id]
    assert all(part.function.name is None and part.function.arguments for part in rest)
    assert len(rest) > 4
    assert [part.index for part in parts] == sorted(part.index for part in parts)


class Where(BaseModel):
    """Where something is."""

    city: str
    floor: int = Field(ge=0, le=120)
    side: Literal["left", "right"]


def test_the_stream_helper_assembles_and_parses_calls(client):
    tool = openai.pydantic_function_tool(Where, name="find")
    with client.chat.completions.stream(model=MODEL, messages=PARIS, tools=[tool], tool_choice="required") as stream:
        events = list(stream)
        final = stream.get_final_completion()
    done = [event for event in events if event.type == "tool_calls.function.arguments.done"]
    pieces = [event.arguments_delta for event in events if event.type == "tool_calls.function.arguments.delta"]
    assert [event.name for event in done] == ["find"]
    assert "".join(pieces) == done[0].arguments
    assert isinstance(done[0].parsed_arguments, Where)
    assert final.choices[0].message.tool_calls[0].function.parsed_arguments == done[0].parsed_arguments


def test_parse_gives_arguments_as_the_callers_class(client):
    tool = openai.pydantic_function_tool(Where)
    answer = client.chat.completions.parse(model=MODEL, messages=PARIS, tools=[tool], tool_choice="required")
    assert isinstance(answer.choices[0].message.tool_calls[0].function.parsed_arguments, Where)


# -- loops


def run(function: str, arguments: str) -> str:
    return json.dumps({"answered": function, "about": json.loads(arguments)})


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("messages", [PARIS, BOTH])
def test_an_agents_loop_ends_with_a_plain_answer(client, messages, streamed):
    messages = list(messages)
    for _ in range(5):
        asked = {"model": MODEL, "messages": messages, "tools": [WEATHER, TIME]}
        if streamed:
            state: ChatCompletionStreamState[Any] = ChatCompletionStreamState()
            for chunk in client.chat.completions.create(stream=True, **asked):
                state.handle_chunk(chunk)
            message = state.get_final_completion().choices[0].message
        else:
            message = client.chat.completions.create(**asked).choices[0].message
        if not message.tool_calls:
            break
        messages.append(message.model_dump(exclude_none=True))
        for call in message.tool_calls:
            result = run(call.function.name, call.function.arguments)
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    assert message.content
    assert [turn["role"] for turn in messages].count("assistant") == 1


def test_a_second_question_after_an_answer_calls_again(complete):
    first = complete(messages=PARIS, tools=[WEATHER])
    (call,) = calls(first)
    history = [
        *PARIS,
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": "get_weather", "arguments": call.function.arguments},
                }
            ],
        },
        {"role": "tool", "tool_call_id": call.id, "content": "18 degrees"},
        {"role": "assistant", "content": "It will be 18 degrees."},
        {"role": "user", "content": "And the weather in Rome over the next 5 days?"},
    ]
    (again,) = calls(complete(messages=history, tools=[WEATHER]))
    assert json.loads(again.function.arguments)["city"] == "Rome"


def test_the_old_functions_still_work(complete):
    functions = [WEATHER["function"]]
    answer = complete(messages=PARIS, functions=functions, function_call={"name": "get_weather"})
    called = answer.choices[0].message.function_call
    called = called if isinstance(called, dict) else called.model_dump()
    assert answer.choices[0].finish_reason == "function_call"
    assert called["name"] == "get_weather"
    assert json.loads(called["arguments"])["city"] == "Paris"
    turns = [
        *PARIS,
        {"role": "assistant", "content": None, "function_call": called},
        {"role": "function", "name": "get_weather", "content": "18 degrees"},
    ]
    assert complete(messages=turns, functions=functions).choices[0].finish_reason == "stop"
