"""Bytes → wire type. Runs after whoever may refuse the call unseen, so that a missing key beats a bad body."""

import logging
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson

from fakeai.core.call import Call, Handler, Origin, Reply
from fakeai.core.clock import in_pool
from fakeai.core.errors import UnsupportedMediaType
from fakeai.core.memory import SHORT, Recent

_log = logging.getLogger("fakeai.parse")

_FORM = "multipart/form-data"
_INLINE = 2**18
"""Bytes of a form that is read on the loop."""


class Parse:
    """Parses the body into the endpoint's wire type and reports the fields nobody models."""

    origins: frozenset[Origin] = frozenset({"http", "batch", "experiment", "direct"})

    def __init__(
        self,
        parse: Callable[[Any, bytes], Any],
        parse_form: Callable[[Any, bytes, str], Any],
        unknown_fields: Callable[[Any], Collection[str]],
    ) -> None:
        self._parse = parse
        self._parse_form = parse_form
        self._unknown_fields = unknown_fields
        self._readers = ThreadPoolExecutor(1, "fakeai-forms")
        self._recent: Recent[tuple[Any, bytes], tuple[Any, Collection[str]]] = Recent()

    async def __call__(self, call: Call, next: Handler) -> Reply:
        """Raises BadRequest for a body that is not what the endpoint takes, UnsupportedMediaType for one it cannot read."""
        kind = call.endpoint.body
        if kind is None:
            return await next(call)
        media = call.headers.get("content-type")
        if media is None or media == "application/json" or "json" in media.lower():
            call.body, unknown = self._recent.get((kind, call.raw)) or self._read(kind, call.raw)
        elif call.endpoint.form and media.lower().startswith(_FORM):
            call.body, unknown = await self._read_form(kind, call.raw, media)
        elif call.endpoint.plain and media.partition(";")[0].strip().lower() == call.endpoint.plain:
            call.body, unknown = self._parse(kind, _of_text(kind, call.raw)), ()
        else:
            accepted = _FORM if call.endpoint.form else "application/json"
            raise UnsupportedMediaType(
                f"Unsupported content type: '{media[:100]}'. This API method only accepts '{accepted}' requests, "
                f"but you specified the header 'Content-Type: {media[:100]}'. Please try again with a supported content type."
            )
        call.model = getattr(call.body, "model", None) or ""
        if not unknown:
            return await next(call)
        names = ",".join(sorted(unknown))[:500]
        _log.info("fields without effect: %s", names, extra={"request_id": call.id})
        reply = await next(call)
        if names.isascii() and names.isprintable():
            reply.headers["x-fakeai-unknown-fields"] = names
        return reply

    async def _read_form(self, kind: Any, raw: bytes, media: str) -> tuple[Any, Collection[str]]:
        if len(raw) > _INLINE:
            body = await in_pool(self._readers, self._parse_form, kind, raw, media)
        else:
            body = self._parse_form(kind, raw, media)
        return body, self._unknown_fields(body)

    def _read(self, kind: Any, raw: bytes) -> tuple[Any, Collection[str]]:
        """The body and its unknown fields. Nobody changes a body, so equal bytes may share one."""
        body = self._parse(kind, raw)
        found = body, self._unknown_fields(body)
        if len(raw) <= SHORT:
            self._recent.put((kind, raw), found)
        return found


def _of_text(kind: Any, raw: bytes) -> bytes:
    """A body whose first field is this text, as JSON. Any: a wire type."""
    return orjson.dumps({next(iter(kind.model_fields)): raw.decode("utf-8", "replace")})
