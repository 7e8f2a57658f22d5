"""JSON Schema as clients send it: what is refused and in which words, and values that validate."""

import json
from collections.abc import Callable
from time import process_time
from typing import Any

import jsonschema_rs
import pytest
from pydantic import BaseModel, ConfigDict, Field

from fakeai.content.jsonschema import SchemaError, check, instance, instance_text
from fakeai.core.chance import Chance

Schema = dict[str, Any]


def valid(schema: Any, value: Any) -> bool:
    """The judge: the validator itself, built without any of our code."""
    return bool(jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True).is_valid(value))


def closed(properties: Schema, **more: Any) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        **more,
    }


def refusal(schema: Any, strict: bool = True) -> str:
    with pytest.raises(SchemaError) as caught:
        check(schema, strict=strict)
    return caught.value.message


MATH = closed(
    {"steps": {"type": "array", "items": {"$ref": "#/$defs/step"}}, "final_answer": {"type": "string"}},
    **{"$defs": {"step": closed({"explanation": {"type": "string"}, "output": {"type": "string"}})}},
)
LINKED_LIST = closed(
    {"linked_list": {"$ref": "#/$defs/node"}},
    **{
        "$defs": {
            "node": closed(
                {"value": {"type": "number"}, "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}}
            )
        }
    },
)
TREE = closed({"label": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#"}}})

VALUES: list[Any] = [
    MATH,
    LINKED_LIST,
    TREE,
    {},
    {"type": "string", "minLength": 200, "maxLength": 210},
    {"type": "string", "maxLength": 0},
    {"type": "string", "format": "date-time"},
    {"type": "string", "format": "duration"},
    {"type": "string", "format": "hostname"},
    {"type": "string", "format": "ipv6"},
    {"type": "string", "format": "uri-template"},
    {"type": "string", "format": "json-pointer"},
    {"type": "string", "format": "regex"},
    {"type": "string", "pattern": "^\\d{5}(-\\d{4})?$"},
    {"type": "string", "pattern": "\\d", "minLength": 30, "maxLength": 31},
    {"type": "string", "pattern": "^(?=.*[A-Z])(?=.*\\d).{8,12}$"},
    {"type": "string", "pattern": "^[а-яё]{3,}$"},
    {"allOf": [{"type": "string", "pattern": "^[a-z]+"}, {"pattern": "\\d+$"}]},
    {"type": "integer", "exclusiveMinimum": 10, "exclusiveMaximum": 12},
    {"type": "integer", "multipleOf": 2.5, "minimum": 1},
    {"type": "integer", "minimum": 10**25},
    {"type": "number", "minimum": 0.07, "maximum": 0.07, "multipleOf": 0.01},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1e-7},
    {"type": "number", "maximum": -1e12},
    {"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": True, "minItems": 3},
    {"type": "array", "items": {"type": "string"}, "uniqueItems": True, "minItems": 40},
    {"type": "array", "contains": {"const": 7}, "minContains": 2, "items": {"type": "integer"}},
    {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False, "minItems": 2},
    {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 4},
    {"type": "object", "propertyNames": {"pattern": "^[A-Z]{2}$"}, "minProperties": 3},
    {
        "type": "object",
        "patternProperties": {"^x-[a-z]{3}$": {"type": "number"}},
        "additionalProperties": False,
        "minProperties": 2,
    },
    {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "required": ["a"],
        "dependentRequired": {"a": ["b"]},
    },
    {
        "type": "object",
        "properties": {"country": {"enum": ["US", "CA"]}, "zip": {"type": "string"}},
        "required": ["country", "zip"],
        "if": {"properties": {"country": {"const": "US"}}},
        "then": {"properties": {"zip": {"pattern": "^\\d{5}$"}}},
        "else": {"properties": {"zip": {"pattern": "^[A-Z]\\d[A-Z]$"}}},
    },
    {"type": "object", "required": ["undeclared"]},
    {"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 3}]},
    {"allOf": [{"type": "integer", "minimum": 5}, {"maximum": 7}], "not": {"const": 6}},
    {"not": {"type": ["string", "integer", "number"]}},
    {"type": ["integer", "null"], "minimum": 3},
    {"enum": [None, {"a": [1]}, "x"]},
    {"const": {"deep": [True, None]}},
    {"type": "array", "items": True, "minItems": 1},
    {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"$ref": "#/$defs/c%20d"}, "c d": {"type": "boolean"}}},
    {"$ref": "#here", "$defs": {"x": {"$anchor": "here", "type": "integer"}}},
    {
        "type": "object",
        "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
    },
]


@pytest.mark.parametrize("schema", VALUES, ids=lambda schema: json.dumps(schema)[:60])
def test_instances_validate(schema: Schema) -> None:
    check(schema, strict=False)
    for seed in range(12):
        value = json.loads(instance_text(schema, Chance(seed)))
        assert valid(schema, value), value


class _Random:
    """Schemas drawn at random, with every keyword the generator claims to know."""

    def __init__(self, chance: Chance) -> None:
        self.chance = chance

    def schema(self, depth: int = 0) -> Any:
        makers: list[Callable[[int], Any]] = [self.string, self.number, self.constant, self.boolean, self.text]
        if depth < 4:
            makers += [self.object, self.object, self.array, self.any_of, self.all_of, self.one_of, self.reference]
        return self.chance.pick(makers)(depth)

    def text(self, _: int) -> Schema:
        low = self.chance.below(30)
        return {"type": "string", "minLength": low, "maxLength": low + self.chance.below(20)}

    def string(self, _: int) -> Schema:
        pattern = self.chance.pick(("^[a-z]{2,5}$", "\\d+", "^(foo|bar)-[0-9a-f]{4}$", "^\\p{L}+$", "x?y*z+"))
        formats = ("date", "time", "date-time", "email", "uuid", "ipv4", "ipv6", "uri", "hostname", "duration")
        return self.chance.pick(
            (
                {"type": "string", "pattern": pattern},
                {"type": "string", "format": self.chance.pick(formats)},
                {"type": "string"},
            )
        )

    def number(self, _: int) -> Schema:
        low = self.chance.between(-1000, 1000)
        kind = self.chance.pick(("integer", "number"))
        bounds: Schema = {}
        if self.chance.below(2):
            bounds[self.chance.pick(("minimum", "exclusiveMinimum"))] = low
        if self.chance.below(2):
            bounds[self.chance.pick(("maximum", "exclusiveMaximum"))] = low + self.chance.between(20, 50)
        if self.chance.below(3) == 0:
            bounds["multipleOf"] = self.chance.pick((2, 5, 0.5, 0.01, 7))
        return {"type": [kind, "null"] if self.chance.below(4) == 0 else kind, **bounds}

    def constant(self, _: int) -> Schema:
        values = ["a", "b", 1, 2.5, None, True, [1], {"k": "v"}]
        self.chance.shuffle(values)
        return {"const": values[0]} if self.chance.below(3) == 0 else {"enum": values[:3]}

    def boolean(self, _: int) -> Any:
        return self.chance.pick(({"type": "boolean"}, {"type": "null"}, {}, True))

    def object(self, depth: int) -> Schema:
        names = ["name", "city", "age", "price", "tags", "éé", "x y", "items"][: self.chance.between(0, 5)]
        made: Schema = {"type": "object", "properties": {name: self.schema(depth + 1) for name in names}}
        made["required"] = [name for name in names if self.chance.below(2)]
        made["additionalProperties"] = self.chance.pick((False, True, {"type": "integer"}))
        if made["additionalProperties"] is not False and self.chance.below(3) == 0:
            made["minProperties"] = self.chance.between(0, 5)
        return made

    def array(self, depth: int) -> Schema:
        low = self.chance.below(3)
        made: Schema = {
            "type": "array",
            "items": self.schema(depth + 1),
            "minItems": low,
            "maxItems": low + self.chance.below(3),
        }
        if self.chance.below(4) == 0:
            made["prefixItems"] = [self.schema(depth + 1)]
        return made

    def any_of(self, depth: int) -> Schema:
        return {
            "anyOf": [self.schema(depth + 1), {"type": "null"}, self.schema(depth + 1)][: self.chance.between(1, 3)]
        }

    def one_of(self, depth: int) -> Schema:
        kinds = [
            {"type": "string"},
            {"type": "integer"},
            {"type": "boolean"},
            {"type": "array", "items": self.schema(depth + 1)},
        ]
        self.chance.shuffle(kinds)
        return {"oneOf": kinds[: self.chance.between(1, 4)]}

    def all_of(self, depth: int) -> Schema:
        parts = [
            closed({"p": self.schema(depth + 1)}, additionalProperties=True),
            {"properties": {"q": self.schema(depth + 1)}},
        ]
        return {"allOf": parts, "required": ["q"]}

    def reference(self, _: int) -> Schema:
        return {"$ref": self.chance.pick(("#/$defs/leaf", "#/$defs/tree", "#/$defs/list"))}


DEFINITIONS: Schema = {
    "leaf": {"type": "string", "enum": ["red", "green"]},
    "tree": {
        "type": "object",
        "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/tree"}}},
        "required": ["kids"],
    },
    "list": {"anyOf": [closed({"head": {"type": "integer"}, "tail": {"$ref": "#/$defs/list"}}), {"type": "null"}]},
}


