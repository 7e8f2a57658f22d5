"""From pydantic's ValidationError to the one error OpenAI would answer with, word for word.

Knows how messages, params and codes are put; does not know any endpoint. pydantic's locations hold the names of
union branches among those of fields; walking them along the core schema tells the one from the other.
"""

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


class Refusal(NamedTuple):
    """The error for a body, and pydantic's fault behind it, for request types that put it in words of their own."""

    error: BadRequest
    location: Location = ()
    kind: str = ""
    """pydantic's name of the fault, such as `missing`."""
    value: object = None
    """What was found there; for a missing field, the object that lacks it."""


class _Place(NamedTuple):
    """Where a fault is: its param, the schema there, and at which part of its location an undecided union begins."""

    param: str
    schema: Schema
    union_at: int | None = None


_KEY = "[key]"
"""What a location ends with where the fault is in a property's name."""

_Teller: TypeAlias = Callable[[_Place, ErrorDetails], BadRequest]


def refusal(kind: type[BaseModel], error: ValidationError) -> Refusal:
    """What to tell of a body that is no `kind`: its first fault, as OpenAI does."""
    faults = error.errors(include_url=False)
    if faults[0]["type"] == "json_invalid":
        return Refusal(BadRequest(wording.UNREADABLE))
    root: Schema = dict(kind.__pydantic_core_schema__)
    return _told(root, faults, faults[0], 0)


def _told(root: Schema, faults: Sequence[ErrorDetails], fault: ErrorDetails, decided: int) -> Refusal:
    """The error for `fault`, or for a better one of the union it comes from. Unions before `decided` are settled."""
    place = _locate(root, fault["loc"], decided)
    at = place.union_at
    if at is None:
        tell = _WORDINGS.get(fault["type"], _wrong_type)
        return Refusal(tell(place, fault), fault["loc"], fault["type"], fault["input"])
    rivals = [rival for rival in faults if rival["loc"][:at] == fault["loc"][:at]]
    inner = [rival for rival in rivals if not _is_type_error(rival, at)]
    if not inner:
        return Refusal(_wrong_type(place, fault), fault["loc"][:at], "union", fault["input"])
    furthest = max(inner, key=lambda rival: _progress(rival, at))
    return _told(root, rivals, furthest, at + 1)


def _is_type_error(fault: ErrorDetails, at: int) -> bool:
    """Whether `fault` only says that the value is not of its branch's JSON type."""
    if len(fault["loc"]) > at + 1:
        return False
    return fault["type"] in _TYPE_ERRORS or (fault["type"] == "literal_error" and not isinstance(fault["input"], str))


def _progress(fault: ErrorDetails, at: int) -> tuple[bool, int, int, bool]:
    """How well its branch fitted: every item, else by items taken, depth reached, and whether the type was right."""
    rest = fault["loc"][at + 1 :]
    taken = rest[0] if rest and isinstance(rest[0], int) else 0
    return not rest, taken, len(rest), fault["type"] not in _TYPE_ERRORS


def _locate(root: Schema, location: Location, decided: int) -> _Place:
    """Follow `location` through the schema, leaving out the names of branches; stops at the first undecided union."""
    definitions = {item["ref"]: item for item in root.get("definitions", ())}
    schema, param = _unwrapped(root, definitions), ""
    for index, part in enumerate(location):
        if schema["type"] == "union" and part == _KEY:  # of no branch: the fault is in the property's name
            return _Place(param, schema)
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
            return schema["values_schema"], f".{wording.shown(part)}"
        case "model-fields":
            return _field(schema["fields"], str(part)), f".{part}"
        case _:  # _KEY after a property's name
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


def _wrong_type(place: _Place, fault: ErrorDetails) -> BadRequest:
    return wording.invalid_type(place.param, _expected(place.schema), fault["input"])


def _wrong_literal(place: _Place, fault: ErrorDetails) -> BadRequest:
    if not isinstance(fault["input"], str):
        return _wrong_type(place, fault)
    return wording.invalid_value(place.param, fault["input"], _words(place.schema))


