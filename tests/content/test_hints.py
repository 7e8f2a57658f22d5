"""Hints never hide a rule that would find something."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeai.content import hints, intents, phrasing
from fakeai.content.topics import subject

WORDS = sorted(
    {
        *re.findall(r"[^\W\d_]{2,}", " ".join(text for text in vars(phrasing).values() if isinstance(text, str))),
        *phrasing.LIST,
        *phrasing.LENGTH_WORDS,
        *phrasing.NUMBERS,
        *(
            "what is",
            "in detail",
            "tl;dr",
            "say",
            "anſwer",
            "sİmply",
            "is 'ok'",
            "a1b",
            "300words",
            "3-page",
            "ten-word",
        ),
        *("2 + 2", "7x6", "20% of 5", "(3", "-5", "1,000", "123456", "1234567", "rate 1 to 10", "٣", "ausführliche"),
    }
)
TEXTS = st.lists(
    st.tuples(st.sampled_from(WORDS) | st.text(max_size=4), st.sampled_from(" ,-\n:.'")), min_size=1, max_size=12
)


@settings(max_examples=600)
@given(parts=TEXTS)
def test_a_rule_without_its_hints_finds_nothing(parts: list[tuple[str, str]]) -> None:
    text = "".join(word + blank for word, blank in parts)
    _, _, words, told = subject(text)
    for _, needs, rule in intents._RULES:
        if not all(told & need for need in needs):
            assert rule(text, words) is None, rule


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("river", 0),
        ("7", hints.NUMERAL | hints.NUMBER | hints.OPENS_SUM),
        ("1234567", hints.NUMERAL | hints.OPENS_SUM),
        ("%", hints.SIGN | hints.PERCENT),
        ("Detailed", hints.LENGTH | hints.LONG),
        ("German", hints.TRANSLATION | hints.TONGUE),
        ("500words", hints.NUMERAL | hints.NUMBER | hints.OPENS_SUM | hints.JOINT | hints.UNIT),
        ("tea-tips", hints.DASH | hints.SIGN | hints.ITEM),
    ],
)
def test_a_word_hints_at_what_it_may_be_part_of(word: str, found: int) -> None:
    assert hints.hints(word) == found


def test_what_opens_a_text_counts_only_there() -> None:
    assert subject("Say hi").hints & hints.OPENS_ECHO
    assert not subject("They say hi").hints & hints.OPENS_ECHO


def test_words_in_the_middle_of_a_long_text_hint_but_make_no_rule_worth_trying() -> None:
    told = subject("tea " * 400 + "detailed 12-percent " + "tea " * 400).hints
    assert told & hints.LONG and told & hints.NUMERAL and told & hints.PERCENT
    assert not told & hints.LENGTH