def test_instances_of_random_schemas_validate() -> None:
    chance = Chance("schemas")
    for number in range(400):
        schema = {"$defs": DEFINITIONS, **closed({"value": _Random(chance).schema()})}
        value = json.loads(instance_text(schema, chance.stream(str(number)), ("Paris, 7 cats, 2024-05-01",)))
        assert valid(schema, value), (schema, value)


# -- what OpenAI's strict mode refuses, in its words

STRICT: list[tuple[Any, str]] = [
    ({"type": "array", "items": {}}, "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array\"'."),
    ({}, "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'."),
    (
        {**closed({}), "anyOf": [{}]},
        "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level.",
    ),
    (
        {"type": "object", "properties": {}},
        "In context=(), 'additionalProperties' is required to be supplied and to be false.",
    ),
    (
        closed({"x": {"type": "object", "properties": {}}}),
        "In context=('properties', 'x'), 'additionalProperties' is required to be supplied and to be false.",
    ),
    (
        closed({"x": {"type": "array", "items": {**closed({"a": {"type": "string"}}), "required": []}}}),
        "In context=('properties', 'x', 'items'), 'required' is required to be supplied and to be an array including "
        "every key in properties. Missing 'a'.",
    ),
    (
        {**closed({}), "required": ["ghost"]},
        "In context=(), 'required' is required to be supplied and to be an array including every key in properties. "
        "Extra required key 'ghost' supplied.",
    ),
    (closed({"x": {}}), "In context=('properties', 'x'), schema must have a 'type' key."),
    (closed({"x": {"type": "array"}}), "In context=('properties', 'x'), array schema missing items."),
    (closed({"x": {"oneOf": []}}), "[] should be non-empty."),
    (
        closed({"x": {"oneOf": [{"type": "string"}]}}),
        "In context=('properties', 'x'), 'oneOf' is not permitted.",
    ),
    (closed({"x": {"type": "string", "default": "y"}}), "In context=('properties', 'x'), 'default' is not permitted."),
    (
        closed({"x": {"type": "string", "format": "uri"}}),
        "In context=('properties', 'x'), 'uri' is not a valid format.",
    ),
    (
        closed({"x": {"$ref": "#/$defs/d", "description": "d"}}, **{"$defs": {"d": {"type": "string"}}}),
        "In context=('properties', 'x'), $ref cannot have keywords {'description'}.",
    ),
    (
        closed({"x": {"type": "integer", "enum": list(range(1001))}}),
        "Expected at most 1000 enum values in total within a single schema when using structured outputs, but received "
        "1001. Consider reducing the number of enums, or use 'strict: false' to opt out of structured outputs.",
    ),
]


