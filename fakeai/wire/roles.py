"""Roles, of an organization or of one project, and who has them."""

from typing import Annotated, Any, Literal, NotRequired

from annotated_types import MaxLen, MinLen
from typing_extensions import TypedDict

from fakeai.wire.base import Items, Wire
from fakeai.wire.users import OrganizationUser

RoleName = Annotated[str, MinLen(1), MaxLen(256)]
Permissions = Annotated[Items[Annotated[str, MaxLen(256)]], MaxLen(1_000)]
Description = Annotated[str, MaxLen(4_096)]


class RoleCreate(Wire):
    """Body of `POST …/roles`."""

    role_name: RoleName
    permissions: Permissions
    description: Description | None = None


class RoleUpdate(Wire):
    """Body of `POST …/roles/{role_id}`: what is left out stays as it is."""

    role_name: RoleName | None = None
    permissions: Permissions | None = None
    description: Description | None = None


class RoleAssign(Wire):
    """Body of `POST …/{user or group}/roles`."""

    role_id: Annotated[str, MaxLen(256)]


class Role(TypedDict):
    """What somebody who has it may do."""

    id: str
    object: Literal["role"]
    name: str
    description: str | None
    permissions: list[str]
    predefined_role: bool
    resource_type: str


class AssignmentSource(TypedDict):
    """Through whom somebody has a role."""

    principal_id: str
    principal_type: str


class AssignedRole(TypedDict):
    """A role that a user or group has."""

    id: str
    name: str
    description: str | None
    permissions: list[str]
    predefined_role: bool
    resource_type: str
    created_at: int | None
    updated_at: int | None
    created_by: str | None
    created_by_user_obj: dict[str, Any] | None  # Any: the SDK says no more of it
    metadata: dict[str, Any] | None
    assignment_sources: NotRequired[list[AssignmentSource] | None]


class RoleGroup(TypedDict):
    """A group as the answer to an assignment shows it."""

    id: str
    object: Literal["group"]
    name: str
    created_at: int
    scim_managed: bool


class GroupRole(TypedDict):
    """A group was given a role."""

    object: Literal["group.role"]
    group: RoleGroup
    role: Role


class UserRole(TypedDict):
    """A user was given a role."""

    object: Literal["user.role"]
    user: OrganizationUser
    role: Role


class RoleUnassigned(TypedDict):
    """A user or group has a role no more."""

    object: str
    deleted: bool
