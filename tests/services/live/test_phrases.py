"""Phrases are short, end where sentences end, and join to the text, however it comes."""

from hypothesis import given
from hypothesis import strategies as st

from fakeai.services.live.phrases import Phrases, phrases


def test_phrases_end_at_marks_or_after_four_words() -> None:
    assert phrases("Yes. It rains in Paris today, take an umbrella!") == [
        "Yes. ",
        "It rains in Paris ",
        "today, ",
        "take an umbrella!",
    ]


def test_scripts_without_blanks_are_cut_by_length() -> None:
    assert [len(phrase) for phrase in phrases("語" * 450)] == [200, 200, 50]


def test_nothing_has_no_phrases() -> None:
    assert phrases("  ") == [] == phrases("")


@given(st.text(st.sampled_from("ab .,\n語"), max_size=400), st.lists(st.integers(0, 400), max_size=8))
def test_phrases_join_to_the_text_however_it_comes(text: str, cuts: list[int]) -> None:
    cutter = Phrases()
    found = []
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    for at, start in enumerate(places[:-1]):
        found += cutter.add(text[start : places[at + 1]])
    found += cutter.end()
    assert "".join(found).rstrip() == text.rstrip()
    assert all(len(phrase) <= 800 for phrase in found)