@pytest.mark.parametrize(("schema", "message"), STRICT, ids=range(len(STRICT)))
def test_strict_mode_refuses_in_openais_words(schema: Schema, message: str) -> None:
    assert refusal(schema) == message


def nested(levels: int) -> Schema:
    schema: Schema = closed({"leaf": {"type": "string"}})
    for _ in range(levels - 1):
        schema = closed({"in": schema})
    return schema


def test_strict_mode_allows_ten_levels_and_not_eleven() -> None:
    check(nested(10), strict=True)
    assert refusal(nested(11)) == "11 levels of nesting exceeds limit of 10."
    check(nested(11), strict=False)


def test_strict_mode_counts_properties_and_characters() -> None:
    many = closed({f"p{number}": {"type": "integer"} for number in range(5001)})
    assert refusal(many).startswith("Expected at most 5000 object properties in total")
    long = closed({"x" * 120_001: {"type": "integer"}})
    assert refusal(long).startswith("Expected at most 120000 characters of names and values in total")
    enum = closed({"x": {"enum": [f"{number:061}" for number in range(251)]}})
    assert (
        refusal(enum) == "In context=('properties', 'x'), 15311 characters of 251 enum values exceeds limit of 15000."
    )


@pytest.mark.parametrize("schema", [MATH, LINKED_LIST, TREE])
def test_the_guides_examples_are_accepted(schema: Schema) -> None:
    check(schema, strict=True)


