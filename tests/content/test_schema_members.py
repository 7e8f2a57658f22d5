"""Which members an object gets."""

import pytest

from fakeai.content.clues import Clues, Facts
from fakeai.content.schema_bounds import bounds
from fakeai.content.schema_document import Document
from fakeai.content.schema_members import chosen_names, extra, lists_first, nodes_of, said
from fakeai.content.schema_scalars import Dead
from fakeai.content.schema_shape import Shapes
from fakeai.content.schema_sight import Sight
from fakeai.core.chance import Chance


def seen(schema, seed=1, prompt=""):
    document = Document({"type": "object", **schema})
    sight = Sight(Shapes(document), bounds(document), Chance(seed), Clues(Facts(prompt)))
    return sight, sight.shapes.of((document.root,))


def names(schema, **more):
    return chosen_names(*seen(schema, **more), 0)


TEXT = {"type": "string"}


def test_required_members_come_in_the_order_of_the_schema_then_undeclared_ones():
    schema = {"properties": {"b": TEXT, "a": TEXT}, "required": ["z", "a", "b", "y"]}
    assert names(schema) == ["b", "a", "z", "y"]


def test_numbers_of_members_are_kept():
    many = {"properties": dict.fromkeys("abcdef", TEXT), "required": ["f"]}
    for seed in range(20):
        assert len(names({**many, "maxProperties": 2}, seed=seed)) <= 2
        assert len(names({**many, "minProperties": 5}, seed=seed)) >= 5
    with pytest.raises(Dead):
        names({**many, "required": ["a", "b"], "maxProperties": 1})


def test_dependents_come_along():
    schema = {"properties": {"a": TEXT, "b": TEXT}, "required": ["a"], "dependentRequired": {"a": ["b", "c"]}}
    assert names(schema) == ["a", "b", "c"]


def test_what_the_prompt_speaks_of_is_given():
    schema = {
        "properties": {"city": TEXT, "limit": {"type": "integer"}, "unit": {"enum": ["kelvin"]}},
        "required": ["city"],
    }
    for seed in range(20):
        assert names(schema, seed=seed, prompt="with limit 5 and in kelvin") == ["city", "limit", "unit"]


def test_members_without_finite_values_are_left_out():
    schema = {"properties": {"never": False, "empty": {"enum": []}, "fine": TEXT}, "minProperties": 1}
    assert all(names(schema, seed=seed) == ["fine"] for seed in range(20))


def test_lists_are_drawn_first_when_the_prompt_names_several():
    sight, _ = seen({}, prompt="Ann met Bo")
    assert lists_first(sight, ["name", "people", "guests"]) == ["guests", "name", "people"]
    sight, _ = seen({}, prompt="Ann")
    assert lists_first(sight, ["name", "guests"]) == ["name", "guests"]


def test_open_objects_get_extras_where_the_schema_describes_them():
    assert 1 <= extra(*seen({"additionalProperties": {"type": "integer"}}), (), 0) <= 3
    assert extra(*seen({}), (), 0) == 0
    assert extra(*seen({"additionalProperties": {}, "maxProperties": 0}), (), 0) == 0


def test_nodes_of_a_name_come_from_properties_patterns_or_the_rest():
    _, shape = seen(
        {
            "properties": {"a1": TEXT},
            "patternProperties": {"1$": {"minLength": 2}},
            "additionalProperties": {"type": "null"},
        }
    )
    assert nodes_of(shape, "a1") == [TEXT, {"minLength": 2}]
    assert nodes_of(shape, "b1") == [{"minLength": 2}]
    assert nodes_of(shape, "b") == [{"type": "null"}]
    _, shape = seen({"additionalProperties": False})
    with pytest.raises(Dead):
        nodes_of(shape, "b")


def test_said_values_stand_in_the_prompt():
    assert said(["Kelvin", "x", 5, "celsius"], "in kelvin x 5") == ["Kelvin"]