def _wrong_tag(place: _Place, fault: ErrorDetails) -> BadRequest:
    tag = _tag(place.schema)
    param = f"{place.param}.{tag}"
    value = fault["input"].get(tag)
    if isinstance(value, str):
        return wording.invalid_value(param, value, _words(place.schema))
    return wording.invalid_type(param, _one_of(_words(place.schema)), value)


def _no_tag(place: _Place, fault: ErrorDetails) -> BadRequest:
    return wording.missing(f"{place.param}.{_tag(place.schema)}")


def _tag(schema: Schema) -> str:
    """The field that tells a union's branches apart; where a function does, it looks at `type` first."""
    discriminator = schema["discriminator"]
    return discriminator if isinstance(discriminator, str) else "type"


def _too_long(place: _Place, fault: ErrorDetails) -> BadRequest:
    context = fault["ctx"]
    told = wording.too_many_properties if place.schema["type"] == "dict" else wording.array_too_long
    return told(place.param, context["max_length"], len(fault["input"]))


def _string_too_long(place: _Place, fault: ErrorDetails) -> BadRequest:
    if fault["loc"][-1] == _KEY:
        return wording.name_too_long(place.param, fault["ctx"]["max_length"], fault["input"])
    return wording.string_too_long(place.param, fault["ctx"]["max_length"], len(fault["input"]))


def _out_of_bounds(side: Literal["above", "below"], bound: str) -> _Teller:
    def tell(place: _Place, fault: ErrorDetails) -> BadRequest:
        return wording.out_of_bounds(place.param, _number_kind(place), side, fault["ctx"][bound], fault["input"])

    return tell


def _not_above(place: _Place, fault: ErrorDetails) -> BadRequest:
    return wording.not_above(place.param, _number_kind(place), fault["ctx"]["gt"], fault["input"])


def _number_kind(place: _Place) -> Literal["integer", "decimal"]:
    return "integer" if place.schema["type"] == "int" else "decimal"


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
        "greater_than": _not_above,
    }
)

# -- naming what a schema takes


def _expected(schema: Schema) -> str:
    """What the schema takes, with its article: `an array of objects`."""
    if schema["type"] == "union":
        return f"one of {_union_name([branch for branch, _ in schema['choices']])}"
    return _article_of(schema)


def _union_name(branches: list[Schema]) -> str:
    """`a string or array of strings or integers`: the arrays' items are put together."""
    items = [_plural(branch["items_schema"]) for branch in branches if branch["type"] == "list"]
    first, *others = [branch for branch in branches if branch["type"] != "list"]
    names = [_article_of(first), *map(_name, others)]
    if items:
        names.append(f"array of {wording.joined(items, 'or')}")
    return wording.joined(names, "or")


def _article_of(schema: Schema) -> str:
    return _one_of(_words(schema)) if schema["type"] == "literal" else wording.article(_name(schema))


def _one_of(words: list[str]) -> str:
    return f"{'one of ' if len(words) > 1 else ''}{wording.quoted(words, 'or')}"


def _words(schema: Schema) -> list[str]:
    return list(schema["choices"]) if schema["type"] == "tagged-union" else list(schema["expected"])


def _name(schema: Schema) -> str:
    """The JSON type the schema takes: `array of objects`."""
    called: str | None = schema.get("metadata", {}).get("called")
    if called:
        return called
    if schema["type"] == "list":
        return f"array of {_plural(schema['items_schema'])}"
    return _NAMES.get(schema["type"], "object")


def _plural(schema: Schema) -> str:
    if schema["type"] == "list":
        return f"{_name(schema['items_schema'])} arrays"
    return f"{_name(schema)}s"


_NAMES: Mapping[str, str] = MappingProxyType(
    {"str": "string", "literal": "string", "int": "integer", "float": "decimal", "bool": "boolean"}
)
