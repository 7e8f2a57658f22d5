"""Live sessions: the doors to them, over HTTP and over sockets, and those that are kept."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from fakeai.backends.base import Speaks, Transcribes
from fakeai.content.tokens import encoding
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.catalog import ModelCard
from fakeai.core.chance import Chance, Ids
from fakeai.core.clock import Clock, off_loop
from fakeai.core.errors import ApiError, BadRequest, Conflict, Forbidden, NotFound, RateLimited
from fakeai.core.generation import Message
from fakeai.core.socket import POLICY, ClientLeft, Socket
from fakeai.services.base import lenient, synthesizes
from fakeai.services.directory import ModelDirectory
from fakeai.services.live import setup as setups
from fakeai.services.live.kept import Kept, missing
from fakeai.services.live.reading import Said, fault, read
from fakeai.services.live.room import Room
from fakeai.services.live.seats import Seat
from fakeai.services.live.session import Session
from fakeai.services.live.setup import Setup
from fakeai.services.live.waves import PCM
from fakeai.services.live.worker import Caller, Dispatch, FindRow, Worker
from fakeai.services.policies import Policies
from fakeai.services.ranges import download_of
from fakeai.services.realtime import sdp
from fakeai.services.turns import Turns
from fakeai.services.webhooks.endpoints import Webhooks
from fakeai.store.base import Blobs, Database
from fakeai.wire.live import calls, commands
from fakeai.wire.live.config import Session as SessionConfig
from fakeai.wire.webhooks.events import sample

MODELS = frozenset({"gpt-live-1", "gpt-live-1.1"})

LONGEST_S = 3_600
"""Clock seconds after which a session ends by itself."""
MOST_ROOMS = 4_096
"""Sessions at a time."""
MOST_INSTRUCTIONS = 16_384
MOST_HISTORY = 8_192
"""Tokens."""

RINGING: Final = str(sample("live.transport.incoming")["session_id"])
"""The call that webhook endpoints are told of when they are tried: it may be answered again and again."""

_PLAIN_OFFER = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"
"""What is answered where any text is taken for an offer."""
_ENCODING: Final = "o200k_base"
_Commands = Mapping[str, type[commands.Command]]


class Live:
    """`/live/sessions`."""

    ENDPOINTS = (
        Endpoint(
            "POST", "/live/sessions", "create", "Start a Live session over WebRTC", body=calls.LiveCreate, tag="Live"
        ),
        Endpoint(
            "GET", "/live/sessions", "connect", "Hold a Live session over a WebSocket", reply="socket", tag="Live"
        ),
        Endpoint(
            "GET", "/live/sessions/{session_id}/attach", "attach", "Join a Live session", reply="socket", tag="Live"
        ),
        Endpoint(
            "GET",
            "/live/sessions/{session_id}/fork",
            "connect_fork",
            "Go on with a stored Live session over a WebSocket",
            reply="socket",
            tag="Live",
        ),
        Endpoint(
            "POST",
            "/live/sessions/{session_id}/fork",
            "fork",
            "Go on with a stored Live session over WebRTC",
            body=calls.LiveFork,
            tag="Live",
        ),
        Endpoint(
            "GET",
            "/live/sessions/{session_id}/content",
            "download",
            "Get the recording of a Live session",
            reply="bytes",
            tag="Live",
        ),
        Endpoint(
            "POST",
            "/live/sessions/{session_id}/accept",
            "accept",
            "Answer a call with a Live session",
            body=calls.LiveAccept,
            tag="Live",
        ),
        Endpoint("POST", "/live/sessions/{session_id}/hangup", "hangup", "End a Live session", tag="Live"),
        Endpoint(
            "POST", "/live/sessions/{session_id}/refer", "refer", "Pass a call on", body=calls.LiveRefer, tag="Live"
        ),
        Endpoint(
            "POST", "/live/sessions/{session_id}/reject", "reject", "Decline a call", body=calls.LiveReject, tag="Live"
        ),
    )

    def __init__(
        self,
        db: Database,
        blobs: Blobs,
        turns: Turns,
        directory: ModelDirectory,
        speaker: Speaks,
        transcriber: Transcribes,
        policies: Policies,
        webhooks: Webhooks,
        dispatch: Dispatch,
        find_row: FindRow,
        clock: Clock,
        ids: Ids,
        seed: bytes,
        *,
        lenient: bool,
        synthesize: bool,
    ) -> None:
        self._kept = Kept(db, blobs, ids, synthesize=synthesize)
        self._worker = Worker(turns, directory, speaker, transcriber, dispatch, find_row, clock, ids, seed)
        self._turns = turns
        self._directory = directory
        self._policies = policies
        self._webhooks = webhooks
        self._db = db
        self._clock = clock
        self._ids = ids
        self._seed = seed
        self._lenient = lenient
        self._synthesize = synthesize
        self._rooms: dict[tuple[str, str], Room] = {}

    # -- over HTTP

    async def create(self, call: Call) -> Reply:
        """A session and the server's side of its connection. Raises BadRequest, NotFound."""
        body: calls.LiveCreate = call.body
        setup = await self._started(call, body.session, socket=False)
        return await self._over_webrtc(call, body.transport, setup, _history(setup))

    async def fork(self, call: Call) -> Reply:
        """The same, going on with a stored session. Raises BadRequest, NotFound."""
        body: calls.LiveFork = call.body
        before, history = await self._stored(call)
        setup = setups.forked(before, body.session, socket=False, easy=lenient(call, self._lenient))
        return await self._over_webrtc(call, body.transport, setup, history)

    async def _over_webrtc(self, call: Call, offer: calls.Offer, setup: Setup, history: list[Message]) -> Reply:
        name = self._ids.make("live_")
        try:
            answer = sdp.answer(offer.sdp, Chance(name))
        except sdp.SdpError as error:
            if not lenient(call, self._lenient):
                message = f"Invalid 'transport.sdp': {error}."
                raise BadRequest(message, param="transport.sdp", code="invalid_value") from error
            answer = sdp.answer(_PLAIN_OFFER, Chance(name))
        await self._open(call, setup, history, name)
        whose, connected = call.principal.owner, {"session_id": name, "type": "webrtc"}
        await self._db.run(lambda tx: self._webhooks.tell(tx, whose, "live.transport.connected", connected))
        self._webhooks.wake()
        created: calls.LiveCreated = {
            "session": {"id": name},
            "transport": {"type": "webrtc", "sdp": answer},
        }
        return Reply(created)

    async def accept(self, call: Call) -> Reply:
        """A call is answered: that of a tried webhook, or one of a made-up id where such are wanted. Raises NotFound, Conflict."""
        body: calls.LiveAccept = call.body
        name = call.params["session_id"]
        setup = await self._started(call, body.session, socket=False)
        room = self._rings(call)
        if room is not None:
            room.close("close_requested")
        await self._open(call, setup, _history(setup), name, is_call=True)
        return Reply()

    async def hangup(self, call: Call) -> Reply:
        """A session ends. Raises NotFound."""
        room = self._room(call)
        if room is not None:
            room.close("close_requested")
        return Reply()

    async def refer(self, call: Call) -> Reply:
        """A call goes to somebody else. Raises NotFound, BadRequest."""
        body: calls.LiveRefer = call.body
        if not body.target_uri.strip():
            raise BadRequest("Invalid 'target_uri': it is blank.", param="target_uri", code="invalid_value")
        room = self._room(call)
        if room is not None:
            if not room.is_call:
                raise BadRequest("This session is not a SIP call.", code="invalid_value")
            room.close("remote_hangup")
        return Reply()

    async def reject(self, call: Call) -> Reply:
        """A call is declined. Raises NotFound, Conflict for one that was accepted."""
        self._rings(call)
        return Reply()

    def _rings(self, call: Call) -> Room | None:
        """The session of a call that was accepted already, where nobody minds. Raises NotFound, Conflict where somebody does."""
        name = call.params["session_id"]
        room = self._rooms.get((call.principal.owner, name))
        if synthesizes(call, self._synthesize) or (room is None and name == RINGING):
            return room
        if room is None:
            raise missing(name)
        raise Conflict("This session has been accepted already.", code="session_already_accepted")

    async def download(self, call: Call) -> Reply:
        """What was heard and said. Raises NotFound, and Conflict while the session lasts."""
        name = call.params["session_id"]
        if (call.principal.owner, name) in self._rooms:
            raise Conflict("The session has not ended yet.", code="session_active")
        data = await self._kept.recording(call, name)
        return download_of(data, f"{name}.wav", "audio/wav", call.headers.get("range"))

    # -- over sockets

    async def connect(self, call: Call) -> Reply:
        """A conversation that begins with `session.start`."""
        return Reply(socket=partial(self._primary, call, None))

    async def connect_fork(self, call: Call) -> Reply:
        """The same, going on with a stored session. Raises NotFound."""
        return Reply(socket=partial(self._primary, call, await self._stored(call)))

    async def attach(self, call: Call) -> Reply:
        """A conversation beside a session's own. Raises NotFound, RateLimited."""
        room = self._room(call)
        if room is None:
            room = await self._open(call, setups.made_up(), [], call.params["session_id"], is_call=True)
        if room.full:
            raise RateLimited("Too many clients are attached to this session.", "requests", 1.0)
        seat = partial(Seat, wave=PCM, primary=False)
        return Reply(socket=partial(self._beside, call, room, seat))

    async def _beside(self, call: Call, room: Room, seat_of: Any, socket: Socket) -> None:
        """Any: a Seat's class with all but the socket given."""
        seat: Seat = seat_of(socket)
        if room.session.closed is not None:
            return
        room.join(seat)
        await self._talk(call, room, seat, socket, commands.SIDEBAND)

    async def _primary(self, call: Call, before: tuple[Setup, list[Message]] | None, socket: Socket) -> None:
        known = commands.PRIMARY if before is None else commands.FORK
        message = await socket.receive()
        if message is None:
            return
        said = read(message, known, easy=lenient(call, self._lenient))
        try:
            room, seat = await self._begin(call, said, before, socket)
        except ApiError as error:
            await self._refuse(socket, error, said.event_id)
            return
        await self._talk(call, room, seat, socket, known)

    async def _begin(
        self, call: Call, said: Said, before: tuple[Setup, list[Message]] | None, socket: Socket
    ) -> tuple[Room, Seat]:
        match said.command:
            case BadRequest() as error:
                raise error
            case commands.Start() as start:
                setup = await self._started(call, start.session, socket=True)
                history = _history(setup)
            case commands.StartFork() as fork if before is not None:
                easy = lenient(call, self._lenient)
                setup, history = setups.forked(before[0], fork.session, socket=True, easy=easy), before[1]
            case _:
                raise BadRequest("The first message must be session.start.", param="type", code="session_not_started")
        seat = Seat(socket, setups.wave(setup), primary=True)
        return await self._open(call, setup, history, seat=seat, client_event=said.event_id), seat

    async def _refuse(self, socket: Socket, error: ApiError, event_id: str | None) -> None:
        seat = Seat(socket, PCM, primary=True)
        seat.tell({"type": "error", "event_id": self._ids.make("event_"), "error": fault(error, event_id)})
        seat.end(POLICY, error.message)
        await seat.write()

    async def _talk(self, call: Call, room: Room, seat: Seat, socket: Socket, known: _Commands) -> None:
        easy = lenient(call, self._lenient)
        writer = asyncio.ensure_future(seat.write())
        try:
            while (message := await socket.receive()) is not None:
                await room.obey(seat, read(message, known, easy=easy))
        except ClientLeft:
            pass
        finally:
            room.leave(seat)
            await writer

    # -- sessions

    async def _started(self, call: Call, config: SessionConfig, *, socket: bool) -> Setup:
        """The setup of a new session. Raises BadRequest, Forbidden, ModelNotFound, NotFound."""
        card = await self._card(call, config.model)
        if card.known and card.id not in MODELS and not lenient(call, self._lenient):
            raise NotFound(f"The model `{card.id}` is not supported in the Live API.", param="session.model")
        call.model = card.id
        setup = setups.started(config, socket=socket)
        words = "\n".join([message.text for message in _history(setup)])
        await _within(setup.get("instructions") or "", MOST_INSTRUCTIONS, "session.instructions")
        await _within(words, MOST_HISTORY, "session.input")
        return setup

    async def _card(self, call: Call, model: str) -> ModelCard:
        """The card of a model that the caller may use. Raises Forbidden, ModelNotFound."""
        card = self._directory.card(model)
        if not (await self._policies.get(call.principal)).allows(card.id):
            message = f"Project `{call.principal.project}` does not have access to model `{card.id}`"
            raise Forbidden(message, code="model_not_found")
        return card

    async def _open(
        self,
        call: Call,
        setup: Setup,
        history: list[Message],
        name: str | None = None,
        *,
        is_call: bool = False,
        seat: Seat | None = None,
        client_event: str | None = None,
    ) -> Room:
        if len(self._rooms) >= MOST_ROOMS:
            raise RateLimited("Too many Live sessions are active. Please retry later.", "requests", 1.0)
        name = name or self._ids.make("live_")
        session = Session(
            name,
            setup,
            history,
            int(self._clock.unix()) + LONGEST_S,
            self._ids,
            Chance(name),
            encoding(_ENCODING).count,
            (await self._card(call, setup["model"])).context_window,
        )
        headers = {key: value for key, value in call.headers.items() if key.startswith("x-fakeai-")}
        caller = Caller(call.principal, headers, self._turns.asker(call))
        room = Room(session, caller, self._worker, self._clock, self._over, call=is_call)
        if setup["store"]:
            await self._kept.begin(call.principal.owner, session)
        self._rooms[call.principal.owner, name] = room
        if seat is not None:
            room.join(seat)
        room.open(LONGEST_S, client_event)
        return room

    def _over(self, room: Room) -> None:
        owner = room.caller.principal.owner
        self._rooms.pop((owner, room.session.id), None)
        if room.recorder is not None:
            self._kept.end_soon(owner, room.session, room.recorder)

    def _room(self, call: Call) -> Room | None:
        """The caller's active session; None for one that is made up. Raises NotFound."""
        name = call.params["session_id"]
        room = self._rooms.get((call.principal.owner, name))
        if room is None and not synthesizes(call, self._synthesize):
            raise missing(name)
        return room

    async def _stored(self, call: Call) -> tuple[Setup, list[Message]]:
        """The setup and the history of a stored session. Raises NotFound."""
        name = call.params["session_id"]
        room = self._rooms.get((call.principal.owner, name))
        if room is not None and room.session.setup["store"]:
            return room.session.setup, list(room.session.history)
        found = await self._kept.get(call, name)
        return found if found is not None else (setups.made_up(), [])


def _history(setup: Setup) -> list[Message]:
    return [Message(item["role"], item["content"][0]["text"]) for item in setup.get("input") or ()]


async def _within(text: str, most: int, param: str) -> None:
    """Raises BadRequest for a text of too many tokens."""
    count = encoding(_ENCODING).count
    if len(text) <= most // 2:
        return
    if len(text) > 40 * most or await off_loop(count, text) > most:
        raise BadRequest(
            f"Invalid '{param}': at most {most} tokens are supported.", param=param, code="string_above_max_length"
        )
