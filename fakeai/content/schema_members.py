"""Which members an object gets: the required ones, optional ones the prompt speaks of, invented ones where it is open.

Chooses names only; their values are drawn elsewhere.
"""

from collections.abc import Collection, Sequence
from typing import Any, Final

from fakeai.content import plausible, regexes
from fakeai.content.schema_bounds import CEILING
from fakeai.content.schema_scalars import Dead
from fakeai.content.schema_shape import Node, Shape
from fakeai.content.schema_sight import Sight

_ENUM_READ: Final = 200


def chosen_names(sight: Sight, shape: Shape, depth: int) -> list[str]:
    """The declared members to give, in the order of the schema, and required ones that are not declared."""
    required = set(shape.required)
    most = CEILING if shape.most_properties is None else shape.most_properties
    if len(required) > most:
        raise Dead
    chosen = {name for name in shape.properties if name in required or _wants(sight, shape, name, depth)}
    for trigger, needed in shape.dependent:
        if trigger in required:
            required |= set(needed)
    droppable = [name for name in shape.properties if name in chosen and name not in required]
    excess = len(chosen | required) - most
    if excess > 0:
        chosen.difference_update(droppable[-excess:])
    for trigger, needed in shape.dependent:
        if trigger in chosen:
            chosen |= set(needed)
    spare = [name for name in shape.properties if name not in chosen and sight.usable(shape.properties[name])]
    missing = shape.least_properties - len(chosen | required)
    chosen.update(spare[: max(0, missing)])
    known = [name for name in shape.properties if name in chosen or name in required]
    return known + sorted((required | chosen) - set(known), key=_position(shape.required))


def lists_first(sight: Sight, names: Sequence[str]) -> Sequence[str]:
    """The order in which to draw: what several names of the prompt belong to comes before what one does."""
    if len(names) < 2 or sight.clues.count(sight.clues.facts.names) < 2:
        return names
    return sorted(names, key=lambda name: not plausible.field(name).many)


def extra(sight: Sight, shape: Shape, made: Collection[str], depth: int) -> int:
    """How many members of an open object to invent: some where the schema says what they are."""
    described = any(isinstance(node, dict) for node in (*shape.others, *(node for _, node in shape.patterns)))
    if shape.properties or not described or sight.tight(depth) or sight.drawn(shape) > 1:
        return 0
    room = CEILING if shape.most_properties is None else shape.most_properties - len(made)
    return min(sight.chance.between(1, 3), room)


def nodes_of(shape: Shape, name: str) -> Sequence[Node]:
    """What the member `name` must hold; Dead when the object admits none of that name."""
    named = [node for pattern, node in shape.patterns if regexes.matches(pattern, name)] if shape.patterns else []
    if name in shape.properties:
        return [*shape.properties[name], *named] if named else shape.properties[name]
    if not shape.open and not shape.others and not named:
        raise Dead
    return named or shape.others


def said(values: Sequence[Any], lower: str) -> list[str]:
    """The texts among `values` that stand in a prompt."""
    return [
        value for value in values[:_ENUM_READ] if isinstance(value, str) and len(value) > 1 and value.lower() in lower
    ]


def _wants(sight: Sight, shape: Shape, name: str, depth: int) -> bool:
    """Whether to give an optional property: what the prompt speaks of, more at the top, never without end."""
    if sight.tight(depth) or not sight.usable(shape.properties[name]):
        return False
    nodes = shape.properties[name]
    recursion = max((sight.recursion(node) for node in nodes), default=0)
    if recursion or not shape.required or not sight.clues.facts.text:
        return sight.chance.below(16) < (15 if depth == 0 else 10) >> (2 * recursion)
    return _spoken_of(sight, nodes, name) or (depth > 0 and sight.chance.below(8) == 0)


def _spoken_of(sight: Sight, nodes: Sequence[Node], name: str) -> bool:
    shape = sight.shapes.of(nodes)
    facts = sight.clues.facts
    if shape.values is not None:
        return bool(said(shape.values, facts.lower))
    known = plausible.field(name, shape.description)
    if shape.kinds == ("string",) and known.kind and sight.clues.count(plausible.facts_for(known, facts)):
        return True
    return bool(known.words) and len(known.words[0]) > 2 and known.words[0] in facts.lower


def _position(names: Sequence[str]) -> Any:
    order = {name: at for at, name in enumerate(names)}
    return lambda name: (order.get(name, len(order)), name)
