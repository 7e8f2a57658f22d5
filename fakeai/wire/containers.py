"""Containers, and the files in them."""

from typing import Annotated, Literal, NotRequired, TypeAlias

from annotated_types import MaxLen, MinLen
from pydantic import Field
from typing_extensions import TypedDict

from fakeai.wire.base import Integer, Items, Omittable, Wire
from fakeai.wire.form import File

MemoryLimit: TypeAlias = Literal["1g", "4g", "16g", "64g"]


class ExpiresAfterUse(Wire):
    """How long after its last use a container is gone."""

    anchor: Literal["last_active_at"]
    minutes: Integer


class NoNetwork(Wire):
    """Nothing outside can be reached."""

    type: Literal["disabled"]


class DomainSecret(Wire):
    """What requests to a domain are given."""

    domain: Annotated[str, MinLen(1)]
    name: Annotated[str, MinLen(1)]
    value: Annotated[str, MinLen(1), MaxLen(10 * 2**20)]


class AllowedNetwork(Wire):
    """Some domains can be reached."""

    type: Literal["allowlist"]
    allowed_domains: Annotated[Items[str], MinLen(1)]
    domain_secrets: Omittable[Annotated[Items[DomainSecret], MinLen(1)]] = None


class SkillReference(Wire):
    """A skill that is kept; `version` is a number or `latest`, the default one if left out."""

    type: Literal["skill_reference"]
    skill_id: Annotated[str, MinLen(1), MaxLen(64)]
    version: Omittable[str] = None


class SkillSource(Wire):
    """A zip in base64."""

    type: Literal["base64"]
    media_type: Literal["application/zip"]
    data: Annotated[str, MinLen(1)]


class InlineSkill(Wire):
    """A skill for this container only."""

    type: Literal["inline"]
    name: str
    description: str
    source: SkillSource


NetworkPolicy: TypeAlias = Annotated[NoNetwork | AllowedNetwork, Field(discriminator="type")]
ContainerSkill: TypeAlias = Annotated[SkillReference | InlineSkill, Field(discriminator="type")]


class ContainerCreate(Wire):
    """Body of `POST /containers`."""

    name: Annotated[str, MinLen(1)]
    expires_after: Omittable[ExpiresAfterUse] = None
    file_ids: Omittable[Items[str]] = None
    memory_limit: Omittable[MemoryLimit] = None
    network_policy: Omittable[NetworkPolicy] = None
    skills: Omittable[Items[ContainerSkill]] = None


class ContainerFileCreate(Wire):
    """Body of `POST /containers/{container_id}/files`: a form with a file, or the id of one."""

    file: Omittable[File] = None
    file_id: Omittable[str] = None


class Expiry(TypedDict):
    """How long after its last use a container is gone."""

    anchor: Literal["last_active_at"]
    minutes: int


class Network(TypedDict):
    """What can be reached."""

    type: Literal["allowlist", "disabled"]
    allowed_domains: NotRequired[list[str]]


class Container(TypedDict):
    """A place where code runs, until nobody has used it for a while."""

    id: str
    object: Literal["container"]
    created_at: int
    status: Literal["running", "expired"]
    expires_after: Expiry
    last_active_at: int
    memory_limit: MemoryLimit
    network_policy: NotRequired[Network]
    name: str


class ContainerFile(TypedDict):
    """A file in a container: put there by the user, or by what ran there."""

    id: str
    object: Literal["container.file"]
    created_at: int
    bytes: int
    container_id: str
    path: str
    source: Literal["user", "assistant"]
