"""Projects of an organization: what keys belong to and calls act in. An archived one stays so, and its keys stop."""

from fakeai.core.call import ANYONE, Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError, BadRequest
from fakeai.services.admin import AdminObjects, Told, by_id
from fakeai.services.audit import Audit
from fakeai.services.base import lenient, synthesizes
from fakeai.services.keys import Keys
from fakeai.services.organization import PROJECT, Organizations, project
from fakeai.services.resource import SYNTHESIZED
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import shown
from fakeai.wire.listing import ListQuery, one_of
from fakeai.wire.projects import Project, ProjectCreate, ProjectUpdate

_MANY = "/organization/projects"
ONE = _MANY + "/{project_id}"
_TAG = "Projects"


class Projects:
    """`/organization/projects`. Also says for others which project the path of a call names."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List projects of the organization", tag=_TAG),
        Endpoint("POST", _MANY, "create", "Create a project", body=ProjectCreate, tag=_TAG),
        Endpoint("GET", ONE, "retrieve", "Show a project", tag=_TAG),
        Endpoint("POST", ONE, "update", "Rename a project", body=ProjectUpdate, tag=_TAG),
        Endpoint("POST", ONE + "/archive", "archive", "Archive a project, for good", tag=_TAG),
    )

    def __init__(self, db: Database, ids: Ids, audit: Audit, keys: Keys, *, lenient: bool, synthesize: bool) -> None:
        self._db = db
        self._ids = ids
        self._keys = keys
        self._lenient = lenient
        self._synthesize = synthesize
        self._organizations = Organizations(db, synthesize=synthesize)
        self._projects = AdminObjects(db, audit, PROJECT, Project, "Project", synthesize=synthesize)

    async def list(self, call: Call) -> Reply:
        """Projects, the newest first; archived ones only where they are asked for."""
        await self._organizations.begin(call)
        query = ListQuery.from_query(call.query)
        every = one_of(call.query, "include_archived", ("true", "false")) == "true"
        page = await self._projects.page(call, query, keep=None if every else _active)
        return Reply({**page, "data": [_shown(item) for item in page["data"]]})

    async def create(self, call: Call) -> Reply:
        """A new project, with the roles that every one begins with."""
        body: ProjectCreate = call.body
        if body.geography and body.residency and not lenient(call, self._lenient):
            raise BadRequest("Provide 'residency' or 'geography', not both.", param="geography")
        organization = await self._organizations.begin(call)
        made = project(self._ids.make("proj_"), body.name, int(self._db.now()))
        made |= {"external_key_id": body.external_key_id, "residency": body.residency}
        told = Told(
            "project.created", lambda one: {"id": one["id"], "data": {"name": one["name"], "title": one["name"]}}
        )
        await self._projects.add(
            call, made, told, also=lambda tx, one: self._organizations.open_project(tx, organization, one["id"])
        )
        return Reply(_shown(made))

    async def retrieve(self, call: Call) -> Reply:
        """A project. Raises NotFound."""
        await self._organizations.begin(call)
        return Reply(_shown(await self._projects.get(call, call.params["project_id"])))

    async def update(self, call: Call) -> Reply:
        """A project with another name. Raises NotFound, and BadRequest for an archived one."""
        body: ProjectUpdate = call.body
        await self._organizations.begin(call)
        given = body.model_fields_set
        changes: Object = {"name": body.name} if body.name is not None else {}
        if "external_key_id" in given:
            changes["external_key_id"] = body.external_key_id

        def change(one: Object) -> Object:
            check_active(one)
            return {**one, **changes}

        told = Told("project.updated", lambda one: {"id": one["id"], "changes_requested": _titled(changes)})
        return Reply(_shown(await self._projects.change(call, call.params["project_id"], change, told)))

    async def archive(self, call: Call) -> Reply:
        """The project, archived; its keys are refused from here on. Raises NotFound, BadRequest for the default one."""
        organization = await self._organizations.begin(call)
        name = call.params["project_id"]
        if name == ANYONE.project:
            raise BadRequest("The default project cannot be archived.", param="project_id")
        now = int(self._db.now())

        def change(one: Object) -> Object:
            return one if one.get("archived_at") else {**one, "status": "archived", "archived_at": now}

        def also(tx: Tx, one: Object) -> None:
            self._keys.revoke_all(tx, organization, project=one["id"])

        archived = await self._projects.change(call, name, change, Told("project.archived", by_id), also=also)
        self._keys.changed()
        return Reply(_shown(archived))

    async def of(self, call: Call) -> str:
        """The id of the project in the call's path. Raises NotFound."""
        return await self._organizations.check_project(call, call.params["project_id"])

    async def active(self, call: Call) -> str:
        """The same for whoever changes something. Raises BadRequest for an archived project."""
        name = await self.of(call)
        found = await self._db.read(lambda tx: self._projects.rows.get(tx, call.principal.organization, name))
        if found is not None:
            check_active(found)
        return name

    def synthesizes(self, call: Call) -> bool:
        """Whether this call wants objects for ids nobody has seen."""
        return synthesizes(call, self._synthesize)


def check_active(one: Object) -> None:
    """Raises BadRequest for an archived project."""
    if one.get("archived_at") and SYNTHESIZED not in one:
        raise _archived()


def _archived() -> ApiError:
    return BadRequest("The project is archived and cannot be changed.", param="project_id", code="project_archived")


def _active(one: Object) -> bool:
    return not one.get("archived_at")


def _titled(changes: Object) -> Object:
    """The changes in the audit log's words."""
    return {"title": changes["name"]} if "name" in changes else {}


def _shown(one: Object) -> Object:
    return {"external_key_id": None, "residency": None, **shown(one)}
