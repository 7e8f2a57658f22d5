"""The OpenAPI document, made from rows."""

import json
import re

import httpx
import jsonschema_rs
import pytest

from fakeai.app import build
from fakeai.core.call import Endpoint
from fakeai.core.errors import BadRequest, envelope
from fakeai.server.openapi import Error, document_app
from fakeai.wire.base import Wire
from fakeai.wire.form import File


class Colour(Wire):
    """A colour <b>."""

    red: int
    note: str | None = None


class Paint(Wire):
    """A picture."""

    model: str
    colours: list[Colour]
    where: Colour
    tree: "list[Paint] | None" = None


ROWS = (
    Endpoint("POST", "/paint", "create", "Paint <it> & show", body=Paint, reply="events", tag="Paint"),
    Endpoint("GET", "/paint/{name:path}", "get", "Get one", tag="Paint"),
    Endpoint("DELETE", "/paint/{name}/parts/{part}", "delete", "Delete a part", tag="Paint"),
    Endpoint("GET", "/paint", "list", "List all", reply="bytes", tag="Paint"),
    Endpoint("GET", "/healthz", "alive", "Whether it lives", reply="bytes", probe=True, tag="Health"),
)


@pytest.fixture(scope="module")
def app():
    return document_app(ROWS, "1.2.3")


@pytest.fixture(scope="module")
def document(app):
    return app.openapi()


async def get(app, path):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://host:1") as client:
        return await client.get(path)


def test_each_row_is_an_operation(document):
    operations = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert operations == {
        ("POST", "/v1/paint"),
        ("GET", "/v1/paint/{name}"),
        ("DELETE", "/v1/paint/{name}/parts/{part}"),
        ("GET", "/v1/paint"),
        ("GET", "/healthz"),
    }
    post = document["paths"]["/v1/paint"]["post"]
    assert (post["summary"], post["tags"], post["operationId"]) == ("Paint <it> & show", ["Paint"], "post_paint")
    assert post["requestBody"]["content"] == {"application/json": {"schema": {"$ref": "#/components/schemas/Paint"}}}
    assert set(post["responses"]["200"]["content"]) == {"application/json", "text/event-stream"}
    assert {"400", "404", "413", "429", "500", "default"} < set(post["responses"])


def test_a_form_is_told_as_one_and_as_json():
    class Picture(Wire):
        file: File
        title: str

    rows = [Endpoint("POST", "/pictures", "create", "Keep one", body=Picture, form=True, tag="Paint")]
    document = document_app(rows, "1.2.3").openapi()
    content = document["paths"]["/v1/pictures"]["post"]["requestBody"]["content"]
    assert list(content) == ["multipart/form-data", "application/json"]
    assert document["components"]["schemas"]["Picture"]["properties"]["file"]["format"] == "binary"


def test_each_name_in_a_path_is_a_parameter(document):
    delete = document["paths"]["/v1/paint/{name}/parts/{part}"]["delete"]
    assert [(item["name"], item["in"], item["required"]) for item in delete["parameters"]] == [
        ("name", "path", True),
        ("part", "path", True),
    ]


def test_a_header_that_is_asked_for_is_a_parameter():
    rows = [Endpoint("GET", "/assistants", "list", "List", tag="Assistants"), Endpoint("GET", "/files", "list", "List")]
    paths = document_app(rows, "1.2.3").openapi()["paths"]
    (header,) = paths["/v1/assistants"]["get"]["parameters"]
    assert (header["name"], header["in"], header["example"]) == ("OpenAI-Beta", "header", "assistants=v2")
    assert "parameters" not in paths["/v1/files"]["get"]


def test_paths_that_others_have_at_their_root_are_documented_there():
    rows = [Endpoint("POST", "/doze", "doze", "Doze", tag="Paint", root=True)]
    assert set(document_app(rows, "1.2.3").openapi()["paths"]) == {"/doze"}


def test_probes_have_neither_prefix_nor_errors(document):
    assert set(document["paths"]["/healthz"]["get"]["responses"]) == {"200"}


def test_errors_are_the_envelope_that_is_sent(document):
    schema = document["paths"]["/v1/paint"]["post"]["responses"]["400"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Error"}
    sent = envelope(BadRequest("no", param="red"))
    assert Error.model_validate(sent, strict=True).model_dump() == sent


def test_the_document_is_openapi_3_1(document):
    check_openapi(document)


def test_every_service_of_an_app_is_documented_validly():
    served = build()
    made = served.asgi.documents.openapi()
    check_openapi(made)
    assert sum(len(item) for item in made["paths"].values()) == len(served.gateway.endpoints)


def check_openapi(document):
    """What the specification asks: version, unique ids, resolvable references, and schemas that are JSON Schemas."""
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    assert document["info"]["title"]
    assert document["info"]["version"]
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids)
    for path, item in document["paths"].items():
        for operation in item.values():
            assert operation["responses"]
            assert all(answer["description"] for answer in operation["responses"].values())
            named = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path))
    schemas = document["components"]["schemas"]
    for name in re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)):
        assert name in schemas
    for schema in schemas.values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


async def test_the_document_is_served(app, document):
    response = await get(app, "/openapi.json")
    assert response.json() == document


@pytest.mark.parametrize("path", ["/redoc", "/docs/oauth2-redirect", "/nothing"])
async def test_what_is_not_there_is_refused_as_openai_does(app, path):
    response = await get(app, path)
    assert response.status_code == 404
    assert response.json()["error"]["type"] == "invalid_request_error"
    assert f"(GET {path})" in response.json()["error"]["message"]


def test_an_app_without_bodies_has_a_document_too():
    made = document_app(ROWS[4:], "1").openapi()
    assert list(made["paths"]) == ["/healthz"]
