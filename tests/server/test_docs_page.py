"""`/docs`: a page that loads nothing, and whose commands work."""

import json
import shlex
from html.parser import HTMLParser
from io import BytesIO
from itertools import pairwise
from typing import Any
from zipfile import ZipFile

import httpx
import pytest
from contract.audio_steps import WAV
from contract.media_steps import FILM, png

from fakeai.app import build
from fakeai.server.docs_page import curl, example, page

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "fakeai", "version": "1.2.3", "description": "About <it>."},
    "paths": {
        "/v1/paint": {
            "post": {
                "operationId": "post_paint",
                "tags": ["Paint"],
                "summary": "Paint <it> & show",
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Paint"}}}},
                "responses": {
                    "200": {"description": "The answer", "content": {"application/json": {"schema": {}}}},
                    "default": {"description": "Any <error>"},
                },
            }
        },
        "/healthz": {
            "get": {
                "operationId": "get_healthz",
                "tags": ["Health"],
                "summary": "Alive",
                "responses": {"200": {"description": "Yes"}},
            }
        },
    },
    "components": {
        "schemas": {
            "Paint": {
                "type": "object",
                "description": "A picture <b>.",
                "required": ["model", "colours"],
                "properties": {
                    "model": {"type": "string"},
                    "colours": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Colour"}},
                    "size": {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 9}, {"type": "null"}]},
                },
            },
            "Colour": {"enum": ["red", "<blue>"]},
        }
    },
}


@pytest.fixture(scope="module")
def text():
    return page(DOCUMENT, "http://host:1")


class Page(HTMLParser):
    """What a browser would see of a page."""

    def __init__(self):
        super().__init__()
        self.ids, self.links, self.loads, self.tags, self.preformatted = set(), [], [], set(), []
        self._in_pre = False

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.add(tag)
        self.ids.add(found.get("id"))
        self.loads.extend(found[key] for key in ("src", "srcset", "data") if key in found)
        if tag == "link":
            self.loads.append(found.get("href"))
        if tag == "a":
            self.links.append(found["href"])
        if tag == "pre":
            self._in_pre = True
            self.preformatted.append("")

    def handle_endtag(self, tag):
        self._in_pre = self._in_pre and tag != "pre"

    def handle_data(self, data):
        if self._in_pre:
            self.preformatted[-1] += data


def preformatted(text):
    seen = Page()
    seen.feed(text)
    return seen.preformatted


def test_it_loads_nothing_and_its_links_lead_somewhere(text):
    seen = Page()
    seen.feed(text)
    assert seen.loads == []
    assert "script" not in seen.tags
    assert "url(" not in text
    assert "@import" not in text
    assert seen.ids - {None} == {"post_paint", "get_healthz", "schema-Paint", "schema-Colour"}
    assert set(seen.links) == {"openapi.json", "#schema-Paint", "#schema-Colour"}


def test_a_curl_could_be_pasted(text):
    first, second = preformatted(text)
    words = shlex.split(first)
    assert words[:4] == ["curl", "-X", "POST", "http://host:1/v1/paint"]
    assert words[4:7] == ["-H", "Content-Type: application/json", "-d"]
    assert json.loads(words[7]) == {"model": "gpt-4o-mini", "colours": ["red"]}
    assert second == "curl http://host:1/healthz"


def test_all_it_shows_is_escaped(text):
    assert "Paint &lt;it&gt; &amp; show" in text
    assert "A picture &lt;b&gt;." in text
    assert "About &lt;it&gt;." in text
    assert "Any &lt;error&gt;" in text
    assert "&quot;&lt;blue&gt;&quot;" in text


def test_fields_have_type_bounds_and_whether_they_are_required(text):
    assert "<td><code>colours</code></td><td>array of <a" in text
    assert "(items ≥ 1)" in text
    assert "integer | null" in text
    assert "(≥ 1, ≤ 9)" in text
    assert text.count(">required<") == 4  # model and colours, in the operation and among the schemas


