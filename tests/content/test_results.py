"""What tools returned, in words."""

from fakeai.content.results import quoted
from fakeai.core.generation import Message


def _tool(*contents: str) -> list[Message]:
    return [Message("user", "Weather?"), *(Message("tool", content, tool_call_id="call_1") for content in contents)]


def test_an_object_becomes_facts():
    assert (
        quoted(_tool('{"wind_speed": 3, "place": {"city": "Paris"}, "tags": ["a", "b"]}'))
        == "- wind speed: 3\n- place city: Paris\n- tags: a\n- tags: b"
    )


def test_words_and_numbers_are_quoted_as_they_are():
    assert quoted(_tool("Sunny, 20 degrees")) == "Sunny, 20 degrees"
    assert quoted(_tool("42", "true")) == "42\ntrue"


def test_results_before_the_last_turn_do_not_count():
    assert quoted([*_tool("old"), Message("assistant", "ok"), *_tool("new")]) == "new"


def test_long_deep_and_empty_results_stay_small():
    assert len(quoted(_tool("word " * 5_000))) < 700
    assert len(quoted(_tool("[" * 10_000))) < 700
    assert len(quoted(_tool('{"a":' * 900 + "1" + "}" * 900))) < 300
    assert len(quoted(_tool("[" + "1," * 5_000 + "1]")).splitlines()) == 12
    assert len(quoted(_tool("9" * 6_000))) < 700
    assert quoted(_tool("")) == "no content"
