"""Whether a JSON Schema is acceptable: valid by Draft 2020-12, finite, of bearable size; and OpenAI's strict subset.

Words and limits follow OpenAI's API: developers.openai.com/api/docs/guides/structured-outputs (supported schemas), and
error messages as users report them (vercel/ai#6484, dottxt-ai/outlines#844 and #1254, cyanheads/git-mcp-server#47,
tidyverse/ellmer#671, community.openai.com/t/974416). Generates nothing.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from fakeai.content import regexes
from fakeai.content.regex_syntax import RegexError
from fakeai.content.schema_bounds import Bound, bounds, ways
from fakeai.content.schema_document import Document, Place, Schema, SchemaError, is_object

MAX_SIZE: Final = 6_000
"""Values that the smallest instance may have."""

MAX_DEPTH: Final = 200
"""Levels of the flattest instance; references and alternatives count too."""

MAX_WAYS: Final = 200_000
"""Paths through the schema: a validator takes about 10 ns for each."""

MAX_NAMED_PATTERNS: Final = 100
MAX_LEVELS: Final = 10
MAX_PROPERTIES: Final = 5_000
MAX_ENUM: Final = 1_000
MAX_STRINGS: Final = 120_000
_LONG_ENUM: Final = 250
_PATTERN_WEIGHT: Final = 200
_MAX_LONG_ENUM_STRINGS: Final = 15_000

_FORMATS: Final = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"},
)
_REFUSED: Final = (
    "allOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
    "default",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "unevaluatedProperties",
    "unevaluatedItems",
    "prefixItems",
    "contains",
    "minContains",
    "maxContains",
    "uniqueItems",
)
_TOP: Final = ("oneOf", "anyOf", "allOf", "enum", "not")
_OPT_OUT: Final = "or use 'strict: false' to opt out of structured outputs."


class Checked(NamedTuple):
    """A valid schema of bearable size: its bounds, the weight of its patterns, and whether it has no finite value."""

    bounds: dict[int, Bound]
    pattern_weight: int
    endless: bool


def check_document(document: Document) -> Checked:
    """Refuse what is not valid or not bearable."""
    weight = _check_patterns(document)
    if document.references and ways(document) > MAX_WAYS:
        raise SchemaError("schema is too large: its references lead to more parts than a validator can visit.")
    known = bounds(document)
    found = known.get(id(document.root))
    if found is not None and found.depth > MAX_DEPTH:
        raise SchemaError(f"schema is too deep: its flattest value has more than {MAX_DEPTH} levels.")
    if found is not None and found.size > MAX_SIZE:
        raise SchemaError(f"schema is too large: its smallest value has more than {MAX_SIZE} parts.")
    validator(document.root)
    return Checked(known, weight, found is None)


def check_root(schema: Schema) -> None:
    """OpenAI's rule for the root of function parameters and strict formats: an object, and nothing else."""
    kind = schema.get("type", "None")
    if kind != "object":
        raise SchemaError(f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{str(kind)[:100]}\"'.")
    if any(keyword in schema for keyword in _TOP):
        raise SchemaError(
            "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level."
        )


def check_strict(document: Document) -> None:
    """OpenAI's structured-output rules, in the order of the document, then its limits."""
    check_root(document.root)
    for place in document.places:
        for rule in _RULES:
            what = rule(place.schema)
            if what is not None:
                raise SchemaError.at(place.path, what)
    _check_limits(document)


def _check_patterns(document: Document) -> int:
    total = named_total = 0
    for schema, path, _ in document.places:
        if "pattern" not in schema and "patternProperties" not in schema:
            continue
        named = schema.get("patternProperties")
        named = named if isinstance(named, dict) else {}
        named_total += len(named)
        for pattern in (schema.get("pattern"), *named):
            if isinstance(pattern, str):
                total += max(_PATTERN_WEIGHT, _pattern_weight(pattern, path))
        if total > regexes.MAX_WEIGHT or named_total > MAX_NAMED_PATTERNS:
            raise SchemaError.at(path, "the patterns of the schema are too many or too large.")
    return total


def _pattern_weight(pattern: str, path: tuple[str, ...]) -> int:
    try:
        return regexes.size(pattern)
    except RegexError as error:
        raise SchemaError.at(path, f"{pattern[:200]!r} is not a 'regex': {error.message}.") from None


def validator(root: Schema) -> Any:
    """jsonschema_rs's validator of a schema (untyped here, to be loaded late); SchemaError if the schema is not valid."""
    from jsonschema_rs import Draft202012Validator, FancyRegexOptions, ReferencingError, ValidationError

    try:
        return Draft202012Validator(
            root,
            offline=True,
            validate_formats=True,
            ignore_unknown_formats=True,
            pattern_options=FancyRegexOptions(backtrack_limit=20_000),
        )
    except ValidationError as error:
        raise SchemaError(_worded(error)) from None
    except (ReferencingError, ValueError, RecursionError) as error:
        raise SchemaError(f"schema cannot be compiled: {str(error)[:200]}.") from None


