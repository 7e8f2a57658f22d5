"""What a FakeAI was asked: a bounded list to assert on.

Watches an App's codec, which both doors (HTTP and ASGI) ask for every answer, so requests that are refused are seen too.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from fakeai.core.call import Call, Reply
from fakeai.core.errors import ApiError
from fakeai.server.heads import Head

if TYPE_CHECKING:
    from fakeai.app import App

LIMIT = 1000


@dataclass(slots=True)
class Request:
    """One request as it arrived. `status` is None until it is answered; 499 when the client left before."""

    method: str
    path: str
    headers: Mapping[str, str]
    raw: bytes = b""
    status: int | None = None

    @property
    def body(self) -> Any:
        """The JSON body as Python values (hence Any); None when there is none."""
        try:
            return orjson.loads(self.raw)
        except orjson.JSONDecodeError:
            return None

    @property
    def model(self) -> str | None:
        """The model the body names."""
        body = self.body
        model = body.get("model") if isinstance(body, dict) else None
        return model if isinstance(model, str) else None


class Recorder:
    """The last requests of any number of Apps, in order of arrival."""

    def __init__(self) -> None:
        self.requests: deque[Request] = deque(maxlen=LIMIT)

    def watch(self, app: "App") -> None:
        """Remember every request `app` gets from now on; health probes are none."""
        codec = app.codec
        read, answer = codec.read, codec.answer

        def found(method: str, path: str, query: bytes, headers: Mapping[str, str]) -> Head:
            try:
                return read(method, path, query, headers)
            except ApiError as error:
                self.requests.append(Request(method, path, dict(headers), status=error.status))
                raise

        async def answered(call: Call) -> Reply:
            request = Request(call.endpoint.method, call.path, dict(call.headers), call.raw)
            if not call.endpoint.probe:
                self.requests.append(request)
            try:
                reply = await answer(call)
            except asyncio.CancelledError:
                request.status = 499
                raise
            request.status = reply.status
            return reply

        codec.read, codec.answer = found, answered  # type: ignore[method-assign]  # this App's alone, and both doors'
