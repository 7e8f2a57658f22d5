"""An object asked for in words has the keys that were named, and values that fit them."""

import json

import pytest

from fakeai.content import asked_object
from fakeai.content.topics import subject
from fakeai.core.chance import Chance

SENTENCE = "A sentence about it."


def written(prompt: str, seed: int = 1) -> dict:
    return json.loads(asked_object.written(prompt, subject(prompt), SENTENCE, Chance(seed)))


@pytest.mark.parametrize(
    ("prompt", "keys"),
    [
        ("Return JSON with fields name, age and city.", ["name", "age", "city"]),
        ("Give me json of a user with name and age", ["name", "age"]),
        ("A JSON object containing the title, a summary, and its tags", ["title", "summary", "tags"]),
        ("Extract name, email and phone as JSON from: Ann Lee, ann@x.org", ["name", "email", "phone"]),
        ("Give me the city as JSON", ["city"]),
        ('Return a JSON object with keys "first_name" and "last_name"', ["first_name", "last_name"]),
        ('Answer like {"score": 0.5, "tags": []}', ["score", "tags"]),
        ('{"a": 1, "a": 2}', ["a"]),
        ("Some JSON about the sea", ["answer"]),
        ("json with ", ["answer"]),
    ],
)
def test_the_keys_are_those_the_prompt_shows_or_names(prompt: str, keys: list[str]) -> None:
    assert list(written(prompt)) == keys


def test_values_come_from_the_prompt_where_it_has_them() -> None:
    found = written("Extract name, email and city as JSON from: Ann Lee in Oslo, ann@x.org")
    assert found == {"name": "Ann Lee", "email": "ann@x.org", "city": "Oslo"}


@pytest.mark.parametrize(
    ("shown", "kind"),
    [
        ("string", str),
        ('"text"', str),
        ("[]", list),
        ("array of strings", list),
        ("<int>", int),
        ("7", int),
        ("0.5", float),
        ("number", float),
        ("true", bool),
        ("<bool>", bool),
    ],
)
def test_values_are_of_the_shown_kind(shown: str, kind: type) -> None:
    assert all(type(written(f'Reply in JSON: {{"thing": {shown}}}', seed)["thing"]) is kind for seed in range(5))


def test_values_are_of_the_kind_their_names_say() -> None:
    found = written("JSON with age, price, is_open, tags and colour")
    assert [type(value) for value in found.values()] == [int, float, bool, list, str]


def test_texts_about_the_subject_are_about_it() -> None:
    found = written("Return JSON with keys title, summary and sentiment about the green tea, which is great")
    assert found["summary"] == SENTENCE and found["sentiment"] == "positive"
    assert "Green Tea" in found["title"]


def test_equal_chances_write_equal_objects() -> None:
    assert written("json with name and age", 3) == written("json with name and age", 3)


def test_a_long_prompt_has_no_more_keys_than_an_object_can_bear() -> None:
    assert len(written("JSON with keys " + ", ".join(f"k{number}" for number in range(500)))) <= 16
    assert len(written("".join(f'"k{number}": 1, ' for number in range(500)))) == 16
