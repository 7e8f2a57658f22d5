"""Prompt tokens against the figures the API billed, as the cookbook lists them."""

import json
from timeit import repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.content.template import PromptTokens, prompt_ids, prompt_tokens, tool_tokens
from fakeai.content.tokens import encoding
from fakeai.core.catalog import ModelCard
from fakeai.core.generation import Media, Message, Tool, ToolUse

NEW, OLD = encoding("o200k_base"), encoding("cl100k_base")
CARD = ModelCard("gpt-4o")
JARGON = (
    Message(
        "system", "You are a helpful, pattern-following assistant that translates corporate jargon into plain English."
    ),
    Message("system", "New synergies will help drive top-line growth.", name="example_user"),
    Message("system", "Things working well together will increase revenue.", name="example_assistant"),
    Message(
        "system",
        "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
        name="example_user",
    ),
    Message("system", "Let's talk later when we're less busy about how to do better.", name="example_assistant"),
    Message("user", "This late pivot means we don't have time to boil the ocean for the client deliverable."),
)
ASKING = (
    Message("system", "You are a helpful assistant that can answer to questions about the weather."),
    Message("user", "What's the weather like in San Francisco?"),
)
PROPERTIES = {
    "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
    "unit": {"type": "string", "description": "The unit of temperature to return", "enum": ["celsius", "fahrenheit"]},
}
WEATHER = Tool(
    "get_current_weather",
    "Get the current weather in a given location",
    schema={"type": "object", "properties": PROPERTIES, "required": ["location"]},
)


def test_messages_cost_what_the_api_billed():
    assert prompt_tokens(JARGON, (), NEW, CARD) == (124, 0)
    assert prompt_tokens(JARGON, (), OLD, ModelCard("gpt-4")) == (129, 0)


def test_tools_cost_what_the_api_billed():
    assert prompt_tokens(ASKING, (WEATHER,), NEW, CARD) == (101, 0)
    assert prompt_tokens(ASKING, (WEATHER,), OLD, ModelCard("gpt-4")) == (105, 0)


def test_no_message_still_primes_the_reply():
    assert prompt_tokens((), (), NEW, CARD) == PromptTokens(3, 0)


@pytest.mark.parametrize("enc", [NEW, OLD])
@pytest.mark.parametrize("role", ["system", "developer", "user", "assistant", "tool", "function"])
def test_every_role_is_one_token(enc, role):
    assert enc.count(role) == 1


def test_tool_calls_and_their_results_cost_their_text():
    arguments = '{"location":"Paris, France"}'
    call = Message("assistant", tool_calls=(ToolUse("call_1", "get_current_weather", arguments),) * 2)
    result = Message("tool", "22 degrees", tool_call_id="call_1")
    used = NEW.count("get_current_weather") + NEW.count(arguments)
    assert prompt_tokens((call, result), (), NEW, CARD).total == 3 + 4 + 2 * used + 4 + NEW.count("22 degrees")


def test_a_schema_costs_its_compact_json():
    schema = {"type": "object", "properties": {"größe": {"type": "number"}}}
    compact = NEW.count('{"type":"object","properties":{"größe":{"type":"number"}}}')
    assert prompt_tokens(ASKING, (), NEW, CARD, schema).total == prompt_tokens(ASKING, (), NEW, CARD).total + compact


def test_media_are_added_and_sound_is_told_apart():
    sound = Media("audio", bytes(48_000), "audio/pcm16")
    picture = Media("image", None, url="https://example.com/cat.png")
    bare = prompt_tokens((Message("user", "Hi"),), (), NEW, CARD).total
    assert prompt_tokens((Message("user", "Hi", (sound, picture)),), (), NEW, CARD) == (bare + 10 + 765, 10)


def test_nested_properties_cost_like_others():
    inner = {"street": {"type": "string", "description": "Street."}}
    outer = {
        "address": {"type": "object", "properties": inner},
        "tags": {"type": "array", "items": {"properties": inner}},
    }
    leaf = 3 + NEW.count("street:string:Street")
    expected = 12 + 7 + NEW.count("f:") + 3
    expected += 3 + NEW.count("address:object:") + 3 + leaf
    expected += 3 + NEW.count("tags:array:") + 3 + leaf
    assert tool_tokens((Tool("f", schema={"properties": outer}),), NEW) == expected


def test_types_that_are_lists_variants_or_references_are_named():
    kinds = {
        "a": {"type": ["string", "null"]},
        "b": {"$ref": "#/$defs/Node"},
        "c": {"anyOf": [{"type": "integer"}, True]},
        "d": {},
    }
    expected = 12 + 7 + NEW.count("f:") + 3 + 4 * 3
    expected += sum(map(NEW.count, ("a:string | null:", "b:Node:", "c:integer:", "d:any:")))
    assert tool_tokens((Tool("f", schema={"properties": kinds}),), NEW) == expected


def test_a_custom_tool_costs_its_grammar():
    grammar = "start: /[a-z]+/"
    with_it = tool_tokens((Tool("f", kind="custom", grammar=("lark", grammar)),), NEW)
    assert with_it - tool_tokens((Tool("f", kind="custom"),), NEW) == NEW.count(grammar)


def bomb_deep():
    schema: dict = {"type": "string"}
    for _ in range(300):
        schema = {"type": "object", "properties": {"a": schema, "b": schema}}
    return schema


