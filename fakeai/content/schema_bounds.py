"""How deep and how large a schema's smallest values are, whether it has any at all, and how many ways lead through it.

Bounds come from Knuth's generalisation of Dijkstra's algorithm, breadth first: a subschema is settled once
every one of its requirements has a settled alternative. What is never settled has no finite value. Takes time linear in
the edges, and any JSON: keywords of wrong types are passed over.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from fakeai.content.schema_document import Document, Schema

CEILING: Final = 1 << 40
_CHARACTERS = 16
"""Characters that count as one value."""


class Bound(NamedTuple):
    """Of the flattest value of a subschema: its depth, and its number of values (strings count by length)."""

    depth: int
    size: int


class _Requirement(NamedTuple):
    """`times` values, each of one of the `alternatives`."""

    alternatives: Sequence[Any]
    times: int = 1


class _State:
    __slots__ = ("open", "size")

    def __init__(self, requirements: int, size: int) -> None:
        self.open = requirements
        self.size = size


def bounds(document: Document) -> dict[int, Bound]:
    """The bounds by `id` of subschema; those without a finite value are missing."""
    states: dict[int, _State] = {}
    users: dict[int, list[tuple[int, list[bool], int]]] = {}
    queue: deque[tuple[int, int]] = deque()
    settled: dict[int, Bound] = {}
    for place in document.places:
        key = id(place.schema)
        open_ones = [found for found in _requirements(place.schema, document) if True not in found.alternatives]
        state = states[key] = _State(len(open_ones), 1 + _own_size(place.schema))
        for requirement in open_ones:
            met = [False]
            for alternative in requirement.alternatives:
                if isinstance(alternative, dict):
                    users.setdefault(id(alternative), []).append((key, met, requirement.times))
        if not state.open:
            queue.append((key, 0))
    while queue:
        key, depth = queue.popleft()
        bound = settled[key] = Bound(depth, min(CEILING, states[key].size))
        for user, met, times in users.get(key, ()):
            if met[0]:
                continue
            met[0] = True
            state = states[user]
            state.size = min(CEILING, state.size + bound.size * times)
            state.open -= 1
            if not state.open:
                queue.append((user, depth + 1))
    return settled


def ways(document: Document) -> int:
    """Paths from the root through subschemas and references, without going in circles: a validator may walk them all."""
    found: dict[int, int] = {}
    stack: list[tuple[Schema, list[Schema] | None]] = [(document.root, None)]
    while stack:
        schema, following = stack.pop()
        if following is not None:
            found[id(schema)] = min(CEILING, 1 + sum(found[id(child)] for child in following))
        elif id(schema) not in found:
            found[id(schema)] = 1
            following = document.following(schema)
            stack.append((schema, following))
            stack.extend((child, None) for child in following if id(child) not in found)
    return found[id(document.root)]


def _requirements(schema: Schema, document: Document) -> Iterator[_Requirement]:
    for keyword in ("$ref", "$dynamicRef"):
        if isinstance(reference := schema.get(keyword), str):
            yield _Requirement((document.target(reference),))
    if "const" in schema or "enum" in schema:
        if schema.get("enum") == []:
            yield _Requirement(())
        return
    for part in _list(schema, "allOf"):
        yield _Requirement((part,))
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            yield _Requirement(_list(schema, keyword))
    kinds = schema.get("type")
    if kinds in ("object", ["object"]):
        yield from _members(schema)
    elif kinds in ("array", ["array"]):
        yield from _elements(schema)


def _members(schema: Schema) -> Iterator[_Requirement]:
    properties = schema.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    required = {name for name in _list(schema, "required") if isinstance(name, str)}
    others = schema.get("additionalProperties", True)
    for name in required:
        yield _Requirement((properties.get(name, others),))
    missing = _count(schema, "minProperties") - len(required)
    patterns = schema.get("patternProperties")
    if missing > 0:
        named = patterns.values() if isinstance(patterns, dict) else ()
        yield _Requirement((*properties.values(), *named, others), missing)


def _elements(schema: Schema) -> Iterator[_Requirement]:
    least = _count(schema, "minItems")
    first = _list(schema, "prefixItems")[:least]
    for item in first:
        yield _Requirement((item,))
    if least > len(first):
        yield _Requirement((schema.get("items", True),), least - len(first))
    if "contains" in schema and schema.get("minContains") != 0:
        yield _Requirement((schema["contains"],), max(1, _count(schema, "minContains")))


def _own_size(schema: Schema) -> int:
    """What the value itself takes, and those of its parts whose schema is `true`."""
    return min(
        CEILING,
        _count(schema, "minLength") // _CHARACTERS + _count(schema, "minItems") + _count(schema, "minProperties"),
    )


def _list(schema: Schema, keyword: str) -> list[Any]:
    value = schema.get(keyword)
    return value if isinstance(value, list) else []


def _count(schema: Schema, keyword: str) -> int:
    value = schema.get(keyword)
    return int(min(CEILING, value)) if isinstance(value, int | float) and value > 0 else 0
