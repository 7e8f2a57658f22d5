"""From pydantic's ValidationError to the one error OpenAI would answer with, word for word.

Knows how messages, params and codes are put; does not know any endpoint. pydantic's locations hold the names of
union branches among those of fields; walking them along the core schema tells the one from the other.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from fakeai.core.errors import BadRequest
from fakeai.wire import wording

Schema = dict[str, Any]  # a pydantic-core schema: nested dicts of many shapes
Location = tuple[int | str, ...]

_WRAPPERS = frozenset(("nullable", "default", "model", "definitions"))
_TYPE_ERRORS = frozenset(("string_type", "int_type", "float_type", "bool_type", "list_type", "dict_type", "model_type"))


class _Place(NamedTuple):
    """Where a fault is: its param, the schema there, and at which part of its location an undecided union begins."""

    param: str
    schema: Schema
    union_at: int | None = None


_Teller: TypeAlias = Callable[[_Place, ErrorDetails], BadRequest]


def refusal(kind: type[BaseModel], error: ValidationError) -> BadRequest:
    """The BadRequest for a body that is no `kind`: about its first fault, as OpenAI's are."""
    faults = error.errors(include_url=False)
    if faults[0]["type"] == "json_invalid":
        return BadRequest(wording.UNREADABLE)
    root: Schema = dict(kind.__pydantic_core_schema__)
    return _told(root, faults, faults[0], 0)


def _told(root: Schema, faults: Sequence[ErrorDetails], fault: ErrorDetails, decided: int) -> BadRequest:
    """The error for `fault`, or for a better one of the union it comes from. Unions before `decided` are settled."""
    place = _locate(root, fault["loc"], decided)
    if place.union_at is None:
        return _worded(place, fault)
    at = place.union_at
    rivals = [rival for rival in faults if rival["loc"][:at] == fault["loc"][:at]]
    inner = [rival for rival in rivals if not _is_type_error(rival, at)]
    if not inner:
        return _worded(place, fault)
    furthest = max(inner, key=lambda rival: _progress(rival["loc"][at + 1 :]))
    return _told(root, rivals, furthest, at + 1)


def _is_type_error(fault: ErrorDetails, at: int) -> bool:
    """Whether `fault` only says that the value is not of its branch's JSON type."""
    if len(fault["loc"]) > at + 1:
        return False
    return fault["type"] in _TYPE_ERRORS or (fault["type"] == "literal_error" and not isinstance(fault["input"], str))


def _progress(rest: Location) -> int:
    """How many items a branch took before it failed."""
    return rest[0] if rest and isinstance(rest[0], int) else 0


def _locate(root: Schema, location: Location, decided: int) -> _Place:
    """Follow `location` through the schema, leaving out the names of branches; stops at the first undecided union."""
    definitions = {item["ref"]: item for item in root.get("definitions", ())}
    schema, param = _unwrapped(root, definitions), ""
    for index, part in enumerate(location):
        if schema["type"] == "union" and index >= decided:
            return _Place(param, schema, index)
        schema, step = _step(schema, part)
        param = (param + step).removeprefix(".")
        schema = _unwrapped(schema, definitions)
    return _Place(param, schema)


def _step(schema: Schema, part: int | str) -> tuple[Schema, str]:
    """The schema one part of a location further on, and how a param writes that part."""
    match schema["type"]:
        case "union":
            return schema["choices"][int(part)][0], ""
        case "tagged-union":
            return schema["choices"][part], ""
        case "list":
            return schema["items_schema"], f"[{part}]"
        case "dict":
            return schema["values_schema"], f".{str(part)[:64]}"
        case "model-fields":
            return _field(schema["fields"], str(part)), f".{part}"
        case _:  # "[key]" after a property's name: the fault is in the name itself
            return schema, ""


def _field(fields: Schema, name: str) -> Schema:
    field = fields.get(name) or next(each for each in fields.values() if each.get("validation_alias") == name)
    schema: Schema = field["schema"]
    return schema


