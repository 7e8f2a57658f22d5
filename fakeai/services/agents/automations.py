"""Automations: made, listed, changed, paused; and set off when their time has come."""

from dataclasses import asdict
from typing import Any

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError, BadRequest, NotFound
from fakeai.services.agents.agents import Agents
from fakeai.services.agents.plan import Deed
from fakeai.services.agents.scenes import Scene
from fakeai.services.agents.schedule import schedule, zone_of
from fakeai.services.agents.sessions import Sessions
from fakeai.services.agents.targets import Targets, request
from fakeai.services.agents.vaults import Vaults
from fakeai.services.agents.workspace import with_blobs
from fakeai.services.base import lenient
from fakeai.services.blob_rows import forget
from fakeai.services.directory import ModelDirectory
from fakeai.services.resource import SYNTHESIZED, Resource, deleted
from fakeai.store.base import Blobs, Database, Object, Tx
from fakeai.store.jobs import Job, Jobs, Later
from fakeai.store.objects import Collection, shown
from fakeai.wire import wording
from fakeai.wire.agents import automations as wire
from fakeai.wire.agents.automations import AutomationCreate, AutomationUpdate
from fakeai.wire.listing import ListQuery

KIND = "agent.automation"
DELIVERY = "agent.automation.invocation"
"""The kind of the jobs that deliver what was set off, and of the records of that."""

_MANY = "/agents/automations"
_ONE = _MANY + "/{automation_id}"
_TAG = "Agent automations"
_DEVELOPER: wire.CreatedBy = {"type": "developer"}


