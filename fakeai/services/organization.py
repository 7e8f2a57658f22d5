"""What every organization begins with: its owner and its default project; and which of its projects there are.

An organization is one as soon as somebody names it, so what it begins with is kept the first time it matters.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from fakeai.core.call import ANYONE, Call
from fakeai.core.errors import NotFound
from fakeai.services.base import synthesizes
from fakeai.services.relation import Relation
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import Collection

USER = "user"
"""The kind of a user, below its organization."""
PROJECT = "project"
"""The kind of a project, below its organization."""
OWNER = "user-fakeai"
"""The id of the user that every organization begins with: its owner, who does what callers without a key do."""


OWNER_ROLE = "role-owner"
READER_ROLE = "role-reader"
ROLE = "role"
"""The kind of a role, below its organization; `parent` is its project, if it is of one."""


class Organizations:
    """What there is in an organization before anybody has made anything."""

    def __init__(self, db: Database, *, synthesize: bool) -> None:
        self._db = db
        self._synthesize = synthesize
        self.users = Collection(USER)
        self.projects = Collection(PROJECT)
        self.roles = Collection(ROLE)
        self.assignments = Relation("role_assignment")
        """`holder` to `assignment_id`; rows have the role as `role` and its project as tag."""
        self.members = Relation("group_member")
        """Groups to users."""
        self._joined = MappingProxyType({kind: Collection(f"project_{kind}") for kind in ("user", "group")})
        """Users and groups of a project, below it."""
        self._founded = Collection("organization")

    async def begin(self, call: Call) -> str:
        """The caller's organization, of which it then is certain that it has what it begins with."""
        name = call.principal.organization
        if not await self._db.read(lambda tx: self._founded.known(tx, name, name)):
            await self._db.run(lambda tx: self.found(tx, name))
        return name

    def found(self, tx: Tx, organization: str) -> None:
        """Keep what the organization begins with, if nobody has."""
        now = int(self._db.now())
        with suppress(KeyError):  # whoever was faster has added all of it
            self._founded.add(tx, organization, {"id": organization, "created_at": now})
            self.users.add(tx, organization, user(OWNER, "Owner", "owner@fakeai.example", "owner", now))
            self.projects.add(tx, organization, project(ANYONE.project, "Default project", now))
            for name, what in (("owner", "Manages the organization"), ("reader", "Uses the organization's projects")):
                self.roles.add(tx, organization, role(f"role-{name}", name, what, _MAY[name], now, predefined=True))
            self.assign(tx, organization, "", holder("user", OWNER), OWNER_ROLE, OWNER)

    def hold(self, tx: Tx, organization: str) -> None:
        """Have whoever else holds the organization wait until this transaction ends: for what is looked at, and then done."""
        self._founded.change(tx, organization, organization, lambda found: found)

    def open_project(self, tx: Tx, organization: str, id: str) -> None:
        """Keep the roles that every project begins with, if nobody has."""
        now = int(self._db.now())
        with suppress(KeyError):  # as above
            for name in ("owner", "member", "viewer"):
                what = f"The {name}s of a project"
                made = role(f"role-project-{name}", name, what, _MAY[name], now, project=id, predefined=True)
                self.roles.add(tx, organization, made, parent=id)

    def assign(self, tx: Tx, organization: str, project: str, who: str, role: str, by: str) -> None:
        """Give a `holder` a role of a project, or of the organization (""). Raises KeyError if it has it."""
        row = {"role": role, "created_at": int(self._db.now()), "created_by": by}
        self.assignments.add(tx, organization, who, assignment_id(project, role), row, tag=project)

    def forget(self, tx: Tx, organization: str, kind: str, id: str) -> None:
        """Take roles, memberships and projects from a user or group that is no more."""
        self.assignments.forget_left(tx, organization, holder(kind, id))
        if kind == "user":
            self.members.forget_right(tx, organization, id)
        else:
            self.members.forget_left(tx, organization, id)
        for one in list(self.projects.every(tx, organization)):
            self._joined[kind].delete(tx, organization, id, parent=one["id"])

    async def check_project(self, call: Call, id: str) -> str:
        """The project's id. Raises NotFound; the project that a caller without a key names for itself is one."""
        organization = await self.begin(call)
        mine = id == call.principal.project
        if mine or synthesizes(call, self._synthesize):
            return id
        if not await self._db.read(lambda tx: self.projects.known(tx, organization, id)):
            raise no_such("Project", id)
        return id

    def project_name(self, tx: Tx, organization: str, id: str) -> str:
        """What a project is called: its id if nobody has named it."""
        found = self.projects.get(tx, organization, id)
        return id if found is None else str(found["name"])


def no_such(noun: str, id: str) -> NotFound:
    """The refusal of an id that names nothing in the caller's organization."""
    return NotFound(f"{noun} with id '{id[:200]}' not found.")


_MAY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "owner": ("api.read", "api.write", "api.admin"),
        "reader": ("api.read",),
        "member": ("api.read", "api.write"),
        "viewer": ("api.read",),
    }
)
"""The permissions of the roles that are there from the start."""


def role(
    id: str,
    name: str,
    description: str | None,
    permissions: Sequence[str],
    now: int,
    *,
    project: str = "",
    by: str = OWNER,
    predefined: bool = False,
) -> Object:
    """A role as it is kept."""
    return {
        "id": id,
        "object": "role",
        "name": name,
        "description": description,
        "permissions": list(permissions),
        "predefined_role": predefined,
        "resource_type": "api.project" if project else "api.organization",
        "_created_at": now,
        "_updated_at": now,
        "_created_by": None if predefined else by,
    }


def actor(call: Call) -> str:
    """The id of the user or service account that a call is of."""
    return call.principal.user or OWNER


def holder(kind: str, id: str) -> str:
    """How rows call a user or a group that may have roles."""
    return f"{kind}:{id}"


def assignment_id(project: str, role: str) -> str:
    """How rows call a role of a project, or of the organization ("")."""
    return f"{project}:{role}"


def user(id: str, name: str, email: str, role: str, now: int, **more: Any) -> Object:
    """A user as it is kept. Any: further fields of its."""
    return {
        "id": id,
        "object": "organization.user",
        "added_at": now,
        "created": now,
        "name": name,
        "email": email,
        "role": role,
        "is_default": id == OWNER,
        "is_service_account": False,
        "is_scim_managed": False,
        **more,
    }


def project(id: str, name: str, now: int) -> Object:
    """A project as it is kept."""
    return {
        "id": id,
        "object": "organization.project",
        "name": name,
        "created_at": now,
        "archived_at": None,
        "status": "active",
    }
