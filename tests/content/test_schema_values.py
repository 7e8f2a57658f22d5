"""Drawing values: structure, recursion, budgets. That they validate is tested in test_jsonschema."""

import pytest

from fakeai.content.clues import Clues, Facts
from fakeai.content.schema_bounds import bounds
from fakeai.content.schema_document import Document
from fakeai.content.schema_scalars import Dead
from fakeai.content.schema_shape import Shapes
from fakeai.content.schema_sight import Sight
from fakeai.content.schema_values import Drawing
from fakeai.core.chance import Chance


def drawn(schema, seed=1, prompt="", budget=5_000, trusting=True):
    document = Document(schema)
    sight = Sight(Shapes(document), bounds(document), Chance(seed), Clues(Facts(prompt)))
    return Drawing(sight, budget=budget, trusting=trusting).value((schema,))


def test_null_is_seldom_chosen_over_a_value():
    optional = {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    values = [drawn(optional, seed) for seed in range(200)]
    assert 1 <= values.count(None) < 50
    assert 1 <= [drawn({"type": ["integer", "null"]}, seed) for seed in range(200)].count(None) < 50


def test_every_branch_and_enum_value_is_reached():
    assert {drawn({"anyOf": [{"const": 1}, {"const": 2}, {"const": 3}]}, seed) for seed in range(40)} == {1, 2, 3}
    assert {drawn({"enum": ["a", "b", "c"]}, seed) for seed in range(40)} == {"a", "b", "c"}


def test_wide_recursion_stays_small():
    tree = {
        "type": "object",
        "properties": {"kids": {"type": "array", "items": {"$ref": "#"}, "minItems": 0}},
        "required": ["kids"],
    }

    def size(node):
        return 1 + sum(map(size, node["kids"]))

    sizes = [size(drawn(tree, seed)) for seed in range(50)]
    assert max(sizes) < 60 and len(set(sizes)) > 2


def test_the_budget_ends_a_drawing():
    with pytest.raises(Dead):
        drawn({"type": "array", "minItems": 100}, budget=50)


def test_unique_items_differ_even_where_the_pool_is_small():
    cities = drawn({"type": "array", "items": {"type": "string", "title": "city"}, "uniqueItems": True, "minItems": 60})
    assert len(set(cities)) == len(cities) == 60
    with pytest.raises(Dead):
        drawn({"type": "array", "items": {"type": "boolean"}, "uniqueItems": True, "minItems": 3})


def test_examples_are_trusted_the_first_time_only():
    schema = {"type": "string", "examples": ["purple"]}
    assert drawn(schema) == "purple"
    assert drawn(schema, trusting=False) != "purple"


def test_lists_are_as_long_as_what_the_prompt_lists():
    schema = {
        "type": "object",
        "properties": {"cities": {"type": "array", "items": {"type": "string"}}},
        "required": ["cities"],
    }
    assert drawn(schema, prompt="Compare Paris, Rome and Oslo") == {"cities": ["Paris", "Rome", "Oslo"]}


def test_values_of_the_schema_are_copied():
    schema = {"const": {"a": [1]}}
    drawn(schema)["a"].append(2)
    assert schema == {"const": {"a": [1]}}
