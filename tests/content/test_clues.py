"""What a prompt mentions."""

import pytest

from fakeai.content.clues import READ, Clues, Facts, grouped, read, runs


def texts(facts):
    return [fact.text for fact in facts]


@pytest.mark.parametrize(
    ("prompt", "numbers"),
    [
        ("add 3 and 4", ["3", "4"]),
        ("magic_function(3)?", ["3"]),
        ("it costs $1,299.50 or -5.", ["1299.50", "-5"]),
        ("on 2024-05-01 at 10:30, route 66", ["66"]),
        ("v2, 3D, 2nd, 1.2.3", []),
        ("9" * 5000, []),
    ],
)
def test_numbers_are_those_that_stand_alone(prompt, numbers):
    assert texts(Facts(prompt).numbers) == numbers


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ("Alice and Bob are going to a science fair on Friday.", ["Alice", "Bob"]),
        ("What's the weather in New York City?", ["New York City"]),
        ("Create an order for Müller. Then ask Łukasz.", ["Müller", "Łukasz"]),
        ("Wie ist das Wetter in München?", ["München"]),
        ("какая погода в Москве?", ["Москве"]),
        ("北京天气怎么样", ["北京"]),
        ("please tell me a joke", []),
    ],
)
def test_names_are_capitalised_words_that_do_not_just_open_a_sentence(prompt, names):
    assert texts(Facts(prompt).names) == names


def test_places_follow_prepositions_and_enumerations():
    assert texts(Facts("Alice flies from Paris to Rome, Oslo and Bern").places) == ["Paris", "Rome", "Oslo", "Bern"]
    assert texts(Facts("weather in Paris, France and Oslo, Norway").locations) == ["Paris, France", "Oslo, Norway"]


def test_other_facts():
    facts = Facts(
        "Mail 'Hi there' to a.b@c.de or see https://x.org/a?b=1, case AB-12, compute 3 * (4), by 2025-01-02 or Friday"
    )
    assert texts(facts.quotes) == ["Hi there"]
    assert texts(facts.emails) == ["a.b@c.de"]
    assert texts(facts.urls) == ["https://x.org/a?b=1"]
    assert "AB-12" in texts(facts.codes)
    assert texts(facts.expressions)[0] == "3 * (4)"
    assert texts(facts.dates) == ["2025-01-02"]
    assert texts(facts.days) == ["Friday"]


@pytest.mark.parametrize(
    ("prompt", "items"),
    [
        ("Rom, Bern and Wien", ["Rom", "Bern", "Wien"]),
        ("Paris, France", ["Paris, France"]),
        ("Paris, France and Oslo, Norway", ["Paris, France", "Oslo, Norway"]),
        ("Paris and Oslo", ["Paris", "Oslo"]),
        ("Rom, Bern, Wien", ["Rom", "Bern", "Wien"]),
    ],
)
def test_enumerations_are_told_from_qualifications(prompt, items):
    facts = Facts("in " + prompt)
    (run,) = runs(facts.names, facts.text)
    assert texts(grouped(run, facts.text)) == items


def test_runs_end_where_other_words_stand_between():
    facts = Facts("from Berlin to Madrid and Rome")
    assert [texts(run) for run in runs(facts.names, facts.text)] == [["Berlin"], ["Madrid", "Rome"]]


def test_each_fact_is_handed_out_once_and_what_stands_beside_the_word_comes_first():
    clues = Clues(Facts("2 cats, age 41, limit 7"))
    numbers = clues.facts.numbers
    assert clues.take(numbers, ("age",), lambda text: True) == "41"
    assert clues.count(numbers) == 2
    assert clues.take(numbers, (), lambda text: text != "2") == "7"
    assert clues.take(numbers, (), lambda text: text != "2") is None


def test_only_the_newest_few_thousand_characters_are_read():
    assert read(()).text == ""
    assert read(("old", "new")).text == "new\nold"
    assert len(read(("x" * 10_000,)).text) == READ
