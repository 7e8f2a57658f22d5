"""Values of a JSON Schema: objects, arrays, choices and recursion; scalars come from `schema_scalars`.

One `Drawing` makes one value. It keeps values small: beyond a depth or a number of parts it takes the flattest way, as
`schema_bounds` knows it. What it draws is likely valid, not surely: the caller validates.
"""

from collections.abc import Iterable, Mapping, Sequence
from json import dumps
from typing import Any, Final, NamedTuple

from fakeai.content import plausible, regexes
from fakeai.content import schema_members as members
from fakeai.content.field_tables import Span
from fakeai.content.regex_syntax import RegexError
from fakeai.content.schema_bounds import CEILING
from fakeai.content.schema_scalars import Dead, number, string
from fakeai.content.schema_shape import Choice, Condition, Key, Node, Shape
from fakeai.content.schema_sight import Sight
from fakeai.core.generation import JsonValue

HARD_DEPTH: Final = 100

_ANYTHING: Final = ("string", "integer", "boolean")
_NO_KEYS: Final[frozenset[Key]] = frozenset()
_TRUE_PREFIXES: Final = frozenset({"is", "has", "can", "enabled", "active", "available", "valid", "success", "correct"})
_ATTEMPTS: Final = 40
_WIDE: Final = Span(0, 1_000_000, 3)
_STRING: Final[dict[str, Any]] = {"type": "string"}


class _Items(NamedTuple):
    """An array in the making; `keys` tells its items apart where they must differ."""

    items: list[JsonValue]
    keys: set[str] | None


