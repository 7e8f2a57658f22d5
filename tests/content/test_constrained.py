"""Masked walks through llguidance's grammars."""

import re

import pytest
from llguidance import LLMatcher

from fakeai.content.constrained import ConstraintError, accepts, compile_grammar, walk
from fakeai.core.chance import Chance


def regex(pattern):
    return compile_grammar(LLMatcher.grammar_from_regex(pattern))


@pytest.mark.parametrize("pattern", ["[a-z]+@[a-z]+\\.com", "(foo|bar)-[0-9a-f]{4}", "[éü日]{3}", "a{400}", ".*"])
def test_walks_end_in_the_language(pattern):
    matcher = regex(pattern)
    for seed in range(10):
        text = walk(matcher, Chance(seed))
        assert re.fullmatch(pattern, text), text
        assert accepts(matcher, text)


def test_accepts_wants_the_whole_text():
    matcher = regex("ab+")
    assert accepts(matcher, "abb")
    assert not accepts(matcher, "a") and not accepts(matcher, "abc") and not accepts(matcher, "")


def test_phrases_open_ways_that_letters_do_not():
    matcher = compile_grammar(LLMatcher.grammar_from_lark('start: /[a-z ]{3}/ ("quod erat demonstrandum" | start)'))
    assert walk(matcher, Chance(1), 512, (b"quod erat demonstrandum",)).endswith("demonstrandum")


def test_a_grammar_without_end_is_given_up():
    matcher = compile_grammar(LLMatcher.grammar_from_lark('start: a\na: "x" a | "y" a'))
    with pytest.raises(ConstraintError, match="found no text"):
        walk(matcher, Chance(1))


def test_a_malformed_grammar_is_reported_in_one_line():
    with pytest.raises(ConstraintError, match="unknown name") as caught:
        compile_grammar(LLMatcher.grammar_from_lark("start: nothing"))
    assert "\n" not in caught.value.message


def test_equal_seeds_walk_the_same_way():
    matcher = regex("[a-z]{20}")
    assert walk(matcher, Chance(5)) == walk(matcher, Chance(5)) != walk(matcher, Chance(6))
