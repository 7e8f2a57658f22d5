"""How the parts of an answer are put together."""

import ast
import re

from fakeai.content.text import answer
from fakeai.content.tokens import encoding
from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Chance
from fakeai.core.generation import GenerateRequest, Message, Sampling


def _say(text: str, seed: int = 1) -> str:
    request = GenerateRequest(ModelCard("gpt-4o"), (Message("user", text),), 10, 1000, b"", Sampling())
    return "".join(answer(request, Chance(seed), encoding("o200k_base"), 100_000))


def test_python_code_parses_and_is_named_after_the_task():
    for seed in range(10):
        said = _say("Write a python function that merges user records", seed)
        code = re.search(r"```python\n(.*?)\n```", said, re.S)
        assert code is not None
        functions = [node.name for node in ast.walk(ast.parse(code[1])) if isinstance(node, ast.FunctionDef)]
        assert "merge_user_records" in functions


def test_only_code_is_given_when_only_code_is_wanted():
    said = _say("Write a python function to add numbers, code only")
    assert said.startswith("```python\n") and said.endswith("\n```")


def test_words_about_code_are_no_wish_for_code():
    assert "```" not in _say("Explain what the function of the liver is")
    assert "```" not in _say("What are the differences between Python and Java?")


def test_a_verdict_is_yes_or_no_and_bare_where_only_that_is_wanted():
    assert {_say("Is it wet? Only yes or no.", seed) for seed in range(20)} == {"Yes", "No"}
    assert all(_say("Is it wet? Say yes or no and why", seed).startswith(("Yes", "No")) for seed in range(5))
    assert {_say("The sky is green, true or false?", seed) for seed in range(20)} == {"True.", "False."}


def test_a_rating_lies_on_the_scale():
    assert all(5 <= int(_say("Rate this from 1 to 10, only the number", seed)) <= 10 for seed in range(30))
    assert re.match(r"Score: \d+\n\n\w", _say("Rate this essay about tea from 1 to 5"))


def test_a_list_of_names_nobody_knows_is_a_list_of_points():
    assert re.match(r"[^\n]+:\n\n1\. ", _say("List 3 gizmos"))
