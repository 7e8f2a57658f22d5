"""Sessions: opened, followed, changed, given input, deleted with all that belongs to them."""

from collections.abc import Callable, Sequence

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError, Conflict, NotFound
from fakeai.core.feed import Feed
from fakeai.services.agents import budget, configuration, inputs
from fakeai.services.agents.agents import Agents
from fakeai.services.agents.conversation import check_images
from fakeai.services.agents.environments import Environments
from fakeai.services.agents.log import BEGUN, number_of
from fakeai.services.agents.opening import Opening
from fakeai.services.agents.runner import Runner
from fakeai.services.agents.vaults import Vaults
from fakeai.services.base import lenient
from fakeai.services.blob_rows import forget
from fakeai.services.costs import Spending
from fakeai.services.directory import ModelDirectory
from fakeai.services.policies import Policies
from fakeai.services.resource import SYNTHESIZED, Resource, deleted
from fakeai.services.turns import Turns
from fakeai.store.base import Blobs, Database, Object, Tx
from fakeai.store.jobs import Jobs
from fakeai.store.objects import shown
from fakeai.store.usage import Meter
from fakeai.wire.agents.inputs import EventCreate, MessageEvent
from fakeai.wire.agents.sessions import Session, SessionCreate, SessionUpdate
from fakeai.wire.example import example
from fakeai.wire.listing import ListQuery, last, one_of

_MANY = "/agents/sessions"
_ONE = _MANY + "/{session_id}"
_EVENTS = _ONE + "/events"
_TAG = "Agent sessions"
_TURN_ENDS = ("agent.session.turn.completed", "agent.session.turn.failed", "agent.session.turn.cancelled")
_PLACED = ("agent.session.environment.connected", "agent.session.environment.failed")
_FLAGS = ("true", "false")


class Sessions:
    """`/agents/sessions`."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List sessions", tag=_TAG),
        Endpoint(
            "POST",
            _MANY,
            "create",
            "Open a session",
            body=SessionCreate,
            reply="events",
            tag=_TAG,
        ),
        Endpoint("GET", _ONE, "retrieve", "Get a session", tag=_TAG),
        Endpoint("POST", _ONE, "update", "Change a session", body=SessionUpdate, tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Delete a session", tag=_TAG),
        Endpoint("GET", _EVENTS, "follow", "Follow a session's events", reply="events", tag=_TAG),
        Endpoint("POST", _EVENTS, "give", "Give a session input", body=EventCreate, tag=_TAG),
    )

    def __init__(
        self,
        db: Database,
        blobs: Blobs,
        ids: Ids,
        directory: ModelDirectory,
        agents: Agents,
        environments: Environments,
        vaults: Vaults,
        jobs: Jobs,
        clock: Clock,
        turns: Turns,
        meter: Meter,
        policies: Policies,
        spending: Spending,
        seed: bytes,
        *,
        lenient: bool,
        synthesize: bool,
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._environments = environments
        self._lenient = lenient
        self.scenes = environments.scenes
        self.opening = Opening(db, ids, directory, agents, environments, vaults, policies, easy=lenient)
        self.runner = Runner(
            self.scenes, environments.surroundings, blobs, jobs, clock, turns, directory, meter, spending, seed
        )
        self._sessions = Resource(db, "agent.session", Session, missing, synthesize=synthesize, made=_made)

    async def list(self, call: Call) -> Reply:
        """A page of sessions, the newest first unless told otherwise, of one agent or with metadata if asked for."""
        query = ListQuery.from_query(call.query)
        wanted = query.metadata

        def keep(session: Object) -> bool:
            return all(session["metadata"].get(key) == value for key, value in wanted.items())

        page = await self._sessions.page(call, query, tag=query.text("agent_id"), keep=keep if wanted else None)
        return Reply(page)

    async def create(self, call: Call) -> Reply:
        """A session, or its events until its first turn is over. Raises BadRequest, NotFound and Conflict."""
        body: SessionCreate = call.body
        session = await self.opening.open(call, body)
        if not body.stream:
            return Reply(shown(await self._sessions.get(call, session["id"])))
        options = body.stream_options
        padded = options is None or options.include_obfuscation is not False
        return self._told(call, session["id"], 0, padded=padded, last=_first_turn(body.input is not None))

    async def retrieve(self, call: Call) -> Reply:
        """A session; NotFound if there is none."""
        return Reply(shown(await self.get(call, call.params["session_id"])))

    async def update(self, call: Call) -> Reply:
        """The session with what was said, for the turns that follow. Raises NotFound and BadRequest."""
        body: SessionUpdate = call.body
        if body.agent is not None:
            if body.agent.model is not None:
                await self.opening.permit(call, body.agent.model)
            if not lenient(call, self._lenient):
                configuration.check(configuration.of_change(body.agent), "agent")
        found = await self._sessions.change(call, call.params["session_id"], lambda found: _changed(found, body))
        return Reply(shown(found))

    async def delete(self, call: Call) -> Reply:
        """Forget a session and all that belongs to it. Raises NotFound, and Conflict while a turn is worked on."""
        owner, session_id = call.principal.owner, call.params["session_id"]

        def remove(tx: Tx) -> tuple[Object | None, Sequence[str]]:
            found = self.scenes.sessions.change(tx, owner, session_id, lambda session: session)
            if found is None:
                return None, []
            if found["status"] == "in_progress":
                raise Conflict("The session has a turn in progress. Cancel it first.")
            return found, self._clear(tx, owner, found)

        found, keys = await self._db.run(remove)
        if found is None:
            self._sessions.synthesized(call, session_id)
        self.scenes.wake(session_id)
        await forget(self._blobs, keys)
        return Reply(deleted(session_id, "agent.session.deleted"))

    async def give(self, call: Call) -> Reply:
        """Take input, all of it or none. Raises NotFound, and BadRequest for what does not fit."""
        body: EventCreate = call.body
        session = await self.get(call, call.params["session_id"])
        inputs.check(body.events)
        for number, event in enumerate(body.events):
            if isinstance(event, MessageEvent) and not lenient(call, self._lenient):
                await check_images(event.input, f"events[{number}].input")
        if SYNTHESIZED not in session:
            owner = call.principal.owner
            there = await self.scenes.play(owner, session["id"], lambda scene: inputs.apply(scene, body.events))
            if not there:
                raise missing(session["id"])
        return Reply(status=202)

    async def follow(self, call: Call) -> Reply:
        """Events as they come; behind the one that `after` or the `last-event-id` header names, if any was.

        Raises NotFound, and BadRequest for what is no event's id.
        """
        session = await self.get(call, call.params["session_id"])
        padded = one_of(call.query, "include_obfuscation", _FLAGS) != "false"
        if SYNTHESIZED in session:
            return Reply(events=Feed(_Nothing()), framed=True)
        seen = last(call.query, "after") or call.headers.get("last-event-id")
        start = session["_events"] if not seen else number_of(seen) + 1
        return self._told(call, session["id"], start, padded=padded, last=_failed)

    async def get(self, call: Call, id: str) -> Object:
        """For other services: the caller's session. Raises NotFound."""
        return await self._sessions.get(call, id)

    def _told(self, call: Call, session_id: str, number: int, *, padded: bool, last: Callable[[Object], bool]) -> Reply:
        """The events of a session as a stream."""
        owner = call.principal.owner

        async def read(start: int) -> tuple[Sequence[Object], bool]:
            return await self.scenes.since(owner, session_id, start)

        feed = self.scenes.log.follow(read, session_id, number, padded=padded, last=last)
        return Reply(events=feed, framed=True)

    def _clear(self, tx: Tx, owner: str, session: Object) -> Sequence[str]:
        """Forget what belongs to a session, and itself; the keys of bytes that nobody owns any more."""
        scenes, session_id = self.scenes, session["id"]
        keys = [key for found in scenes.artifacts.every(tx, owner, parent=session_id) for key in found["_blobs"]]
        threads = [found["id"] for found in scenes.subagents.every(tx, owner, parent=session_id)]
        for parent in (session_id, *(f"{session_id}/{thread}" for thread in threads)):
            scenes.turns.delete_children(tx, owner, parent)
            scenes.items.delete_children(tx, owner, parent)
        for rows in (scenes.subagents, scenes.artifacts, scenes.traces):
            rows.delete_children(tx, owner, session_id)
        scenes.log.clear(tx, owner, session_id)
        if "id" in session["environment"]:
            keys += self._environments.surroundings.remove(tx, owner, session["environment"]["id"])
        scenes.sessions.delete(tx, owner, session_id)
        return keys


