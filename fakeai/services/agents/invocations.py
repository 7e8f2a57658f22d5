"""Invocations: records of what automations have set off, and the delivery of that."""

from hashlib import blake2b

from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.errors import ApiError, BadRequest, NotFound
from fakeai.services.agents import inputs, progress
from fakeai.services.agents.automations import DELIVERY, KIND, Automations
from fakeai.services.agents.scenes import Scene
from fakeai.services.agents.sessions import Sessions
from fakeai.services.agents.targets import opened
from fakeai.services.resource import SYNTHESIZED, Resource
from fakeai.store.base import Blobs, Database, Object, Tx
from fakeai.store.jobs import Job, Jobs, Later
from fakeai.store.objects import Collection, shown
from fakeai.wire.agents.automations import Invocation
from fakeai.wire.example import example
from fakeai.wire.listing import ListQuery

_MANY = "/agents/automations/{automation_id}/invocations"
_TAG = "Agent automations"
_AGAIN_S = 60.0
"""Seconds until a session that is at work is looked at again, if it does not call."""
_BUSY = ("in_progress", "requires_action")
_NOBODY = Endpoint("POST", "/agents/sessions", "create", "Open a session")


class Invocations:
    """`/agents/automations/{automation_id}/invocations`."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List an automation's invocations", tag=_TAG),
        Endpoint("POST", _MANY, "create", "Set an automation off", tag=_TAG),
        Endpoint("GET", _MANY + "/{invocation_id}", "retrieve", "Get an invocation", tag=_TAG),
    )

    def __init__(
        self,
        db: Database,
        blobs: Blobs,
        jobs: Jobs,
        automations: Automations,
        agent_sessions: Sessions,
        *,
        synthesize: bool,
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._jobs = jobs
        self._automations = automations
        self._sessions = agent_sessions
        self._rows = Collection(KIND)
        self._invocations = Resource(db, DELIVERY, Invocation, _missing, synthesize=synthesize, made=_made)
        jobs.register(DELIVERY, self._deliver, self._failed)

    async def list(self, call: Call) -> Reply:
        """A page of invocations, the newest first unless told otherwise. Raises NotFound."""
        automation = await self._automations.get(call, call.params["automation_id"])
        return Reply(await self._invocations.page(call, ListQuery.from_query(call.query), parent=automation["id"]))

    async def create(self, call: Call) -> Reply:
        """Set it off now, whatever its schedule. Raises NotFound."""
        automation = await self._automations.get(call, call.params["automation_id"])
        if SYNTHESIZED in automation:
            return Reply({**_made("invocation_0"), "automation_id": automation["id"]})
        owner = call.principal.owner
        made = await self._db.run(lambda tx: self._automations.invoke(tx, owner, automation, None))
        self._jobs.wake()
        return Reply(made)

    async def retrieve(self, call: Call) -> Reply:
        """An invocation; NotFound if there is none."""
        automation = await self._automations.get(call, call.params["automation_id"])
        return Reply(shown(await self._invocations.get(call, call.params["invocation_id"], parent=automation["id"])))

    # -- delivery

    async def _deliver(self, job: Job) -> None:
        """Open the session, or tell the one that there is. Raises Later while that is at work."""
        automation = await self._db.read(lambda tx: self._rows.get(tx, job.owner, job.payload["automation"]))
        if automation is None:
            return
        target = automation["target"]
        try:
            if target["type"] == "new_session":
                await self._open(job, automation)
            else:
                await self._tell(job, automation, target)
        except ApiError as error:
            if error.status in (503, 507):
                raise
            await self._over(
                job, status="failed", error={"code": error.code or "invalid_request", "message": error.message}
            )

    async def _failed(self, job: Job, error: Exception) -> None:
        await self._over(job, status="failed", error={"code": "server_error", "message": "The delivery has failed."})

    async def _open(self, job: Job, automation: Object) -> None:
        """A session whose id follows from the invocation: it is opened once, however often this is tried."""
        session_id = f"asess_{blake2b(job.key.encode(), digest_size=16).hexdigest()}"
        body = opened(await self._blobs.read(automation["_blobs"][0]))
        call = Call(job.key, _NOBODY, _NOBODY.path, {}, principal=Principal(**automation["_by"]), body=body)
        await self._sessions.opening.open(call, body, session_id)
        await self._over(job, status="completed", session_id=session_id)

    async def _tell(self, job: Job, automation: Object, target: Object) -> None:
        scenes, session_id = self._sessions.scenes, target["session_id"]

        def work(scene: Scene) -> str:
            status = str(scene.session["status"])
            if status == "failed":
                self._pause(scene.tx, job, automation["id"])
                raise_later.append(BadRequest("The target session has failed.", code="target_session_failed"))
            elif status not in _BUSY:
                inputs.say(scene, progress.words(target["instructions"]))
                self._end(scene.tx, job, status="completed", session_id=session_id)
            else:
                scene.call_back(job)
            return status

        raise_later: list[ApiError] = []
        status = await scenes.play(job.owner, session_id, work, job)
        if status is None:
            raise NotFound(f"Session with id '{session_id}' not found.", code="session_not_found")
        if raise_later:
            raise raise_later[0]
        if status in _BUSY:
            raise Later(self._db.now() + _AGAIN_S)

    def _pause(self, tx: Tx, job: Job, automation_id: str) -> None:
        change = {"status": "paused", "pause_reason": "target_session_failed"}
        self._rows.change(
            tx, job.owner, automation_id, lambda found: {**found, **change} if found["status"] == "active" else found
        )

    async def _over(self, job: Job, **changes: object) -> None:
        def work(tx: Tx) -> None:
            job.guard(tx)
            self._end(tx, job, **changes)

        await self._db.run(work)

    def _end(self, tx: Tx, job: Job, **changes: object) -> None:
        parent = job.payload["automation"]
        self._invocations.rows.change(tx, job.owner, job.key, lambda found: {**found, **changes}, parent=parent)


def _made(id: str) -> Object:
    return {**example(Invocation, id), "id": id, "source": {"type": "manual"}}


def _missing(id: str) -> ApiError:
    return NotFound(f"Invocation with id '{id[:200]}' not found.")
