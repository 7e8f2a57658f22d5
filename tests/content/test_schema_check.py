"""Rules on whole schemas; most are tested through `jsonschema.check`."""

import pytest

from fakeai.content.schema_check import MAX_SIZE, MAX_WAYS, check_document, check_root, check_strict, validator
from fakeai.content.schema_document import Document, SchemaError


def test_a_checked_schema_tells_bounds_weight_and_end():
    schema = {"type": "string", "pattern": "a{300}"}
    found = check_document(Document(schema))
    assert found.pattern_weight == 300 and not found.endless
    assert found.bounds[id(schema)].depth == 0
    assert check_document(Document({"$ref": "#"})).endless


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "array", "minItems": MAX_SIZE + 1}, "smallest value"),
        ({"pattern": ".{5000}", "items": {"pattern": ".{2000}"}}, "too many or too large"),
        ({"type": "wrong"}, "not valid under any"),
        ({"$defs": {"a": {"type": "wrong"}}}, "not valid under any"),
    ],
)
def test_what_cannot_be_borne_is_refused(schema, message):
    with pytest.raises(SchemaError, match=message):
        check_document(Document(schema))


def test_ways_are_limited():
    rungs = {f"d{at}": {"anyOf": [{"$ref": f"#/$defs/d{at + 1}"} for _ in range(2)]} for at in range(20)}
    assert MAX_WAYS < 2**20
    with pytest.raises(SchemaError, match="more parts than a validator can visit"):
        check_document(Document({"$ref": "#/$defs/d0", "$defs": {**rungs, "d20": {}}}))


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf", "allOf", "enum", "not"])
def test_the_root_is_a_plain_object(keyword):
    check_root({"type": "object", "properties": {}})
    with pytest.raises(SchemaError, match="at the top level"):
        check_root({"type": "object", keyword: []})


@pytest.mark.parametrize(
    "keyword", ["allOf", "oneOf", "not", "if", "dependentRequired", "patternProperties", "uniqueItems", "propertyNames"]
)
def test_keywords_outside_the_subset_are_named(keyword):
    schema = {
        "type": "object",
        "properties": {},
        "additionalProperties": False,
        "$defs": {"d": {"type": "string", keyword: {}}},
    }
    with pytest.raises(SchemaError, match=rf"In context=\('\$defs', 'd'\), '{keyword}' is not permitted."):
        check_strict(Document(schema))


def test_the_validator_judges_formats_and_stays_at_home():
    assert not validator({"format": "date"}).is_valid("tomorrow")
    with pytest.raises(SchemaError):
        validator({"$ref": "http://127.0.0.1:9/x"})
