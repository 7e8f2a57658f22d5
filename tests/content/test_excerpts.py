"""The sentence that answers a query best is found among others."""

from fakeai.content.excerpts import excerpt

TEXT = "The office opens at nine. Every employee has thirty days of paid vacation. Dogs are welcome."


def test_the_sentence_that_shares_most_words_is_taken():
    assert excerpt(TEXT, "How many days of vacation do employees have?") == (
        "Every employee has thirty days of paid vacation."
    )
    assert excerpt(TEXT, "When does the office open?") == "The office opens at nine."


def test_several_sentences_keep_their_order():
    assert excerpt(TEXT, "vacation of the dogs", 2) == (
        "Every employee has thirty days of paid vacation. Dogs are welcome."
    )


def test_where_nothing_fits_the_beginning_is_taken():
    assert excerpt(TEXT, "xylophone") == "The office opens at nine."
    assert excerpt("", "xylophone") == ""
    assert len(excerpt("word " * 100_000, "word")) <= 400


def test_stops_within_numbers_and_initials_end_no_sentence():
    text = "It is large. Washington, D.C. is the capital of the U.S., and has 3.5 parks. It rains."
    assert excerpt(text, "Which city is the capital?") == (
        "Washington, D.C. is the capital of the U.S., and has 3.5 parks."
    )
