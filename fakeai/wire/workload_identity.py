"""Workload identity: providers of tokens that this server would trust, and the service accounts they stand for."""

from typing import Annotated, Any, Literal, NotRequired, TypeAlias

from annotated_types import MaxLen, MinLen
from pydantic import Field
from typing_extensions import TypedDict

from fakeai.wire.base import FailFast, FirstOf, Items, Omittable, Wire, shown_as

_Text: TypeAlias = Annotated[str, MaxLen(2_048)]
_Given: TypeAlias = Annotated[str, MinLen(1), MaxLen(2_048)]


class TransformationGiven(Wire):
    """How an attribute is made of a token's claims."""

    attribute: _Given
    expression: _Given


class DiscoveryGiven(Wire):
    """Keys are found where the issuer says, or at this URL."""

    type: Literal["discovery"]
    discovery_url: _Text | None = None


class JwksGiven(Wire):
    """Keys are those that were uploaded."""

    type: Literal["uploaded_jwks"]
    jwks: dict[str, Any]  # Any: JSON that is kept as it is


_VerificationGiven: TypeAlias = Annotated[DiscoveryGiven | JwksGiven, Field(discriminator="type")]
_Transformations: TypeAlias = Annotated[Items[TransformationGiven], MaxLen(100)]


class ProviderCreate(Wire):
    """Body of `POST /organization/workload_identity_providers`."""

    model_config = shown_as({"name": "ci", "type": "oidc", "issuer": "https://token.example.com", "audience": "ours"})

    name: _Given
    type: Literal["oidc"]
    issuer: _Given
    audience: _Given
    attribute_transformations: Omittable[_Transformations] = None
    description: Omittable[_Text] = None
    enabled: Omittable[bool] = None
    verification: Omittable[_VerificationGiven] = None


class ProviderUpdate(Wire):
    """Body of `POST …/{workload_identity_provider_id}`: what is left out stays as it is."""

    name: Omittable[_Given] = None
    issuer: Omittable[_Given] = None
    audience: Omittable[_Given] = None
    attribute_transformations: Omittable[_Transformations] = None
    description: _Text | None = None
    enabled: Omittable[bool] = None
    verification: Omittable[_VerificationGiven] = None


class DefaultGiven(Wire):
    """All that the service account may."""

    type: Literal["service_account_default"]


class RestrictedGiven(Wire):
    """Some of what the service account may."""

    type: Literal["restricted"]
    scopes: Annotated[Items[_Text], MaxLen(100)]


_PermissionsGiven: TypeAlias = Annotated[DefaultGiven | RestrictedGiven, Field(discriminator="type")]
_Matched: TypeAlias = Annotated[str | bool | int | float, FirstOf()]
_Matchers: TypeAlias = Annotated[dict[Annotated[str, MaxLen(256)], _Matched], FailFast(), MaxLen(100)]


class RuleCreate(Wire):
    """Body of `POST …/federation_rules`."""

    project_id: _Given
    service_account_id: _Given
    attribute_matchers: _Matchers
    name: Omittable[_Text] = None
    description: Omittable[_Text] = None
    enabled: Omittable[bool] = None
    permissions: Omittable[_PermissionsGiven] = None


class RuleUpdate(Wire):
    """Body of `POST …/federation_rules/{workload_identity_federation_rule_id}`: what is left out stays as it is."""

    attribute_matchers: Omittable[_Matchers] = None
    name: _Text | None = None
    description: _Text | None = None
    enabled: Omittable[bool] = None
    permissions: Omittable[_PermissionsGiven] = None


class Transformation(TypedDict):
    """How an attribute is made of a token's claims."""

    attribute: str
    expression: str


class Discovery(TypedDict):
    """Keys are found where the issuer says, or at this URL."""

    type: Literal["discovery"]
    discovery_url: str | None


class UploadedJwks(TypedDict):
    """Keys are those that were uploaded."""

    type: Literal["uploaded_jwks"]
    jwks: dict[str, Any]


class WorkloadIdentityProvider(TypedDict):
    """Who issues tokens."""

    id: str
    object: Literal["organization.workload_identity_provider"]
    type: Literal["oidc"]
    name: str
    description: str | None
    issuer: str
    audience: str
    attribute_transformations: list[Transformation]
    verification: Discovery | UploadedJwks
    enabled: bool
    created_at: int
    updated_at: int


class RulePermissions(TypedDict):
    """What a token is good for; `scopes` if it is `restricted`."""

    type: Literal["service_account_default", "restricted"]
    scopes: NotRequired[list[str]]


class FederationRule(TypedDict):
    """Which tokens stand for which service account."""

    id: str
    object: Literal["organization.workload_identity_federation_rule"]
    workload_identity_provider_id: str
    project_id: str
    service_account_id: str
    attribute_matchers: dict[str, str | bool | int | float]
    name: str | None
    description: str | None
    permissions: RulePermissions
    enabled: bool
    created_at: int
    updated_at: int
