"""What all wire types share: the base class of requests, `parse`, and the shapes every family replies with.

Knows JSON's types and limits; does not know any endpoint. Requests are validated once, by pydantic-core, straight
from the bytes; nothing in a request type runs Python while it validates.
"""

from collections.abc import Iterator
from json import loads
from typing import Annotated, Any, ClassVar, Generic, Literal, NoReturn, TypeAlias, TypeVar, cast

from annotated_types import Ge, Le, MaxLen
from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypedDict

from fakeai.core.errors import ApiError, BadRequest, PayloadTooLarge
from fakeai.core.form import Upload
from fakeai.wire.errors import Refusal, refusal
from fakeai.wire.wording import NO_MODEL, UNREADABLE

BODY_LIMIT = 64 * 1024 * 1024
"""Bytes of JSON that are looked at; whatever is longer is refused unread."""

_LARGE = 250_000
_WINDOW = 2**20
_MOST_ITEMS, _MOST_NAMES, _MOST_NESTED = 1_000_000, 100_000, 200_000
_FEW_ITEMS = 500
"""So few that what they hold, 200 levels deep at most, is not too much either."""
MOST = f"{_MOST_ITEMS} items, {_MOST_NAMES} names or {_MOST_NESTED} arrays and objects"
TOO_MANY = f"The request body has more than {MOST}."
_N, _I = b"NI"

T = TypeVar("T")


class Wire(BaseModel):
    """Base of all requests: JSON's own types (no "1" for 1), unknown fields kept in `model_extra`.

    Validators are built on first use: a family nobody calls costs neither start time nor memory.
    """

    model_config = ConfigDict(
        strict=True,
        extra="allow",
        allow_inf_nan=False,
        hide_input_in_errors=True,
        defer_build=True,
        protected_namespaces=(),
        serialize_by_alias=True,
    )

    KEEPS_ALL: ClassVar[bool] = False
    """Whether it is kept as it came: then no field of it is without effect."""
    NEEDS_MODEL: ClassVar[bool] = False
    """Whether a body without a model is told so before anything else it lacks."""

    @classmethod
    def reword(cls, refusal: Refusal) -> ApiError:
        """The error to answer with: the general one, unless OpenAI words this fault of this request otherwise."""
        lacking = refusal.value if refusal.kind == "missing" and len(refusal.location) == 1 else None
        if cls.NEEDS_MODEL and isinstance(lacking, dict) and not lacking.get("model"):
            return BadRequest(NO_MODEL)
        return refusal.error


def shown_as(example: dict[str, Any]) -> ConfigDict:
    """The `model_config` of a request whose documentation has this example. Any: JSON."""
    return ConfigDict(json_schema_extra={"examples": [example]})


W = TypeVar("W", bound=Wire)


def parse(kind: type[W], raw: bytes) -> W:
    """The request in `raw`; BadRequest, worded as OpenAI words it, if it is not one.

    Depth (200), integers (4,300 digits), lone surrogates and bad UTF-8 are refused by the JSON reader; a field
    given twice counts as given last. A body of more than `MOST` is refused unread: reading one would hold
    the event loop for long.
    """
    if len(raw) > BODY_LIMIT:
        raise PayloadTooLarge(f"The request body is larger than the {BODY_LIMIT} bytes this endpoint reads.")
    if bulky(raw):
        raise BadRequest(TOO_MANY)
    try:
        body: W = kind.__pydantic_validator__.validate_json(raw)
    except ValidationError as error:
        raise kind.reword(refusal(kind, error)) from None
    if (_N in raw and b"NaN" in raw) or (_I in raw and b"Infinity" in raw):  # one byte is found far faster than several
        _refuse_constants(raw)
    return body


def bulky(raw: bytes) -> bool:
    """Whether JSON has more than is looked at, in bytes or `MOST`: small items take a hundred bytes each, and their time.

    Marks within texts count too, but for names: those have a colon, and quotes that nothing escapes. Reads no further
    than it must.
    """
    if not _LARGE < len(raw) <= BODY_LIMIT:
        return len(raw) > BODY_LIMIT
    items = raw.count(b",")
    if not _FEW_ITEMS < items <= _MOST_ITEMS:
        return items > _MOST_ITEMS
    colons = quotes = nested = 0
    for at in range(0, len(raw), _WINDOW):
        end = at + _WINDOW
        colons += raw.count(b":", at, end)
        quotes += raw.count(b'"', at, end) - raw.count(b'\\"', at, end)
        nested += raw.count(b"[", at, end) + raw.count(b"{", at, end)
        if min(colons, quotes) > _MOST_NAMES or nested > _MOST_NESTED:
            return True
    return False


