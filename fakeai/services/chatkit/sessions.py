"""ChatKit sessions: made with an API key, used with the secret that they give to a chat in somebody's browser."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError, NotFound, RateLimited, Unauthorized
from fakeai.services.keys import Keys
from fakeai.services.resource import Resource
from fakeai.store.base import Database, KeyValue, Object, Tx
from fakeai.store.objects import shown
from fakeai.wire.chatkit.sessions import ChatSession, Configuration, SessionCreate, Workflow
from fakeai.wire.example import example

TAG = "ChatKit"
_SECRET, _SESSION = "ek_", "cksess_"
_LIFE_S = 600
_KEPT_S = 86_400
"""Seconds for which a session that has ended can still be asked for."""
_PER_MINUTE = 10
_MOST_MEGABYTES, _MOST_FILES = 512, 10
_MINUTE_S = 60


class Visit(NamedTuple):
    """Who calls with a session's secret: the session, and whose things are his."""

    session: Object
    owner: str

    @property
    def user(self) -> str:
        """The end user that the session is for."""
        return str(self.session["user"])

    @property
    def allows(self) -> Mapping[str, Any]:
        """What the session may do: JSON (hence Any)."""
        configuration: Mapping[str, Any] = self.session["chatkit_configuration"]
        return configuration


class ChatKitSessions:
    """`/chatkit/sessions`, and `visit` for whatever is asked for with a session's secret."""

    ENDPOINTS = (
        Endpoint("POST", "/chatkit/sessions", "create", "Create a ChatKit session", body=SessionCreate, tag=TAG),
        Endpoint("POST", "/chatkit/sessions/{session_id}/cancel", "cancel", "Cancel a ChatKit session", tag=TAG),
    )

    def __init__(self, db: Database, kv: KeyValue, ids: Ids, keys: Keys, *, synthesize: bool) -> None:
        self._db = db
        self._keys = keys
        self._kv = kv
        self._ids = ids
        self._sessions = Resource(db, "chatkit_session", ChatSession, _missing, synthesize=synthesize, made=_made)

    async def create(self, call: Call) -> Reply:
        """A session, with its secret: a key of the session's id, that is good for the session alone."""
        body: SessionCreate = call.body
        now, who = self._db.now(), call.principal
        life_s = _LIFE_S if body.expires_after is None else body.expires_after.seconds
        rates = None if body.rate_limits is None else body.rate_limits.max_requests_per_1_minute
        session: ChatSession = {
            "id": self._ids.hex(_SESSION),
            "object": "chatkit.session",
            "chatkit_configuration": _configuration(body),
            "client_secret": "",
            "expires_at": int(now) + life_s,
            "max_requests_per_1_minute": rates or _PER_MINUTE,
            "rate_limits": {"max_requests_per_1_minute": rates or _PER_MINUTE},
            "status": "active",
            "user": body.user,
            "workflow": _workflow(body),
        }

        def add(tx: Tx) -> ChatSession:
            until = session["expires_at"] + _KEPT_S
            secret = self._keys.issue(
                tx,
                id=session["id"],
                prefix=_SECRET,
                organization=who.organization,
                project=who.project,
                user=who.user,
                access="none",
                expires=until,
            )
            made: ChatSession = {**session, "client_secret": secret.value}
            self._sessions.rows.add(tx, who.owner, dict(made), expires=until)
            return made

        made = await self._db.run(add)
        self._keys.changed()
        return Reply(made)

    async def cancel(self, call: Call) -> Reply:
        """The session, whose secret is good for nothing from here on. Raises NotFound."""
        session = await self._sessions.change(
            call, call.params["session_id"], lambda found: {**found, "status": "cancelled"}
        )
        return Reply(shown(session))

    async def visit(self, call: Call) -> Visit:
        """Who calls. Raises Unauthorized for a secret that is none or no longer one, RateLimited for too many calls."""
        who = call.principal
        if not who.key.startswith(_SESSION):
            raise _refused("Provide the client secret of a ChatKit session as the bearer token.")
        session = await self._db.read(lambda tx: self._sessions.rows.get(tx, who.owner, who.key))
        if session is None:
            raise _refused("The client secret is not that of a ChatKit session.")
        if session["status"] == "cancelled":
            raise _refused("The ChatKit session was cancelled.")
        if self._db.now() >= session["expires_at"]:
            raise _refused("The ChatKit session has expired.")
        await self._count(session)
        return Visit(session, who.owner)

    async def _count(self, session: Object) -> None:
        most, now = session["max_requests_per_1_minute"], self._db.now()
        count = await self._kv.add(f"chatkit:{session['id']}:{int(now // _MINUTE_S)}", 1, _MINUTE_S)
        if count > most:
            told = f"Rate limit reached for the ChatKit session: {most} requests a minute. Please try again later."
            raise RateLimited(told, "requests", _MINUTE_S - now % _MINUTE_S)


def _configuration(body: SessionCreate) -> Configuration:
    """What is asked for, and the usual for what is not."""
    asked = body.chatkit_configuration
    titling = (
        None if asked is None or asked.automatic_thread_titling is None else asked.automatic_thread_titling.enabled
    )
    upload = None if asked is None else asked.file_upload
    history = None if asked is None else asked.history
    return {
        "automatic_thread_titling": {"enabled": titling is not False},
        "file_upload": {
            "enabled": bool(upload and upload.enabled),
            "max_file_size": (upload and upload.max_file_size) or _MOST_MEGABYTES,
            "max_files": (upload and upload.max_files) or _MOST_FILES,
        },
        "history": {
            "enabled": history is None or history.enabled is not False,
            "recent_threads": history.recent_threads if history is not None else None,
        },
    }


def _workflow(body: SessionCreate) -> Workflow:
    asked = body.workflow
    return {
        "id": asked.id,
        "state_variables": asked.state_variables,
        "tracing": {"enabled": asked.tracing is None or asked.tracing.enabled is not False},
        "version": asked.version,
    }


def _made(id: str) -> Object:
    return {**example(ChatSession, id), "id": id}


def _missing(id: str) -> ApiError:
    return NotFound(f"ChatKit session '{id}' not found.", param="session_id")


def _refused(message: str) -> ApiError:
    return Unauthorized(message, code="invalid_client_secret")