@pytest.mark.parametrize(
    "schema",
    [
        bomb_deep(),
        {"properties": {f"p{n}": {"type": "string"} for n in range(50_000)}},
        {"properties": {"a": {"enum": [str(n) for n in range(50_000)]}}},
        {"anyOf": [{"properties": {"x": {}}}] * 50_000},
        {"properties": [1], "anyOf": {"a": 1}, "items": True, "$defs": [2]},
        {"properties": {"a": 5, "b": None, "c": {"description": 7, "enum": [None, 1.5, {"k": []}], "type": 3}}},
    ],
)
def test_schema_bombs_and_nonsense_cost_milliseconds(schema):
    took = repeat(lambda: tool_tokens((Tool("f", schema=schema),), NEW), number=1, repeat=2)
    assert min(took) < 0.2
    assert tool_tokens((Tool("f", schema=schema),), NEW) >= 19


def test_plain_messages_cost_little_more_than_counting_their_text():
    count = NEW.count
    plain = min(repeat(lambda: (count(ASKING[0].text), count(ASKING[1].text)), number=20_000, repeat=5))
    whole = min(repeat(lambda: prompt_tokens(ASKING, (), NEW, CARD), number=20_000, repeat=5))
    assert (whole - plain) / 20_000 < 3e-6  # 0.4 µs on an idle core, 1.5 µs is the budget


def test_counting_leaves_the_schema_alone():
    before = json.dumps(WEATHER.schema)
    tool_tokens((WEATHER,), NEW)
    assert json.dumps(WEATHER.schema) == before


# -- ids

PICTURE = Media("image", None, url="https://example.com/cat.png")
SOUND = Media("audio", bytes(48_000), "audio/pcm16")
MESSAGES = st.builds(
    Message,
    st.sampled_from(["system", "developer", "user", "assistant", "tool"]),
    st.text(max_size=60) | st.sampled_from(["<|im_start|>", "<|endoftext|> and on", "a\r\n\r\n  b", "海は広い 👩‍👩‍👧"]),
    st.lists(st.sampled_from([PICTURE, SOUND]), max_size=2).map(tuple),
    st.none() | st.sampled_from(["ann", "example_user"]),
    st.lists(st.builds(ToolUse, st.just("call_1"), st.just("get_weather"), st.text(max_size=20)), max_size=2).map(
        tuple
    ),
)
TALKS = st.lists(MESSAGES, max_size=5).map(tuple)


@settings(deadline=None)
@given(TALKS, st.booleans(), st.booleans(), st.sampled_from([NEW, OLD]))
def test_there_are_as_many_ids_as_tokens_are_counted(talk, with_tools, with_schema, enc):
    tools = (WEATHER, Tool("f", kind="custom", grammar=("lark", "start: /a+/"))) if with_tools else ()
    schema = {"type": "object", "properties": {"größe": {"type": "number"}}} if with_schema else None
    ids = prompt_ids(talk, tools, enc, CARD, schema)
    assert len(ids) == prompt_tokens(talk, tools, enc, CARD, schema).total
    assert all(0 <= one < 2**32 for one in ids)


@settings(deadline=None)
@given(TALKS, TALKS, st.booleans())
def test_a_conversation_that_goes_on_begins_with_the_same_ids(talk, more, with_tools):
    tools = (WEATHER,) if with_tools else ()
    before, after = (prompt_ids(one, tools, NEW, CARD) for one in (talk, talk + more))
    assert after[: len(before) - 3] == before[:-3]  # all but what asks for the reply


def test_an_answer_goes_on_where_the_reply_was_asked_for():
    answer = "Long ago a boat put out to sea."
    before = prompt_ids(ASKING, (), NEW, CARD)
    after = prompt_ids((*ASKING, Message("assistant", answer)), (), NEW, CARD)
    so_far = [*before, *NEW.encode(answer)]
    assert after[: len(so_far)] == so_far


def test_texts_have_their_own_ids_between_those_of_the_format():
    ids = prompt_ids((Message("user", "Hello there", name="ann"),), (), NEW, CARD)
    start, end, separator = 200_264, 200_265, 200_266
    role, reply = NEW.encode("user"), NEW.encode("assistant")
    name, text = NEW.encode("ann"), NEW.encode("Hello there")
    assert ids == [start, *role, separator, *name, separator, *text, end, start, *reply, separator]
    assert prompt_ids((), (), OLD, CARD)[0] == 100_264


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((Message("user", "Hi"), ()), (Message("system", "Hi"), ())),
        ((Message("user", "Hi", name="ann"), ()), (Message("user", "Hi", name="bob"), ())),
        (
            (Message("user", "Hi", (PICTURE,)), ()),
            (Message("user", "Hi", (Media("image", None, url="https://example.com/dog.png"),)), ()),
        ),
        (
            (Message("user", "Hi", (SOUND,)), ()),
            (Message("user", "Hi", (Media("audio", bytes(47_999) + b"a", "audio/pcm16"),)), ()),
        ),
        ((Message("user", "Hi"), (WEATHER,)), (Message("user", "Hi"), (Tool("get_current_weather", "Another"),))),
    ],
)
def test_what_differs_has_other_ids(one, other):
    found, others = (prompt_ids((message,), tools, NEW, CARD) for message, tools in (one, other))
    assert found != others
    assert found == prompt_ids((one[0],), one[1], NEW, CARD)


def test_pictures_that_differ_share_no_block_of_ids():
    cat, dog = (
        prompt_ids(
            (Message("user", "Hi", (Media("image", None, url=f"https://example.com/{name}.png"),)),), (), NEW, CARD
        )
        for name in ("cat", "dog")
    )
    alike = [a == b for a, b in zip(cat, dog, strict=True)]
    assert sum(alike) < 12  # the text and the format


def test_a_long_text_has_as_many_ids_as_are_counted():
    text = "".join(chr(33 + n * n % 900) + " word" * (n % 3) for n in range(40_000))
    message = Message("user", text)
    assert len(prompt_ids((message,), (), NEW, CARD)) == prompt_tokens((message,), (), NEW, CARD).total
