"""Admin keys of an organization."""

from typing import Annotated, Literal, NotRequired

from annotated_types import Ge, Le, MaxLen, MinLen
from typing_extensions import TypedDict

from fakeai.wire.base import Omittable, Wire


class AdminKeyCreate(Wire):
    """Body of `POST /organization/admin_api_keys`."""

    name: Annotated[str, MinLen(1), MaxLen(256)]
    expires_in_seconds: Omittable[Annotated[int, Ge(1), Le(2**31)]] = None


class KeyOwner(TypedDict):
    """The user whose key it is."""

    type: str
    object: str
    id: str
    name: str
    created_at: int
    role: str


class AdminKey(TypedDict):
    """A key that may change the organization. `value` is shown once."""

    id: str
    object: Literal["organization.admin_api_key"]
    name: str
    redacted_value: str
    created_at: int
    expires_at: int | None
    last_used_at: int | None
    owner: KeyOwner
    value: NotRequired[str]
