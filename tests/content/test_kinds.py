"""How words may stand in a sentence."""

import pytest

from fakeai.content.kinds import (
    ARTICLE,
    ARTICLED,
    DO,
    ING,
    LINK,
    LINKED,
    OPENING,
    SOFT,
    STOP,
    USED,
    kind,
    stop_words,
    usable,
    use,
)


@pytest.mark.parametrize(("word", "bits"), [("sea", USED | OPENING), ("12", USED), ("!", 0), ("-x", 0), ("a" * 33, 0)])
def test_words_open_phrases_numbers_go_on_with_them_and_marks_end_them(word, bits):
    assert use(word) == bits
    assert usable(word) == bool(bits)


@pytest.mark.parametrize(
    ("word", "language", "bits"),
    [
        ("river", "en", 0),
        ("the", "en", STOP | ARTICLE | ARTICLED | SOFT),
        ("Of", "en", STOP | LINK | SOFT),
        ("de", "en", LINK | LINKED | SOFT),
        ("can", "en", STOP | DO),
        ("can", "de", 0),
        ("running", "en", ING),
        ("la", "fr", STOP | ARTICLE | ARTICLED),
    ],
)
def test_a_word_is_of_a_kind_in_each_language(word, language, bits):
    found = ord(kind(word, word.lower(), 0, language))
    assert found & ~SOFT == bits & ~SOFT
    assert bool(found & SOFT) == (word.lower() in stop_words()["soft"])
