"""Users of an organization, and invitations to become one."""

from typing import Annotated, Literal, NotRequired, TypeAlias

from annotated_types import MaxLen
from typing_extensions import TypedDict

from fakeai.wire.base import Items, Omittable, Wire, shown_as

UserRole: TypeAlias = Literal["owner", "reader"]
_Text: TypeAlias = Annotated[str, MaxLen(256)]


class UserUpdate(Wire):
    """Body of `POST /organization/users/{user_id}`."""

    role: _Text | None = None
    role_id: _Text | None = None
    developer_persona: _Text | None = None
    technical_level: _Text | None = None


class UserProject(TypedDict):
    """A project that a user is in."""

    id: str
    name: NotRequired[str]
    role: NotRequired[str]


class UserProjects(TypedDict):
    """Projects that a user is in."""

    object: Literal["list"]
    data: list[UserProject]


class OrganizationUser(TypedDict):
    """Somebody who belongs to an organization."""

    id: str
    object: Literal["organization.user"]
    added_at: int
    created: NotRequired[int]
    name: NotRequired[str]
    email: NotRequired[str]
    role: NotRequired[str]
    is_default: NotRequired[bool]
    is_service_account: NotRequired[bool]
    is_scim_managed: NotRequired[bool]
    developer_persona: NotRequired[str | None]
    technical_level: NotRequired[str | None]
    api_key_last_used_at: NotRequired[int | None]
    projects: NotRequired[UserProjects]


class InviteProject(Wire):
    """A project that whoever accepts joins."""

    id: _Text
    role: Literal["member", "owner"]


class InviteCreate(Wire):
    """Body of `POST /organization/invites`."""

    model_config = shown_as({"email": "ada@example.com", "role": "reader"})

    email: Annotated[str, MaxLen(320)]
    role: Literal["reader", "owner"]
    projects: Omittable[Annotated[Items[InviteProject], MaxLen(100)]] = None


class InvitedProject(TypedDict):
    """A project that whoever accepts joins."""

    id: str
    role: Literal["member", "owner"]


class Invite(TypedDict):
    """An invitation. Nobody can accept one here: it is pending until it has expired."""

    id: str
    object: Literal["organization.invite"]
    email: str
    role: UserRole
    status: Literal["pending", "expired", "accepted"]
    created_at: int
    expires_at: int
    accepted_at: int | None
    projects: list[InvitedProject]