class _Nothing:
    """The source of a feed that is over at once: nothing happens in a session that is made up."""

    def begin(self, feed: "Feed[object]", /) -> None:
        feed.push([BEGUN])
        feed.finish()

    def cancel(self) -> None:
        """There is nothing to free."""

    def pause(self) -> None:
        """There is nothing to hold back."""

    def resume(self) -> None:
        """There is nothing to go on with."""


def _first_turn(spoken: bool) -> Callable[[Object], bool]:
    """Tells the event that ends the stream of a session that was just opened."""
    ended = False

    def is_last(event: Object) -> bool:
        nonlocal ended
        ended = ended or (event["type"] in _TURN_ENDS and event["turn"]["subagent_id"] is None)
        if event["type"] == "agent.session.failed" or (not spoken and event["type"] in _PLACED):
            return True
        return ended and event["type"] == "agent.session.idle"

    return is_last


def _failed(event: Object) -> bool:
    return bool(event["type"] == "agent.session.failed")


def _changed(session: Object, body: SessionUpdate) -> Object:
    given, changed = body.model_fields_set, {**session}
    if body.agent is not None:
        changed["agent"] = configuration.changed(session["agent"], body.agent)
    if "metadata" in given:
        changed["metadata"] = body.metadata or {}
    if "prompt_cache_options" in given:
        changed.pop("prompt_cache_options", None)
        if body.prompt_cache_options is not None:
            changed["prompt_cache_options"] = {"ttl": body.prompt_cache_options.ttl or "30m"}
    if body.review is not None:
        changed.pop("review", None)
        if body.review != "none":
            changed["review"] = body.review
    if "spend_control" in given:
        budget.allow(changed, body.spend_control)
    return changed


def missing(id: str) -> ApiError:
    """There is no session of that id."""
    return NotFound(f"Session with id '{id[:200]}' not found.")


def _made(id: str) -> Object:
    made = example(Session, id)
    agent = {"id": made["agent"]["id"], "name": None, **configuration.plain("gpt-4o-mini")}
    return {**made, "id": id, "agent": agent, "environment": {"type": "none"}, "status": "idle"}
