"""The OpenAPI document and `/docs`, made by FastAPI from the Endpoint rows.

The routes here only document: `asgi.AsgiApp` answers the rows' requests itself and hands on no more than
`/openapi.json`, `/docs` and their like. Knows rows and wire types; does not know what answers them.
"""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from fakeai.core.call import Endpoint
from fakeai.core.errors import UnknownRoute, envelope
from fakeai.gateway import betas
from fakeai.server.docs_page import page

Json = dict[str, Any]  # a JSON object

_ABOUT = "A local stand-in for a whole LLM platform. Every path is also answered without /v1."
_NAME = re.compile(r"\{(\w+)(?::path)?\}")
_REF = "#/components/schemas/{model}"


class ErrorDetail(BaseModel):
    """What went wrong: `param` names the field, `code` the rule (on vLLM's own paths, the status)."""

    message: str
    type: str
    param: str | None
    code: str | int | None


class Error(BaseModel):
    """The body of every refusal."""

    error: ErrorDetail


class _Documents(FastAPI):
    """FastAPI's document of the routes, with the schemas of the rows' bodies."""

    bodies: Mapping[str, Any]

    def openapi(self) -> Json:
        document = super().openapi()
        document.setdefault("components", {}).setdefault("schemas", {}).update(self.bodies)
        return document


def document_app(endpoints: Sequence[Endpoint], version: str) -> FastAPI:
    """An app with `/openapi.json` (OpenAPI 3.1) and `/docs` (one page, no network); all else is OpenAI's 404."""
    app = _Documents(title="fakeai", version=version, description=_ABOUT, docs_url=None, redoc_url=None)
    app.add_exception_handler(404, _unknown)
    types = {row.body for row in endpoints if row.body is not None}
    ordered = sorted(types, key=lambda kind: f"{kind.__module__}.{kind.__qualname__}")
    bodies, definitions = models_json_schema([(kind, "validation") for kind in ordered], ref_template=_REF)
    app.bodies = definitions.get("$defs", {})
    for row in endpoints:
        _document(app, row, bodies[row.body, "validation"] if row.body is not None else None)

    async def docs(request: Request) -> HTMLResponse:
        return HTMLResponse(page(app.openapi(), str(request.base_url).rstrip("/")))

    app.add_api_route("/docs", docs, include_in_schema=False)
    return app


def _document(app: FastAPI, row: Endpoint, body: Json | None) -> None:
    extra: Json = {}
    parameters = [_parameter(name, "path") for name in _NAME.findall(row.path)]
    parameters += [_parameter(name, "query", value) for name, value in parse_qsl(row.query)]
    if beta := betas.asked(row):
        parameters.append(_parameter("OpenAI-Beta", "header", beta))
    if parameters:
        extra["parameters"] = parameters
    if body is not None:
        kinds = ("multipart/form-data", "application/json") if row.form else ("application/json",)
        text = {row.plain: {"schema": {"type": "string"}}} if row.plain else {}
        extra["requestBody"] = {"required": True, "content": {kind: {"schema": body} for kind in kinds} | text}
    app.add_api_route(
        row.path if row.probe or row.root else f"/v1{row.path}",
        _answered_before,
        methods=[row.method],
        summary=row.summary,
        tags=[row.tag],
        operation_id="_".join([row.method.lower(), *re.findall(r"\w+", _NAME.sub(r"\1", row.path))]),
        response_class=Response,
        responses={200: _answer(row)} if row.probe else {_good(row): _answer(row), **_errors(row)},
        openapi_extra=extra,
    )


def _parameter(name: str, place: str, value: str | None = None) -> Json:
    known: Json = {"name": name, "in": place, "required": True, "schema": {"type": "string"}}
    return known if value is None else known | {"example": value}


async def _answered_before() -> Response:
    """The handler of all documented routes: nobody gets here, see `asgi.AsgiApp`."""
    raise AssertionError("rows are answered before FastAPI sees the request")


def _good(row: Endpoint) -> int:
    """The status of an answer that is none of an error."""
    return 101 if row.reply == "socket" else 200


def _answer(row: Endpoint) -> Json:
    json: Json = {"application/json": {"schema": {"type": "object"}}}
    match row.reply:
        case "events":
            events = {"text/event-stream": {"schema": {"type": "string"}}}
            return {"description": "The answer; as events if the body says stream", "content": json | events}
        case "json":
            return {"description": "The answer", "content": json}
        case "socket":
            return {"description": "A WebSocket"}
        case _:
            kind = "text/plain" if row.probe else "application/octet-stream"
            return {"description": "The answer", "content": {kind: {"schema": {"type": "string"}}}}


def _errors(row: Endpoint) -> dict[int | str, Json]:
    statuses = [400, 404, 413, 429, 500] if row.body is not None else [404, 429, 500] if "{" in row.path else [429, 500]
    known: dict[int | str, Json] = {
        status: {"model": Error, "description": HTTPStatus(status).phrase} for status in statuses
    }
    return known | {"default": {"model": Error, "description": "Any other error"}}


async def _unknown(request: Request, _: Exception) -> JSONResponse:
    return JSONResponse(envelope(UnknownRoute(request.method, request.url.path)), 404)
