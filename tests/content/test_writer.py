"""Saying lines in order, without repeating them, up to a limit."""

from fakeai.content.tokens import encoding
from fakeai.content.topics import subject
from fakeai.content.writer import Writer, capital, steps
from fakeai.core.chance import Chance

ENC = encoding("o200k_base")


def test_steps_join_sentences_by_blanks_and_paragraphs_by_empty_lines():
    assert steps("opening example", "closing", after="!") == (
        ("opening", "", ""),
        ("example", " ", "\n\n"),
        ("closing", "", "!"),
    )


def test_no_line_is_said_twice_before_all_were_said():
    writer = Writer(subject("volcanoes"), Chance(4), ENC, 100_000)
    count = len(writer.voice.roles["advice"])
    said = []
    for _ in range(count):
        writer.pieces = []
        writer.say("advice")
        said.append("".join(writer.pieces))
    starts = {
        next(number for number, variants in enumerate(writer.voice.roles["advice"]) if _is_of(variants, text, writer))
        for text in said
    }
    assert len(starts) == count


def _is_of(variants, text, writer):
    filled = (variant for variant in variants)
    for slot in "tua":
        filled = [variant.replace("{" + slot + "}", writer.word(slot)) for variant in filled]
    return text in filled


def test_writing_ends_at_the_limit():
    for limit in (1, 3, 40):
        assert (
            len(
                Writer(subject("volcanoes"), Chance(4), ENC, limit).write(
                    steps("opening explanation", "advice closing")
                )
            )
            == limit
        )


def test_chinese_sentences_follow_without_a_blank():
    said = "".join(Writer(subject("机器学习"), Chance(1), ENC, 1_000).write(steps("opening explanation", "closing")))
    first, second = said.split("\n\n")
    assert first.count("。") == 2 and second.count("。") == 1 and " " not in said


def test_a_turn_keeps_the_main_topic():
    writer = Writer(subject("volcanoes and glaciers, geysers"), Chance(1), ENC, 10)
    seen = set()
    for _ in range(20):
        writer.turn()
        assert writer.word("t") == "volcanoes"
        seen.add(writer.word("u"))
    assert seen == {"glaciers", "geysers"}


def test_a_topic_may_be_referred_to_in_english_alone():
    for prompt, words in (
        ("volcanoes", {"the subject", "this subject", "the topic", "this topic"}),
        ("La théorie de la relativité expliquée pour les enfants", {"la théorie de la relativité"}),
    ):
        assert {Writer(subject(prompt), Chance(seed), ENC, 10).word("r") for seed in range(40)} == words


def test_words_that_are_given_come_before_those_of_the_subject():
    writer = Writer(subject("volcanoes"), Chance(1), ENC, 10)
    writer.words = {"t": "the merge sort", "m": "gpt-4o"}
    assert [writer.word(slot) for slot in "tTm"] == ["the merge sort", "Merge sort", "gpt-4o"]


def test_nothing_is_added_where_there_is_enough():
    writer = Writer(subject("volcanoes"), Chance(1), ENC, 4)
    writer.say("opening")
    before = list(writer.pieces)
    assert writer.full
    writer.say("closing")
    assert writer.pieces == before


def test_headings_lose_their_article():
    assert [capital(phrase) for phrase in ("the liver", "a", "une pompe à chaleur", "SQL")] == [
        "Liver",
        "A",
        "Pompe à chaleur",
        "SQL",
    ]
