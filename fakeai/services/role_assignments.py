"""Which roles users and groups have, in the organization and in each of its projects."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.errors import NotFound
from fakeai.services.admin import next_page
from fakeai.services.audit import Audit
from fakeai.services.base import synthesizes
from fakeai.services.groups import Groups
from fakeai.services.organization import Organizations, actor, assignment_id, holder
from fakeai.services.resource import SYNTHESIZED, Resource
from fakeai.services.roles import MOST, Roles
from fakeai.services.users import Users
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import shown
from fakeai.wire.listing import ListQuery
from fakeai.wire.roles import AssignedRole, GroupRole, RoleAssign, RoleUnassigned, UserRole


class _Who(NamedTuple):
    """A user or group, in a project or (empty) in the organization."""

    kind: str
    id: str
    project: str

    @property
    def name(self) -> str:
        """What rows call them."""
        return holder(self.kind, self.id)


_KINDS: Mapping[str, str] = MappingProxyType({"user_id": "user", "group_id": "group"})


def _rows() -> Iterator[Endpoint]:
    for where, path in (("the organization", "/organization"), ("a project", "/projects/{project_id}")):
        for parameter, kind in _KINDS.items():
            many = f"{path}/{kind}s/{{{parameter}}}/roles"
            one = many + "/{role_id}"
            yield Endpoint("GET", many, "list", f"List roles of a {kind} in {where}", tag="Roles")
            yield Endpoint("POST", many, "create", f"Give a {kind} a role in {where}", body=RoleAssign, tag="Roles")
            yield Endpoint("GET", one, "retrieve", f"Show a role of a {kind} in {where}", tag="Roles")
            yield Endpoint("DELETE", one, "delete", f"Take a role in {where} from a {kind}", tag="Roles")


class RoleAssignments:
    """`…/users/{user_id}/roles` and `…/groups/{group_id}/roles`."""

    ENDPOINTS = tuple(_rows())

    def __init__(
        self, db: Database, audit: Audit, users: Users, groups: Groups, roles: Roles, *, synthesize: bool
    ) -> None:
        self._db = db
        self._audit = audit
        self._users = users
        self._groups = groups
        self._roles = roles
        self._synthesize = synthesize
        self._organizations = Organizations(db, synthesize=synthesize)
        self._pairs = self._organizations.assignments
        self._rows = Resource(db, self._pairs.rows.kind, AssignedRole, _not_assigned, synthesize=synthesize)

    async def list(self, call: Call) -> Reply:
        """Roles of a user or group, the oldest assignment first."""
        who = await self._who(call)
        query = ListQuery.from_query(call.query, default=MOST, most=MOST, order="asc")
        after = query.after and assignment_id(who.project, query.after)
        query = ListQuery(after=after, limit=query.limit, order=query.order)
        organization = call.principal.organization
        page = await self._rows.page(call, query, parent=who.name, tag=who.project, owner=organization)
        found = await self._db.read(lambda tx: [self._shown(tx, organization, who, row) for row in page["data"]])
        data = [role for role in found if role is not None]
        last = page["data"][-1]["role"] if page["data"] else None
        return Reply(next_page({"data": data, "has_more": page["has_more"], "last_id": last}))

    async def create(self, call: Call) -> Reply:
        """The user or group, and the role that it has from now on; it may have had it before. Raises NotFound."""
        body: RoleAssign = call.body
        who = await self._who(call)

        def work(tx: Tx) -> tuple[Object, Object]:
            person, role = self._person(call, tx, who), self._roles.known(call, tx, body.role_id, who.project)
            if SYNTHESIZED in person or SYNTHESIZED in role:
                return person, role
            organization, by = call.principal.organization, actor(call)
            self._organizations.hold(tx, organization)
            if not self._pairs.has(tx, organization, who.name, assignment_id(who.project, role["id"])):
                self._organizations.assign(tx, organization, who.project, who.name, role["id"], by)
                self._tell(tx, call, "role.assignment.created", who, role["id"])
                person = self._settled(call, tx, who)
            return person, role

        return Reply(_answer(who, *await self._db.run(work)))

    async def retrieve(self, call: Call) -> Reply:
        """A role that a user or group has. Raises NotFound."""
        who = await self._who(call)
        name, organization = call.params["role_id"], call.principal.organization

        def work(tx: Tx) -> Object | None:
            row = self._pairs.get(tx, organization, who.name, assignment_id(who.project, name))
            return None if row is None else self._shown(tx, organization, who, row)

        found = await self._db.read(work)
        if found is None:
            found = shown(self._rows.synthesized(call, name))
        return Reply(found)

    async def delete(self, call: Call) -> Reply:
        """That the user or group has the role no more. Raises NotFound, and BadRequest if nobody would own the organization."""
        who = await self._who(call)
        name = call.params["role_id"]

        def work(tx: Tx) -> bool:
            gone = self._pairs.remove(tx, call.principal.organization, who.name, assignment_id(who.project, name))
            if gone:
                self._tell(tx, call, "role.assignment.deleted", who, name)
                self._settled(call, tx, who)
            return gone

        if not await self._db.run(work) and not synthesizes(call, self._synthesize):
            raise _not_assigned(name)
        answer: RoleUnassigned = {"object": f"{who.kind}.role.deleted", "deleted": True}
        return Reply(answer)

    async def _who(self, call: Call) -> _Who:
        """The user or group that the path names, which is there. Raises NotFound."""
        project = await self._roles.project(call)
        (kind, name) = next((kind, call.params[at]) for at, kind in _KINDS.items() if at in call.params)
        who = _Who(kind, name, project)
        await self._db.read(lambda tx: self._person(call, tx, who))
        return who

    def _person(self, call: Call, tx: Tx, who: _Who) -> Object:
        return (self._users if who.kind == "user" else self._groups).known(call, tx, who.id)

    def _settled(self, call: Call, tx: Tx, who: _Who) -> Object:
        """The user or group after its roles have changed: users are called owner or reader by them."""
        if who.kind == "user" and not who.project:
            self._users.settle(tx, call.principal.organization, who.id)
        return self._person(call, tx, who)

    def _shown(self, tx: Tx, organization: str, who: _Who, row: Object) -> Object | None:
        role = self._organizations.roles.get(tx, organization, row["role"], parent=who.project)
        if role is None:  # deleted since its row was read
            return None
        found: AssignedRole = {
            "id": role["id"],
            "name": role["name"],
            "description": role["description"],
            "permissions": role["permissions"],
            "predefined_role": role["predefined_role"],
            "resource_type": role["resource_type"],
            "created_at": role["_created_at"],
            "updated_at": role["_updated_at"],
            "created_by": role["_created_by"],
            "created_by_user_obj": None,
            "metadata": {},
            "assignment_sources": None,
        }
        return dict(found)

    def _tell(self, tx: Tx, call: Call, what: Any, who: _Who, role: str) -> None:
        """Any: one of two events."""
        details = {
            "id": f"{who.name}:{role}",
            "principal_id": who.id,
            "principal_type": who.kind,
            "resource_id": who.project or call.principal.organization,
            "resource_type": "api.project" if who.project else "api.organization",
            "role_id": role,
        }
        self._audit.add(tx, call, what, details, project=who.project)


def _answer(who: _Who, person: Object, role: Object) -> UserRole | GroupRole:
    """What an assignment answers with."""
    what: Any = shown(role)  # its wire type is Role
    if who.kind == "user":
        user: Any = shown(person)  # an OrganizationUser
        return {"object": "user.role", "user": user, "role": what}
    group = {"id": person["id"], "object": "group", "name": person["name"], "created_at": person["created_at"]}
    of: Any = {**group, "scim_managed": person["is_scim_managed"]}
    return {"object": "group.role", "group": of, "role": what}


def _not_assigned(role: str) -> NotFound:
    return NotFound(f"Role '{role[:200]}' is not assigned.")
