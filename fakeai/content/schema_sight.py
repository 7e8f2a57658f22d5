"""What a drawing of a value sees while it draws: how deep and large it is, what it is inside of, what would be short.

Decides nothing but when to become brief.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from fakeai.content.clues import Clues
from fakeai.content.schema_bounds import CEILING, Bound
from fakeai.content.schema_shape import Node, Shape, Shapes
from fakeai.core.chance import Chance

SOFT_DEPTH: Final = 7
SOFT_PARTS: Final = 300


class Sight:
    """The state of one drawing."""

    def __init__(self, shapes: Shapes, bounds: Mapping[int, Bound], chance: Chance, clues: Clues) -> None:
        self.shapes = shapes
        self.chance = chance
        self.clues = clues
        self.parts = 0
        """Values drawn so far, those thrown away included."""
        self._bounds = bounds
        self._open: Counter[int] = Counter()

    def enter(self, shape: Shape) -> None:
        """A value of `shape` begins."""
        for atom in shape.atoms:
            self._open[id(atom)] += 1

    def leave(self, shape: Shape) -> None:
        """It is complete."""
        for atom in shape.atoms:
            self._open[id(atom)] -= 1

    def tight(self, depth: int) -> bool:
        """Whether the value is deep or large enough to come to an end by the shortest way."""
        return depth >= SOFT_DEPTH or self.parts > SOFT_PARTS

    def roomy(self) -> bool:
        """Whether the value is still small."""
        return self.parts < SOFT_PARTS // 3

    def recursion(self, node: Node) -> int:
        """How often `node` (or what it refers to) is being drawn already."""
        return self.drawn(self.shapes.of((node,))) if isinstance(node, dict) else 0

    def drawn(self, shape: Shape) -> int:
        """How often a part of `shape` is being drawn already."""
        return max((self._open.get(id(atom), 0) for atom in shape.atoms), default=0)

    def cost(self, node: Node) -> Bound:
        """How deep and large a value of `node` is at least."""
        return self._bounds.get(id(node), Bound(CEILING, CEILING)) if isinstance(node, dict) else Bound(0, 1)

    def usable(self, nodes: Iterable[Node]) -> bool:
        """Whether each of `nodes` has finite values."""
        return all(node is True or id(node) in self._bounds for node in nodes)