class Automations:
    """`/agents/automations`."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List automations", tag=_TAG),
        Endpoint("POST", _MANY, "create", "Create an automation", body=AutomationCreate, tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Get an automation", tag=_TAG),
        Endpoint("POST", _ONE, "update", "Change an automation", body=AutomationUpdate, tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Delete an automation", tag=_TAG),
        Endpoint("POST", _ONE + "/pause", "pause", "Pause an automation", tag=_TAG),
        Endpoint("POST", _ONE + "/resume", "resume", "Resume an automation", tag=_TAG),
    )

    def __init__(
        self,
        db: Database,
        blobs: Blobs,
        jobs: Jobs,
        ids: Ids,
        directory: ModelDirectory,
        agents: Agents,
        agent_sessions: Sessions,
        vaults: Vaults,
        *,
        lenient: bool,
        synthesize: bool,
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._jobs = jobs
        self._ids = ids
        self._lenient = lenient
        self._targets = Targets(directory, agents, agent_sessions, vaults, easy=lenient)
        self._automations = Resource(db, KIND, wire.Periodic, missing, synthesize=synthesize, made=_made)
        self._invocations = Collection(DELIVERY)
        agent_sessions.runner.remind = self._remind
        jobs.register(KIND, self._pass)

    async def list(self, call: Call) -> Reply:
        """A page of automations, the newest first unless told otherwise, of one session if asked for."""
        query = ListQuery.from_query(call.query)
        return Reply(await self._automations.page(call, query, tag=query.text("session_id")))

    async def create(self, call: Call) -> Reply:
        """An automation that waits for its time. Raises BadRequest and NotFound."""
        body: AutomationCreate = call.body
        target = await self._targets.told(call, body.target)
        told: Object = {
            "id": self._ids.make("automation_"),
            "object": "agent.automation",
            "type": body.type,
            "created_at": int(self._db.now()),
            "created_by": _DEVELOPER,
            "metadata": body.metadata or {},
            "name": body.name,
            "status": "active",
            "pause_reason": None,
            "target": target,
            **_timing(body),
        }
        automation = {**told, "_round": 0, "_by": asdict(call.principal), **await self._kept(body.target)}
        self._aim(automation, easy=lenient(call, self._lenient))
        owner = call.principal.owner
        await with_blobs(
            self._blobs, automation["_blobs"], lambda: self._db.run(lambda tx: self._add(tx, owner, automation))
        )
        self._jobs.wake()
        return Reply(shown(automation))

    async def retrieve(self, call: Call) -> Reply:
        """An automation; NotFound if there is none."""
        return Reply(shown(await self.get(call, call.params["automation_id"])))

    async def update(self, call: Call) -> Reply:
        """The automation with what was said. Raises NotFound, and BadRequest for what does not go with its type."""
        body: AutomationUpdate = call.body
        easy = lenient(call, self._lenient)
        before = await self.get(call, call.params["automation_id"])
        target = None if body.target is None else await self._targets.told(call, body.target)
        kept = {"_blobs": []} if body.target is None else await self._kept(body.target)
        gone: list[str] = []

        def change(found: Object) -> Object:
            gone.clear()
            changed = {**found}
            for name in ("name", "metadata", "expression", "timezone", "run_at"):
                value = getattr(body, name)
                if value is not None:
                    self._check_change(found, name, easy=easy)
                    changed[name] = value
            if target is not None:
                if target["type"] != found["target"]["type"] and not easy:
                    raise BadRequest("The type of an automation's target cannot be changed.", param="target.type")
                gone.extend(found.get("_blobs", ()))
                changed.update(target=target, **kept)
            return self._aimed(changed, easy=easy)

        owner = call.principal.owner
        found = await with_blobs(
            self._blobs,
            kept["_blobs"],
            lambda: self._automations.change(
                call, before["id"], change, then=lambda tx, found: self._plan(tx, owner, found)
            ),
        )
        self._jobs.wake()
        await forget(self._blobs, gone)
        return Reply(shown(found))

    async def delete(self, call: Call) -> Reply:
        """Forget an automation; sessions stay. Raises NotFound."""
        owner = call.principal.owner

        def clear(tx: Tx, found: Object) -> None:
            self._invocations.delete_children(tx, owner, found["id"])

        gone = await self._automations.remove(call, call.params["automation_id"], then=clear)
        await forget(self._blobs, gone.get("_blobs", ()))
        return Reply(deleted(gone["id"], "agent.automation.deleted"))

    async def pause(self, call: Call) -> Reply:
        """Nothing is set off until it is resumed. Raises NotFound, and BadRequest for one that is over."""

        def change(found: Object) -> Object:
            _check_open(found)
            return {**found, "status": "paused", "_round": found["_round"] + 1}

        return Reply(shown(await self._automations.change(call, call.params["automation_id"], change)))

    async def resume(self, call: Call) -> Reply:
        """It waits for its time again. Raises NotFound, and BadRequest for a time that has passed."""
        easy, owner = lenient(call, self._lenient), call.principal.owner

        def change(found: Object) -> Object:
            _check_open(found)
            return self._aimed({**found, "status": "active", "pause_reason": None}, easy=easy)

        found = await self._automations.change(
            call, call.params["automation_id"], change, then=lambda tx, found: self._plan(tx, owner, found)
        )
        self._jobs.wake()
        return Reply(shown(found))

    # -- for other services

    async def get(self, call: Call, id: str) -> Object:
        """The caller's automation. Raises NotFound."""
        return await self._automations.get(call, id)

    def invoke(self, tx: Tx, owner: str, automation: Object, scheduled_at: int | None) -> Object:
        """Set it off: a record of that, which is delivered as soon as this is committed and the jobs are awake."""
        parent = automation["id"]
        pending = any(found["status"] == "queued" for found in self._invocations.every(tx, owner, parent=parent))
        source: Any = {"type": "manual"}
        if scheduled_at is not None:
            source = {"type": "automation", "automation": shown(automation)}
        skipped = pending and scheduled_at is not None
        told: wire.Invocation = {
            "id": self._ids.make("invocation_"),
            "object": "agent.automation.invocation",
            "automation_id": parent,
            "created_at": int(self._db.now()),
            "scheduled_at": scheduled_at,
            "session_id": None,
            "source": source,
            "status": "skipped" if skipped else "queued",
            "skip_reason": "pending_delivery" if skipped else None,
            "error": None,
        }
        self._invocations.add(tx, owner, {**told}, parent=parent)
        if not skipped:
            self._jobs.add(tx, DELIVERY, told["id"], owner, {"automation": parent})
        return {**told}

    # -- time

    async def _pass(self, job: Job) -> None:
        """When its time has come, set it off, and wait for the next. Raises Later."""

        def work(tx: Tx) -> float | None:
            job.guard(tx)
            rows = self._automations.rows
            found = rows.change(tx, job.owner, job.payload["automation"], lambda found: found)
            ours = found is not None and found["_round"] == job.payload["round"] and found["status"] == "active"
            if found is None or not ours or found["_next"] is None:
                return None
            due = float(found["_next"])
            if self._db.now() < due:
                return due
            self.invoke(tx, job.owner, found, int(due))
            if found["type"] == "once":
                found.update(status="completed", _next=None)
            else:
                found["_next"] = _next(found, self._db.now())
            rows.replace(tx, job.owner, found)
            following: float | None = found["_next"]
            return following

        due = await self._db.run(work)
        self._jobs.wake()
        if due is not None:
            raise Later(due)

    def _aim(self, automation: Object, *, easy: bool) -> None:
        """Find its next time. Raises BadRequest if there is none."""
        now = self._db.now()
        if automation["type"] == "once":
            if automation["run_at"] <= now and not easy:
                raise BadRequest("Invalid 'run_at': it has passed.", param="run_at")
            automation["_next"] = automation["run_at"]
            return
        try:
            automation["_next"] = _next(automation, now)
        except BadRequest:
            if not easy:
                raise
            automation["_next"] = None
        if automation["_next"] is None and not easy:
            raise BadRequest("Invalid 'expression': it never comes true.", param="expression")

    def _aimed(self, automation: Object, *, easy: bool) -> Object:
        """With its next time, which another job waits for."""
        if SYNTHESIZED not in automation and automation["status"] == "active":
            automation["_round"] += 1
            self._aim(automation, easy=easy)
        return automation

    def _add(self, tx: Tx, owner: str, automation: Object) -> None:
        self._automations.rows.add(tx, owner, automation, tag=automation["target"].get("session_id", ""))
        self._plan(tx, owner, automation)

    def _plan(self, tx: Tx, owner: str, automation: Object) -> None:
        """Have somebody wait for its next time."""
        if automation["status"] == "active" and automation["_next"] is not None:
            key = f"{automation['id']}:{automation['_round']}"
            payload = {"automation": automation["id"], "round": automation["_round"]}
            self._jobs.add(tx, KIND, key, owner, payload, at=float(automation["_next"]))

    async def _kept(self, target: wire.Target) -> Object:
        """The bytes of what opens sessions: files may be in it."""
        if isinstance(target, wire.ExistingSession):
            return {"_blobs": []}
        key = self._ids.make("blob-")
        await self._blobs.put(key, request(target))
        return {"_blobs": [key]}

    def _check_change(self, found: Object, name: str, *, easy: bool) -> None:
        other = {"expression": "periodic", "timezone": "periodic", "run_at": "once"}.get(name)
        if other is not None and found["type"] != other and not easy:
            raise BadRequest(f"'{name}' is for automations of type '{other}' only.", param=name)
        if name == "run_at" and found["status"] == "completed":
            raise BadRequest("The automation has been set off already.", param=name)

    def _remind(self, scene: Scene, deed: Deed, call_id: str) -> str:
        """An automation that an agent makes for its own session; its id."""
        told: Object = {
            "id": self._ids.make("automation_"),
            "object": "agent.automation",
            "type": "periodic",
            "created_at": int(scene.now),
            "created_by": {"type": "agent", "session_id": scene.id, "tool_call_id": call_id},
            "metadata": {},
            "name": "Reminder",
            "status": "active",
            "pause_reason": None,
            "target": {"type": "existing_session", "instructions": deed["about"], "session_id": scene.id},
            "expression": deed["expression"],
            "timezone": "UTC",
        }
        automation = {**told, "_round": 0, "_by": scene.session["_by"], "_blobs": []}
        self._aim(automation, easy=False)
        self._add(scene.tx, scene.owner, automation)
        return str(told["id"])