class Drawing:
    """Makes one value, from one stream and one set of clues."""

    def __init__(self, sight: Sight, *, budget: int, trusting: bool) -> None:
        self._sight = sight
        self._chance = sight.chance
        self._budget = budget
        self._trusting = trusting
        """Whether the schema's own examples and defaults are taken for good."""
        self._variant = 0
        self._owner = ""

    def value(self, nodes: Sequence[Node], name: str = "", depth: int = 0) -> JsonValue:
        """A value for the conjunction of `nodes`, of a field called `name`; Dead when there seems to be none."""
        self._sight.parts += 1
        if depth > HARD_DEPTH or self._sight.parts > self._budget:
            raise Dead
        shape = self._settled(nodes, depth)
        if not shape.possible:
            raise Dead
        if shape.values is not None:
            return self._enumerated(shape)
        self._sight.enter(shape)
        try:
            return self._of_kind(shape, self._kind(shape, depth), name, depth)
        finally:
            self._sight.leave(shape)

    def _settled(self, nodes: Sequence[Node], depth: int) -> Shape:
        """The shape of `nodes` once every choice in it is made."""
        shape = self._sight.shapes.of(nodes)
        chosen = _NO_KEYS
        while shape.possible and (shape.choices or shape.conditions):
            if shape.choices:
                choice = shape.choices[0]
                nodes = (*nodes, self._branch(shape, choice, depth))
                chosen |= {choice.key}
            else:
                condition = shape.conditions[0]
                nodes = (*nodes, *self._consequence(condition))
                chosen |= {condition.key}
            shape = self._sight.shapes.of(nodes, chosen)
        return shape

    def _branch(self, shape: Shape, choice: Choice, depth: int) -> Node:
        branches = [branch for branch in choice.branches if self._sight.usable((branch,))]
        if not branches:
            raise Dead
        if len(branches) == 1:
            return branches[0]
        recursive = [self._sight.recursion(branch) for branch in branches]
        if self._sight.tight(depth) or max(recursive) > 1:
            return min(branches, key=self._sight.cost)
        some = [branch for branch in branches if not _is_null(branch)]
        if some and len(some) < len(branches):
            eager = 2 if max(recursive) else 8
            return self._chance.pick(some) if self._chance.below(eager) else self._chance.pick(branches)
        return self._chance.pick(branches)

    def _consequence(self, condition: Condition) -> tuple[Node, ...]:
        if condition.when is not False and condition.then is not False and self._chance.below(2):
            return (condition.when, condition.then)
        return (condition.otherwise,)

    def _enumerated(self, shape: Shape) -> JsonValue:
        values = [value for value in shape.values or () if value not in shape.excluded and _is_of(value, shape)]
        if not values:
            raise Dead
        if len(values) == 1:
            return _plain(values[0])
        said = members.said(values, self._sight.clues.facts.lower)
        if said:
            return _plain(max(said, key=len))
        some = [value for value in values if value is not None]
        return _plain(self._chance.pick(some))

    def _kind(self, shape: Shape, depth: int) -> str:
        kinds = shape.kinds or _ANYTHING
        if len(kinds) == 1:
            return kinds[0]
        if self._sight.tight(depth):
            return next((kind for kind in kinds if kind not in ("object", "array")), kinds[0])
        some = [kind for kind in kinds if kind != "null"]
        return self._chance.pick(some) if self._chance.below(8) else self._chance.pick(kinds)

    def _of_kind(self, shape: Shape, kind: str, name: str, depth: int) -> JsonValue:
        if kind == "object":
            return self._object(shape, depth)
        if kind == "array":
            return self._array(shape, name, depth)
        if kind == "null":
            return None
        known = plausible.field(name, shape.description, self._owner)
        if kind == "boolean":
            return self._boolean(shape, known)
        if self._trusting and shape.examples and not plausible.facts_for(known, self._sight.clues.facts):
            usable = [value for value in shape.examples if _has_kind(value, kind)]
            if usable:
                return _plain(self._chance.pick(usable))
        for _ in range(8):
            made = self._scalar(shape, kind, known)
            if made not in shape.excluded:
                return made
        raise Dead

    def _scalar(self, shape: Shape, kind: str, known: plausible.Field) -> str | int | float:
        if kind == "string":
            return string(shape, known, self._chance, self._sight.clues, self._variant)
        if self._variant:
            known = known._replace(span=_WIDE)
        return number(shape, known, self._chance, self._sight.clues, whole=kind == "integer")

    def _boolean(self, shape: Shape, known: plausible.Field) -> bool:
        likely = not _TRUE_PREFIXES.isdisjoint(known.words)
        drawn = self._chance.below(4) > 0 if likely else bool(self._chance.below(2))
        return not drawn if any(value is drawn for value in shape.excluded) else drawn

    # -- objects

    def _object(self, shape: Shape, depth: int) -> JsonValue:
        sight, shape = self._sight, self._with_dependents(shape)
        owner, self._owner = self._owner, shape.title
        names = members.chosen_names(sight, shape, depth)
        made: dict[str, JsonValue] = dict.fromkeys(names)
        for name in members.lists_first(sight, names):
            made[name] = self.value(members.nodes_of(shape, name), name, depth + 1)
            self._owner = shape.title
        wanted = max(shape.least_properties - len(made), members.extra(sight, shape, made, depth))
        for name in self._new_names(shape, made, wanted, depth):
            made[name] = self.value(members.nodes_of(shape, name), name, depth + 1)
        self._owner = owner
        return made

    def _with_dependents(self, shape: Shape) -> Shape:
        """`dependentSchemas` of required properties hold; those of others as if the property were given."""
        nodes: list[Node] = list(shape.atoms)
        keys: set[Key] = set()
        for key, name, node in shape.dependent_schemas:
            if name in shape.required or name in shape.properties:
                nodes.append(node)
                keys.add(key)
        if not keys:
            return shape
        merged = self._sight.shapes.of(nodes, frozenset(keys) | _keys_of(shape.atoms))
        if not merged.possible:
            raise Dead
        return merged

    def _new_names(self, shape: Shape, made: Mapping[str, JsonValue], count: int, depth: int) -> list[str]:
        names: list[str] = []
        for attempt in range(8 * max(0, count)):
            if len(names) == count:
                break
            name = self._new_name(shape, attempt, depth)
            allowed = (
                shape.open or bool(shape.others) or any(regexes.matches(found, name) for found, _ in shape.patterns)
            )
            if allowed and name not in made and name not in names and name not in shape.properties:
                names.append(name)
        if len(made) + len(names) < shape.least_properties:
            raise Dead
        return names

    def _new_name(self, shape: Shape, attempt: int, depth: int) -> str:
        if shape.names:
            found = self.value((*shape.names, _STRING), "key", depth + 1)
            return str(found)
        if shape.patterns:
            try:
                return regexes.sample_regex(self._chance.pick(shape.patterns)[0], self._chance)
            except RegexError:
                raise Dead from None
        name = plausible.key(self._chance)
        return name if attempt < 4 else f"{name}_{attempt}"

    # -- arrays

    def _array(self, shape: Shape, name: str, depth: int) -> JsonValue:
        made = _Items([], set() if shape.unique else None)
        needed = [found.node for found in shape.contained for _ in range(found.least)]
        count = self._length(shape, name, depth, len(needed))
        for at in range(count):
            nodes = shape.prefix[at] if at < len(shape.prefix) else shape.items
            wanted = needed[at - count :][:1] if count - at <= len(needed) else []
            if not self._append(made, [*nodes, *wanted], name, depth):
                if at >= shape.least_items and not wanted:
                    break
                raise Dead
        return made.items

    def _append(self, made: _Items, nodes: Sequence[Node], name: str, depth: int) -> bool:
        """Add an item; False when no other than those there are was found."""
        if made.keys is None:
            made.items.append(self.value(nodes, name, depth + 1))
            return True
        variant = self._variant
        for attempt in range(_ATTEMPTS):
            if attempt > _ATTEMPTS // 2:
                self._variant = len(made.items) + attempt
            item = self.value(nodes, name, depth + 1)
            key = dumps(item, sort_keys=True)
            if key not in made.keys:
                made.keys.add(key)
                made.items.append(item)
                break
        else:
            attempt = _ATTEMPTS
        self._variant = variant
        return attempt < _ATTEMPTS

    def _length(self, shape: Shape, name: str, depth: int, needed: int) -> int:
        first = len(shape.prefix)
        closed = not self._sight.usable(shape.items)
        most = CEILING if shape.most_items is None else shape.most_items
        if closed:
            most = min(most, first)
        least = max(shape.least_items, needed)
        if least > most:
            raise Dead
        recursion = max((self._sight.recursion(node) for node in shape.items if isinstance(node, dict)), default=0)
        if self._sight.tight(depth) or recursion > 1:
            return least
        usual = first if first else self._usual_length(shape, name, recursion)
        return int(min(max(usual, least), most))

    def _usual_length(self, shape: Shape, name: str, recursion: int) -> int:
        if recursion:
            return self._chance.below(3)
        known = plausible.field(name, shape.description)
        said = self._sight.clues.count(plausible.facts_for(known, self._sight.clues.facts)) if known.kind else 0
        return min(said, 5) if said > 1 else self._chance.between(2, 3) if self._sight.roomy() else 1


def _keys_of(atoms: Iterable[Mapping[str, Any]]) -> frozenset[Key]:
    """The choices of subschemas that were settled before they were merged again."""
    return frozenset((id(atom), keyword) for atom in atoms for keyword in ("anyOf", "oneOf", "if") if keyword in atom)


def _is_null(node: Node) -> bool:
    return isinstance(node, dict) and (node.get("type") == "null" or node.get("const", 0) is None)


def _is_of(value: Any, shape: Shape) -> bool:
    return not shape.typed or any(_has_kind(value, kind) for kind in shape.kinds)


def _has_kind(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, int):
        return kind in ("integer", "number")
    if isinstance(value, float):
        return kind == "number" or (kind == "integer" and value.is_integer())
    return kind == {str: "string", list: "array", dict: "object", type(None): "null"}[type(value)]


def _plain(value: Any) -> JsonValue:
    """A copy of a value of the schema, so that callers own what they get."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value
