"""What files for fine-tuning hold."""

from typing import Any

import orjson
import pytest

from fakeai.content.template import prompt_tokens
from fakeai.content.tokens import encoding
from fakeai.core import catalog
from fakeai.core.generation import Message
from fakeai.services.fine_tuning_data import Unusable, read

CATALOG = catalog.load()
CHAT = CATALOG.cards["gpt-4o-mini"]
TEXT = CATALOG.cards["babbage-002"]
USER = {"role": "user", "content": "Where is the treasure?"}
PIRATE = {"role": "assistant", "content": "Under the palm, matey."}


def lines(example: dict[str, Any], count: int = 10) -> bytes:
    return b"\n".join([orjson.dumps(example)] * count)


def refusal(data: bytes, method: Any = "supervised", **more: Any) -> Any:
    with pytest.raises(Unusable) as refused:
        read(data, CHAT, method, "training_file", **more)
    return refused.value.error


def test_tokens_are_those_that_a_chat_of_the_example_would_have() -> None:
    found = read(lines({"messages": [USER, PIRATE]}), CHAT, "supervised", "training_file")
    messages = [Message("user", USER["content"]), Message("assistant", PIRATE["content"])]
    each = prompt_tokens(messages, (), encoding("o200k_base"), CHAT).total
    assert (found.examples, found.tokens) == (10, 10 * each)
    assert list(found.lessons.answers.values()) == [PIRATE["content"]]


def test_blank_lines_count_as_nothing() -> None:
    data = lines({"messages": [USER, PIRATE]}).replace(b"\n", b"\n \n") + b"\n\n"
    assert read(data, CHAT, "supervised", "training_file").examples == 10


def test_tools_are_part_of_an_example() -> None:
    tool = {"type": "function", "function": {"name": "dig", "parameters": {"type": "object", "properties": {}}}}
    call = {"id": "c", "type": "function", "function": {"name": "dig", "arguments": "{}"}}
    called = {"role": "assistant", "tool_calls": [call]}
    with_tools = read(lines({"messages": [USER, called], "tools": [tool]}), CHAT, "supervised", "training_file")
    without = read(lines({"messages": [USER, called]}), CHAT, "supervised", "training_file")
    assert with_tools.tokens > without.tokens
    assert not with_tools.lessons.answers, "a call is no answer"


def test_preferences_teach_what_is_preferred() -> None:
    pair = {
        "input": {"messages": [USER]},
        "preferred_output": [PIRATE],
        "non_preferred_output": [{"role": "assistant", "content": "No"}],
    }
    found = read(lines(pair), CHAT, "dpo", "training_file")
    assert list(found.lessons.answers.values()) == [PIRATE["content"]]
    spoilt = {**pair, "preferred_output": [USER]}
    assert "'preferred_output' must hold messages of the assistant" in refusal(lines(spoilt), "dpo")["message"]
    assert "Missing required parameter: 'input'" in refusal(lines({"messages": [USER, PIRATE]}), "dpo")["message"]


def test_a_grader_must_find_what_it_looks_at() -> None:
    grader = {"type": "string_check", "input": "{{sample.output_text}}", "reference": "{{ item.place }}"}
    good = {"messages": [USER], "place": "palm"}
    assert read(lines(good), CHAT, "reinforcement", "training_file", grader).examples == 10
    assert "'item.place'" in refusal(lines({"messages": [USER]}), "reinforcement", grader=grader)["message"]
    ended = {"messages": [USER, PIRATE], "place": "palm"}
    assert "must be from the user" in refusal(lines(ended), "reinforcement", grader=grader)["message"]


def test_models_that_continue_texts_learn_continuations() -> None:
    found = read(lines({"prompt": "Yo", "completion": " ho ho"}), TEXT, "supervised", "training_file")
    assert (found.tokens, list(found.lessons.answers.values())) == (10 * 3, [" ho ho"])
    with pytest.raises(Unusable, match="Example 1: Missing required parameter: 'prompt'"):
        read(lines({"messages": [USER, PIRATE]}), TEXT, "supervised", "training_file")


def test_a_training_file_has_ten_examples_at_least() -> None:
    error = refusal(lines({"messages": [USER, PIRATE]}, 9))
    assert (error["code"], error["param"]) == ("invalid_n_examples", "training_file")
    assert read(lines({"messages": [USER, PIRATE]}, 1), CHAT, "supervised", "validation_file", fewest=1).examples == 1


@pytest.mark.parametrize("line", [b"[1]", b"{", b'{"messages": []}', b'{"messages": [{"role": "pirate"}]}', b"\xff"])
def test_the_first_bad_line_is_named(line: bytes) -> None:
    error = refusal(lines({"messages": [USER, PIRATE]}) + b"\n" + line)
    assert error["code"] == "invalid_training_file"
    assert "Example 11: " in error["message"]
