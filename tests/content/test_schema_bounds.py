"""Smallest values, computed by hand."""

from fakeai.content.schema_bounds import Bound, bounds, ways
from fakeai.content.schema_document import Document


def bound(schema):
    return bounds(Document(schema)).get(id(schema))


def test_scalars_are_one_value():
    assert bound({"type": "string"}) == Bound(0, 1)
    assert bound({"type": "string", "minLength": 160}) == Bound(0, 11)


def test_objects_count_their_required_members_only():
    text = {"type": "string"}
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"$ref": "#/$defs/t"}},
        "required": ["a", "b"],
        "$defs": {"t": text},
    }
    assert bound(schema) == Bound(2, 4)  # the object, a, the reference, and what it leads to
    assert bound({**schema, "required": []}) == Bound(0, 1)


def test_arrays_count_their_least_items():
    assert bound({"type": "array", "items": {"type": "integer"}, "minItems": 5}) == Bound(1, 11)
    assert bound({"type": "array", "minItems": 10**13}).size == 1 << 40


def test_alternatives_take_the_flattest():
    deep = {"type": "array", "minItems": 1, "items": {"type": "array", "minItems": 1, "items": {"type": "null"}}}
    assert bound({"anyOf": [deep, {"type": "null"}]}) == Bound(1, 2)


def test_recursion_with_a_way_out_is_finite_and_without_one_is_not():
    way_out = {
        "type": "object",
        "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
        "required": ["next"],
    }
    assert bound(way_out) == Bound(2, 3)
    assert bound({"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]}) is None
    assert bound({"$ref": "#"}) is None
    assert bound({"anyOf": [{"$ref": "#"}]}) is None
    assert bound({"type": "object", "required": ["x"], "additionalProperties": False}) is None
    assert bound({"enum": []}) is None


def test_fan_out_doubles_at_every_level():
    rungs = {
        f"d{at}": {"allOf": [{"$ref": f"#/$defs/d{at + 1}"}] * 1 + [{"$ref": f"#/$defs/d{at + 1}"}]} for at in range(10)
    }
    schema = {"$ref": "#/$defs/d0", "$defs": {**rungs, "d10": {"type": "integer"}}}
    sizes = [1]
    for _ in range(10):
        sizes.append(1 + 2 * (1 + sizes[-1]))
    assert bound(schema).size == 1 + sizes[-1]


def test_ways_are_paths_and_circles_are_walked_once():
    leaf = {"type": "integer"}
    assert ways(Document({"items": {}, "not": {}})) == 3
    shared = {"allOf": [{"$ref": "#/$defs/l"}, {"$ref": "#/$defs/l"}], "$defs": {"l": leaf}}
    assert ways(Document(shared)) == 5
    assert ways(Document({"anyOf": [{"$ref": "#"}, {}]})) == 4


def test_keywords_of_wrong_types_are_passed_over():
    assert bound({"type": 5, "properties": [], "required": 3, "anyOf": [{}], "minItems": "x"}) == Bound(1, 2)
