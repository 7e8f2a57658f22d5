"""Short answers that follow from the prompt."""

from fakeai.content import sayings
from fakeai.content.intents import Intent
from fakeai.content.topics import subject
from fakeai.core.chance import Chance


def test_a_sum_is_said_in_several_ways_and_bare_when_wanted():
    asked = Intent("sum", "2+2=4")
    assert {sayings.total(asked, Chance(seed)) for seed in range(60)} == {
        "4",
        "2+2 = 4",
        "The answer is 4.",
        "The result is 4.",
    }
    assert sayings.total(asked._replace(bare=True), Chance(1)) == "4"


def test_the_longest_known_country_counts():
    assert "Seoul" in (sayings.capital_city(Intent("capital", "south korea and"), Chance(1)) or "")
    assert sayings.capital_city(Intent("capital", "united states"), Chance(1)) in (
        "The capital of the United States is Washington, D.C.",
        "Washington, D.C. is the capital of the United States.",
    )
    assert sayings.capital_city(Intent("capital", "atlantis"), Chance(1)) is None


def test_names_are_distinct_and_known():
    said = sayings.named(Intent("names", "planet", 8), Chance(3)) or ""
    assert sorted(line.split(". ")[1] for line in said.splitlines()) == sorted(
        ["Mercury", "Venus", "Earth", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune"]
    )
    assert sayings.named(Intent("names", "gizmos", 3), Chance(1)) is None


def test_phrases_are_translated_with_their_capital():
    assert sayings.translated(Intent("translation", "french:Thank you")) == "Merci"
    assert sayings.translated(Intent("translation", "german:cat")) == "Katze"
    assert sayings.translated(Intent("translation", "french:a long sentence")) is None


def test_a_mood_is_the_balance_of_words():
    assert [sayings.mood(frozenset(text.split())) for text in ("great phone", "awful slow phone", "a phone")] == [
        "Positive",
        "Negative",
        "Neutral",
    ]


def test_a_title_keeps_small_words_small_and_its_length():
    about = subject("Explain the theory of relativity")
    assert all("Theory of Relativity" in sayings.title(about, 6, Chance(seed)) for seed in range(10))
    assert sayings.title(about, 2, Chance(1)) == "Theory"
    assert sayings.title(subject(""), 6, Chance(1)) == "A Short Conversation"
