"""Roles of an organization and of its projects: those that are there from the start, and those that somebody makes."""

from collections.abc import Iterator

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest
from fakeai.services.admin import AdminObjects, Told, by_id, next_page
from fakeai.services.audit import Audit
from fakeai.services.organization import ROLE, Organizations, actor, assignment_id, role
from fakeai.services.resource import deleted
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import shown
from fakeai.wire.audit_logs import Details
from fakeai.wire.listing import ListQuery
from fakeai.wire.roles import Role, RoleCreate, RoleUpdate

MOST = 1_000
"""Roles on the longest page."""


def _rows() -> Iterator[Endpoint]:
    for of, path in (("the organization", "/organization/roles"), ("a project", "/projects/{project_id}/roles")):
        one = path + "/{role_id}"
        yield Endpoint("GET", path, "list", f"List roles of {of}", tag="Roles")
        yield Endpoint("POST", path, "create", f"Make a role of {of}", body=RoleCreate, tag="Roles")
        yield Endpoint("GET", one, "retrieve", f"Show a role of {of}", tag="Roles")
        yield Endpoint("POST", one, "update", f"Change a role of {of}", body=RoleUpdate, tag="Roles")
        yield Endpoint("DELETE", one, "delete", f"Delete a role of {of}", tag="Roles")


class Roles:
    """`/organization/roles` and `/projects/{project_id}/roles`."""

    ENDPOINTS = tuple(_rows())

    def __init__(self, db: Database, ids: Ids, audit: Audit, *, synthesize: bool) -> None:
        self._db = db
        self._ids = ids
        self._organizations = Organizations(db, synthesize=synthesize)
        self._roles = AdminObjects(db, audit, ROLE, Role, "Role", synthesize=synthesize)

    async def list(self, call: Call) -> Reply:
        """Roles, the oldest first."""
        project = await self.project(call)
        query = ListQuery.from_query(call.query, default=MOST, most=MOST, order="asc")
        return Reply(next_page(await self._roles.page(call, query, parent=project)))

    async def create(self, call: Call) -> Reply:
        """A new role."""
        body: RoleCreate = call.body
        project = await self.project(call)
        now = int(self._db.now())
        name, by = self._ids.make("role_"), actor(call)
        made = role(name, body.role_name, body.description, body.permissions, now, project=project, by=by)
        told = Told("role.created", lambda made: _created(call, made, project), project)
        return Reply(shown(await self._roles.add(call, made, told, parent=project)))

    async def retrieve(self, call: Call) -> Reply:
        """A role. Raises NotFound."""
        project = await self.project(call)
        return Reply(shown(await self._roles.get(call, call.params["role_id"], parent=project)))

    async def update(self, call: Call) -> Reply:
        """A role as it is from now on. Raises NotFound, and BadRequest for one that is there from the start."""
        body: RoleUpdate = call.body
        project = await self.project(call)
        now = int(self._db.now())
        details: Details = {}

        def change(found: Object) -> Object:
            _check_own(found)
            before = set(found["permissions"])
            after = before if body.permissions is None else set(body.permissions)
            changes = {
                "role_name": body.role_name,
                "description": body.description,
                "permissions_added": sorted(after - before),
                "permissions_removed": sorted(before - after),
            }
            details.update(id=found["id"], changes_requested={name: to for name, to in changes.items() if to})
            described = "description" in body.model_fields_set
            return {
                **found,
                "name": body.role_name or found["name"],
                "permissions": found["permissions"] if body.permissions is None else body.permissions,
                "description": body.description if described else found["description"],
                "_updated_at": now,
            }

        told = Told("role.updated", lambda _: details, project)
        return Reply(shown(await self._roles.change(call, call.params["role_id"], change, told, parent=project)))

    async def delete(self, call: Call) -> Reply:
        """That the role is gone, from all who had it, too. Raises NotFound, and BadRequest as above."""
        project = await self.project(call)

        def also(tx: Tx, gone: Object) -> None:
            _check_own(gone)
            right = assignment_id(project, gone["id"])
            self._organizations.assignments.forget_right(tx, call.principal.organization, right)

        told = Told("role.deleted", by_id, project)
        gone = await self._roles.remove(call, call.params["role_id"], told, parent=project, also=also)
        return Reply(deleted(gone["id"], "role.deleted"))

    async def project(self, call: Call) -> str:
        """The project whose roles are meant, "" for the organization's. Raises NotFound."""
        organization = await self._organizations.begin(call)
        project = call.params.get("project_id", "")
        if project:
            await self._organizations.check_project(call, project)
            first = "role-project-owner"
            rows = self._organizations.roles
            if not await self._db.read(lambda tx: rows.known(tx, organization, first, parent=project)):
                await self._db.run(lambda tx: self._organizations.open_project(tx, organization, project))
        return project

    def known(self, call: Call, tx: Tx, name: str, project: str) -> Object:
        """A role with its private keys. Raises NotFound."""
        return self._roles.known(call, tx, name, parent=project)


def _check_own(found: Object) -> None:
    """Raises BadRequest for roles that are there from the start."""
    if found["predefined_role"]:
        raise BadRequest(f"Role '{found['id']}' is predefined and cannot be changed or deleted.", param="role_id")


def _created(call: Call, made: Object, project: str) -> Details:
    return {
        "id": made["id"],
        "role_name": made["name"],
        "permissions": made["permissions"],
        "resource_type": made["resource_type"],
        "resource_id": project or call.principal.organization,
    }
