"""Phrases stand where the kinds of words say."""

import pytest

from fakeai.content.kinds import kind, use
from fakeai.content.phrases import spans


def _kinds(text: str) -> str:
    return "".join(kind(word, word.lower(), use(word), "en") for word in text.split())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("what is it", []),
        ("explain the sea", [(1, 3, "article")]),
        ("sea , river", [(0, 1, "plain"), (2, 3, "plain")]),
        ("how do i bake bread", [(3, 5, "verb")]),
        ("something that erodes rivers", [(2, 4, "third")]),
        ("the theory of the firm", [(0, 5, "article")]),
        ("running a race", [(0, 3, "plain")]),
        ("histories of", [(0, 1, "plain")]),
        ("12 rivers", [(1, 2, "plain")]),
        ("rivers 12", [(0, 2, "plain")]),
        ("one fish two fish red fish blue fish sea bed", [(1, 2, "plain"), (3, 8, "plain")]),
    ],
)
def test_phrases_are_runs_of_words_that_are_no_stop_words(text, found):
    assert list(spans(_kinds(text))) == found


def test_a_long_text_has_few_phrases():
    assert len(spans(_kinds("sea , " * 100))) == 24
