"""When a drawing becomes brief."""

from fakeai.content.clues import Clues, Facts
from fakeai.content.schema_bounds import CEILING, bounds
from fakeai.content.schema_document import Document
from fakeai.content.schema_shape import Shapes
from fakeai.content.schema_sight import SOFT_DEPTH, SOFT_PARTS, Sight
from fakeai.core.chance import Chance

SCHEMA = {"anyOf": [{"$ref": "#"}, {"type": "null"}, {"enum": []}]}


def sight():
    document = Document(SCHEMA)
    return Sight(Shapes(document), bounds(document), Chance(1), Clues(Facts("")))


def test_depth_and_size_make_it_tight():
    seen = sight()
    assert not seen.tight(SOFT_DEPTH - 1) and seen.tight(SOFT_DEPTH) and seen.roomy()
    seen.parts = SOFT_PARTS + 1
    assert seen.tight(0) and not seen.roomy()


def test_recursion_counts_what_is_being_drawn():
    seen = sight()
    shape = seen.shapes.of((SCHEMA,))
    reference = SCHEMA["anyOf"][0]
    assert seen.recursion(reference) == 0
    seen.enter(shape)
    assert seen.recursion(reference) == 1 and seen.drawn(shape) == 1
    seen.leave(shape)
    assert seen.recursion(reference) == 0


def test_what_has_no_finite_value_is_not_usable():
    seen = sight()
    again, null, nothing = SCHEMA["anyOf"]
    assert seen.usable((again, null, True)) and not seen.usable((nothing,)) and not seen.usable((False,))
    assert seen.cost(null).depth < seen.cost(again).depth < seen.cost(nothing).depth == CEILING