def _refuse_constants(raw: bytes) -> None:
    """Refuse NaN and Infinity outside strings; they are not JSON, though the reader takes them in unknown fields."""
    loads(raw, parse_constant=_refuse_constant)


def _refuse_constant(_: str) -> NoReturn:
    raise BadRequest(UNREADABLE)


def unknown_fields(body: Wire) -> list[str]:
    """Paths of the fields that no wire type models, such as `messages[0].colour`; in the order of the fields."""
    return list(_unknown(body, "")) if _has_unknown(body) else []


_PLAIN = frozenset({str, int, float, bool, dict, type(None), Upload})
_NO_WIRE = _PLAIN | {list}
"""Types of a list's items that are no wire types; lists within lists hold numbers only."""


def _has_unknown(body: Wire) -> bool:
    """Whether anything was given that no type models.

    On every request's way: looks only at what was given, and compares types, since pydantic's classes are slow to
    tell their instances.
    """
    values = [body]
    for value in values:
        if type(value) in _NO_WIRE:
            continue
        if value.__pydantic_extra__:
            if value.KEEPS_ALL:
                continue
            return True
        given = value.__dict__
        for name in value.__pydantic_fields_set__:
            item = given[name]
            kind = type(item)
            if kind is list:
                values += item
            elif kind not in _PLAIN:
                values.append(item)
    return False


def _unknown(value: object, path: str) -> Iterator[str]:
    if isinstance(value, Wire):
        if value.KEEPS_ALL:
            return
        dot = f"{path}." if path else ""
        yield from (f"{dot}{name}" for name in value.model_extra or ())
        for name in type(value).model_fields:
            yield from _unknown(getattr(value, name), f"{dot}{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown(item, f"{path}[{index}]")


class NotNull:
    """Annotation: the field may be left out (None then), but a JSON null is an error."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The schema of `T | None` without its null. `source` is Any: pydantic passes whatever is annotated."""
        schema = handler(source)
        return schema["schema"] if schema["type"] == "nullable" else schema


class Called:
    """Annotation: what error messages call this array or object, where its JSON type says too little."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The schema with the name beside it. `source` is Any: as above."""
        schema = handler(source)
        return cast(CoreSchema, {**schema, "metadata": {**schema.get("metadata", {}), "called": self.name}})


class FailFast:
    """Annotation: reading stops at the first bad item, so that a million bad items cost one error."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The schema of the array or object. `source` is Any: as above."""
        schema = handler(source)
        assert schema["type"] in ("list", "dict"), schema["type"]
        return cast(CoreSchema, {**schema, "fail_fast": True})


class FirstOf:
    """Annotation: a union whose first fitting branch counts; branches are numbered, for `wire.errors` to find."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The union's schema, below its null if it may be null. `source` is Any: as above."""
        schema = handler(source)
        if schema["type"] == "nullable":
            return core_schema.nullable_schema(_numbered(schema["schema"]))
        return _numbered(schema)


def _numbered(schema: CoreSchema) -> CoreSchema:
    assert schema["type"] == "union", schema["type"]
    branches = [choice[0] if isinstance(choice, tuple) else choice for choice in schema["choices"]]
    return core_schema.union_schema([(branch, str(n)) for n, branch in enumerate(branches)], mode="left_to_right")


class Only:
    """Annotation: an object whose `type` has one possible value, told as if there were several to choose from."""

    def __init__(self, tag: str) -> None:
        self.tag = tag

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """A tagged union of one. `source` is Any: as above."""
        return core_schema.tagged_union_schema({self.tag: handler(source)}, discriminator="type")


Omittable: TypeAlias = Annotated[T | None, NotNull()]
Items: TypeAlias = Annotated[list[T], FailFast()]

# Field types in use everywhere. Bounds keep integers within 64 bits: nothing downstream meets a longer one.
Integer: TypeAlias = Annotated[int, Ge(-(2**63)), Le(2**63 - 1)]
Metadata: TypeAlias = Annotated[
    dict[Annotated[str, MaxLen(64)], Annotated[str, MaxLen(512)]],
    FailFast(),
    MaxLen(16),
    Called("metadata object"),
]


class ErrorDetail(TypedDict):
    """What went wrong; `param` names the field, `code` the rule."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorBody(TypedDict):
    """Body of every reply that is an error."""

    error: ErrorDetail


class Page(TypedDict, Generic[T]):
    """One page of a list; `first_id` and `last_id` are None when it is empty."""

    object: Literal["list"]
    data: list[T]
    first_id: str | None
    last_id: str | None
    has_more: bool


class Deleted(TypedDict):
    """Answer to a DELETE."""

    id: str
    object: str
    deleted: bool
