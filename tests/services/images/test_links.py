"""URLs of pictures."""

from urllib.parse import parse_qs, urlsplit

import pytest

from fakeai.core.call import ANYONE, Call, Principal
from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.core.errors import NotFound, RangeNotSatisfiable
from fakeai.services.images.links import ImageLinks, base
from fakeai.store.local import MemoryBlobs
from fakeai.store.sql import Sql, SqlDatabase
from fakeai.testing import run_virtual


def call(headers: dict[str, str] | None = None, principal: Principal = ANYONE, **more: object) -> Call:
    return Call("req_1", ImageLinks.ENDPOINTS[0], "/", headers or {}, principal=principal, **more)  # type: ignore[arg-type]


def fetching(url: str, headers: dict[str, str] | None = None, principal: Principal = ANYONE) -> Call:
    parts = urlsplit(url)
    name = parts.path.rpartition("/")[2]
    return call(headers, principal, params={"name": name}, query=parse_qs(parts.query))


async def test_whoever_has_the_url_gets_the_bytes(links: ImageLinks) -> None:
    url = await links.keep(call({"host": "here:8000"}), b"picture", "png")
    assert url.startswith("http://here:8000/v1/images/files/img-")
    reply = await links.fetch(fetching(url, principal=Principal("org-b", "proj_b")))
    assert (reply.body, reply.media_type, reply.status) == (b"picture", "image/png", 200)
    assert reply.headers["x-content-type-options"] == "nosniff"


async def test_who_has_not_its_signature_gets_what_one_gets_for_nothing(links: ImageLinks) -> None:
    url = await links.keep(call(), b"picture", "png")
    told = []
    for wrong in (
        url.partition("?")[0],
        url[:-1] + ("0" if url[-1] != "0" else "1"),
        url.replace("img-", "img-x"),
        url + "é",
    ):
        with pytest.raises(NotFound) as refused:
            await links.fetch(fetching(wrong))
        told.append(refused.value.message)
    assert len(set(told)) == 1


async def test_a_part_can_be_had(links: ImageLinks) -> None:
    url = await links.keep(call(), b"picture", "webp")
    reply = await links.fetch(fetching(url, {"range": "bytes=1-3"}))
    assert (reply.body, reply.status, reply.headers["content-range"]) == (b"ict", 206, "bytes 1-3/7")
    with pytest.raises(RangeNotSatisfiable):
        await links.fetch(fetching(url, {"range": "bytes=9-"}))


def test_urls_are_good_for_an_hour() -> None:
    async def run() -> None:
        clock = WallClock()
        sql = Sql()
        db = SqlDatabase(sql, clock)
        links = ImageLinks(db, MemoryBlobs().at(clock), Ids(b"1"), 3_600.0)
        url = await links.keep(call(), b"picture", "png")
        await clock.sleep(3_598)
        assert (await links.fetch(fetching(url))).body == b"picture"
        await clock.sleep(3)
        with pytest.raises(NotFound, match="expired"):
            await links.fetch(fetching(url))
        sql.close()

    run_virtual(run())


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "http://localhost/v1"),
        ({"host": "127.0.0.1:8000"}, "http://127.0.0.1:8000/v1"),
        ({"host": "[::1]:8000"}, "http://[::1]:8000/v1"),
        ({"host": "inner", "x-forwarded-host": "api.example.com", "x-forwarded-proto": "https"}, "https://api.example.com/v1"),
        ({"host": "a", "x-forwarded-proto": "https,http", "x-forwarded-host": "b, c"}, "https://b/v1"),
        ({"host": "a", "x-forwarded-prefix": "/llm/"}, "http://a/llm/v1"),
        ({"host": "a/evil?x="}, "http://localhost/v1"),
        ({"host": "a\r\nb: c"}, "http://localhost/v1"),
        ({"host": "a", "x-forwarded-proto": "javascript"}, "http://a/v1"),
        ({"host": "a", "x-forwarded-prefix": "//evil.com/<x>"}, "http://a/v1"),
    ],
)  # fmt: skip
def test_urls_are_at_the_host_that_was_called(headers: dict[str, str], expected: str) -> None:
    assert base(call(headers)) == expected
