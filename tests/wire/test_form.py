"""Forms become requests: brackets, numbers, files, and refusals of what is no form."""

import time
from typing import Any

import pytest

from fakeai.core.errors import BadRequest
from fakeai.core.form import Upload
from fakeai.wire import form
from fakeai.wire.base import Omittable, Wire
from fakeai.wire.form import File, parse_form

KIND = "multipart/form-data; boundary=edge"


class After(Wire):
    anchor: str
    seconds: int


class Request(Wire):
    file: File
    purpose: str
    expires_after: Omittable[After] = None
    tags: Omittable[list[str]] = None
    sizes: Omittable[list[int]] = None
    items: Omittable[list[After]] = None
    wanted: Omittable[bool] = None


class Many(Wire):
    files: File | list[File]


def part(name: str, value: str | bytes, filename: str | None = None, more: str = "") -> bytes:
    named = f'; filename="{filename}"' if filename is not None else ""
    data = value if isinstance(value, bytes) else value.encode()
    return f'--edge\r\nContent-Disposition: form-data; name="{name}"{named}\r\n{more}\r\n'.encode() + data + b"\r\n"


FILE = part("file", b"\0\xff\r\n--ed", "a.txt", "Content-Type: text/plain\r\n")
PURPOSE = part("purpose", "batch")


def read(*parts: bytes, kind: Any = Request) -> Any:
    return parse_form(kind, b"".join(parts) + b"--edge--\r\n", KIND)


def test_a_form_is_a_request() -> None:
    body = read(
        FILE,
        PURPOSE,
        part("expires_after[anchor]", "created_at"),
        part("expires_after[seconds]", "3600"),
        part("tags[]", "a"),
        part("tags[]", "ü"),
        part("sizes[0]", "1"),
        part("sizes[1]", "2"),
        part("items[][anchor]", "x"),
        part("items[][seconds]", "1"),
        part("items[][anchor]", "y"),
        part("items[][seconds]", "2"),
        part("wanted", "true"),
        part("colour", "green"),
    )
    assert body.file == Upload("a.txt", "text/plain", b"\0\xff\r\n--ed")
    assert (body.purpose, body.tags, body.sizes, body.wanted) == ("batch", ["a", "ü"], [1, 2], True)
    assert (body.expires_after.anchor, body.expires_after.seconds) == ("created_at", 3600)
    assert [(item.anchor, item.seconds) for item in body.items] == [("x", 1), ("y", 2)]
    assert body.model_extra == {"colour": "green"}


@pytest.mark.parametrize("size", [1, 2, 7, 64])
def test_it_does_not_matter_where_a_form_is_cut_to_be_parsed(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    data = b"\0\xff\r\n--ed\r\n--edgy" * 20
    whole = read(part("file", data, "ü.txt"), PURPOSE, part("tags[]", "ü" * 50))
    monkeypatch.setattr(form, "_BLOCK", size)
    assert read(part("file", data, "ü.txt"), PURPOSE, part("tags[]", "ü" * 50)) == whole
    assert whole.file.data == data


def test_of_text_given_twice_the_last_counts_and_of_files_all() -> None:
    assert read(FILE, PURPOSE, part("purpose", "vision")).purpose == "vision"
    assert read(part("files", b"1", "a"), kind=Many).files.filename == "a"
    both = read(part("files", b"1", "a"), part("files", b"2", "b"), part("files", b"3", "c"), kind=Many).files
    assert [file.data for file in both] == [b"1", b"2", b"3"]
    assert [file.data for file in read(part("files[]", b"1", "a"), part("files[]", b"2", "b"), kind=Many).files] == [
        b"1",
        b"2",
    ]


@pytest.mark.parametrize(
    ("parts", "message", "param"),
    [
        ((PURPOSE,), "Missing required parameter: 'file'.", "file"),
        ((FILE,), "Missing required parameter: 'purpose'.", "purpose"),
        (
            (part("file", "text"), PURPOSE),
            "Invalid type for 'file': expected a file, but got a string instead.",
            "file",
        ),
        (
            (FILE, PURPOSE, part("sizes[]", "one")),
            "Invalid type for 'sizes[0]': expected an integer, but got a string instead.",
            "sizes[0]",
        ),
        (
            (FILE, PURPOSE, part("expires_after[anchor]", "created_at")),
            "Missing required parameter: 'expires_after.seconds'.",
            "expires_after.seconds",
        ),
    ],
)
def test_what_is_wrong_with_a_field_is_told_as_for_json(parts: Any, message: str, param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(*parts)
    assert (refused.value.message, refused.value.param) == (message, param)


@pytest.mark.parametrize(
    "parts",
    [
        (part("a[b", "1"),),
        (part("[a]", "1"),),
        (part("a[b][c][d][e]", "1"),),
        (part("a", "1"), part("a[b]", "2")),
        (part("a[b]", "1"), part("a", "2")),
        (part("a[]", "1"), part("a[b]", "2")),
        (part("a[][]", "1"),),
        (part("", "1"),),
        (part("n" * 257, "1"),),
        (part("a", b"\xff"),),
        (part("a", "x" * (2**20 + 1)),),
        (b"--edge\r\nno header\r\n\r\nx\r\n",),
        (b"--edge\r\n\r\nx\r\n",),
        (b"something else entirely",),
        (b"--edge\r\nContent-Disposition: form-data; name=a\r\n" + b"X-Y: z\r\n" * 40 + b"\r\nx\r\n",),
        (b"--edge\r\nContent-Disposition: form-data; name=a\r\nX: " + b"y" * 2**20 + b"\r\n\r\nx\r\n",),
    ],
)
def test_what_is_no_form_is_refused(parts: Any) -> None:
    with pytest.raises(BadRequest, match="multipart/form-data"):
        read(*parts)


def test_a_form_that_breaks_off_or_names_no_boundary_is_refused() -> None:
    for raw, kind in ((FILE + PURPOSE, KIND), (FILE, "multipart/form-data"), (FILE, KIND + "x" * 300), (b"", KIND)):
        with pytest.raises(BadRequest, match="multipart/form-data"):
            parse_form(Request, raw, kind)


def test_a_hundred_thousand_parts_cost_no_more_than_a_thousand() -> None:
    raw = part("a", "1") * 100_000
    began = time.process_time()
    with pytest.raises(BadRequest, match="more than 1000 parts"):
        read(raw)
    assert time.process_time() - began < 1.0
