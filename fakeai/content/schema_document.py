"""A JSON Schema as a document: its subschemas, where they stand, and what its references point to.

Nothing outside the document is ever read: a reference that leads elsewhere is an error. Does not judge what the
keywords mean beyond which of them hold subschemas.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import unquote

Schema: TypeAlias = dict[str, Any]  # keyword values are whatever the caller sent

MAX_SCHEMAS: Final = 6_000
MAX_NESTING: Final = 100

_ONE: Final = (
    "items",
    "additionalProperties",
    "contains",
    "propertyNames",
    "not",
    "if",
    "then",
    "else",
    "unevaluatedItems",
    "unevaluatedProperties",
)
_LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS: Final = ("$defs", "definitions", "properties", "patternProperties", "dependentSchemas")
_HOLDERS: Final = frozenset((*_ONE, *_LISTS, *_MAPS))
_DEFINITIONS: Final = frozenset({"$defs", "definitions"})
_REFERENCES: Final = ("$ref", "$dynamicRef")


class SchemaError(Exception):
    """The schema is refused, in OpenAI's words where they are known; the caller adds `Invalid schema for …: `."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @classmethod
    def at(cls, path: tuple[str, ...], what: str) -> "SchemaError":
        """An error at a place in the schema, given as the keys that lead there."""
        return cls(f"In context={path!r}, {what}")


class Place(NamedTuple):
    """A subschema, the keys that lead to it, and how many objects contain it, itself included."""

    schema: Schema
    path: tuple[str, ...]
    objects: int


class Document:
    """A parsed schema. Subschemas are told apart by identity: `root` must hold no object twice, as parsed JSON does.

    Raises SchemaError when it is too large, too deep, or a reference leads outside or nowhere.
    """

    def __init__(self, root: Schema) -> None:
        self.root = root
        self.places: list[Place] = []
        self._anchors: dict[str, Schema] = {}
        self._targets: dict[str, Schema | bool] = {}
        self._seen: set[int] = set()
        self._collect(root, ())
        at = 0
        while at < len(self.places):
            self._follow(self.places[at])
            at += 1

    @property
    def references(self) -> int:
        """How many different references there are."""
        return len(self._targets)

    def target(self, reference: str) -> Schema | bool:
        """What `reference` points to."""
        return self._targets[reference]

    def following(self, schema: Schema) -> list[Schema]:
        """The subschemas right below `schema` and those it refers to; definitions are not below anything."""
        found = [child for keys, child in children_of(schema) if keys[0] not in _DEFINITIONS]
        targets = [self._targets[schema[keyword]] for keyword in _REFERENCES if isinstance(schema.get(keyword), str)]
        return found + [target for target in targets if isinstance(target, dict)]

    def _collect(self, root: Schema, path: tuple[str, ...]) -> None:
        stack = [(root, path, 0)]
        while stack:
            schema, path, above = stack.pop()
            if id(schema) in self._seen:
                continue
            self._seen.add(id(schema))
            if len(self.places) >= MAX_SCHEMAS:
                raise SchemaError(f"schema is too large: it has more than {MAX_SCHEMAS} subschemas.")
            if len(path) > MAX_NESTING:
                raise SchemaError.at(path[:4], f"schema is nested deeper than {MAX_NESTING} levels.")
            objects = above + (is_object(schema))
            self.places.append(Place(schema, path, objects))
            for name in ("$anchor", "$dynamicAnchor"):
                if isinstance(anchor := schema.get(name), str):
                    self._anchors[anchor] = schema
            children = [(child, path + keys, objects) for keys, child in children_of(schema)]
            stack.extend(reversed(children))

    def _follow(self, place: Place) -> None:
        for keyword in _REFERENCES:
            reference = place.schema.get(keyword)
            if isinstance(reference, str) and reference not in self._targets:
                target = self._resolve(reference, place.path)
                self._targets[reference] = target
                if isinstance(target, dict):
                    self._collect(target, tuple(reference[2:].split("/")[:MAX_NESTING]))

    def _resolve(self, reference: str, path: tuple[str, ...]) -> Schema | bool:
        if not reference.startswith("#"):
            what = (
                f"reference to {reference[:200]!r} is not permitted: references must point into the schema ('#/...')."
            )
            raise SchemaError.at(path, what)
        if reference in ("#", "#/"):
            return self.root
        found: Any = self._anchors.get(reference[1:])
        if found is None and reference.startswith("#/"):
            found = self.root
            for key in reference[2:].split("/"):
                found = _step(found, unquote(key).replace("~1", "/").replace("~0", "~"))
        if not isinstance(found, dict | bool):
            raise SchemaError.at(path, f"reference to component {reference[:200]!r} which was not found in the schema.")
        return found


def children_of(schema: Schema) -> Iterator[tuple[tuple[str, ...], Schema]]:
    """The direct subschemas that are objects, with the keys that lead to them, in the order of the schema."""
    for keyword, value in schema.items():
        if keyword not in _HOLDERS:
            continue
        if isinstance(value, list):
            yield from (((keyword, str(at)), child) for at, child in enumerate(value) if isinstance(child, dict))
        elif isinstance(value, dict) and keyword in _MAPS:
            yield from (((keyword, name), child) for name, child in value.items() if isinstance(child, dict))
        elif isinstance(value, dict):
            yield (keyword,), value


def is_object(schema: Mapping[str, Any]) -> bool:
    """Whether `schema` says that its values are (also) objects."""
    kind = schema.get("type")
    return kind == "object" or (isinstance(kind, list) and "object" in kind)


def _step(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and key.isdigit() and len(key) < 8 and int(key) < len(value):
        return value[int(key)]
    return None
