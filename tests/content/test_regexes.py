"""Samples of regular expressions, judged by Python's own engine."""

import re

import pytest

from fakeai.content.regex_syntax import RegexError
from fakeai.content.regexes import check_regex, matches, sample_regex, size
from fakeai.core.chance import Chance

PATTERNS = [
    r"^\d{5}(-\d{4})?$", r"^@[a-zA-Z0-9_]+$", "foo", "^a|b$", r"^(?=.*\d)(?=.*[a-z])(?=.*[A-Z]).{8,}$", r"^[^\W\d]+$",
    "^[а-я]+$", r"^(?!foo)[a-z]{3}$", r"(\w)\1", r"^(?P<y>\d{4})-(?P<m>\d\d)$", r"^\S+@\S+\.\S+$", "^.{10,20}$",
    r"\bfoo\b", "^$", "", "^(a|b)*c{2,3}?$", "^[\u4e00-\u9fa5]{2,4}$", "^#?([a-f0-9]{6}|[a-f0-9]{3})$",
    r"^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$", r"[\]\-^]", r"^\+?[1-9]\d{1,14}$", "(?i)^abc$", r"^\$\d+\.\d{2}$",
    r"(?<=a)b|c", r"^\u00e9+$",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_samples_match(pattern):
    check_regex(pattern)
    for seed in range(20):
        text = sample_regex(pattern, Chance(seed))
        assert re.search(pattern, text), text
        assert len(text) <= 64


def test_samples_vary_with_the_seed_and_repeat_with_it():
    texts = [sample_regex("^[a-z]{8}$", Chance(seed)) for seed in range(10)]
    assert len(set(texts)) == 10
    assert texts[0] == sample_regex("^[a-z]{8}$", Chance(0))


def test_lengths_are_kept():
    assert len(sample_regex("^[a-z]+$", Chance(1), 40, 30)) in range(30, 41)
    assert len(sample_regex(r"\d", Chance(1), 40, 30)) in range(30, 41)
    assert re.search(r"\d$", sample_regex(r"\d$", Chance(1), 40, 30))
    assert len(sample_regex("^a{70}$", Chance(1), 100)) == 70


@pytest.mark.parametrize("pattern", [r"a\bb", "^(?=a)b$", "^a{70}$", "b^a"])
def test_what_nothing_matches_is_refused(pattern):
    with pytest.raises(RegexError, match="found no text"):
        sample_regex(pattern, Chance(1))


@pytest.mark.parametrize("pattern", ["(", "(a{1,1000}){1,1000}", r"(a)\2", r"\p{L}{1,1000}"])
def test_malformed_and_large_patterns_are_refused(pattern):
    for use in (check_regex, lambda text: sample_regex(text, Chance(1)), lambda text: matches(text, "a")):
        with pytest.raises(RegexError):
            use(pattern)


def test_unicode_classes_give_members_of_the_class():
    letters = "".join(sample_regex(r"^\p{Lu}\p{Ll}{3}\p{Nd}$", Chance(seed)) for seed in range(20))
    for at in range(0, len(letters), 5):
        word = letters[at : at + 5]
        assert word[0].isupper() and word[1:4].islower() and word[4].isdigit()
    assert not any(sign.isalpha() for sign in sample_regex(r"^[^\p{L}]{20}$", Chance(1)))


def test_matches_searches_as_json_schema_does():
    assert matches("b+", "abbc") and not matches("^b", "abbc")
    assert not matches(r"^\d$", "٣"), "ECMA-262 digits are ASCII"


def test_size_is_known_without_an_engine():
    assert size("a{10}") == 10
    with pytest.raises(RegexError):
        size("[")
