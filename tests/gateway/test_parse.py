"""Bodies become wire types, other media are refused, and fields nobody models are reported."""

import json
import logging
from dataclasses import dataclass, field
from typing import Any

import pytest

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.errors import BadRequest, UnsupportedMediaType
from fakeai.gateway.parse import Parse


@dataclass
class Wire:
    model: str | None
    unknown: set[str] = field(default_factory=set)


def read(kind: type[Wire], raw: bytes) -> Wire:
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise BadRequest("not JSON") from error
    return kind(body.pop("model", None), set(body))


def read_form(kind: type[Wire], raw: bytes, media: str) -> Wire:
    return kind(f"{media} {len(raw)}")


STEP = Parse(read, read_form, lambda body: body.unknown)
ROW = Endpoint("POST", "/wire", "handler", "A row", body=Wire)


async def through(raw: bytes, row: Endpoint = ROW, **headers: str) -> tuple[Call, Reply]:
    call = Call("req_1", row, "/wire", {name.replace("_", "-"): value for name, value in headers.items()}, raw)

    async def handler(call: Call) -> Reply:
        return Reply({"ok": True})

    return call, await STEP(call, handler)


async def test_the_body_and_its_model_are_on_the_call() -> None:
    call, reply = await through(b'{"model": "gpt-4o"}', content_type="application/json; charset=utf-8")
    assert call.body == Wire("gpt-4o") and call.model == "gpt-4o"
    assert reply.headers == {}


async def test_a_body_without_a_model_leaves_it_empty() -> None:
    call, _ = await through(b"{}")
    assert call.model == ""


async def test_a_row_without_a_body_reads_none() -> None:
    call, _ = await through(b"\xff not JSON", Endpoint("GET", "/wire", "handler", "A row"), content_type="image/png")
    assert call.body is None


async def test_equal_bodies_are_read_once_and_never_for_another_row() -> None:
    first, _ = await through(b'{"model": "once"}')
    again, _ = await through(b'{"model": "once"}')
    assert again.body is first.body

    class Other(Wire):
        pass

    other, _ = await through(b'{"model": "once"}', Endpoint("POST", "/other", "handler", "A row", body=Other))
    assert type(other.body) is Other


async def test_a_long_body_is_read_each_time() -> None:
    raw = b'{"model": "%b"}' % (b"x" * 3_000)
    first, _ = await through(raw)
    again, _ = await through(raw)
    assert again.body == first.body and again.body is not first.body


async def test_a_bad_body_is_refused_before_the_handler() -> None:
    with pytest.raises(BadRequest, match="not JSON"):
        await through(b"{")


@pytest.mark.parametrize("media", ["text/plain", "multipart/form-data; boundary=x", "application/xml", ""])
async def test_other_media_are_refused_by_name(media: str) -> None:
    with pytest.raises(UnsupportedMediaType) as caught:
        await through(b"{}", content_type=media)
    assert f"'{media}'" in caught.value.message


@pytest.mark.parametrize("media", ["application/json", "Application/JSON", "application/vnd.api+json", "text/json"])
async def test_anything_called_json_is_read(media: str) -> None:
    await through(b"{}", content_type=media)


async def test_a_long_media_type_is_not_repeated_in_full() -> None:
    with pytest.raises(UnsupportedMediaType) as caught:
        await through(b"{}", content_type="x" * 60_000)
    assert len(caught.value.message) < 600


async def test_fields_without_effect_are_logged_and_named_in_a_header(caplog) -> None:
    with caplog.at_level(logging.INFO, "fakeai.parse"):
        _, reply = await through(b'{"zeta": 1, "alpha": 2}')
    assert reply.headers["x-fakeai-unknown-fields"] == "alpha,zeta"
    assert "alpha,zeta" in caplog.text


@pytest.mark.parametrize("name", ["naïve", "a\r\nset-cookie: b=c", "\u0000"])
async def test_field_names_that_are_no_header_are_only_logged(name: str) -> None:
    raw: Any = json.dumps({name: 1}).encode()
    _, reply = await through(raw)
    assert reply.headers == {}


async def test_thousands_of_unknown_fields_do_not_swell_the_header() -> None:
    _, reply = await through(json.dumps({f"field_{n}": n for n in range(5000)}).encode())
    assert len(reply.headers["x-fakeai-unknown-fields"]) <= 500


@pytest.mark.parametrize("size", [10, 2**19])
async def test_a_form_is_read_where_the_row_takes_forms(size: int) -> None:
    row = Endpoint("POST", "/wire", "handler", "A row", body=Wire, form=True)
    call, _ = await through(b"x" * size, row, content_type="multipart/form-data; boundary=x")
    assert call.body == Wire(f"multipart/form-data; boundary=x {size}")
    call, _ = await through(b'{"model": "gpt-4o"}', row, content_type="application/json")
    assert call.body == Wire("gpt-4o")
    with pytest.raises(UnsupportedMediaType, match="only accepts 'multipart/form-data' requests"):
        await through(b"x", row, content_type="text/plain")
    with pytest.raises(UnsupportedMediaType, match="only accepts 'application/json' requests"):
        await through(b"x", content_type="multipart/form-data; boundary=x")
