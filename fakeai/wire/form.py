"""Forms (`multipart/form-data`) as requests: fields with bracketed names become lists and objects, files become Uploads.

Text is taken for the number or the boolean that a field wants; all else is held to the same rules as JSON.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema, core_schema

from fakeai.core.errors import BadRequest
from fakeai.core.form import Upload
from fakeai.wire.base import W
from fakeai.wire.errors import refusal

_MOST_PARTS = 1_000
_MOST_DEPTH = 4
_LONGEST_NAME = 256
_LONGEST_TEXT = 2**20
_BLOCK = 2**18
"""Bytes that are parsed at once: no other thread runs while they are copied. To join them all, Python lets others run."""
_HEADERS = 16
_HEADER_BYTES = 8_192

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_KEY = re.compile(r"\[([^\[\]]*)\]")
_BAD_FORM = "We could not parse the multipart/form-data body of your request."


class IsFile:
    """Annotation: the field is a file of a form."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """An Upload; error messages call it a file. `source` is Any: pydantic passes whatever is annotated."""
        return core_schema.is_instance_schema(Upload, metadata={"called": "file"})

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """How OpenAPI writes a file of a form."""
        return {"type": "string", "format": "binary"}


File: TypeAlias = Annotated[Upload, IsFile()]


def parse_form(kind: type[W], raw: bytes, media_type: str) -> W:
    """The request in a form. Raises BadRequest, worded as for JSON, or for a form that cannot be read."""
    fields = _nested(_parts(raw, media_type))
    try:
        body: W = kind.__pydantic_validator__.validate_python(fields, strict=False)
    except ValidationError as error:
        raise kind.reword(refusal(kind, error)) from None
    return body


def _parts(raw: bytes, media_type: str) -> list[tuple[str, str | Upload]]:
    """The form's parts in order: name, and text or file."""
    from python_multipart.exceptions import ParseError
    from python_multipart.multipart import MultipartParser, parse_options_header

    _, options = parse_options_header(media_type)
    boundary = options.get(b"boundary")
    if not boundary or len(boundary) > 256:
        raise BadRequest(f"{_BAD_FORM} Its Content-Type header names no boundary.")
    reader = _Reader()
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": reader.begin,
                "on_part_data": reader.data,
                "on_part_end": reader.end,
                "on_header_field": reader.header_name,
                "on_header_value": reader.header_value,
                "on_header_end": reader.header_end,
                "on_end": reader.over,
            },
            max_header_count=_HEADERS,
            max_header_size=_HEADER_BYTES,
        )
        for at in range(0, len(raw), _BLOCK):
            parser.write(raw[at : at + _BLOCK])
        parser.finalize()
    except ParseError as error:
        raise BadRequest(_BAD_FORM) from error
    if not reader.whole:
        raise BadRequest(f"{_BAD_FORM} It breaks off.")
    return reader.parts


class _Reader:
    """What the parser calls back: gathers parts, and stops at the first that is too much."""

    def __init__(self) -> None:
        self.parts: list[tuple[str, str | Upload]] = []
        self.whole = False
        self._headers: dict[bytes, bytes] = {}
        self._name = bytearray()
        self._value = bytearray()
        self._content: list[bytes] = []

    def begin(self) -> None:
        if len(self.parts) >= _MOST_PARTS:
            raise BadRequest(f"{_BAD_FORM} It has more than {_MOST_PARTS} parts.")
        self._headers, self._content = {}, []

    def data(self, data: bytes, start: int, end: int) -> None:
        self._content.append(data[start:end])

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        self._headers[bytes(self._name).lower()] = bytes(self._value)
        self._name, self._value = bytearray(), bytearray()

    def end(self) -> None:
        from python_multipart.multipart import parse_options_header

        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = _decoded(options.get(b"name", b""))
        if not name or len(name) > _LONGEST_NAME:
            raise BadRequest(f"{_BAD_FORM} A part has no name, or one of more than {_LONGEST_NAME} characters.")
        content = self._content[0] if len(self._content) == 1 else b"".join(self._content)
        if b"filename" in options:  # `filename*` has no meaning in a form (RFC 7578, 4.2)
            kind = _decoded(self._headers.get(b"content-type", b"application/octet-stream"))
            self.parts.append((name, Upload(_decoded(options[b"filename"]), kind, content)))
            return
        if len(content) > _LONGEST_TEXT:
            raise BadRequest(f"{_BAD_FORM} The field '{name[:100]}' is longer than {_LONGEST_TEXT} bytes.")
        self.parts.append((name, _decoded(content)))

    def over(self) -> None:
        self.whole = True


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise BadRequest(f"{_BAD_FORM} Its names and texts must be UTF-8.") from None


# -- bracketed names


def _nested(parts: list[tuple[str, str | Upload]]) -> dict[str, Any]:
    """`a[b]=1` and `a[]=1` as objects and lists. Any: JSON values and Uploads."""
    found: dict[str, Any] = {}
    for name, value in parts:
        match = _NAME.fullmatch(name)
        if match is None:
            raise BadRequest(f"{_BAD_FORM} '{name[:100]}' is no name of a field.")
        keys = [match[1], *_KEY.findall(match[2])]
        if len(keys) > _MOST_DEPTH:
            raise BadRequest(f"{_BAD_FORM} '{name[:100]}' goes deeper than {_MOST_DEPTH} levels.")
        try:
            _put(found, keys, value)
        except TypeError:
            raise BadRequest(f"{_BAD_FORM} '{name[:100]}' is given in two ways.") from None
    return found


def _put(into: dict[str, Any], keys: list[str], value: Any) -> None:
    key, *rest = keys
    if not rest:
        _put_last(into, key, value)
    elif _is_index(rest[0]):
        _put_item(_made(into, key, list), rest, value)
    else:
        _put(_made(into, key, dict), rest, value)


def _put_last(into: dict[str, Any], key: str, value: Any) -> None:
    """A name given again counts as given last; files of one name are several."""
    before = into.get(key)
    if isinstance(value, Upload) and isinstance(before, Upload):
        into[key] = [before, value]
    elif isinstance(value, Upload) and isinstance(before, list):
        before.append(value)
    elif isinstance(before, dict | list):
        raise TypeError
    else:
        into[key] = value


def _put_item(into: list[Any], keys: list[str], value: Any) -> None:
    """One more item; of objects, one more when the last one has this field already."""
    _, *rest = keys
    if not rest:
        into.append(value)
        return
    if _is_index(rest[0]):
        raise TypeError
    last = into[-1] if into else None
    if not isinstance(last, dict) or _has(last, rest):
        last = {}
        into.append(last)
    _put(last, rest, value)


def _has(item: Mapping[str, Any], keys: list[str]) -> bool:
    found: Any = item
    for key in keys:
        if _is_index(key):
            return False
        if not isinstance(found, dict) or key not in found:
            return False
        found = found[key]
    return True


def _made(into: dict[str, Any], key: str, kind: type[Any]) -> Any:
    found = into.setdefault(key, kind())
    if not isinstance(found, kind):
        raise TypeError
    return found


def _is_index(key: str) -> bool:
    return not key or (key.isascii() and key.isdecimal())