INVALID: list[tuple[Any, str]] = [
    ({"type": "any"}, "'any' is not valid under any of the given schemas."),
    ({"properties": []}, "[] is not of type 'object'."),
    ({"items": [{"type": "string"}]}, "[{'type': 'string'}] is not of type 'object', 'boolean'."),
    ({"minLength": -1}, "-1 is less than the minimum of 0."),
    ({"required": ["a", "a"]}, "['a', 'a'] has non-unique elements."),
    ({"pattern": "["}, "In context=(), '[' is not a 'regex': unterminated character set."),
    ({"pattern": "(?<a>x)\\2"}, "'(?<a>x)\\\\2' is not a 'regex'."),
    (
        {"properties": {"a": {"$ref": "#/$defs/none"}}},
        "In context=('properties', 'a'), reference to component '#/$defs/none' which was not found in the schema.",
    ),
    (
        {"$ref": "http://127.0.0.1:9/schema"},
        "In context=(), reference to 'http://127.0.0.1:9/schema' is not permitted: references must point into the "
        "schema ('#/...').",
    ),
    ({"$ref": "#"}, "In context=(), schema has no finite value: its references or required properties never end."),
    (
        closed({"next": {"$ref": "#"}}),
        "In context=(), schema has no finite value: its references or required properties never end.",
    ),
    ({"enum": []}, "In context=(), schema has no finite value: its references or required properties never end."),
]


@pytest.mark.parametrize(("schema", "message"), INVALID, ids=range(len(INVALID)))
def test_invalid_schemas_are_refused_in_either_mode(schema: Schema, message: str) -> None:
    assert refusal(schema, strict=False) == message


def test_references_that_lead_outside_are_refused_by_instance_too(tmp_path: Any) -> None:
    path = tmp_path / "schema.json"
    path.write_text('{"type": "integer"}')
    for reference in (path.as_uri(), str(path), "schema.json", "//evil/x", "urn:x"):
        with pytest.raises(SchemaError, match="is not permitted"):
            instance({"$ref": reference}, Chance(1))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 5, "maximum": 3},
        {"type": "string", "minLength": 5, "maxLength": 3},
        {"type": "string", "pattern": "^a", "enum": ["b"]},
        {"not": {}},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"type": "array", "items": {"type": "boolean"}, "uniqueItems": True, "minItems": 3},
    ],
)
def test_contradictions_are_reported_as_such(schema: Schema) -> None:
    with pytest.raises(SchemaError, match="could not satisfy"):
        instance(schema, Chance(1))


