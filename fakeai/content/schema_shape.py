"""What several subschemas ask for together: `$ref` and `allOf` followed, keywords intersected.

Choices (`anyOf`, `oneOf`, `if`) are listed, not made. Shapes are remembered by the identity of the subschemas, so one
`Shapes` belongs to one Document. Makes no values.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import Any, Final, NamedTuple, TypeAlias

from fakeai.content import regexes
from fakeai.content.schema_document import Document, Schema

Node: TypeAlias = "Schema | bool"
Key: TypeAlias = tuple[int, str]
"""A choice: the subschema (by `id`) and its keyword."""

KINDS: Final = ("object", "array", "string", "integer", "number", "boolean", "null")
MAX_SHAPES: Final = 1_024

_INFERRED: Final = (
    (
        "object",
        ("properties", "required", "additionalProperties", "patternProperties", "minProperties", "propertyNames"),
    ),
    ("array", ("items", "prefixItems", "minItems", "maxItems", "contains", "uniqueItems")),
    ("string", ("minLength", "maxLength", "pattern", "format")),
    ("number", ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")),
)


class Choice(NamedTuple):
    """One of `branches` must hold."""

    key: Key
    branches: Sequence[Node]


class Condition(NamedTuple):
    """If `when` holds, `then` must; else `otherwise`."""

    key: Key
    when: Node
    then: Node
    otherwise: Node


class Contained(NamedTuple):
    """At least `least` items hold `node`."""

    node: Node
    least: int


@dataclass(slots=True)
class Shape:
    """The conjunction of some subschemas. Lists of nodes are conjunctions too."""

    atoms: list[Schema] = field(default_factory=list)
    possible: bool = True
    kinds: tuple[str, ...] = ()
    typed: bool = False
    values: list[Any] | None = None
    excluded: list[Any] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    properties: dict[str, list[Node]] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    patterns: list[tuple[str, Node]] = field(default_factory=list)
    others: list[Node] = field(default_factory=list)
    open: bool = True
    names: list[Node] = field(default_factory=list)
    dependent: list[tuple[str, Sequence[str]]] = field(default_factory=list)
    dependent_schemas: list[tuple[Key, str, Node]] = field(default_factory=list)
    least_properties: int = 0
    most_properties: int | None = None
    prefix: list[list[Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    contained: list[Contained] = field(default_factory=list)
    least_items: int = 0
    most_items: int | None = None
    unique: bool = False
    least_length: int = 0
    most_length: int | None = None
    regexes: list[str] = field(default_factory=list)
    format: str | None = None
    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None
    steps: list[float] = field(default_factory=list)
    title: str = ""
    description: str = ""
    examples: Sequence[Any] = ()


class Shapes:
    """Shapes of one document, made when first asked for."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._known: dict[tuple[tuple[int, ...], frozenset[Key]], Shape] = {}

    def of(self, nodes: Sequence[Node], chosen: frozenset[Key] = frozenset()) -> Shape:
        """What `nodes` ask for together, less the choices that are already made."""
        key = (tuple(map(id, nodes)), chosen)
        shape = self._known.get(key)
        if shape is None:
            shape = self._make(nodes, chosen)
            if len(self._known) < MAX_SHAPES:
                self._known[key] = shape
        return shape

    def _make(self, nodes: Sequence[Node], chosen: frozenset[Key]) -> Shape:
        shape = Shape()
        atoms = self._atoms(nodes)
        if atoms is None:
            shape.possible = False
            return shape
        shape.atoms = atoms
        for atom in atoms:
            _add_choices(shape, atom, chosen)
            _add_values(shape, atom)
            _add_string(shape, atom)
            _add_number(shape, atom)
            _add_array(shape, atom)
            _add_object(shape, atom)
        _close(shape, atoms)
        _set_kinds(shape, atoms)
        return shape

    def _atoms(self, nodes: Iterable[Node]) -> list[Schema] | None:
        """The distinct subschemas reached through `$ref` and `allOf`; None when one of them is `false`."""
        atoms: list[Schema] = []
        seen: set[int] = set()
        stack = list(reversed(list(nodes)))
        while stack:
            node = stack.pop()
            if node is False:
                return None
            if not isinstance(node, dict) or id(node) in seen:
                continue
            seen.add(id(node))
            atoms.append(node)
            stack.extend(reversed(node.get("allOf", ())))
            stack.extend(self._document.target(node[word]) for word in ("$ref", "$dynamicRef") if word in node)
        return atoms


def step_of(steps: Sequence[float]) -> Fraction:
    """The least common multiple of numbers, as decimals are written: 0.1 is a tenth."""
    parts = [Fraction(str(step)) for step in steps]
    denominator = lcm(*(part.denominator for part in parts))
    return Fraction(lcm(*(int(part * denominator) for part in parts)), denominator)


def _add_choices(shape: Shape, atom: Schema, chosen: frozenset[Key]) -> None:
    for keyword in ("anyOf", "oneOf"):
        key = (id(atom), keyword)
        if keyword in atom and key not in chosen:
            shape.choices.append(Choice(key, atom[keyword]))
    if "if" in atom and (id(atom), "if") not in chosen:
        shape.conditions.append(Condition((id(atom), "if"), atom["if"], atom.get("then", True), atom.get("else", True)))
    for name, node in atom.get("dependentSchemas", {}).items():
        key = (id(atom), name)
        if key not in chosen:
            shape.dependent_schemas.append((key, name, node))