def expected(method: str, url: str) -> int:
    """The status of an example: some name what must be there before, a worker of a cluster or a file."""
    if method == "POST" and url.endswith(("/fine_tuning/jobs", "/organization/certificates")):
        return 400  # OpenAI's own for a training file that nobody has; a certificate is everybody's own
    if url.endswith(("/chatkit/conversation", "/chatkit/files")):
        return 401  # those take the secret of a session
    if method == "GET" and url.partition("?")[0].endswith(SOCKETS):
        return 426  # curl speaks no WebSocket
    if url.endswith("/realtime/calls"):
        return 201
    made = "/cluster/workers", "/certificates/activate", "/certificates/deactivate", *OF_METHOD.get(method, ())
    return 404 if url.endswith(made) else 200


SOCKETS = ("/realtime", "/realtime/translations", "/responses", "/live/sessions")
OF_METHOD = {
    "POST": ("/batches", "/threads/runs", "/videos/edits", "/videos/extensions", "/audio/voices"),
    "GET": ("/organization/spend_limit",),
}


def skill() -> bytes:
    written = BytesIO()
    with ZipFile(written, "w") as bundle:
        bundle.writestr("tides/SKILL.md", "---\nname: tides\ndescription: Tell of tides.\n---\n")
    return written.getvalue()


FILES = {
    "@image.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde\0\0\0\0IEND\xaeB`\x82",
    "@skill.zip": skill(),
    "@otter.png": png(256, 256),
    "@cat.mp4": FILM,
    **dict.fromkeys(("@sample.wav", "@consent.wav", "@speech.mp3"), WAV),
}


def sent(words: list[str]) -> dict[str, Any]:
    """What curl would send, in httpx's words."""
    headers = dict(word.split(": ", 1) for before, word in pairwise(words) if before == "-H")
    if "-F" not in words:
        content = words[words.index("-d") + 1] if "-d" in words else None
        return {"content": content, "headers": headers}
    fields = [word.split("=", 1) for before, word in pairwise(words) if before == "-F"]
    files = {name: (value[1:], FILES.get(value, b"x")) for name, value in fields if value.startswith("@")}
    texts = {name: value for name, value in fields if name not in files}
    if not files:
        return {"files": {name: (None, value) for name, value in texts.items()}}
    return {"files": files, "data": texts}


async def test_every_curl_of_an_app_is_answered():
    app = build()
    app.warm_up()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://host") as client:
        shown = await client.get("/docs")
        assert shown.headers["content-type"] == "text/html; charset=utf-8"
        commands = [shlex.split(text) for text in preformatted(shown.text)]
        assert len(commands) == len(app.gateway.endpoints)
        for words in commands:
            method = words[words.index("-X") + 1] if "-X" in words else "GET"
            url = next(word for word in words if word.startswith("http://host/"))
            if "{" in url or method in ("DELETE", "PUT"):
                continue
            response = await client.request(method, url, **sent(words))
            assert response.status_code == expected(method, url), words
            if url.endswith("/v1/admin/keys") and method == "POST":
                client.headers["x-api-key"] = response.json()["key"]  # nobody else is let in from here on


def test_a_form_is_shown_as_one():
    shown = curl("POST", "/v1/files", {"file": "@file.txt", "tags": ["a b", "c"]}, "http://host", form=True)
    assert shown == "curl -X POST http://host/v1/files -F file=@file.txt -F 'tags[]=a b' -F 'tags[]=c'"


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "array", "items": {"type": "integer"}}, []),
        ({"type": "array", "minItems": 1, "items": {"type": "boolean"}}, [False]),
        ({"type": "number", "minimum": 3}, 3),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text"),
        ({"enum": ["a", "b"]}, "a"),
        ({"const": 7}, 7),
        ({"type": "string", "format": "binary"}, "@file.txt"),
        ({}, "text"),
    ],
)
def test_an_example_fits_its_schema(schema, value):
    assert example(schema, {}) == value


def test_an_example_of_a_schema_that_holds_itself_ends():
    schemas = {"Node": {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/x/Node"}}}}
    assert example({"$ref": "#/x/Node"}, schemas, 2) == {"next": {"next": None}}


def test_curl_quotes_its_body():
    assert curl("POST", "/x", {"a": "it's"}, "http://h") == (
        "curl -X POST http://h/x -H 'Content-Type: application/json' -d '{\"a\": \"it'\"'\"'s\"}'"
    )
    assert curl("GET", "/x", None, "http://h") == "curl http://h/x"
    assert curl("GET", "/x", None, "http://h", headers=[("A", "b")]) == "curl http://h/x -H 'A: b'"
