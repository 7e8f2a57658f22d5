"""Users of projects: those of the organization who were added to one."""

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.errors import BadRequest
from fakeai.services.admin import AdminObjects, Told, by_id
from fakeai.services.audit import Audit
from fakeai.services.base import lenient
from fakeai.services.organization import Organizations, no_such
from fakeai.services.projects import ONE, Projects
from fakeai.services.resource import SYNTHESIZED, deleted
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import shown
from fakeai.wire import wording
from fakeai.wire.listing import ListQuery
from fakeai.wire.project_members import ProjectUser, ProjectUserCreate, ProjectUserUpdate

_MANY = ONE + "/users"
_USER = _MANY + "/{user_id}"
_TAG = "Project Users"
_ROLES = ("owner", "member")


class ProjectUsers:
    """`/organization/projects/{project_id}/users`."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List users of a project", tag=_TAG),
        Endpoint("POST", _MANY, "create", "Add a user to a project", body=ProjectUserCreate, tag=_TAG),
        Endpoint("GET", _USER, "retrieve", "Show a user of a project", tag=_TAG),
        Endpoint("POST", _USER, "update", "Change a user's role in a project", body=ProjectUserUpdate, tag=_TAG),
        Endpoint("DELETE", _USER, "delete", "Remove a user from a project", tag=_TAG),
    )

    def __init__(self, db: Database, audit: Audit, projects: Projects, *, lenient: bool, synthesize: bool) -> None:
        self._db = db
        self._projects = projects
        self._lenient = lenient
        self._organizations = Organizations(db, synthesize=synthesize)
        self._users = AdminObjects(db, audit, "project_user", ProjectUser, "Project user", synthesize=synthesize)

    async def list(self, call: Call) -> Reply:
        """Users of the project, whoever came last first."""
        project = await self._projects.of(call)
        return Reply(await self._users.page(call, ListQuery.from_query(call.query), parent=project))

    async def create(self, call: Call) -> Reply:
        """A user of the organization, in the project. Raises NotFound, and BadRequest for one who is there."""
        body: ProjectUserCreate = call.body
        project = await self._projects.active(call)
        self._check_role(call, body.role)
        found = await self._person(call, body)
        made: ProjectUser = {
            "id": found["id"],
            "object": "organization.project.user",
            "name": found["name"],
            "email": found["email"],
            "role": body.role,
            "added_at": int(self._db.now()),
        }
        told = Told("user.added", lambda user: {"id": user["id"], "data": {"role": user["role"]}}, project)
        if SYNTHESIZED in found:
            return Reply(made)
        try:
            await self._users.add(call, dict(made), told, parent=project)
        except KeyError:
            raise BadRequest("The user is in this project already.", param="user_id") from None
        return Reply(made)

    async def retrieve(self, call: Call) -> Reply:
        """A user of the project. Raises NotFound."""
        project = await self._projects.of(call)
        return Reply(shown(await self._users.get(call, call.params["user_id"], parent=project)))

    async def update(self, call: Call) -> Reply:
        """A user of the project in another role. Raises NotFound."""
        body: ProjectUserUpdate = call.body
        project = await self._projects.active(call)
        role = body.role
        if role is not None:
            self._check_role(call, role)
        told = Told("user.updated", lambda user: {"id": user["id"], "changes_requested": {"role": role}}, project)
        name = call.params["user_id"]
        changed = await self._users.change(
            call, name, lambda user: user if role is None else {**user, "role": role}, told, parent=project
        )
        return Reply(shown(changed))

    async def delete(self, call: Call) -> Reply:
        """That the user is in the project no more. Raises NotFound."""
        project = await self._projects.of(call)
        gone = await self._users.remove(
            call, call.params["user_id"], Told("user.deleted", by_id, project), parent=project
        )
        return Reply(deleted(gone["id"], "organization.project.user.deleted"))

    def _check_role(self, call: Call, role: str) -> None:
        if role not in _ROLES and not lenient(call, self._lenient):
            raise wording.invalid_value("role", role, _ROLES)

    async def _person(self, call: Call, body: ProjectUserCreate) -> Object:
        """The user of the organization whom a body names. Raises BadRequest and NotFound."""
        organization = await self._organizations.begin(call)
        if not body.user_id and not body.email and not lenient(call, self._lenient):
            raise BadRequest("Provide 'user_id' or 'email'.", param="user_id")

        def find(tx: Tx) -> Object | None:
            users = self._organizations.users
            if body.user_id:
                return users.get(tx, organization, body.user_id)
            same = (user for user in users.every(tx, organization) if user["email"] == body.email)
            return next(same, None)

        found = await self._db.read(find)
        if found is None and not self._projects.synthesizes(call):
            raise no_such("User", body.user_id or body.email or "")
        made = {"id": body.user_id or "user_id", "name": "name", "email": body.email, SYNTHESIZED: True}
        return found or made
