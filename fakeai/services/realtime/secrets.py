"""Keys for browsers: each opens the session that it was made for, and counts for a moment."""

from typing import Any, NamedTuple

from pydantic import ValidationError

from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import Clock
from fakeai.core.errors import BadRequest
from fakeai.core.generation import JsonObject
from fakeai.services.base import lenient
from fakeai.services.keys import Keys
from fakeai.services.realtime import config
from fakeai.services.realtime.hours import LONGEST_S
from fakeai.store.base import Database, Tx
from fakeai.store.objects import Collection
from fakeai.wire.errors import refusal
from fakeai.wire.realtime import secrets as wire
from fakeai.wire.realtime.beta import session_from_beta, session_to_beta
from fakeai.wire.realtime.session import RealtimeSession, TranscriptionSession

EPHEMERAL = "ek_"
"""What the values and the ids of these keys begin with."""
MODEL, TRANSCRIBER, TRANSLATOR = "gpt-realtime", "gpt-4o-transcribe", "gpt-realtime-translate"
_USUAL_S, _BETA_S = 600, 60
_TAG = "Realtime"


class _Given(NamedTuple):
    value: str
    expires_at: int


class RealtimeSecrets:
    """`/realtime/client_secrets`, and the beta's `/realtime/sessions`."""

    ENDPOINTS = (
        Endpoint(
            "POST",
            "/realtime/client_secrets",
            "create",
            "Make a key for a browser",
            body=wire.ClientSecretCreate,
            tag=_TAG,
        ),
        Endpoint(
            "POST",
            "/realtime/translations/client_secrets",
            "create_translation",
            "Make a key for a browser, for a session that translates",
            body=wire.TranslationSecretCreate,
            tag=_TAG,
        ),
        Endpoint(
            "POST",
            "/realtime/sessions",
            "create_session",
            "Make a session's key (beta)",
            body=wire.BetaSessionCreate,
            tag=_TAG,
        ),
        Endpoint(
            "POST",
            "/realtime/transcription_sessions",
            "create_transcription_session",
            "Make a transcription session's key (beta)",
            body=wire.BetaTranscriptionCreate,
            tag=_TAG,
        ),
    )

    def __init__(self, db: Database, clock: Clock, ids: Ids, keys: Keys, *, lenient: bool) -> None:
        self._db = db
        self._clock = clock
        self._ids = ids
        self._keys = keys
        self._lenient = lenient
        self._rows = Collection("realtime_secret")

    async def create(self, call: Call) -> Reply:
        """A key, and its session. Raises BadRequest."""
        body: wire.ClientSecretCreate = call.body
        view = self.view(call, body.session or RealtimeSession(type="realtime"))
        call.model = view.get("model") or ""
        seconds = body.expires_after.seconds if body.expires_after is not None else None
        key = await self._give(call, view, _USUAL_S if seconds is None else seconds)
        return Reply(wire.ClientSecret(value=key.value, expires_at=key.expires_at, session=config.shown(view)))

    async def create_translation(self, call: Call) -> Reply:
        """The same for a session that translates."""
        body: wire.TranslationSecretCreate = call.body
        call.model = body.session.model
        view = config.translation(self._ids.make("sess_"), body.session.model, self._expires())
        view = config.changed_translation(view, body.session)
        seconds = body.expires_after.seconds if body.expires_after is not None else None
        key = await self._give(call, view, _USUAL_S if seconds is None else seconds)
        return Reply(wire.ClientSecret(value=key.value, expires_at=key.expires_at, session=config.shown(view)))

    async def create_session(self, call: Call) -> Reply:
        """A session as the beta shows it, with its key."""
        return await self._beta(call, call.body, writes=False)

    async def create_transcription_session(self, call: Call) -> Reply:
        """The same for one that writes down what it hears."""
        return await self._beta(call, call.body, writes=True)

    def view(self, call: Call, asked: RealtimeSession | TranscriptionSession) -> JsonObject:
        """A new session of the settings asked for. Raises BadRequest."""
        kind, usual = (asked.type, MODEL) if isinstance(asked, RealtimeSession) else (asked.type, TRANSCRIBER)
        model = getattr(asked, "model", None) or usual
        fresh = config.fresh(kind, self._ids.make("sess_"), model, self._expires())
        return config.changed(fresh, asked, easy=lenient(call, self._lenient))

    async def session(self, who: Principal) -> JsonObject | None:
        """The settings of the session that the caller's key is for, if it is one of these keys."""
        if not who.key.startswith(EPHEMERAL):
            return None
        row = await self._db.read(lambda tx: self._rows.get(tx, who.owner, who.key))
        return None if row is None else row["session"] | {"expires_at": self._expires()}

    def _expires(self) -> int:
        return int(self._clock.unix() + LONGEST_S)

    async def _beta(self, call: Call, body: Any, *, writes: bool) -> Reply:
        """Any: one of two wire types that share their fields."""
        given = body.model_dump(exclude_unset=True, exclude={"client_secret"})
        turns = given.get("turn_detection")
        if turns is not None:
            turns.setdefault("type", "server_vad")
            if turns["type"] == "server_vad":
                turns.pop("eagerness", None)
        wanted = session_from_beta(given, writes=writes)
        kind: Any = TranscriptionSession if writes else RealtimeSession
        try:
            asked = kind.model_validate(wanted)
        except ValidationError as error:
            raise refusal(kind, error).error from None
        call.model = wanted.get("model") or ""
        view = self.view(call, asked)
        secret = body.client_secret
        expiry = None if secret is None else secret.expires_after or secret.expires_at
        seconds = None if expiry is None else expiry.seconds
        key = await self._give(call, view, _BETA_S if seconds is None else seconds)
        shown = session_to_beta(config.shown(view))
        if writes:
            shown["modalities"] = ["text"]
        secret_shown = wire.BetaClientSecret(value=key.value, expires_at=key.expires_at)
        return Reply({**shown, "client_secret": secret_shown})

    async def _give(self, call: Call, view: JsonObject, seconds: int) -> _Given:
        name = self._ids.make(EPHEMERAL)
        who = call.principal
        if who.key.startswith(EPHEMERAL):
            raise BadRequest("Ephemeral keys make no others.")
        expires = self._db.now() + max(1, seconds)

        def keep(tx: Tx) -> str:
            self._rows.add(tx, who.owner, {"id": name, "session": view}, expires=expires)
            issued = self._keys.issue(
                tx,
                id=name,
                prefix=EPHEMERAL,
                organization=who.organization,
                project=who.project,
                user=who.user,
                access="none",
                expires=expires,
            )
            return issued.value

        value = await self._db.run(keep)
        self._keys.changed()
        return _Given(value, int(expires))