# -- hostile schemas


def fan(keyword: str, levels: int) -> Schema:
    rungs: Schema = {f"d{at}": {keyword: [{"$ref": f"#/$defs/d{at + 1}"}] * 2} for at in range(levels)}
    return {"$ref": "#/$defs/d0", "$defs": {**rungs, f"d{levels}": {"type": "integer", "minimum": 2, "maximum": 1}}}


def deep(levels: int) -> Schema:
    schema: Schema = {}
    for _ in range(levels):
        schema = {"items": schema}
    return schema


BOMBS: list[Any] = [
    fan("allOf", 40),
    fan("anyOf", 40),
    fan("oneOf", 25),
    {
        "$ref": "#/$defs/d0",
        "$defs": {
            **{f"d{at}": closed({name: {"$ref": f"#/$defs/d{at + 1}"} for name in "ab"}) for at in range(40)},
            "d40": {"type": "integer"},
        },
    },
    {"properties": {f"p{number}": {"type": "integer"} for number in range(100_000)}},
    {"$ref": "#/$defs/d0", "$defs": {f"d{at}": {"$ref": f"#/$defs/d{at + 1}"} for at in range(3000)} | {"d3000": {}}},
    deep(200),
    deep(900),
    {"type": "array", "minItems": 10**9},
    {"type": "string", "minLength": 10**9},
    {"type": "object", "minProperties": 10**9},
    {"contains": {"const": 1}, "minContains": 10**9, "type": "array"},
    {"pattern": "(a{1,1000}){1,1000}"},
    {"pattern": "a?" * 1500 + "a" * 1500},
    {"pattern": "(" * 3000 + ")" * 3000},
    {"properties": {f"p{number}": {"pattern": f"^.{{1,2000}}{number}$"} for number in range(50)}},
    {"patternProperties": {f"^a{number}": {} for number in range(1000)}},
    {"minimum": 10**5000},
    {"const": "\ud800"},
    {"const": float("nan"), "minimum": float("inf")},
]


@pytest.mark.parametrize("schema", BOMBS, ids=range(len(BOMBS)))
def test_bombs_are_refused_within_milliseconds(schema: Schema) -> None:
    start = process_time()
    refusal(schema, strict=False)
    assert process_time() - start < 1.0  # 80 ms at most on an idle core


def test_catastrophic_patterns_cost_milliseconds() -> None:
    start = process_time()
    value = instance({"type": "string", "pattern": "^(x+x+)+y$", "minLength": 40}, Chance(1))
    assert isinstance(value, str) and len(value) >= 40
    with pytest.raises(SchemaError, match="could not satisfy"):
        instance({"type": "string", "pattern": "^(?=(x+x+)+y)x+$", "minLength": 60}, Chance(1))
    assert process_time() - start < 2.0


def test_a_known_small_schema_costs_microseconds() -> None:
    instance(MATH, Chance(0))
    start = process_time()
    for seed in range(200):
        instance(MATH, Chance(seed))
    assert (process_time() - start) / 200 < 0.001  # 70 µs on an idle core


# -- plausible values


class Address(BaseModel):
    model_config = ConfigDict(extra="forbid")
    city: str
    zip_code: str = Field(pattern=r"^\d{5}$")


