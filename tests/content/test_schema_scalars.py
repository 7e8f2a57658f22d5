"""Strings and numbers of a shape."""

import pytest

from fakeai.content.clues import Clues, Facts
from fakeai.content.plausible import field
from fakeai.content.schema_document import Document
from fakeai.content.schema_scalars import Dead, number, string
from fakeai.content.schema_shape import Shapes
from fakeai.core.chance import Chance


def drawn(schema, seed=1, name="", prompt=""):
    shape = Shapes(Document(schema)).of((schema,))
    clues = Clues(Facts(prompt))
    if schema["type"] == "string":
        return string(shape, field(name), Chance(seed), clues)
    return number(shape, field(name), Chance(seed), clues, whole=schema["type"] == "integer")


@pytest.mark.parametrize(
    ("bounds", "low", "high"),
    [
        ({"minimum": 3, "maximum": 4}, 3, 4),
        ({"exclusiveMinimum": 3, "exclusiveMaximum": 5}, 4, 4),
        ({"minimum": 3.2, "maximum": 4.9}, 4, 4),
        ({"minimum": 10**20}, 10**20, 10**20 + 100),
        ({"maximum": -(10**20)}, -(10**20) - 100, -(10**20)),
        ({"multipleOf": 7, "minimum": 50, "maximum": 60}, 56, 56),
    ],
)
def test_integers_keep_their_bounds(bounds, low, high):
    for seed in range(30):
        value = drawn({"type": "integer", **bounds}, seed)
        assert isinstance(value, int) and low <= value <= high


def test_both_ends_of_a_range_are_reached():
    assert {drawn({"type": "integer", "minimum": 3, "maximum": 5}, seed) for seed in range(40)} == {3, 4, 5}


def test_decimals_keep_their_bounds_and_steps():
    for seed in range(30):
        assert 0 < drawn({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1e-6}, seed) < 1e-6
        cents = drawn({"type": "number", "multipleOf": 0.01, "minimum": 1, "maximum": 2}, seed) * 100
        assert abs(cents - round(cents)) < 1e-9


def test_numbers_of_the_prompt_are_taken_only_where_they_fit():
    assert drawn({"type": "integer", "maximum": 50}, prompt="99 or 42 or 7") == 42
    assert drawn({"type": "integer"}, prompt="2.5 or 8") == 8
    assert drawn({"type": "number"}, prompt="2.5 or 8") == 2.5
    assert drawn({"type": "number", "multipleOf": 0.5}, prompt="2.3 or 8.5") == 8.5


@pytest.mark.parametrize(
    "schema", [{"type": "integer", "minimum": 2, "maximum": 1}, {"type": "string", "minLength": 2, "maxLength": 1}]
)
def test_empty_ranges_are_dead_ends(schema):
    with pytest.raises(Dead):
        drawn(schema)


def test_lengths_are_kept():
    for least in (0, 1, 39, 41, 500):
        for seed in range(10):
            assert (
                least
                <= len(drawn({"type": "string", "minLength": least, "maxLength": least + 2}, seed, "city"))
                <= least + 2
            )


def test_a_variant_tells_strings_apart():
    schema = {"type": "string"}
    shape = Shapes(Document(schema)).of((schema,))
    assert string(shape, field("city"), Chance(1), Clues(Facts("")), 7).endswith(" 7")
