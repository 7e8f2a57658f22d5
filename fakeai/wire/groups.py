"""Groups of users."""

from typing import Annotated, Literal, NotRequired

from annotated_types import MaxLen, MinLen
from typing_extensions import TypedDict

from fakeai.wire.base import Wire


class GroupName(Wire):
    """Body of `POST /organization/groups` and `POST /organization/groups/{group_id}`."""

    name: Annotated[str, MinLen(1), MaxLen(255)]


class GroupJoin(Wire):
    """Body of `POST /organization/groups/{group_id}/users`."""

    user_id: Annotated[str, MaxLen(256)]


class Group(TypedDict):
    """Users who get roles together."""

    id: str
    object: Literal["group"]
    name: str
    created_at: int
    group_type: Literal["group", "tenant_group"]
    is_scim_managed: bool


class GroupUser(TypedDict):
    """A user in a list of a group's."""

    id: str
    name: str
    email: NotRequired[str | None]


class GroupMember(TypedDict):
    """A user of a group, asked for by name."""

    id: str
    name: str
    email: NotRequired[str | None]
    picture: NotRequired[str | None]
    is_service_account: NotRequired[bool | None]
    user_type: Literal["user", "tenant_user"]


class GroupJoined(TypedDict):
    """A user has come to a group."""

    object: Literal["group.user"]
    group_id: str
    user_id: str


class GroupLeft(TypedDict):
    """A user is in a group no more."""

    object: Literal["group.user.deleted"]
    deleted: bool
