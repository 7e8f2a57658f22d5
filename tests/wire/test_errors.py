"""The walk from a ValidationError to one error, over shapes that no endpoint has."""

from typing import Annotated, Literal

import pytest
from annotated_types import MaxLen, MinLen
from pydantic import Field

from fakeai.core.errors import BadRequest
from fakeai.wire.base import FirstOf, Items, Omittable, Wire, parse
from fakeai.wire.vector_stores import VectorStoreFileUpdate


class Red(Wire):
    type: Literal["red"]
    red: Omittable[str] = None
    size: Annotated[int | Items[str], FirstOf()] = 0


class Blue(Wire):
    type: Literal["blue"]
    name: Annotated[str, MinLen(1), MaxLen(3)]


Colour = Annotated[Red | Blue, Field(discriminator="type")]


class Inner(Wire):
    colours: Annotated[str | Annotated[Items[Annotated[Items[Colour], MinLen(1)]], MaxLen(2)] | None, FirstOf()] = None


class Outer(Wire):
    inner: Inner
    table: dict[str, Items[int]] = Field(default_factory=dict)


@pytest.mark.parametrize(
    ("raw", "message", "param"),
    [
        ("[]", "Invalid type for 'body': expected an object, but got an array instead.", None),
        ('{"inner": 1}', "Invalid type for 'inner': expected an object, but got an integer instead.", "inner"),
        (
            '{"inner": {"colours": 1}}',
            "Invalid type for 'inner.colours': expected one of a string or array of object arrays, but got an integer instead.",
            "inner.colours",
        ),
        (
            '{"inner": {"colours": [1]}}',
            "Invalid type for 'inner.colours[0]': expected an array of objects, but got an integer instead.",
            "inner.colours[0]",
        ),
        (
            '{"inner": {"colours": [[]]}}',
            "Invalid 'inner.colours[0]': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            "inner.colours[0]",
        ),
        (
            '{"inner": {"colours": [[{"type": "red", "red": null}]]}}',
            "Invalid type for 'inner.colours[0][0].red': expected a string, but got null instead.",
            "inner.colours[0][0].red",
        ),
        (
            '{"inner": {"colours": [[{"type": "red"}], [{"type": "red", "size": ["a", 1]}]]}}',
            "Invalid type for 'inner.colours[1][0].size[1]': expected a string, but got an integer instead.",
            "inner.colours[1][0].size[1]",
        ),
        (
            '{"inner": {"colours": [[{"type": "red", "size": "a"}]]}}',
            "Invalid type for 'inner.colours[0][0].size': expected one of an integer or array of strings, "
            "but got a string instead.",
            "inner.colours[0][0].size",
        ),
        (
            '{"inner": {"colours": [[{"type": "blue", "name": ""}]]}}',
            "Invalid 'inner.colours[0][0].name': empty string. Expected a string with minimum length 1, "
            "but got an empty string instead.",
            "inner.colours[0][0].name",
        ),
        (
            '{"inner": {}, "table": {"[key]": [1, "a"]}}',
            "Invalid type for 'table.[key][1]': expected an integer, but got a string instead.",
            "table.[key][1]",
        ),
    ],
)
def test_a_fault_deep_inside_is_found_and_named(raw: str, message: str, param: str | None) -> None:
    with pytest.raises(BadRequest) as refused:
        parse(Outer, raw.encode())
    assert (refused.value.message, refused.value.param) == (message, param)


def test_a_fault_in_the_name_of_a_property_whose_values_may_be_of_several_types_is_told() -> None:
    with pytest.raises(BadRequest, match=r"Invalid property name in 'attributes': 'kkk\.\.\.kkk' is too long"):
        parse(VectorStoreFileUpdate, b'{"attributes": {"%s": 1}}' % (b"k" * 65))
    with pytest.raises(BadRequest, match=r"Invalid type for 'attributes\.\[key\]': expected one of a string"):
        parse(VectorStoreFileUpdate, b'{"attributes": {"[key]": [1]}}')
