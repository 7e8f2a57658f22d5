"""Environments: those that are made before their sessions, and the making of those that come with one."""

from typing import NamedTuple

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.services.agents.furnishing import PLAIN, Furnisher, blobs_of, laid
from fakeai.services.agents.pace import Pace
from fakeai.services.agents.scenes import Scenes
from fakeai.services.agents.surroundings import Surroundings, missing
from fakeai.services.agents.templates import EnvironmentTemplates
from fakeai.services.agents.vaults import Vaults
from fakeai.services.agents.workspace import Workspace, check_path, with_blobs
from fakeai.services.base import lenient
from fakeai.services.blob_rows import forget
from fakeai.services.files import Files
from fakeai.services.resource import Resource
from fakeai.services.skills import Skills
from fakeai.services.webhooks.endpoints import Webhooks
from fakeai.store.base import Blobs, Database, Object, Tx
from fakeai.store.jobs import Jobs
from fakeai.store.objects import shown
from fakeai.wire.agents import environments as wire
from fakeai.wire.agents.environments import Environment, EnvironmentCreate
from fakeai.wire.example import example
from fakeai.wire.listing import ListQuery, one_of

_MANY = "/agents/environments"
_TAG = "Agent environments"
_TOLD = ("capability_directories", "files", "network", "packages", "plugins", "skills", "desktop")


class Made(NamedTuple):
    """An environment that is not there yet, how its session tells of it, and its files."""

    environment: Object
    told: Object
    files: list[Object]

    @property
    def keys(self) -> list[str]:
        """Of the bytes that its files own."""
        return [key for file in self.files for key in file["_blobs"]]


class Environments:
    """`/agents/environments`."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List environments", tag=_TAG),
        Endpoint("POST", _MANY, "create", "Create an environment", body=EnvironmentCreate, tag=_TAG),
        Endpoint("GET", _MANY + "/{environment_id}", "retrieve", "Get an environment", tag=_TAG),
    )

    def __init__(
        self,
        db: Database,
        blobs: Blobs,
        jobs: Jobs,
        ids: Ids,
        files: Files,
        skills: Skills,
        webhooks: Webhooks,
        vaults: Vaults,
        environment_templates: EnvironmentTemplates,
        agent_pace: Pace,
        *,
        lenient: bool,
        synthesize: bool,
    ) -> None:
        self.scenes = Scenes(db, jobs, ids, webhooks)
        self.workspace = Workspace(db, blobs, ids)
        self.surroundings = Surroundings(self.scenes, self.workspace, blobs, jobs, agent_pace)
        self._db = db
        self.blobs = blobs
        self._ids = ids
        self._jobs = jobs
        self._vaults = vaults
        self._templates = environment_templates
        self._furnisher = Furnisher(files, skills, blobs, ids)
        self._lenient = lenient
        self._environments = Resource(
            db, "agent.environment", Environment, missing, synthesize=synthesize, made=_example
        )

    async def list(self, call: Call) -> Reply:
        """A page of hosted environments, the newest first unless told otherwise."""
        one_of(call.query, "type", ("openai_hosted",))
        query = ListQuery.from_query(call.query)
        page = await self._environments.page(
            call, query, keep=lambda found: found["type"] == "openai_hosted", private=True
        )
        return Reply({**page, "data": [shown(self.surroundings.at(found)) for found in page["data"]]})

    async def create(self, call: Call) -> Reply:
        """An environment that will be ready soon. Raises BadRequest, and NotFound for what it is to have."""
        body: EnvironmentCreate = call.body
        for vault_id in body.vault_ids or ():
            await self._vaults.get(call, vault_id)
        made = await self.make(call, body.environment, "")
        owner = call.principal.owner
        await with_blobs(self.blobs, made.keys, lambda: self._db.run(lambda tx: self.add(tx, owner, made)))
        self._jobs.wake()
        return Reply(shown(made.environment))

    async def retrieve(self, call: Call) -> Reply:
        """An environment; NotFound if there is none."""
        return Reply(shown(self.surroundings.at(await self.get(call, call.params["environment_id"]))))

    # -- for other services

    async def get(self, call: Call, id: str) -> Object:
        """The caller's environment. Raises NotFound."""
        return await self._environments.get(call, id)

    async def make(self, call: Call, wanted: wire.HostedAhead | wire.SelfHosted, session_id: str) -> Made:
        """An environment for a session, or for none yet. Raises BadRequest, and NotFound for what it is to have."""
        easy = lenient(call, self._lenient)
        environment_id = self._ids.hex("env_")
        if isinstance(wanted, wire.SelfHosted):
            if not easy and not wanted.workspace_directory.startswith("/"):
                check_path(wanted.workspace_directory, "environment.workspace_directory")
            told = {
                "id": environment_id,
                "type": "self_hosted",
                "capability_directories": wanted.capability_directories or [],
                "remote_url": f"wss://localhost/v1/agents/environments/{environment_id}/connect",
                "workspace_directory": wanted.workspace_directory,
            }
            return Made(_row(environment_id, {**PLAIN, "_setup": []}, told, session_id), told, [])
        spec = await self._spec(call, wanted, easy=easy)
        spec, contents = await self._furnisher.furnished(call, spec)
        told = {"id": environment_id, "type": "openai_hosted", **{name: spec[name] for name in _TOLD}}
        size = wanted.container_size if isinstance(wanted, wire.Hosted) else None
        if size is not None:
            told["container_size"] = size
        files = [await self.workspace.prepare(environment_id, file.path, file.data) for file in contents]
        await forget(self.blobs, spec["_own"])
        return Made(_row(environment_id, spec, told, session_id), told, files)

    def add(self, tx: Tx, owner: str, made: Made) -> None:
        """Have an environment prepared."""
        self.surroundings.begin(tx, owner, made.environment)
        for file in made.files:
            self.workspace.add(tx, owner, file)

    async def _spec(self, call: Call, wanted: wire.HostedAhead, *, easy: bool) -> Object:
        said = await self._furnisher.said(wanted, easy=easy, where="environment.")
        template: Object = {}
        if wanted.environment_template_id is not None:
            template = await self._templates.get(call, wanted.environment_template_id)
        spec = laid(said, {name: template[name] for name in template if name in PLAIN or name in ("_setup", "_data")})
        return {**spec, "_own": blobs_of(said)}


def _row(id: str, spec: Object, told: Object, session_id: str) -> Object:
    environment: Environment = {
        "id": id,
        "object": "agent.environment",
        "type": told["type"],
        "status": "pending",
        "files": spec["files"],
        "plugins": spec["plugins"],
        "skills": spec["skills"],
    }
    private = {"_told": told, "_session": session_id, "_setup": spec["_setup"], "_resets": 0, "_error": None}
    return {**environment, **private}


def _example(id: str) -> Object:
    made = {**example(Environment, id), "id": id, "status": "ready"}
    told = {"id": id, "type": "openai_hosted", **{name: PLAIN[name] for name in _TOLD}}
    return {**made, "_told": told, "_session": "", "_setup": [], "_resets": 0, "_error": None, "_used": 2**40}
