"""On Azure OpenAI's paths a deployment's name stands for a model: here the model is put into the body, for all who read it.

Stands before whoever judges a call by its model. Bytes are put in, nothing is parsed: of a field given twice, the last counts.
Source: learn.microsoft.com/azure/ai-services/openai/reference; the wording of the refusal is that of the live service, as
many a bug report has it.
"""

import re
from collections.abc import Awaitable, Mapping
from typing import Final

import orjson

from fakeai.core.call import AZURE, Call, Endpoint, Handler, Origin, Reply
from fakeai.core.errors import ModelNotFound, NotFound
from fakeai.wire.base import bulky

_BATCHES: Final = "/batches"
_FORM: Final = "multipart/form-data"
_BOUNDARY: Final = re.compile(r'boundary="?([^";]{1,256})', re.IGNORECASE)
_FIELD: Final = re.compile(rb'name="?model"?[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]{0,256})\r\n')
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f]{1,256}")


class DeploymentNotFound(NotFound):
    """No deployment has this name."""

    code = "DeploymentNotFound"

    def __init__(self) -> None:
        super().__init__(
            "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, "
            "please wait a moment and try again."
        )


class Deployments:
    """In the way of calls on Azure's paths only."""

    origins: frozenset[Origin] = frozenset({"http"})

    def __init__(self, deployments: Mapping[str, str]) -> None:
        self._models = deployments

    def applies(self, endpoint: Endpoint) -> bool:
        """Whether a call of this endpoint may name a model."""
        return endpoint.body is not None or endpoint.reply == "socket"

    def __call__(self, call: Call, next: Handler) -> Awaitable[Reply]:
        """Raises DeploymentNotFound."""
        return self._deployed(call, next) if call.path.startswith(AZURE) else next(call)

    async def _deployed(self, call: Call, next: Handler) -> Reply:
        name = call.params.get("deployment")
        if name is not None:
            self._use(call, self._model(name))
        elif call.endpoint.reply == "socket":
            wanted = call.query.get("deployment") or call.query.get("model")
            if wanted:
                call.query = {**call.query, "model": [self._model(wanted[0])]}
        elif self._models and (name := _named(call)) and (name in self._models or call.endpoint.usage):
            self._use(call, self._model(name))
        if call.endpoint.path == _BATCHES:
            call.raw = _with_version(call.raw)
        try:
            return await next(call)
        except ModelNotFound:
            raise DeploymentNotFound from None

    def _model(self, deployment: str) -> str:
        model = self._models.get(deployment) if self._models else deployment
        if model is None or not _NAME.fullmatch(model):
            raise DeploymentNotFound
        return model

    @staticmethod
    def _use(call: Call, model: str) -> None:
        call.raw = with_model(call.raw, call.headers.get("content-type") or "", model)


def with_model(raw: bytes, media_type: str, model: str) -> bytes:
    """The body with `model` in it, whatever model it names; one that is no object and no form as it is."""
    if media_type.lower().startswith(_FORM):
        return _form_with(raw, media_type, model)
    return _object_with(raw, b"model", model)


def _object_with(raw: bytes, name: bytes, value: str) -> bytes:
    body = raw.strip()
    if not (body.startswith(b"{") and body.endswith(b"}")):
        return raw
    return b'%b%b"%b":%b}' % (body[:-1], b"," if body[1:-1].strip() else b"", name, orjson.dumps(value))


def _with_version(raw: bytes) -> bytes:
    """A batch for `/v1/chat/completions`, where Azure calls that `/chat/completions`."""
    if bulky(raw):
        return raw
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return raw
    path = body.get("endpoint") if isinstance(body, dict) else None
    if not isinstance(path, str) or not path.startswith("/") or path.startswith("/v1/"):
        return raw
    return _object_with(raw, b"endpoint", f"/v1{path}")


def _form_with(raw: bytes, media_type: str, model: str) -> bytes:
    boundary = _BOUNDARY.search(media_type)
    if boundary is None:
        return raw
    mark = b"--" + boundary[1].encode("latin-1")
    end = raw.rfind(mark + b"--")
    if end < 0:
        return raw
    part = b'%b\r\nContent-Disposition: form-data; name="model"\r\n\r\n%b\r\n' % (mark, model.encode())
    return raw[:end] + part + raw[end:]


def _named(call: Call) -> str:
    """The deployment that the body names; empty if none."""
    if (call.headers.get("content-type") or "").lower().startswith(_FORM):
        field = _FIELD.search(call.raw)
        return "" if field is None else field[1].decode("utf-8", "replace")
    if bulky(call.raw):  # which is refused when it is parsed
        return ""
    try:
        body = orjson.loads(call.raw)
    except orjson.JSONDecodeError:
        return ""
    name = body.get("model") if isinstance(body, dict) else None
    return name if isinstance(name, str) else ""
