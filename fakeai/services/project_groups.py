"""Groups of projects: those of the organization that were added to one, each with a role of the project."""

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.errors import Conflict
from fakeai.services.admin import AdminObjects, Told, next_page
from fakeai.services.audit import Audit
from fakeai.services.groups import GROUP, Groups
from fakeai.services.organization import Organizations, actor, assignment_id, holder
from fakeai.services.projects import ONE, Projects
from fakeai.services.resource import SYNTHESIZED
from fakeai.services.roles import Roles
from fakeai.store.base import Database, Object, Tx
from fakeai.wire.listing import ListQuery, one_of
from fakeai.wire.project_members import ProjectGroup, ProjectGroupCreate, ProjectGroupDeleted

_MANY = ONE + "/groups"
_GROUP = _MANY + "/{group_id}"
_TAG = "Project Groups"


class ProjectGroups:
    """`/organization/projects/{project_id}/groups`."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List groups of a project", tag=_TAG),
        Endpoint("POST", _MANY, "create", "Add a group to a project", body=ProjectGroupCreate, tag=_TAG),
        Endpoint("GET", _GROUP, "retrieve", "Show a group of a project", tag=_TAG),
        Endpoint("DELETE", _GROUP, "delete", "Remove a group from a project", tag=_TAG),
    )

    def __init__(
        self, db: Database, audit: Audit, projects: Projects, groups: Groups, roles: Roles, *, synthesize: bool
    ) -> None:
        self._db = db
        self._projects = projects
        self._groups = groups
        self._roles = roles
        self._organizations = Organizations(db, synthesize=synthesize)
        self._rows = AdminObjects(db, audit, "project_group", ProjectGroup, "Project group", synthesize=synthesize)

    async def list(self, call: Call) -> Reply:
        """Groups of the project, the oldest first."""
        project = await self._projects.of(call)
        page = await self._rows.page(call, ListQuery.from_query(call.query, order="asc"), parent=project)
        return Reply(next_page({**page, "data": [_shown(row) for row in page["data"]]}))

    async def create(self, call: Call) -> Reply:
        """A group of the organization, in the project from now on. Raises NotFound, and Conflict for one that is there."""
        body: ProjectGroupCreate = call.body
        project = await self._projects.active(call)
        organization = call.principal.organization
        now = int(self._db.now())
        await self._db.run(lambda tx: self._organizations.open_project(tx, organization, project))
        group, role = await self._db.read(
            lambda tx: (
                self._groups.known(call, tx, body.group_id),
                self._roles.known(call, tx, body.role, project),
            )
        )
        row = _row(project, group, now)
        if SYNTHESIZED in group or SYNTHESIZED in role:
            return Reply(_shown(row))

        def also(tx: Tx, row: Object) -> None:
            pairs, who = self._organizations.assignments, holder(GROUP, row["id"])
            if not pairs.has(tx, organization, who, assignment_id(project, role["id"])):
                self._organizations.assign(tx, organization, project, who, role["id"], actor(call))

        try:
            await self._rows.add(call, row, _told(project, "added"), parent=project, also=also)
        except KeyError:
            raise Conflict(f"Group '{group['id']}' is in this project already.", param="group_id") from None
        return Reply(_shown(row))

    async def retrieve(self, call: Call) -> Reply:
        """A group of the project. Raises NotFound."""
        one_of(call.query, "group_type", ("group", "tenant_group"))
        project = await self._projects.of(call)
        row = await self._rows.get(call, call.params["group_id"], parent=project)
        return Reply(_shown({"group_id": row["id"], **row}))

    async def delete(self, call: Call) -> Reply:
        """That the group is in the project no more, and has no role there. Raises NotFound."""
        project = await self._projects.of(call)

        def also(tx: Tx, row: Object) -> None:
            pairs, who = self._organizations.assignments, holder(GROUP, row["id"])
            organization = call.principal.organization
            for one in list(pairs.rows.every(tx, organization, parent=who, tag=project)):
                pairs.remove(tx, organization, who, one["id"])

        await self._rows.remove(call, call.params["group_id"], _told(project, "removed"), parent=project, also=also)
        answer: ProjectGroupDeleted = {"object": "project.group.deleted", "deleted": True}
        return Reply(answer)


def _told(project: str, what: str) -> Told:
    """The event of a change of a project's groups: there is none of their own."""
    return Told(
        "project.updated",
        lambda row: {"id": project, "changes_requested": {f"group_{what}": row["id"]}},
        project,
    )


def _row(project: str, group: Object, now: int) -> Object:
    return {
        "id": group["id"],
        "object": "project.group",
        "project_id": project,
        "group_id": group["id"],
        "group_name": group["name"],
        "group_type": group["group_type"],
        "created_at": now,
    }


def _shown(row: Object) -> Object:
    return {name: row[name] for name in ProjectGroup.__annotations__}
