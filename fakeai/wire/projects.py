"""Projects of an organization."""

from typing import Annotated, Literal, TypeAlias

from annotated_types import MaxLen, MinLen
from typing_extensions import TypedDict

from fakeai.wire.base import Omittable, Wire

Residency: TypeAlias = Literal[
    "GLOBAL",
    "US_STORAGE_PROCESSING",
    "EU_STORAGE_PROCESSING",
    "JP_STORAGE",
    "JP_STORAGE_PROCESSING",
    "KR_STORAGE",
    "CA_STORAGE",
    "SG_STORAGE",
    "IN_STORAGE",
    "IN_STORAGE_PROCESSING",
    "AU_STORAGE",
    "AU_STORAGE_PROCESSING",
    "GB_STORAGE",
    "AE_STORAGE",
    "AE_STORAGE_PROCESSING",
]
Name: TypeAlias = Annotated[str, MinLen(1), MaxLen(256)]


class ProjectCreate(Wire):
    """Body of `POST /organization/projects`; `geography` is the older word for a residency."""

    name: Name
    external_key_id: Annotated[str, MaxLen(256)] | None = None
    geography: Annotated[str, MaxLen(64)] | None = None
    residency: Residency | None = None


class ProjectUpdate(Wire):
    """Body of `POST /organization/projects/{project_id}`."""

    name: Omittable[Name] = None
    external_key_id: Annotated[str, MaxLen(256)] | None = None
    geography: Annotated[str, MaxLen(64)] | None = None


class Project(TypedDict):
    """A project; `archived_at` is when it was put away, for good."""

    id: str
    object: Literal["organization.project"]
    name: str
    created_at: int
    archived_at: int | None
    status: Literal["active", "archived"]
    external_key_id: str | None
    residency: Residency | None
