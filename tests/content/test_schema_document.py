"""Schemas as documents."""

import pytest

from fakeai.content.schema_document import Document, SchemaError, children_of, is_object


def test_places_are_listed_with_their_paths_and_depth():
    schema = {
        "type": "object",
        "properties": {"a": {"items": {"type": "string"}}, "b": True},
        "anyOf": [{"type": "object"}],
        "$defs": {"d": {}},
    }
    found = {place.path: place.objects for place in Document(schema).places}
    assert found == {
        (): 1,
        ("properties", "a"): 1,
        ("properties", "a", "items"): 1,
        ("anyOf", "0"): 2,
        ("$defs", "d"): 1,
    }


def test_values_of_enum_and_const_are_no_subschemas():
    assert len(Document({"enum": [{"items": {}}], "const": {"properties": {"x": {}}}}).places) == 1


def test_references_follow_pointers_anchors_and_escapes():
    target = {"type": "integer"}
    schema = {
        "$defs": {"a/b c~": target, "n": {"$anchor": "here"}},
        "anyOf": [{"$ref": "#/$defs/a~1b%20c~0"}, {"$ref": "#here"}, {"$ref": "#"}],
    }
    document = Document(schema)
    assert document.target("#/$defs/a~1b%20c~0") is target
    assert document.target("#here") is schema["$defs"]["n"]
    assert document.target("#") is schema
    assert document.references == 3


def test_a_reference_may_point_to_what_no_keyword_holds():
    document = Document({"$ref": "#/x-parts/0", "x-parts": [{"$ref": "#/x-more"}], "x-more": {"type": "null"}})
    assert [place.path for place in document.places] == [(), ("x-parts", "0"), ("x-more",)]


@pytest.mark.parametrize("reference", ["http://x/y", "file:///etc/passwd", "other.json", "//x", "", "urn:a:b"])
def test_references_outside_are_refused(reference):
    with pytest.raises(SchemaError, match="is not permitted"):
        Document({"items": {"$ref": reference}})


@pytest.mark.parametrize("reference", ["#/a", "#/enum/0", "#/enum/99999999999", "#nowhere", "#/$defs/x/y"])
def test_references_to_nothing_are_refused(reference):
    with pytest.raises(SchemaError, match="not found"):
        Document({"$ref": reference, "enum": ["text"], "$defs": {"x": {}}})


def test_size_and_depth_are_limited():
    with pytest.raises(SchemaError, match="more than 6000"):
        Document({"properties": {f"p{number}": {} for number in range(6_001)}})
    schema = {}
    for _ in range(150):
        schema = {"items": schema}
    with pytest.raises(SchemaError, match="deeper than 100"):
        Document(schema)


def test_children_keep_the_order_of_the_schema():
    keys = [keys for keys, _ in children_of({"items": {}, "allOf": [{}, True, {}], "properties": {"z": {}, "a": {}}})]
    assert keys == [("items",), ("allOf", "0"), ("allOf", "2"), ("properties", "z"), ("properties", "a")]


def test_following_leaves_definitions_out():
    schema = {"$ref": "#/$defs/a", "items": {}, "$defs": {"a": {}, "b": {}}}
    assert Document(schema).following(schema) == [schema["items"], schema["$defs"]["a"]]


def test_objects_may_be_one_of_several_types():
    assert is_object({"type": ["null", "object"]}) and not is_object({"type": "array"}) and not is_object({})
