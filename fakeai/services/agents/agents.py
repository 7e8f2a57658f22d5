"""Agents that are kept: made, listed, changed, deleted. Sessions take copies of them."""

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError, NotFound
from fakeai.services.agents import configuration
from fakeai.services.base import lenient
from fakeai.services.directory import ModelDirectory
from fakeai.services.resource import Resource, deleted
from fakeai.store.base import Database, Object
from fakeai.store.objects import shown
from fakeai.wire.agents.agents import Agent, AgentCreate, AgentUpdate
from fakeai.wire.agents.configuration import Configuration
from fakeai.wire.example import example
from fakeai.wire.listing import ListQuery

_ONE = "/agents/{agent_id}"
_TAG = "Agents"


class Agents:
    """`/agents`."""

    ENDPOINTS = (
        Endpoint("GET", "/agents", "list", "List agents", tag=_TAG),
        Endpoint("POST", "/agents", "create", "Create an agent", body=AgentCreate, tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Get an agent", tag=_TAG),
        Endpoint("POST", _ONE, "update", "Change an agent", body=AgentUpdate, tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Delete an agent", tag=_TAG),
    )

    def __init__(self, db: Database, ids: Ids, directory: ModelDirectory, *, lenient: bool, synthesize: bool) -> None:
        self._db = db
        self._ids = ids
        self._directory = directory
        self._lenient = lenient
        self._agents = Resource(db, "agent", Agent, missing, synthesize=synthesize, made=_made)

    async def list(self, call: Call) -> Reply:
        """A page of agents, the newest first unless told otherwise."""
        return Reply(await self._agents.page(call, ListQuery.from_query(call.query)))

    async def create(self, call: Call) -> Reply:
        """An agent. Raises BadRequest, and ModelNotFound where only known models are."""
        body: AgentCreate = call.body
        self._check(call, body)
        now = int(self._db.now())
        agent: Agent = {
            "id": self._ids.make("agent_"),
            "object": "agent",
            "created_at": now,
            "metadata": body.metadata or {},
            "name": body.name,
            "updated_at": now,
            **configuration.settled(body, configuration.plain(body.model), kept=True),
        }
        owner = call.principal.owner
        await self._db.run(lambda tx: self._agents.rows.add(tx, owner, {**agent}))
        return Reply(agent)

    async def retrieve(self, call: Call) -> Reply:
        """An agent; NotFound if there is none."""
        return Reply(shown(await self.get(call, call.params["agent_id"])))

    async def update(self, call: Call) -> Reply:
        """The agent with what was said; sessions that there are keep what they have. Raises NotFound."""
        body: AgentUpdate = call.body
        self._check(call, body)
        now = int(self._db.now())

        def change(agent: Object) -> Object:
            given = body.model_fields_set
            changed = {**agent, **configuration.settled(body, of(agent), kept=True), "updated_at": now}
            if "metadata" in given:
                changed["metadata"] = body.metadata or {}
            if "name" in given:
                changed["name"] = body.name
            return changed

        return Reply(shown(await self._agents.change(call, call.params["agent_id"], change)))

    async def delete(self, call: Call) -> Reply:
        """Forget an agent; its sessions go on. Raises NotFound."""
        gone = await self._agents.remove(call, call.params["agent_id"])
        return Reply(deleted(gone["id"], "agent.deleted"))

    async def get(self, call: Call, id: str) -> Object:
        """For other services: the caller's agent. Raises NotFound."""
        return await self._agents.get(call, id)

    def _check(self, call: Call, body: AgentUpdate) -> None:
        if body.model is not None:
            self._directory.card(body.model)
        if not lenient(call, self._lenient):
            configuration.check(body)


def of(agent: Object) -> Configuration:
    """The configuration of what has one."""
    made = configuration.plain(agent["model"])
    for name in made:
        made[name] = agent[name]  # type: ignore[literal-required]
    return made


def missing(id: str) -> ApiError:
    """There is no agent of that id."""
    return NotFound(f"Agent with id '{id[:200]}' not found.")


def _made(id: str) -> Object:
    return {**example(Agent, id), "id": id, **configuration.plain("gpt-4o-mini"), "name": None}
