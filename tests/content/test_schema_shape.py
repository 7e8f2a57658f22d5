"""Conjunctions of subschemas."""

from fractions import Fraction

from fakeai.content.schema_document import Document
from fakeai.content.schema_shape import Shapes, step_of


def shape(schema, *chosen):
    return Shapes(Document(schema)).of((schema,), frozenset(chosen))


def test_references_and_all_of_are_merged():
    found = shape(
        {
            "$ref": "#/$defs/base",
            "allOf": [{"minimum": 3, "maximum": 9}, {"maximum": 7, "multipleOf": 2}],
            "minimum": 1,
            "$defs": {"base": {"type": "number"}},
        }
    )
    assert (found.kinds, found.low, found.high, found.steps) == (("number",), 3, 7, [2])


def test_types_are_intersected_and_integers_are_numbers():
    assert shape({"type": ["number", "null"], "allOf": [{"type": ["integer", "string"]}]}).kinds == ("integer",)
    assert shape({"type": "number"}).kinds == ("number",)
    assert not shape({"type": "string", "allOf": [{"type": "integer"}]}).possible
    assert shape({"not": {"type": ["string", "number"]}}).kinds == ("object", "array", "boolean", "null")


def test_types_are_guessed_from_keywords():
    assert shape({"properties": {}}).kinds == ("object",)
    assert shape({"minItems": 1}).kinds == ("array",)
    assert shape({"pattern": "a"}).kinds == ("string",)
    assert shape({"minimum": 1}).kinds == ("number",)
    assert shape({}).kinds == ()


def test_false_makes_it_impossible():
    assert not shape({"allOf": [False]}).possible


def test_enums_and_constants_are_intersected():
    assert shape({"enum": [1, 2, 3], "allOf": [{"enum": [2, 3, 4]}, {"not": {"const": 2}}]}).values == [2, 3]
    assert shape({"not": {"enum": [1, 2]}}).excluded == [1, 2]


def test_choices_and_conditions_are_listed_until_they_are_made():
    schema = {"anyOf": [{}, {}], "if": {}, "then": {"const": 1}}
    found = shape(schema)
    assert [choice.key for choice in found.choices] == [(id(schema), "anyOf")]
    assert found.conditions[0].then == {"const": 1} and found.conditions[0].otherwise is True
    assert not shape(schema, (id(schema), "anyOf")).choices


def test_additional_properties_govern_what_others_name():
    closed = {"properties": {"a": {}}, "additionalProperties": False}
    integers = {"properties": {"b": {"minimum": 1}}, "additionalProperties": {"type": "integer"}}
    found = shape({"allOf": [closed, integers], "properties": {"c": {}}, "required": ["a", "b", "a"]})
    assert found.properties == {"a": [{}, {"type": "integer"}]}
    assert not found.open and found.required == ["a", "b"]


def test_arrays_merge_prefixes_with_the_others_items():
    found = shape(
        {"allOf": [{"prefixItems": [{"const": 1}]}, {"items": {"type": "integer"}, "minItems": 2}], "maxItems": 3}
    )
    assert found.prefix == [[True, {"const": 1}, {"type": "integer"}]]
    assert (found.least_items, found.most_items) == (2, 3)


def test_shapes_are_remembered():
    schema = {"type": "string"}
    shapes = Shapes(Document(schema))
    assert shapes.of((schema,)) is shapes.of((schema,))


def test_steps_have_a_least_common_multiple():
    assert step_of([0.1, 0.25]) == Fraction(1, 2)
    assert step_of([4, 6]) == 12
    assert step_of([2.5]) == Fraction(5, 2)