def _worded(error: Any) -> str:
    """A metaschema violation in the words of Python's `jsonschema`, which OpenAI's errors show."""
    instance = repr(error.instance)[:200]
    match error.kind.name:
        case "type":
            kinds = ", ".join(repr(kind) for kind in sorted(error.kind.types, reverse=True))
            return f"{instance} is not of type {kinds}."
        case "anyOf":
            return f"{instance} is not valid under any of the given schemas."
        case "minimum" | "exclusiveMinimum":
            return f"{instance} is less than the minimum of {error.kind.limit}."
        case "minItems":
            return f"{instance} should be non-empty."
        case "format":
            return f"{instance} is not a {error.kind.format!r}."
        case "uniqueItems":
            return f"{instance} has non-unique elements."
    return str(error.message).split("\n", 1)[0][:200] + "."


def _refused_keyword(schema: Schema) -> str | None:
    found = next((keyword for keyword in _REFUSED if keyword in schema), None)
    return None if found is None else f"'{found}' is not permitted."


def _lonely_reference(schema: Schema) -> str | None:
    if "$ref" not in schema:
        return None
    others = sorted(schema.keys() - {"$ref"} - {"$defs", "definitions"})
    return f"$ref cannot have keywords {{{', '.join(map(repr, others))}}}." if others else None


def _typed(schema: Schema) -> str | None:
    if any(keyword in schema for keyword in ("type", "anyOf", "$ref", "enum", "const")):
        return None
    return "schema must have a 'type' key."


def _closed(schema: Schema) -> str | None:
    if (is_object(schema) or "properties" in schema) and schema.get("additionalProperties", True) is not False:
        return "'additionalProperties' is required to be supplied and to be false."
    return None


def _all_required(schema: Schema) -> str | None:
    properties = schema.get("properties", {})
    required = dict.fromkeys(schema.get("required", ()))
    message = "'required' is required to be supplied and to be an array including every key in properties."
    missing = next((name for name in properties if name not in required), None)
    if missing is not None:
        return f"{message} Missing '{missing[:200]}'."
    extra = next((name for name in required if name not in properties), None)
    return None if extra is None else f"{message} Extra required key '{extra[:200]}' supplied."


def _itemised(schema: Schema) -> str | None:
    return "array schema missing items." if schema.get("type") == "array" and "items" not in schema else None


def _known_format(schema: Schema) -> str | None:
    found = schema.get("format")
    return None if found is None or found in _FORMATS else f"'{str(found)[:100]}' is not a valid format."


_RULES: Final[tuple[Callable[[Schema], str | None], ...]] = (
    _lonely_reference,
    _refused_keyword,
    _typed,
    _closed,
    _all_required,
    _itemised,
    _known_format,
)


def _check_limits(document: Document) -> None:
    levels = max(place.objects for place in document.places)
    if levels > MAX_LEVELS:
        raise SchemaError(f"{levels} levels of nesting exceeds limit of {MAX_LEVELS}.")
    properties = sum(len(place.schema.get("properties", ())) for place in document.places)
    if properties > MAX_PROPERTIES:
        raise _too_many("object properties", MAX_PROPERTIES, properties, "object properties")
    values = sum(len(place.schema.get("enum", ())) for place in document.places)
    if values > MAX_ENUM:
        raise _too_many("enum values", MAX_ENUM, values, "enums")
    for schema, path, _ in document.places:
        enum = schema.get("enum", ())
        length = sum(len(value) for value in enum if isinstance(value, str))
        if len(enum) > _LONG_ENUM and length > _MAX_LONG_ENUM_STRINGS:
            what = f"{length} characters of {len(enum)} enum values exceeds limit of {_MAX_LONG_ENUM_STRINGS}."
            raise SchemaError.at(path, what)
    length = sum(map(_string_length, document.places))
    if length > MAX_STRINGS:
        raise _too_many("characters of names and values", MAX_STRINGS, length, "names and values")


def _string_length(place: Place) -> int:
    """Characters of property names, definition names, enum and const values."""
    schema = place.schema
    names = [*schema.get("properties", ()), *schema.get("$defs", ()), *schema.get("definitions", ())]
    values = [*schema.get("enum", ()), schema.get("const")]
    return sum(map(len, names)) + sum(len(value) for value in values if isinstance(value, str))


def _too_many(what: str, limit: int, received: int, fewer: str) -> SchemaError:
    return SchemaError(
        f"Expected at most {limit} {what} in total within a single schema when using structured outputs, "
        f"but received {received}. Consider reducing the number of {fewer}, {_OPT_OUT}"
    )