def _unwrapped(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    while True:
        if schema["type"] == "definition-ref":
            schema = definitions[schema["schema_ref"]]
        elif schema["type"] in _WRAPPERS:
            schema = schema["schema"]
        else:
            return schema


# -- wording one fault


def _worded(place: _Place, fault: ErrorDetails) -> BadRequest:
    absent = fault["type"] == "missing" or fault["input"] is None
    found = _MESSAGE_FIELD.fullmatch(place.param) if absent else None
    if found and (message := _MESSAGE_RULES.get((found[2], fault["type"] == "missing"))):
        return BadRequest(message, param=f"messages.[{found[1]}].{found[2]}")
    if place.union_at is not None:
        return _wrong_type(place, fault)
    return _WORDINGS.get(fault["type"], _wrong_type)(place, fault)


def _wrong_type(place: _Place, fault: ErrorDetails) -> BadRequest:
    return wording.invalid_type(place.param, _expected(place.schema), fault["input"])


def _wrong_literal(place: _Place, fault: ErrorDetails) -> BadRequest:
    if not isinstance(fault["input"], str):
        return _wrong_type(place, fault)
    return wording.invalid_value(place.param, fault["input"], _words(place.schema))


def _wrong_tag(place: _Place, fault: ErrorDetails) -> BadRequest:
    tag = place.schema["discriminator"]
    param = f"{place.param}.{tag}"
    value = fault["input"].get(tag)
    if isinstance(value, str):
        return wording.invalid_value(param, value, _words(place.schema))
    return wording.invalid_type(param, _expected({"type": "literal", "expected": _words(place.schema)}), value)


def _no_tag(place: _Place, fault: ErrorDetails) -> BadRequest:
    return wording.missing(f"{place.param}.{place.schema['discriminator']}")


def _too_long(place: _Place, fault: ErrorDetails) -> BadRequest:
    context = fault["ctx"]
    told = wording.too_many_properties if place.schema["type"] == "dict" else wording.array_too_long
    return told(place.param, context["max_length"], len(fault["input"]))


def _string_too_long(place: _Place, fault: ErrorDetails) -> BadRequest:
    return wording.string_too_long(place.param, fault["ctx"]["max_length"], len(fault["input"]))


def _out_of_bounds(side: Literal["above", "below"], bound: str) -> _Teller:
    def tell(place: _Place, fault: ErrorDetails) -> BadRequest:
        kind: Literal["integer", "decimal"] = "integer" if place.schema["type"] == "int" else "decimal"
        return wording.out_of_bounds(place.param, kind, side, fault["ctx"][bound], fault["input"])

    return tell


_WORDINGS: Mapping[str, _Teller] = MappingProxyType(
    {
        "missing": lambda place, fault: wording.missing(place.param),
        "literal_error": _wrong_literal,
        "union_tag_invalid": _wrong_tag,
        "union_tag_not_found": _no_tag,
        "too_long": _too_long,
        "too_short": lambda place, fault: wording.empty_array(place.param),
        "string_too_long": _string_too_long,
        "string_too_short": lambda place, fault: wording.empty_string(place.param),
        "less_than_equal": _out_of_bounds("above", "le"),
        "greater_than_equal": _out_of_bounds("below", "ge"),
    }
)

# What OpenAI says of messages in other words, by field and whether it is missing (else null).
_NO_CALL_ID = "Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'."
_MESSAGE_FIELD = re.compile(r"messages\[(\d+)\]\.(\w+)")
_MESSAGE_RULES: Mapping[tuple[str, bool], str] = MappingProxyType(
    {
        ("content", False): "Invalid value for 'content': expected a string, got null.",
        (
            "tool_call_id",
            True,
        ): "Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.",
        ("name", True): "Missing parameter 'name': messages with role 'function' must have a 'name'.",
    }
)


# -- naming what a schema takes


def _expected(schema: Schema) -> str:
    """What the schema takes, with its article: `an array of objects`."""
    if schema["type"] == "literal":
        words = _words(schema)
        return f"{'one of ' if len(words) > 1 else ''}{wording.quoted(words, 'or')}"
    if schema["type"] == "union":
        first, *others = (_name(branch) for branch, _ in schema["choices"])
        return f"one of {wording.joined([wording.article(first), *others], 'or')}"
    return wording.article(_name(schema))


def _words(schema: Schema) -> list[str]:
    return list(schema["choices"]) if schema["type"] == "tagged-union" else list(schema["expected"])


def _name(schema: Schema) -> str:
    """The JSON type the schema takes: `array of objects`."""
    while schema["type"] in ("nullable", "default"):
        schema = schema["schema"]
    if schema["type"] == "list":
        return f"array of {_name(schema['items_schema'])}s"
    return _NAMES.get(schema["type"], "object")


_NAMES: Mapping[str, str] = MappingProxyType(
    {"str": "string", "literal": "string", "int": "integer", "float": "decimal", "bool": "boolean"}
)
