"""What a session has come to: its turns, items, subagents and traces. Nothing here changes anything."""

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.errors import ApiError, NotFound
from fakeai.services.agents.scenes import Thread
from fakeai.services.agents.sessions import Sessions
from fakeai.services.resource import Resource
from fakeai.store.base import Database, Object
from fakeai.store.objects import shown
from fakeai.wire.agents.items import MessageItem
from fakeai.wire.agents.turns import Subagent, Trace, Turn
from fakeai.wire.example import example
from fakeai.wire.listing import ListQuery

_SESSION = "/agents/sessions/{session_id}"
_SUBAGENT = _SESSION + "/subagents/{subagent_id}"
_TURN = "/turns/{turn_id}"
_TAG = "Agent sessions"


class SessionHistory:
    """What is read below `/agents/sessions/{session_id}`."""

    ENDPOINTS = (
        Endpoint("GET", _SESSION + "/turns", "turns", "List a session's turns", tag=_TAG),
        Endpoint("GET", _SESSION + _TURN, "turn", "Get a turn", tag=_TAG),
        Endpoint("GET", _SESSION + _TURN + "/items", "turn_items", "List a turn's items", tag=_TAG),
        Endpoint("GET", _SESSION + "/items", "items", "List a session's items", tag=_TAG),
        Endpoint("GET", _SESSION + "/traces", "traces", "List a session's traces", tag=_TAG),
        Endpoint("GET", _SESSION + "/subagents", "subagents", "List a session's subagents", tag=_TAG),
        Endpoint("GET", _SUBAGENT, "subagent", "Get a subagent", tag=_TAG),
        Endpoint("GET", _SUBAGENT + "/turns", "turns", "List a subagent's turns", tag=_TAG),
        Endpoint("GET", _SUBAGENT + _TURN, "turn", "Get a subagent's turn", tag=_TAG),
        Endpoint("GET", _SUBAGENT + _TURN + "/items", "turn_items", "List the items of a subagent's turn", tag=_TAG),
        Endpoint("GET", _SUBAGENT + "/items", "items", "List a subagent's items", tag=_TAG),
    )

    def __init__(self, db: Database, agent_sessions: Sessions, *, synthesize: bool) -> None:
        self._sessions = agent_sessions
        kept = agent_sessions.scenes
        self._turns = Resource(db, kept.turns.kind, Turn, _no_turn, synthesize=synthesize)
        self._items = Resource(db, kept.items.kind, MessageItem, _no_turn, synthesize=synthesize)
        self._traces = Resource(db, kept.traces.kind, Trace, _no_turn, synthesize=synthesize)
        self._subagents = Resource(db, kept.subagents.kind, Subagent, _no_subagent, synthesize=synthesize, made=_made)

    async def turns(self, call: Call) -> Reply:
        """A page of turns, the newest first unless told otherwise. Raises NotFound."""
        thread = await self._thread(call)
        return Reply(await self._turns.page(call, ListQuery.from_query(call.query), parent=thread.parent))

    async def turn(self, call: Call) -> Reply:
        """A turn; NotFound if there is none."""
        thread = await self._thread(call)
        return Reply(shown(await self._turns.get(call, call.params["turn_id"], parent=thread.parent)))

    async def turn_items(self, call: Call) -> Reply:
        """A page of a turn's items, the newest first unless told otherwise. Raises NotFound."""
        thread = await self._thread(call)
        turn = await self._turns.get(call, call.params["turn_id"], parent=thread.parent)
        query = ListQuery.from_query(call.query)
        return Reply(await self._items.page(call, query, parent=thread.parent, tag=turn["id"]))

    async def items(self, call: Call) -> Reply:
        """A page of a thread's items, the newest first unless told otherwise. Raises NotFound."""
        thread = await self._thread(call)
        return Reply(await self._items.page(call, ListQuery.from_query(call.query), parent=thread.parent))

    async def traces(self, call: Call) -> Reply:
        """A page of the traces of turns that are over, the newest first unless told otherwise. Raises NotFound."""
        thread = await self._thread(call)
        return Reply(await self._traces.page(call, ListQuery.from_query(call.query), parent=thread.parent))

    async def subagents(self, call: Call) -> Reply:
        """A page of subagents, the newest first unless told otherwise. Raises NotFound."""
        thread = await self._thread(call)
        return Reply(await self._subagents.page(call, ListQuery.from_query(call.query), parent=thread.parent))

    async def subagent(self, call: Call) -> Reply:
        """A subagent; NotFound if there is none."""
        return Reply(shown(await self._subagent(call)))

    async def _thread(self, call: Call) -> Thread:
        """Whose history is asked for: the session's, or one of its subagents'."""
        if "subagent_id" in call.params:
            subagent = await self._subagent(call)
            return Thread(call.params["session_id"], subagent["id"])
        return Thread((await self._sessions.get(call, call.params["session_id"]))["id"])

    async def _subagent(self, call: Call) -> Object:
        session = await self._sessions.get(call, call.params["session_id"])
        return await self._subagents.get(call, call.params["subagent_id"], parent=session["id"])


def _made(id: str) -> Object:
    return {**example(Subagent, id), "id": id}


def _no_turn(id: str) -> ApiError:
    return NotFound(f"Turn with id '{id}' not found.")


def _no_subagent(id: str) -> ApiError:
    return NotFound(f"Subagent with id '{id}' not found.")
