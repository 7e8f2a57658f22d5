"""The OpenAPI document and `/docs`, made by FastAPI from the Endpoint rows.

The routes here only document: `asgi.AsgiApp` answers the rows' requests itself and hands on no more than
`/openapi.json`, `/docs` and their like. Knows rows and wire types; does not know what answers them.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from inspect import Parameter, Signature
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel

from fakeai.core.call import Endpoint
from fakeai.core.errors import UnknownRoute
from fakeai.server.codec import error_body
from fakeai.server.docs_page import page

_ABOUT = "A local stand-in for a whole LLM platform. Every path is also answered without `/v1`."
_NAME = re.compile(r"\{(\w+)(?::path)?\}")


class ErrorDetail(BaseModel):
    """What went wrong: `param` names the field, `code` the rule."""

    message: str
    type: str
    param: str | None
    code: str | None


class Error(BaseModel):
    """The body of every refusal."""

    error: ErrorDetail


def document_app(endpoints: Sequence[Endpoint], version: str) -> FastAPI:
    """An app with `/openapi.json` (OpenAPI 3.1) and `/docs` (one page, no network); all else is OpenAI's 404."""
    app = FastAPI(title="fakeai", version=version, description=_ABOUT, docs_url=None, redoc_url=None)
    app.add_exception_handler(404, _unknown)
    for row in endpoints:
        _document(app, row)

    async def docs() -> HTMLResponse:
        return HTMLResponse(page(app.openapi()))

    app.add_api_route("/docs", docs, include_in_schema=False)
    return app


def _document(app: FastAPI, row: Endpoint) -> None:
    path = row.path if row.probe else f"/v1{row.path}"
    app.add_api_route(
        path,
        _documented(row),
        methods=[row.method],
        summary=row.summary,
        tags=[row.tag],
        operation_id=_operation_id(row),
        response_class=Response,
        responses={200: _reply(row)} if row.probe else {200: _reply(row), **_errors(row)},
    )


def _documented(row: Endpoint) -> Callable[..., Awaitable[Response]]:
    """A handler with the parameters FastAPI is to document: the path's, and the body."""

    async def answered_before(**_: Any) -> Response:  # Any: the parameters of `row`
        raise AssertionError(f"{row.method} {row.path} is answered before FastAPI sees it")

    parameters = [Parameter(name, Parameter.KEYWORD_ONLY, annotation=str) for name in _NAME.findall(row.path)]
    if row.body is not None:
        parameters.append(Parameter("body", Parameter.KEYWORD_ONLY, annotation=row.body))
    answered_before.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # what inspect.signature reads
    return answered_before


def _operation_id(row: Endpoint) -> str:
    """`post_chat_completions`: method and path in one word."""
    return "_".join([row.method.lower(), *re.findall(r"\w+", _NAME.sub(r"\1", row.path))])


def _reply(row: Endpoint) -> dict[str, Any]:
    match row.reply:
        case "events":
            kinds = {
                "application/json": {"schema": {"type": "object"}},
                "text/event-stream": {"schema": {"type": "string"}},
            }
        case "json":
            kinds = {"application/json": {"schema": {"type": "object"}}}
        case _:
            kinds = {"text/plain" if row.probe else "application/octet-stream": {"schema": {"type": "string"}}}
    described = "The answer; its events when the body says `stream`" if row.reply == "events" else "The answer"
    return {"description": described, "content": kinds}


def _errors(row: Endpoint) -> dict[int | str, dict[str, Any]]:
    statuses = [400, 401, 413, 429, 500] if row.body is not None else [401, 429, 500]
    if "{" in row.path or row.body is not None:
        statuses.append(404)
    found: dict[int | str, dict[str, Any]] = {
        status: {"model": Error, "description": HTTPStatus(status).phrase} for status in sorted(statuses)
    }
    return found | {"default": {"model": Error, "description": "Any other error"}}


async def _unknown(request: Request, _: Exception) -> JSONResponse:
    return JSONResponse(error_body(UnknownRoute(request.method, request.url.path)), 404)