def _add_values(shape: Shape, atom: Schema) -> None:
    for values in ([atom["const"]] if "const" in atom else None, atom.get("enum")):
        if values is not None:
            shape.values = values if shape.values is None else [value for value in shape.values if value in values]
    refused = atom.get("not")
    if isinstance(refused, dict):
        shape.excluded.extend([refused["const"]] if "const" in refused else refused.get("enum", ()))
    shape.title = shape.title or str(atom.get("title", ""))
    shape.description = shape.description or str(atom.get("description", ""))
    shape.examples = shape.examples or [*atom.get("examples", ()), *([atom["default"]] if "default" in atom else ())]


def _add_string(shape: Shape, atom: Schema) -> None:
    shape.least_length = max(shape.least_length, int(atom.get("minLength", 0)))
    shape.most_length = _smaller(shape.most_length, atom.get("maxLength"))
    if "pattern" in atom:
        shape.regexes.append(atom["pattern"])
    shape.format = shape.format or atom.get("format")


def _add_number(shape: Shape, atom: Schema) -> None:
    shape.low = _larger(shape.low, atom.get("minimum"))
    shape.high = _smaller(shape.high, atom.get("maximum"))
    shape.above = _larger(shape.above, atom.get("exclusiveMinimum"))
    shape.below = _smaller(shape.below, atom.get("exclusiveMaximum"))
    if "multipleOf" in atom:
        shape.steps.append(atom["multipleOf"])


def _add_array(shape: Shape, atom: Schema) -> None:
    shape.least_items = max(shape.least_items, int(atom.get("minItems", 0)))
    shape.most_items = _smaller(shape.most_items, atom.get("maxItems"))
    shape.unique = shape.unique or atom.get("uniqueItems") is True
    own = atom.get("prefixItems", ())
    rest: Node = atom["items"] if "items" in atom else atom.get("unevaluatedItems", True)
    for at in range(max(len(own), len(shape.prefix))):
        if at == len(shape.prefix):
            shape.prefix.append(list(shape.items))
        shape.prefix[at].append(own[at] if at < len(own) else rest)
    shape.items.append(rest)
    if "contains" in atom and atom.get("minContains", 1) > 0:
        shape.contained.append(Contained(atom["contains"], int(atom.get("minContains", 1))))


def _add_object(shape: Shape, atom: Schema) -> None:
    for name, node in atom.get("properties", {}).items():
        shape.properties.setdefault(name, []).append(node)
    shape.required = list(dict.fromkeys((*shape.required, *atom.get("required", ()))))
    shape.patterns.extend(atom.get("patternProperties", {}).items())
    shape.dependent.extend(atom.get("dependentRequired", {}).items())
    if "propertyNames" in atom:
        shape.names.append(atom["propertyNames"])
    shape.least_properties = max(shape.least_properties, int(atom.get("minProperties", 0)))
    shape.most_properties = _smaller(shape.most_properties, atom.get("maxProperties"))


def _close(shape: Shape, atoms: Sequence[Schema]) -> None:
    """Apply `additionalProperties` of each subschema to the properties that only others name."""
    for atom in atoms:
        rest = atom.get("additionalProperties", True)
        if atom.get("unevaluatedProperties") is False:
            shape.open = False
        if rest is True:
            continue
        own, patterns = atom.get("properties", {}), atom.get("patternProperties", ())
        for name in [name for name in shape.properties if name not in own and not _named(name, patterns)]:
            if rest is False:
                del shape.properties[name]
            else:
                shape.properties[name].append(rest)
        if rest is False:
            shape.open = False
        else:
            shape.others.append(rest)


def _named(name: str, patterns: Iterable[str]) -> bool:
    return any(regexes.matches(pattern, name) for pattern in patterns)


def _set_kinds(shape: Shape, atoms: Sequence[Schema]) -> None:
    kinds: list[str] | None = None
    for atom in atoms:
        if "type" in atom:
            own = _kinds_of(atom["type"])
            kinds = own if kinds is None else [kind for kind in kinds if kind in own]
    shape.typed = kinds is not None
    if kinds is None:
        kinds = [kind for kind, words in _INFERRED if any(word in atom for atom in atoms for word in words)][:1]
    for atom in atoms:
        refused = atom.get("not")
        if isinstance(refused, dict) and refused.keys() == {"type"}:
            kinds = [kind for kind in kinds or KINDS if kind not in _kinds_of(refused["type"])]
    if "number" in kinds and "integer" in kinds:
        kinds.remove("integer")
    shape.kinds = tuple(kinds)
    shape.possible = bool(kinds) or not shape.typed


def _kinds_of(value: str | list[str]) -> list[str]:
    kinds = [value] if isinstance(value, str) else value
    return [*kinds, "integer"] if "number" in kinds and "integer" not in kinds else list(kinds)


def _smaller(first: Any, second: Any) -> Any:
    return second if first is None else first if second is None else min(first, second)


def _larger(first: Any, second: Any) -> Any:
    return second if first is None else first if second is None else max(first, second)
