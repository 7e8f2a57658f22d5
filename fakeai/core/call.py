"""What arrived and what leaves, without HTTP; and the row that says which handler answers which path."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, Protocol, TypeAlias

from fakeai.core.chance import Ids
from fakeai.core.feed import Feed
from fakeai.core.socket import ClientLeft, Socket, Talk
from fakeai.core.terms import Terms

Origin = Literal["http", "batch", "experiment", "direct"]
ReplyKind = Literal["json", "events", "bytes", "socket"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row of a service's table: who answers `method path`, what the body is, what kind of reply comes back."""

    method: str
    path: str
    handler: str
    summary: str
    body: Any = None
    """The wire type (a pydantic class) of the JSON body, or None. Any: `core` knows no pydantic."""
    reply: ReplyKind = "json"
    probe: bool = False
    """Health and metrics: no middleware, no limits, no journal."""
    tag: str = ""
    root: bool = False
    """Whether other servers have this path at their root, not under `/v1`."""
    form: bool = False
    """Whether the body is `multipart/form-data`; JSON is taken too."""
    plain: str = ""
    """A media type whose bodies are the text of the form's first field."""
    max_body: int = 0
    """Bytes of the largest body of this row; 0 for the server's limit."""
    query: str = ""
    """A query that the row cannot do without, as an example: `start_time=1767225600`."""
    usage: str = ""
    """The kind of usage that a call of this row is; empty if it uses no model."""
    front: bool = False
    """Whether it is fakeai's own, at the front door, and no part of OpenAI's API."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls."""

    organization: str = "org-fakeai"
    project: str = "proj_fakeai"
    key: str = ""
    """Id of the key that was shown, if it is one of ours."""
    user: str = ""
    """The user or service account whose key it is."""
    admin: bool = False
    """Whether the key is an admin key of the organization, or one of an admin at the front door."""
    terms: Terms | None = None
    """On what terms the key is let in, if it is one of the front door."""

    @property
    def owner(self) -> str:
        """Whose things this caller sees and makes."""
        return f"{self.organization}/{self.project}"


ANYONE = Principal()

AZURE = "/openai/"
"""How the paths of Azure OpenAI begin."""


@dataclass(slots=True)
class Call:
    """One request on its way through the gateway. `headers` have lower-case names; `query` holds every value given."""

    id: str
    endpoint: Endpoint
    path: str
    headers: Mapping[str, str]
    raw: bytes = b""
    params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    origin: Origin = "http"
    arrived: float = 0.0
    """Clock second of arrival."""
    principal: Principal = ANYONE
    body: Any = None
    """The parsed body: an instance of `endpoint.body` once `gateway/parse.py` has run."""
    websocket: bool = False
    """Whether the caller can talk: what a row whose reply is a socket is for."""
    ids: Ids | None = None
    """Where the ids of the answer come from, if not from the App's: a batch's lines have ids of their own."""
    created: int | None = None
    """The epoch second that the answer tells as its time, if not the Clock's."""
    model: str = ""
    """The model the body names, for logs, metrics and limits."""

    @property
    def azure(self) -> bool:
        """Whether it came by a path of Azure OpenAI."""
        return self.path.startswith(AZURE)


@dataclass(slots=True)
class Reply:
    """What goes back: `body` is a JSON value to be encoded, or finished bytes, or a feed of events."""

    body: Any = None
    """A JSON value (a wire TypedDict), bytes, or None for an empty reply. Any: its type is the wire type's."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    events: Feed[list[bytes]] | None = None
    """A feed of bursts of JSON documents, each to be framed as one server-sent event."""
    verbatim: bool = False
    """Whether `events` are bytes of somebody else's body instead, to be passed on as they are; `media_type` says of what kind."""
    framed: bool = False
    """Whether the documents of `events` are whole events instead, that have names (`event: name\\ndata: {…}\\n\\n`). What ends the
    stream is the last of them."""
    socket: Talk | None = None
    """The conversation that follows, of a row whose kind of reply is `socket`; to be called exactly once."""
    usage: Any = None
    """`core.generation.Usage`, if any; a streamed reply has it by its end. Any: avoids a cycle with `generation`."""
    cached: bool = False
    """Whether all of it is an answer given before: then it has used no model, and is free."""

    @property
    def lasts(self) -> bool:
        """Whether more is to come: events, or a conversation."""
        return self.events is not None or self.socket is not None

    def on_end(self, call: Callable[[Exception | None, bool], None]) -> None:
        """Call `call(error, cancelled)` once what lasts is over, for whatever reason."""
        if self.events is not None:
            self.events.on_end(call)
        elif self.socket is not None:
            self.socket = partial(_watched, self.socket, call)


async def _watched(talk: Talk, call: Callable[[Exception | None, bool], None], socket: Socket) -> None:
    try:
        await talk(socket)
    except (ClientLeft, asyncio.CancelledError):
        call(None, True)
        raise
    except Exception as error:
        call(error, False)
        raise
    call(None, False)


Handler: TypeAlias = Callable[[Call], Awaitable[Reply]]


class Middleware(Protocol):
    """One step around every handler. `origins` are those it applies to.

    One that has nothing to wait for returns what `next` returns: a coroutine of its own would cost each call.
    """

    origins: frozenset[Origin]

    def __call__(self, call: Call, next: Handler) -> Awaitable[Reply]:
        """Answer, or pass on to `next` and look at what comes back."""


class Service(Protocol):
    """One endpoint family. Each endpoint's handler is an attribute of that name: `async (Call) -> Reply`."""

    ENDPOINTS: tuple[Endpoint, ...]
