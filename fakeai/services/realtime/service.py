"""`GET /realtime`: who may open a session, with which model and which settings."""

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Ids
from fakeai.core.clock import Clock
from fakeai.core.errors import BadRequest
from fakeai.core.generation import JsonObject
from fakeai.services.directory import ModelDirectory
from fakeai.services.realtime import config
from fakeai.services.realtime.calls import RealtimeCalls
from fakeai.services.realtime.hours import LONGEST_S
from fakeai.services.realtime.pump import Pump
from fakeai.services.realtime.secrets import TRANSCRIBER, RealtimeSecrets
from fakeai.services.realtime.session import Session
from fakeai.services.realtime.translation import Translation
from fakeai.services.turns import Turns

_OLD = "realtime=v1"


class Realtime:
    """Sessions over WebSockets."""

    ENDPOINTS = (
        Endpoint(
            "GET",
            "/realtime",
            "connect",
            "Talk with a model, in text and sound, over a WebSocket",
            reply="socket",
            tag="Realtime",
            query="model=gpt-realtime",
            usage="completions",
        ),
        Endpoint(
            "GET",
            "/realtime/translations",
            "translate",
            "Translate speech while it is spoken, over a WebSocket",
            reply="socket",
            tag="Realtime",
            query="model=gpt-realtime-translate",
            usage="completions",
        ),
    )

    def __init__(
        self,
        turns: Turns,
        directory: ModelDirectory,
        realtime_secrets: RealtimeSecrets,
        realtime_calls: RealtimeCalls,
        clock: Clock,
        ids: Ids,
        *,
        seed: bytes,
        speech_program: str | None = None,
    ) -> None:
        self._turns = turns
        self._secrets = realtime_secrets
        self._calls = realtime_calls
        self._directory = directory
        self._clock = clock
        self._ids = ids
        self._seed = seed
        self._program = speech_program

    async def connect(self, call: Call) -> Reply:
        """A session. Raises BadRequest, ModelNotFound and NotFound."""
        call_id = _asked(call, "call_id")
        if call_id:
            view = await self._calls.session(call, call_id)
        else:
            view = await self._secrets.session(call.principal) or self._fresh(call)
        if view["type"] == "translation":
            raise BadRequest("Your key is for a session of another type.", code="invalid_session_type")
        card = self._directory.card(view.get("model") or view["audio"]["input"]["transcription"]["model"])
        call.model = card.id
        if view["type"] == "realtime" and card.known and card.family != "realtime" and not card.can("audio_out"):
            message = f'Model "{card.id}" is not supported in realtime mode.'
            raise BadRequest(message, param="model", code="invalid_model")
        session = Session(view, card, call.ids or self._ids, self._clock.now(), call=bool(call_id))
        return self._talk(call, session, card, old=_OLD in call.headers.get("openai-beta", ""))

    async def translate(self, call: Call) -> Reply:
        """A session that translates. Raises BadRequest and ModelNotFound."""
        view = await self._secrets.session(call.principal)
        if view is None:
            model = _asked(call, "model")
            if not model:
                raise _no_model()
            view = config.translation(self._ids.make("sess_"), model, int(self._clock.unix() + LONGEST_S))
        if view["type"] != "translation":
            raise BadRequest("Your key is for a session of another type.", code="invalid_session_type")
        card = self._directory.card(view["model"])
        call.model = card.id
        session = Translation(view, call.ids or self._ids, self._clock.now())
        return self._talk(call, session, card)

    def _talk(self, call: Call, session: Session | Translation, card: ModelCard, *, old: bool = False) -> Reply:
        who = self._turns.asker(call)
        pump = Pump(session, self._turns, who, card, self._clock, self._seed, old=old, program=self._program)
        return pump.reply

    def _fresh(self, call: Call) -> JsonObject:
        writes = _asked(call, "intent") == "transcription"
        model = _asked(call, "model") or (TRANSCRIBER if writes else "")
        if not model:
            raise _no_model()
        kind = "transcription" if writes else "realtime"
        return config.fresh(kind, self._ids.make("sess_"), model, int(self._clock.unix() + LONGEST_S))


def _no_model() -> BadRequest:
    return BadRequest("Missing required parameter: 'model'.", param="model", code="missing_required_parameter")


def _asked(call: Call, name: str) -> str:
    """A parameter of the query; empty if it is not there."""
    return call.query.get(name, ("",))[-1]
