"""Fields by their names."""

import re

import pytest

from fakeai.content.clues import Clues, Facts
from fakeai.content.field_tables import FIELD_WORDS, POOLS, SPANS
from fakeai.content.plausible import date, facts_for, field, key, made, sentences, text, time
from fakeai.core.chance import Chance


@pytest.mark.parametrize(
    ("name", "description", "kind"),
    [
        ("city", "", "city"),
        ("departureCity", "", "city"),
        ("customer_name", "", "name"),
        ("participants", "", "name"),
        ("x", "The email address to write to", "email"),
        ("final_answer", "", "answer"),
        ("explanation", "", "sentence"),
        ("queries", "", "text"),
        ("frobnication", "", ""),
    ],
)
def test_names_and_descriptions_tell_the_kind(name, description, kind):
    assert field(name, description).kind == kind


def test_the_name_of_an_event_is_no_persons():
    assert field("name", "", "CalendarEvent").kind == "event"
    assert field("name", "", "Participant").kind == "name"


def test_plurals_are_many():
    assert field("cities").many and not field("city").many and not field("address").many


def test_examples_in_descriptions_are_taken():
    assert made(field("place", "The city and state, e.g. San Francisco, CA"), Chance(1)) == "San Francisco, CA"


def test_every_kind_has_a_way_to_be_made():
    for word in FIELD_WORDS["city"].split():
        assert made(field(word), Chance(1)) in POOLS["city"]
    for kind, words in FIELD_WORDS.items():
        assert made(field(words.split()[0]), Chance(1)), kind


def test_spans_follow_the_name():
    assert field("age").span == SPANS["age"]
    assert field("total_price").span.decimals == 2
    assert all(span.low <= span.high for span in SPANS.values())


def test_the_prompt_comes_before_the_pool():
    clues = Clues(Facts("Meet Priya in Oslo, then search"))
    assert text(field("city"), Chance(1), clues, lambda found: True) == "Oslo"
    assert text(field("attendee"), Chance(1), clues, lambda found: True) == "Priya"
    assert text(field("query"), Chance(1), clues, lambda found: True) == "Meet Priya in Oslo, then search"
    assert text(field("city"), Chance(1), clues, lambda found: False) in POOLS["city"]


def test_facts_belong_to_kinds():
    facts = Facts("write to a@b.de about 'Lunch'")
    assert [fact.text for fact in facts_for(field("email"), facts)] == ["a@b.de"]
    assert [fact.text for fact in facts_for(field("title"), facts)] == ["Lunch"]
    assert facts_for(field("color"), facts) == ()


def test_small_makers():
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", date(Chance(1)))
    assert re.fullmatch(r"\d\d:(00|15|30|45)", time(Chance(1)))
    assert key(Chance(1)) in POOLS["key"]
    for length in (1, 50, 5_000):
        assert len(sentences(Chance(1), length)) >= length
