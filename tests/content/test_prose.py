"""Banks of lines: what they hold, and that cutting them in advance is exact."""

import pytest

from fakeai.content.prose import SLOTS, bank, cut, cut_words, voice
from fakeai.content.tokens import encoding
from fakeai.content.topics import subject
from fakeai.content.writer import Writer
from fakeai.core.chance import Chance

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "ru", "zh", "ja", "ko")
SENTENCES = ("opening", "explanation", "example", "contrast", "advice", "closing", "summary")
WORDS = (
    "graph databases",
    "SQL",
    "daily use",
    "Graph databases",
    "SQL",
    "Daily use",
    "merge_rows",
    "mergeRows",
    "MergeRows",
    "gpt-4o",
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_bank_has_lines_for_every_part_of_an_answer(language):
    least = {"en": 60, "ru": 8, "zh": 8, "ja": 8, "ko": 8}.get(language, 15)
    roles = bank(language)
    assert sum(len(roles[role]) for role in SENTENCES[:-1]) >= least
    for role in (
        "heading",
        "last_heading",
        "list_intro",
        "item",
        "table_head",
        "row",
        "greeting",
        "thanks",
        "aspect",
        "topics",
        "poem",
    ):
        assert roles[role]


@pytest.mark.parametrize("language", ["zh", "ja"])
def test_sentences_without_blanks_end_in_a_letter(language):
    """The full stop is one token with what follows it: a mark before it would be, too."""
    lines = [variant for role in SENTENCES for variants in bank(language)[role] for variant in variants]
    assert all(line[-1].isalnum() for line in lines)


@pytest.mark.parametrize("enc", [encoding("o200k_base"), encoding("cl100k_base")], ids=lambda enc: enc.name)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_is_cut_exactly_whatever_fills_it(language, enc):
    lead = "" if language in ("zh", "ja") else "Word. "
    writer = Writer(subject("")._replace(language=language), Chance(1), enc, 1_000)
    writer.words = dict(zip(SLOTS, WORDS, strict=True))
    for role, lines in bank(language).items():
        place = (role, lead, "\n\n")
        writer.voice.lines(place)
        for number, variants in enumerate(lines):
            for at, variant in enumerate(variants):
                pieces = writer.pieces = []
                writer.fill(writer.voice.line(place, number, at))
                expected = lead + variant + "\n\n"
                for slot, word in zip(SLOTS, WORDS, strict=True):
                    expected = expected.replace("{" + slot + "}", word)
                assert "".join(pieces) == expected
                assert len(pieces) == enc.count(expected), expected


def test_alternatives_are_spelled_out():
    variants = bank("en")["greeting"][0]
    assert variants == ("Hello! How can I help you today?",)
    assert all(
        "<" not in variant and "|" not in variant
        for lines in (bank("en")["opening"], bank("fr")["closing"])
        for line in lines
        for variant in line
    )


def test_only_a_sentence_after_another_refers_to_its_topic():
    known = voice("en", encoding("o200k_base"))
    for lead, slot in ((" ", " r"), ("", "t"), ("# ", " t")):
        place = ("joke", lead, "")
        known.lines(place)
        at, variants = next((at, found) for at, found in enumerate(known.roles["joke"]) if "{t}" in found[0])
        line = known.line(place, at, 0)
        assert "t" in {key[-1] for key, _ in line.slots}
        assert {key[-1] for key, _ in line.again} & {"t", "r"} == {slot[-1]}, variants


def test_a_variant_is_cut_once_and_kept():
    known = voice("fr", encoding("o200k_base"))
    place = ("closing", "", "\n")
    assert known.lines(place) is known.known[place]
    line = known.line(place, 1, 0)
    assert known.known[place][1][0] is line and known.known[place][0][0] is None


def test_a_slot_takes_the_mark_a_word_may_begin_with():
    enc = encoding("o200k_base")
    assert cut("see ({t})", enc).slots[0][0] == "t"  # " (" is a token of its own
    assert cut("see(“{t}”)", enc).slots[0][0] == "t"
    assert cut("在“{t}”里", enc).slots[0][0] == "“t"
    assert cut("the {t}.", enc).slots[0][0] == " t"


@pytest.mark.parametrize("enc", [encoding("o200k_base"), encoding("cl100k_base")], ids=lambda enc: enc.name)
@pytest.mark.parametrize(
    "phrase",
    [
        "climate change",
        "variant 12345",
        "000123456 7",
        "1234567890",
        "case 12 3456",
        "²³ 4٤٥",
        "step-by-step plan",
        "Bayes' 's 't",
        "a\u2003 \u2003b",
        " a",
        "Q3 2024",
        "naïve ÉTÉ ½ 7",
        "a-b c_d",
        "it's  here",
        "机器 学习",
        "x\u0301 y",
        "",
    ],
)
def test_a_phrase_is_cut_as_one_text_is(phrase, enc):
    for before in ("", " ", "(", '"'):
        assert list(cut_words(before, phrase, enc)) == enc.pieces(before + phrase)
