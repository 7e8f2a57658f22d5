"""The lexicon finds terms and idioms in a row of words, and its file is sound."""

import tomllib
from importlib.resources import files

from fakeai.content.lexicon import CONTEXT_ROLES, Reading, lexicon
from fakeai.content.moderation import CATEGORIES


def reading(text: str) -> Reading:
    return Reading([word.encode() for word in text.split()], lexicon())


def test_longest_term_wins() -> None:
    term = reading("kill myself").term(0)
    assert term is not None
    assert (term.rest, dict(term.roles)) == ((b"myself",), {"selfintent": 1.0})


def test_endings_are_recognised() -> None:
    for word in ("kill", "kills", "killed", "killing", "strangle", "strangled", "strangling", "punches"):
        term = reading(word).term(0)
        assert term is not None and "attack" in term.roles, word


def test_a_word_that_is_no_term_has_no_roles() -> None:
    assert reading("lighthouse").term(0) is None
    assert reading("lighthouse by the sea").roles(-5, 50) == set()


def test_roles_are_those_of_all_terms_that_begin_in_the_range() -> None:
    words = reading("how to kill a process now")
    assert words.roles(0, 1) == {"howto"}
    assert {"howto", "attack", "harmless"} <= words.roles(0, 6)
    assert words.roles(1, 2) == set()


def test_idiom_is_found_from_any_of_its_words_and_ends_behind_it() -> None:
    assert reading("this cake is the bomb today").idiom_end(4) == 5
    assert reading("take a shot of espresso").idiom_end(2) == 5
    assert reading("make a bomb").idiom_end(2) == 0


def test_places_worth_looking_at_are_those_of_roles_that_start_something() -> None:
    assert reading("they never saw a bomb or an idiot").starts() == [4, 7]


def test_file_has_a_threshold_for_every_category_and_weights_in_range() -> None:
    data = tomllib.loads(files("fakeai").joinpath("data/moderation.toml").read_text("utf-8"))
    assert set(data["thresholds"]) == set(CATEGORIES)
    assert all(0 < threshold < 1 for threshold in data["thresholds"].values())
    roles = set(data) - {"thresholds", "idioms"}
    assert roles > CONTEXT_ROLES
    for role in roles:
        assert all(0 < float(weight) <= 1.5 for weight in data[role]), role


def test_every_phrase_is_written_as_words_are_read() -> None:
    data = tomllib.loads(files("fakeai").joinpath("data/moderation.toml").read_text("utf-8"))
    phrases = data["idioms"]["phrases"] + [
        phrase for role in set(data) - {"thresholds", "idioms"} for listed in data[role].values() for phrase in listed
    ]
    assert [p for p in phrases if p != p.casefold() or not p.rstrip("*").replace(" ", "").isalnum()] == []


def test_every_idiom_has_a_word_worth_looking_at() -> None:
    data = tomllib.loads(files("fakeai").joinpath("data/moderation.toml").read_text("utf-8"))
    starters = lexicon().starters
    idle = [p for p in data["idioms"]["phrases"] if not {word.encode() for word in p.split()} & starters]
    assert idle == []