class Person(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    age: int = Field(ge=18, le=99)
    address: Address | None
    friends: list["Person"]


def test_a_nested_pydantic_class_is_filled_and_parses() -> None:
    schema = Person.model_json_schema()
    check({"$ref": "#/$defs/Person", **schema}, strict=False)
    strict = {**closed({"person": {"$ref": "#/$defs/Person"}}), "$defs": schema["$defs"]}
    check(strict, strict=True)
    for seed in range(30):
        text = instance_text(strict, Chance(seed), ("Alice is 30 and lives in Paris.",))
        person = Person.model_validate(json.loads(text)["person"])
        assert 18 <= person.age <= 99


def test_recursion_ends_at_small_depth() -> None:
    def depth(node: Any) -> int:
        return 0 if node is None else 1 + depth(node["next"])

    depths = {depth(json.loads(instance_text(LINKED_LIST, Chance(seed)))["linked_list"]) for seed in range(60)}
    assert {1, 2} <= depths and max(depths) <= 6


def test_keys_stand_in_the_order_of_the_schema_and_text_is_compact() -> None:
    schema = closed({"zeta": {"const": 1}, "alpha": {"const": "é"}, "mid": {"const": [1, None]}})
    assert instance_text(schema, Chance(1)) == '{"zeta":1,"alpha":"é","mid":[1,null]}'


def test_equal_seeds_give_equal_values_and_others_differ() -> None:
    texts = [instance_text(MATH, Chance(seed)) for seed in range(8)]
    assert texts == [instance_text(MATH, Chance(seed)) for seed in range(8)]
    assert len(set(texts)) > 4


def of(properties: Schema, *hints: str) -> Any:
    return json.loads(instance_text(closed(properties), Chance(3), hints))


def test_values_come_from_the_prompt_where_they_fit() -> None:
    text, whole = {"type": "string"}, {"type": "integer"}
    assert of({"location": text}, "What's the weather like in Paris today?") == {"location": "Paris"}
    assert of({"input": whole}, "What is the value of magic_function(3)?") == {"input": 3}
    assert of({"a": whole, "b": whole}, "Please add 3 and 4.") == {"a": 3, "b": 4}
    assert of({"customer_name": text}, "Create a customer named '你好啊集团'.") == {"customer_name": "你好啊集团"}
    assert of({"age": whole, "cats": whole}, "I have 2 cats and my age is 41.") == {"age": 41, "cats": 2}
    assert of({"unit": {"enum": ["celsius", "fahrenheit"]}}, "in Fahrenheit, please") == {"unit": "fahrenheit"}
    assert of({"when": {"type": "string", "format": "date"}}, "on 2025-03-04") == {"when": "2025-03-04"}
    assert of({"n": {"type": "integer", "maximum": 10}}, "between 50 and 7") == {"n": 7}
    assert of({"order": {"type": "string", "pattern": "^[A-Z]{2}-\\d+$"}}, "order AB-42 is late") == {"order": "AB-42"}


def test_the_calendar_example_reads_as_a_model_would_answer() -> None:
    schema = {
        "participants": {"type": "array", "items": {"type": "string"}},
        "date": {"type": "string"},
    }
    prompt = "Alice and Bob are going to a science fair on Friday."
    assert of(schema, prompt) == {"participants": ["Alice", "Bob"], "date": "Friday"}


def test_options_the_prompt_does_not_speak_of_are_left_out() -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"enum": ["celsius", "kelvin"]}},
        "required": ["city"],
    }
    silent = [instance(schema, Chance(seed), ("weather in Rome",)) for seed in range(40)]
    assert all(value == {"city": "Rome"} for value in silent)
    spoken = [instance(schema, Chance(seed), ("weather in Rome in kelvin",)) for seed in range(10)]
    assert all(value == {"city": "Rome", "unit": "kelvin"} for value in spoken)


def test_a_schema_may_be_any_mapping() -> None:
    from types import MappingProxyType

    schema = MappingProxyType(
        {"type": "object", "properties": MappingProxyType({"a": {"const": 1}}), "required": ["a"]}
    )
    assert instance(schema, Chance(1)) == {"a": 1}