def _timing(body: AutomationCreate) -> Object:
    """What of the schedule goes with the type. Raises BadRequest for what is missing."""
    if body.type == "once":
        if body.run_at is None:
            raise wording.missing("run_at")
        return {"run_at": body.run_at}
    for name in ("expression", "timezone"):
        if getattr(body, name) is None:
            raise wording.missing(name)
    return {"expression": body.expression, "timezone": body.timezone}


def _next(automation: Object, now: float) -> float | None:
    return schedule(automation["expression"]).after(now, zone_of(automation["timezone"]))


def _check_open(automation: Object) -> None:
    if automation["status"] == "completed":
        raise BadRequest("The automation is completed.")


def missing(id: str) -> ApiError:
    """There is no automation of that id."""
    return NotFound(f"Automation with id '{id[:200]}' not found.")


def _made(id: str) -> Object:
    target = {"type": "existing_session", "instructions": "Go on.", "session_id": "asess_0"}
    return {
        "id": id,
        "object": "agent.automation",
        "type": "periodic",
        "created_at": 1_700_000_000,
        "created_by": _DEVELOPER,
        "expression": "0 9 * * 1",
        "timezone": "UTC",
        "metadata": {},
        "name": "Automation",
        "status": "active",
        "pause_reason": None,
        "target": target,
        "_round": 0,
        "_next": None,
        "_blobs": [],
    }
