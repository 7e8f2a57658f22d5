"""Calls: WebRTC offers answered, calls accepted, referred and ended.

No sound is carried: an offer is answered as a server does that cannot be reached yet. Whoever has a call's id talks in its
session over a WebSocket.
"""

from typing import Final

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Chance, Ids
from fakeai.core.errors import ApiError, BadRequest, NotFound
from fakeai.core.generation import JsonObject
from fakeai.services.base import lenient
from fakeai.services.realtime.sdp import SdpError, answer
from fakeai.services.realtime.secrets import RealtimeSecrets
from fakeai.services.resource import SYNTHESIZED, Resource
from fakeai.store.base import Database, Object, Tx
from fakeai.wire.base import parse
from fakeai.wire.realtime import calls as wire
from fakeai.wire.realtime.session import RealtimeSession
from fakeai.wire.webhooks.events import sample

_ONE = "/realtime/calls/{call_id}"
_TAG = "Realtime"
_KEPT_S = 86_400.0
RINGING: Final = str(sample("realtime.call.incoming")["call_id"])
"""The call that a webhook tells of which is tried: it may be accepted or rejected."""


class RealtimeCalls:
    """`/realtime/calls`."""

    ENDPOINTS = (
        Endpoint(
            "POST",
            "/realtime/calls",
            "create",
            "Answer a WebRTC offer",
            body=wire.CallCreate,
            form=True,
            plain="application/sdp",
            reply="bytes",
            tag=_TAG,
        ),
        Endpoint("POST", _ONE + "/accept", "accept", "Accept a call", body=wire.CallAccept, reply="bytes", tag=_TAG),
        Endpoint("POST", _ONE + "/hangup", "hangup", "End a call", reply="bytes", tag=_TAG),
        Endpoint("POST", _ONE + "/refer", "refer", "Pass a call on", body=wire.CallRefer, reply="bytes", tag=_TAG),
        Endpoint("POST", _ONE + "/reject", "reject", "Refuse a call", body=wire.CallReject, reply="bytes", tag=_TAG),
    )

    def __init__(
        self, db: Database, ids: Ids, realtime_secrets: RealtimeSecrets, *, lenient: bool, synthesize: bool
    ) -> None:
        self._db = db
        self._ids = ids
        self._secrets = realtime_secrets
        self._lenient = lenient
        self._calls = Resource(db, "realtime_call", wire.RealtimeCall, _missing, synthesize=synthesize)

    async def create(self, call: Call) -> Reply:
        """The answer in SDP, and where the call is. Raises BadRequest."""
        body: wire.CallCreate = call.body
        asked = _session(body.session)
        view = self._secrets.view(call, asked) if asked is not None else await self._secrets.session(call.principal)
        view = view or self._secrets.view(call, RealtimeSession(type="realtime"))
        if view["type"] != "realtime":
            raise BadRequest("Calls are for realtime sessions.", param="session.type", code="invalid_value")
        call.model = view["model"]
        name = self._ids.make("rtc_")
        try:
            said = answer(body.sdp, Chance(name).stream("sdp"))
        except SdpError as error:
            if not lenient(call, self._lenient):
                raise BadRequest(f"Invalid SDP offer: {error}.", param="sdp", code="invalid_offer") from None
            said = answer(wire.OFFER, Chance(name).stream("sdp"))
        await self._answer(call, name, view)
        headers = {"location": f"/v1/realtime/calls/{name}"}
        return Reply(said.encode(), 201, headers, "application/sdp")

    async def accept(self, call: Call) -> Reply:
        """The session of the call is from here on as the body says. The one that a tried webhook tells of rings at any time."""
        body: wire.CallAccept = call.body
        view = self._secrets.view(call, body)
        call.model = view["model"]
        name = call.params["call_id"]
        if name == RINGING:
            await self._answer(call, name, view)
        else:
            await self._calls.change(call, name, lambda row: {**row, "_session": view})
        return Reply(b"")

    async def refer(self, call: Call) -> Reply:
        """The call goes on elsewhere, and is over here."""
        uri = call.body.target_uri
        if not uri.lower().startswith(("tel:", "sip:", "sips:")) and not lenient(call, self._lenient):
            raise BadRequest(
                "Invalid 'target_uri': expected a 'tel:' or 'sip:' URI.", param="target_uri", code="invalid_value"
            )
        return await self.hangup(call)

    async def reject(self, call: Call) -> Reply:
        """The call is over before it began."""
        code = call.body.status_code
        if code is not None and not 300 <= code <= 699 and not lenient(call, self._lenient):
            raise BadRequest(
                "Invalid 'status_code': expected a SIP status of 300 to 699.", param="status_code", code="invalid_value"
            )
        return Reply(b"") if call.params["call_id"] == RINGING else await self.hangup(call)

    async def hangup(self, call: Call) -> Reply:
        """The call is over."""
        await self._calls.remove(call, call.params["call_id"])
        return Reply(b"")

    async def session(self, call: Call, call_id: str) -> JsonObject:
        """The settings of a call's session. Raises NotFound."""
        row = await self._calls.get(call, call_id)
        if row.get(SYNTHESIZED):
            return self._secrets.view(call, RealtimeSession(type="realtime"))
        session: JsonObject = row["_session"]
        return session

    async def _answer(self, call: Call, name: str, view: JsonObject) -> None:
        created, owner = self._db.now(), call.principal.owner
        row: Object = {"id": name, "object": "realtime.call", "created_at": int(created), "_session": view}

        def answer(tx: Tx) -> None:
            self._calls.rows.delete(tx, owner, name)
            self._calls.rows.add(tx, owner, row, expires=created + _KEPT_S)

        await self._db.run(answer)


def _session(given: RealtimeSession | str | None) -> RealtimeSession | None:
    return parse(RealtimeSession, given.encode("utf-8", "surrogatepass")) if isinstance(given, str) else given


def _missing(id: str) -> ApiError:
    return NotFound(f"No active call with id '{id[:100]}'.", code="call_id_not_found")
