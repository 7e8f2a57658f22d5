"""Structured outputs through the official SDK: every answer validates, in one piece and streamed."""

import json
import re
from datetime import date, datetime
from enum import Enum
from typing import Any, Literal
from uuid import UUID

import jsonschema_rs
import pytest
from pydantic import BaseModel, Field

MODEL = "gpt-4o-mini"
ASK = [{"role": "user", "content": "Describe the crew of the ship Aurora."}]


class Rank(Enum):
    captain = "captain"
    mate = "mate"


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(ge=1, le=9)


class Parrot(BaseModel):
    kind: Literal["parrot"]
    words: list[str]


class Sailor(BaseModel):
    """A sailor and those the sailor commands."""

    name: str
    rank: Rank
    born: date
    nickname: str | None
    pet: Cat | Parrot
    commands: list["Sailor"]


class Ship(BaseModel):
    """A ship."""

    name: str
    tonnage: float
    crew: list[Sailor]
    home: dict[str, str] | None = None


class Crew(BaseModel):
    ship: str
    leader: Sailor
    reserve: list[Sailor] = Field(min_length=1, max_length=3)
    founded: datetime
    id: UUID


@pytest.mark.parametrize("seed", range(6))
def test_parse_gives_a_nested_recursive_class(one_client, seed):
    answer = one_client.chat.completions.parse(model=MODEL, messages=ASK, response_format=Crew, seed=seed)
    crew = answer.choices[0].message.parsed
    assert isinstance(crew, Crew)
    assert isinstance(crew.leader, Sailor)
    assert 1 <= len(crew.reserve) <= 3
    assert answer.choices[0].finish_reason == "stop"


def test_the_stream_helper_parses_as_it_goes(client):
    with client.chat.completions.stream(model=MODEL, messages=ASK, response_format=Crew) as stream:
        events = list(stream)
        final = stream.get_final_completion()
    partial = [event.parsed for event in events if event.type == "content.delta" and event.parsed is not None]
    done = next(event for event in events if event.type == "content.done")
    assert len(partial) > 5
    assert isinstance(partial[0], dict)
    assert isinstance(done.parsed, Crew)
    assert final.choices[0].message.parsed == done.parsed


def closed(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        **more,
    }


TREE = {
    **closed({"root": {"$ref": "#/$defs/node"}}),
    "$defs": {
        "node": closed({"value": {"type": "number"}, "children": {"type": "array", "items": {"$ref": "#/$defs/node"}}})
    },
}
LINKED = closed({"head": {"type": "string"}, "tail": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}})
BOUNDS = closed(
    {
        "age": {"type": "integer", "minimum": 18, "maximum": 21},
        "half": {"type": "number", "multipleOf": 0.5, "exclusiveMinimum": 0, "exclusiveMaximum": 3},
        "tags": {"type": "array", "items": {"type": "string", "enum": ["a", "b", "c"]}, "minItems": 2, "maxItems": 3},
    }
)
WORDS = closed(
    {
        "plate": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{3,4}$"},
        "when": {"type": "string", "format": "date-time"},
        "day": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "time"},
        "long": {"type": "string", "format": "duration"},
        "mail": {"type": "string", "format": "email"},
        "host": {"type": "string", "format": "hostname"},
        "v4": {"type": "string", "format": "ipv4"},
        "v6": {"type": "string", "format": "ipv6"},
        "id": {"type": "string", "format": "uuid"},
    }
)
CHOICES = closed(
    {
        "fixed": {"const": "v1"},
        "one": {"enum": ["x", 1, None, True]},
        "either": {
            "anyOf": [
                closed({"kind": {"const": "a"}, "n": {"type": "integer"}}),
                closed({"kind": {"const": "b"}, "s": {"type": "string"}}),
            ]
        },
        "maybe": {"type": ["string", "null"]},
    }
)


@pytest.mark.parametrize(
    "schema", [TREE, LINKED, BOUNDS, WORDS, CHOICES], ids=["tree", "linked", "bounds", "words", "choices"]
)
def test_every_answer_to_a_strict_schema_validates(complete, schema):
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
    valid = jsonschema_rs.validator_for(schema, validate_formats=True)
    for seed in range(5):
        answer = complete(messages=ASK, response_format=form, seed=seed)
        value = json.loads(answer.choices[0].message.content)
        assert [str(error) for error in valid.iter_errors(value)] == []
        assert answer.choices[0].finish_reason == "stop"


def test_fields_come_in_the_order_of_the_schema(complete):
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": WORDS, "strict": True}}
    answer = complete(messages=ASK, response_format=form)
    assert list(json.loads(answer.choices[0].message.content)) == list(WORDS["properties"])


def test_a_schema_that_is_not_strict_is_followed_too(complete):
    schema = {
        "type": "object",
        "properties": {"code": {"type": "string", "pattern": "^Z[0-9]+$"}},
        "required": ["code"],
    }
    answer = complete(
        messages=ASK, response_format={"type": "json_schema", "json_schema": {"name": "loose", "schema": schema}}
    )
    assert re.fullmatch("Z[0-9]+", json.loads(answer.choices[0].message.content)["code"])


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": [], "additionalProperties": False},
            "required",
        ),
        ({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}, "additionalProperties"),
        (closed({"a": {"$ref": "#/$defs/nowhere"}}), "nowhere"),
        ({"type": "array", "items": {"type": "string"}}, "object"),
        (closed({"a": {"type": "strin"}}), "strin"),
    ],
)
def test_a_strict_schema_outside_the_rules_is_refused(refused, schema, said):
    error = refused(
        response_format={"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
    )
    assert error.status_code == 400
    assert error.param == "response_format"
    assert error.message.count("Invalid schema for response_format 'answer'") == 1
    assert said in error.message
