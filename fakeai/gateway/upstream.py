"""Passes a call on to another OpenAI-compatible server, and its answer back, byte for byte.

Stands before `parse`: a body that our wire types refuse is the other server's to judge. Reads nothing of a body but the
model it names, and nothing of an answer but the usage it tells, for metrics and limits.
"""

import logging
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import orjson

from fakeai.core.call import Call, Handler, Origin, Reply
from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError, BadGateway, GatewayTimeout
from fakeai.core.feed import Feed
from fakeai.gateway.passing import Passing, UsageWatch, usage_of

if TYPE_CHECKING:
    import httpx

_log = logging.getLogger("fakeai.upstream")

_CONNECT_S = 10.0
_MAX_JSON_BYTES = 256 * 2**20
"""Of an answer that is read whole, for its usage; others pass as they come, whatever their size."""
_POOLED = 64
"""Connections a server keeps for its next calls."""

_BODILESS = frozenset({204, 205})
"""Statuses of answers that end with their head: the client takes what follows for its next answer."""

_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding"}
    | {"upgrade", "proxy-connection", "http2-settings"}
)
_OURS = frozenset({"host", "content-length", "expect", "accept-encoding"})
"""Of a request: what is between two hops, or says how this call was sent."""
_IDENTITY = frozenset({"authorization", "api-key", "x-api-key", "cookie", "openai-organization", "openai-project"})
"""Who the client is; means nothing to a server that is shown another key."""
_REPLACED = frozenset({"content-type", "content-length", "x-request-id", "date", "server", "openai-processing-ms"}) | {
    "openai-version",
    "openai-organization",
}
"""Of an answer: what our own replies say themselves."""


class Target(NamedTuple):
    """Where a model is answered: `base_url` without a slash at its end; `model` None where it is called the same there."""

    base_url: str
    api_key: str | None = None
    model: str | None = None
    timeout_s: float = 600.0


class Upstream:
    """Answers the calls whose body names a model that is somewhere else; not in the way where there is none."""

    def __init__(self, clock: Clock, upstreams: Mapping[str, Target]) -> None:
        everywhere: frozenset[Origin] = frozenset({"http", "batch", "experiment", "direct"})
        self.origins = everywhere if upstreams else frozenset[Origin]()
        self._clock = clock
        self._targets = upstreams
        self._client: httpx.AsyncClient | None = None
        self.pooled = False
        """Whether connections are kept for later calls; whoever says so must `close` at the end."""

    async def __call__(self, call: Call, next: Handler) -> Reply:
        """Raises BadGateway for a server that cannot be reached or breaks off, GatewayTimeout for a slow one."""
        body = _object(call.raw)
        target = self._targets.get(body["model"]) if body and isinstance(body.get("model"), str) else None
        if body is None or target is None:
            return await next(call)
        call.model = body["model"]
        raw = call.raw if target.model is None else orjson.dumps({**body, "model": target.model})
        try:
            with self._clock.hold():
                response = await self._send(call, target, raw)
                try:
                    return await self._reply(call, response)
                except BaseException:
                    await response.aclose()
                    raise
        except ApiError:
            raise
        except Exception as error:
            raise _failure(error, call.model, target) from error

    async def close(self) -> None:
        """Let go of the connections that were kept."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _send(self, call: Call, target: Target, raw: bytes) -> "httpx.Response":
        import httpx

        if self._client is None:
            self._client = httpx.AsyncClient(
                follow_redirects=False,
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=_POOLED if self.pooled else 0),
                mounts={f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")},  # never by a proxy
            )
        path = call.path.removeprefix("/v1")
        base = target.base_url.removesuffix("/v1") if call.endpoint.root else target.base_url
        query = urlencode(call.query, doseq=True)
        request = self._client.build_request(
            call.endpoint.method,
            f"{base}{path}{'?' + query if query else ''}",
            headers=_headers(call.headers, target.api_key),
            content=raw,
            timeout=httpx.Timeout(target.timeout_s, connect=min(_CONNECT_S, target.timeout_s)),
        )
        return await self._client.send(request, stream=True)

    async def _reply(self, call: Call, response: "httpx.Response") -> Reply:
        status = response.status_code
        if 300 <= status < 400 or not 200 <= status < 600:
            await response.aclose()
            raise BadGateway(
                f"The server behind the model '{call.model}' answered with status {status}, where an answer was due."
            )
        kind = response.headers.get("content-type", "application/octet-stream")
        plain = "content-encoding" not in response.headers
        reply = Reply(status=status, headers=_kept(response.headers), media_type=kind)
        if status in _BODILESS:
            await response.aclose()
            reply.body = b""
            return reply
        if "json" in kind and "event-stream" not in kind:
            reply.body = await _whole(response)
            found = _object(reply.body) if plain and status == 200 else None
            reply.usage = usage_of(found) if found else None
            return reply
        watch = UsageWatch() if plain else None
        source = Passing(response, self._clock, watch, partial(_failure, model=call.model, target=None))
        feed: Feed[list[bytes]] = Feed(source)
        feed.on_end(partial(_told, source, reply))
        reply.events, reply.verbatim = feed, True
        return reply


def _told(source: Passing, reply: Reply, error: Exception | None, cancelled: bool) -> None:
    """A feed has ended: the usage it told, if it came to its end; and no connection is left of one that never began."""
    source.ended()
    if error is None and not cancelled and source.watch is not None:
        reply.usage = source.watch.usage


async def _whole(response: "httpx.Response") -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_raw():
        size += len(part)
        if size > _MAX_JSON_BYTES:
            raise BadGateway(f"The answer of the server behind this model is larger than {_MAX_JSON_BYTES} bytes.")
        parts.append(part)
    await response.aclose()
    return b"".join(parts)


def _object(raw: bytes) -> dict[str, Any] | None:
    """The JSON object in `raw`, if it is one. Any: nobody has checked it."""
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _headers(given: Mapping[str, str], key: str | None) -> dict[str, str]:
    """A request's headers for the next hop, the answer uncompressed; with a key of our own nobody else's identity goes with it."""
    named = {name.strip().lower() for name in given.get("connection", "").split(",")}
    dropped = _HOP_BY_HOP | _OURS | named | (_IDENTITY if key is not None else frozenset())
    kept = {name: value for name, value in given.items() if name not in dropped and not name.startswith("x-fakeai-")}
    kept["accept-encoding"] = "identity"
    if key is not None:
        kept["authorization"] = f"Bearer {key}"
    return kept


def _kept(given: Any) -> dict[str, str]:
    """An answer's headers for the client. Any: httpx's own mapping, loaded late."""
    named = {name.strip().lower() for name in given.get("connection", "").split(",")}
    dropped = _HOP_BY_HOP | _REPLACED | named
    kept = {name: value for name, value in given.items() if name not in dropped}
    if "x-request-id" in given:
        kept["x-upstream-request-id"] = given["x-request-id"]
    return kept


def _failure(error: Exception, model: str, target: Target | None) -> ApiError:
    """What a client is told of a failure between us and the other server; where that is, only the log says."""
    import httpx

    where = "" if target is None else f" at {urlsplit(target.base_url).netloc}"
    _log.warning("the server behind the model %r%s failed: %s: %s", model, where, type(error).__name__, error)
    if isinstance(error, httpx.TimeoutException):
        return GatewayTimeout(f"The server behind the model '{model}' did not answer in time.")
    if isinstance(error, httpx.ConnectError):
        return BadGateway(f"The server behind the model '{model}' cannot be reached.")
    return BadGateway(f"The server behind the model '{model}' broke off: {type(error).__name__}.")
