"""API keys of projects, and the service accounts that own them."""

from typing import Annotated, Literal, NotRequired

from annotated_types import Ge, Le, MaxLen
from typing_extensions import TypedDict

from fakeai.wire.base import Items, Omittable, Wire
from fakeai.wire.projects import Name

_LONGEST_S = 100 * 366 * 86_400
_Scopes = Annotated[Items[Annotated[str, MaxLen(128)]], MaxLen(128)]


class ServiceAccountCreate(Wire):
    """Body of `POST …/service_accounts`; without `create_service_account_only` it gets a key at once."""

    name: Name
    create_service_account_only: bool | None = None
    expires_in_seconds: Annotated[int, Ge(0), Le(_LONGEST_S)] | None = None


class ServiceAccountUpdate(Wire):
    """Body of `POST …/service_accounts/{service_account_id}`."""

    name: Omittable[Name] = None
    role: Omittable[Literal["member", "owner"]] = None


class ServiceAccountKeyCreate(Wire):
    """Body of `POST …/service_accounts/{service_account_id}/api_keys`."""

    name: Omittable[Annotated[str, MaxLen(256)]] = None
    scopes: Omittable[_Scopes] = None
    expires_in_seconds: Annotated[int, Ge(0), Le(_LONGEST_S)] | None = None


class ApiKeyUpdate(Wire):
    """Body of `POST …/api_keys/{api_key_id}`."""

    expires_in_seconds: Omittable[Annotated[int, Ge(0), Le(_LONGEST_S)]] = None
    scopes: Omittable[_Scopes] = None


class ServiceAccount(TypedDict):
    """A caller that is no person. One with the role `none` may do nothing."""

    id: str
    object: Literal["organization.project.service_account"]
    name: str
    role: Literal["owner", "member", "none"]
    created_at: int


class NewKey(TypedDict):
    """A key with its value, which is shown this once."""

    id: str
    object: Literal["organization.project.service_account.api_key"]
    name: str
    created_at: int
    expires_at: int | None
    value: str


class NewServiceAccount(TypedDict):
    """A service account that has just been made."""

    id: str
    object: Literal["organization.project.service_account"]
    name: str
    role: Literal["member", "none"]
    created_at: int
    api_key: NewKey | None


class OwnerServiceAccount(TypedDict):
    """The service account that has a key."""

    id: str
    name: str
    role: str
    created_at: int


class OwnerUser(TypedDict):
    """The user who has a key."""

    id: str
    name: str
    email: str
    role: str
    created_at: int


class Owner(TypedDict):
    """Who has a key."""

    type: Literal["user", "service_account"]
    service_account: NotRequired[OwnerServiceAccount]
    user: NotRequired[OwnerUser]


class ApiKey(TypedDict):
    """A key without its value. `owner_project_access` is whether its owner may still do anything in the project."""

    id: str
    object: Literal["organization.project.api_key"]
    name: str
    redacted_value: str
    created_at: int
    last_used_at: int | None
    expires_at: int | None
    owner: Owner
    owner_project_access: Literal["active", "inactive"]
