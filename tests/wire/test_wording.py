"""OpenAI's sentences: lists of words, numbers and types."""

import pytest

from fakeai.wire import wording


@pytest.mark.parametrize(
    ("words", "text"), [(["a"], "'a'"), (["a", "b"], "'a' and 'b'"), (["a", "b", "c"], "'a', 'b', and 'c'")]
)
def test_words_are_listed_with_a_comma_before_the_last(words: list[str], text: str) -> None:
    assert wording.quoted(words, "and") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(2.0, "2"), (-2, "-2"), (2.5, "2.5"), (1e300, "1" + "0" * 3), (10**500, "1" + "0" * 3)],
)
def test_numbers_are_written_as_json_writes_them_and_cut(value: float, text: str) -> None:
    assert wording.number(value).startswith(text)
    assert len(wording.number(value)) <= 200


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "null"),
        (True, "a boolean"),
        (1, "an integer"),
        (1.5, "a decimal number"),
        ("", "a string"),
        ([], "an array"),
        ({}, "an object"),
    ],
)
def test_every_json_type_has_a_name(value: object, name: str) -> None:
    assert wording.json_type(value) == name
