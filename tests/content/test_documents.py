"""Lists, tables, verse and long texts."""

import re

from fakeai.content.text import answer
from fakeai.content.tokens import encoding
from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Chance
from fakeai.core.generation import GenerateRequest, Message, Sampling


def _say(text: str, seed: int = 1) -> str:
    request = GenerateRequest(ModelCard("gpt-4o"), (Message("user", text),), 10, 1000, b"", Sampling())
    return "".join(answer(request, Chance(seed), encoding("o200k_base"), 100_000))


def test_a_list_has_as_many_points_as_wanted():
    for seed in range(5):
        assert re.findall(r"(?m)^(\d+)\. \S", _say("Give me 7 tips for sleeping well", seed)) == list("1234567")
        assert len(re.findall(r"(?m)^- \S", _say("Make a bullet list about sleep", seed))) >= 4
        assert len(re.findall(r"(?m)^\d\. [A-Z]\w+$", _say("Name three fruits", seed))) == 3


def test_a_table_is_markdown_with_equal_columns():
    rows = [row for row in _say("Compare cats and dogs in a markdown table").splitlines() if row.startswith("|")]
    assert len(rows) >= 5
    assert {row.count("|") for row in rows} == {4}
    assert rows[0] == "| Aspect | Cats | Dogs |"
    assert rows[1] == "| --- | --- | --- |"


def test_sentences_and_paragraphs_are_as_many_as_wanted():
    for seed in range(10):
        assert len(re.findall(r"[.!?](?=\s|$)", _say("Explain black holes in three sentences", seed))) in (
            3,
            4,
        )  # one line has two
        assert _say("Write four paragraphs about climate change", seed).count("\n\n") == 3


def test_a_long_text_has_about_the_wanted_words_and_headings_and_does_not_loop():
    said = _say("Write a 2000 word essay about the history of tea in China and Japan")
    assert 1_800 <= len(said.split()) <= 2_350
    assert said.startswith("# History of tea\n\n")
    assert said.count("\n## ") >= 5
    sentences = re.split(r"(?<=[.!?])\s+", said)
    assert len(set(sentences)) >= 0.9 * len(sentences)


def test_verse_and_tales_have_their_form():
    for seed in range(6):
        haiku = _say("Write a haiku about rain", seed)
        assert len(haiku.splitlines()) == 3 and "rain" in haiku
        assert [len(part.splitlines()) for part in _say("Write a poem about the sea", seed).split("\n\n")] == [4, 4]
        assert "dragon" in _say("Tell me a story about a dragon", seed)
        assert len(_say("Schreibe ein Gedicht über den Herbst", seed).splitlines()) == 4
