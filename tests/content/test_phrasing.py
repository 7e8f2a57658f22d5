"""The patterns by which prompts ask for things."""

import re

import pytest

from fakeai.content import phrasing

PATTERNS = [name for name in vars(phrasing) if name.isupper() and isinstance(getattr(phrasing, name), str)]


@pytest.mark.parametrize("name", PATTERNS)
def test_every_pattern_compiles(name):
    assert re.compile(getattr(phrasing, name))


def test_word_sets_are_in_lower_case_since_prompts_are_compared_so():
    sets = [value for name, value in vars(phrasing).items() if name.isupper() and isinstance(value, frozenset)]
    assert len(sets) > 8
    assert all(word == word.lower() for words in sets for word in words)


def test_numbers_are_words_or_digits():
    assert [re.fullmatch(phrasing.NUMBER, text) is not None for text in ("7", "1,500", "three", "many")] == [
        True,
        True,
        True,
        False,
    ]


def test_words_that_are_enough_for_a_long_text_are_found_by_its_pattern():
    assert all(re.search(phrasing.LONG, f"a {word}.") for word in phrasing.LONG_WORDS)
