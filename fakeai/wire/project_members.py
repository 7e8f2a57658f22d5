"""Users and groups of a project."""

from typing import Annotated, Literal

from annotated_types import MaxLen, MinLen
from typing_extensions import TypedDict

from fakeai.wire.base import Wire

_Word = Annotated[str, MinLen(1), MaxLen(256)]


class ProjectUserCreate(Wire):
    """Body of `POST …/users`: who, by id or address, and as what."""

    role: _Word
    user_id: Annotated[str, MaxLen(256)] | None = None
    email: Annotated[str, MaxLen(320)] | None = None


class ProjectUserUpdate(Wire):
    """Body of `POST …/users/{user_id}`."""

    role: _Word | None = None


class ProjectGroupCreate(Wire):
    """Body of `POST …/groups`; `role` is the id of a role of the project."""

    group_id: Annotated[str, MaxLen(256)]
    role: _Word


class ProjectUser(TypedDict):
    """A user of the organization in a project."""

    id: str
    object: Literal["organization.project.user"]
    name: str | None
    email: str | None
    role: str
    added_at: int


class ProjectGroup(TypedDict):
    """A group of the organization in a project."""

    object: Literal["project.group"]
    project_id: str
    group_id: str
    group_name: str
    group_type: Literal["group", "tenant_group"]
    created_at: int


class ProjectGroupDeleted(TypedDict):
    """Answer to the DELETE of a group of a project."""

    object: Literal["project.group.deleted"]
    deleted: bool
