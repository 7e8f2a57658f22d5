"""Vaults, and the credentials in them: secrets go in, and never come out."""

from typing import Annotated, Literal, NotRequired, TypeAlias

from annotated_types import MaxLen, MinLen
from pydantic import Field
from typing_extensions import TypedDict

from fakeai.wire.base import Items, Metadata, Omittable, Wire

Secret: TypeAlias = Annotated[str, MinLen(1), MaxLen(65_536)]
Address: TypeAlias = Annotated[str, MinLen(1), MaxLen(2_048)]


class VaultCreate(Wire):
    """Body of `POST /vaults`."""

    metadata: Metadata | None = None
    name: Omittable[str] = None


class VaultUpdate(Wire):
    """Body of `POST /vaults/{vault_id}`."""

    metadata: Omittable[Metadata] = None
    name: str | None = None


class NoSecret(Wire):
    """A client without a secret."""

    type: Literal["none"]


class BasicSecret(Wire):
    """A client whose secret is sent as HTTP Basic authentication."""

    type: Literal["client_secret_basic"]
    client_secret: Secret


class PostedSecret(Wire):
    """A client whose secret is sent in the body."""

    type: Literal["client_secret_post"]
    client_secret: Secret


class Refresh(Wire):
    """How an access token is had anew."""

    client_id: Annotated[str, MinLen(1)]
    refresh_token: Secret
    token_endpoint: Address
    token_endpoint_auth: Annotated[NoSecret | BasicSecret | PostedSecret, Field(discriminator="type")]
    resource: str | None = None
    scope: str | None = None


class Oauth(Wire):
    """An access token for an MCP server."""

    type: Literal["mcp_oauth"]
    access_token: Secret
    mcp_server_url: Address
    expires_at: str | None = None
    refresh: Refresh | None = None


class Bearer(Wire):
    """A token for an MCP server."""

    type: Literal["static_bearer"]
    token: Secret
    mcp_server_url: Address


class Unlimited(Wire):
    """Wherever the environment may go."""

    type: Literal["unrestricted"]


class Limited(Wire):
    """These hosts only."""

    type: Literal["limited"]
    allowed_hosts: Items[str]


class Variable(Wire):
    """A variable of hosted environments, which see a placeholder."""

    type: Literal["environment_variable"]
    secret_name: Annotated[str, MinLen(1), MaxLen(256)]
    secret_value: Secret
    networking: Annotated[Unlimited | Limited, Field(discriminator="type")]


class CredentialCreate(Wire):
    """Body of `POST /vaults/{vault_id}/credentials`."""

    name: str
    auth: Annotated[Oauth | Bearer | Variable, Field(discriminator="type")]
    metadata: Omittable[Metadata] = None


class BasicRotated(Wire):
    """Another secret, or the same."""

    type: Literal["client_secret_basic"]
    client_secret: Secret | None = None


class PostedRotated(Wire):
    """Another secret, or the same."""

    type: Literal["client_secret_post"]
    client_secret: Secret | None = None


class RefreshRotated(Wire):
    """What changes in how an access token is had."""

    refresh_token: Secret | None = None
    scope: str | None = None
    token_endpoint_auth: Annotated[BasicRotated | PostedRotated, Field(discriminator="type")] | None = None


class OauthRotated(Wire):
    """Other tokens."""

    type: Literal["mcp_oauth"]
    access_token: Secret | None = None
    expires_at: str | None = None
    refresh: RefreshRotated | None = None


class BearerRotated(Wire):
    """Another token."""

    type: Literal["static_bearer"]
    token: Secret


class VariableRotated(Wire):
    """Another secret."""

    type: Literal["environment_variable"]
    secret_value: Secret


class CredentialUpdate(Wire):
    """Body of `POST /vaults/{vault_id}/credentials/{credential_id}`."""

    auth: Omittable[Annotated[OauthRotated | BearerRotated | VariableRotated, Field(discriminator="type")]] = None
    metadata: Omittable[Metadata] = None


class Vault(TypedDict):
    """Credentials that sessions are given."""

    id: str
    object: Literal["vault"]
    created_at: int
    metadata: dict[str, str]
    name: str | None


class EndpointAuth(TypedDict):
    """How a client proves itself, without its secret."""

    type: Literal["none", "client_secret_basic", "client_secret_post"]


class RefreshTold(TypedDict):
    """How an access token is had anew, without secrets."""

    client_id: str
    resource: str | None
    scope: str | None
    token_endpoint: str
    token_endpoint_auth: EndpointAuth


class BearerTold(TypedDict):
    """A token for an MCP server, without the token."""

    type: Literal["static_bearer"]
    mcp_server_url: str


class OauthTold(TypedDict):
    """An access token for an MCP server, without the token."""

    type: Literal["mcp_oauth"]
    mcp_server_url: str
    expires_at: str | None
    refresh: RefreshTold | None


class Networking(TypedDict):
    """Where a secret may be sent."""

    type: Literal["unrestricted", "limited"]
    allowed_hosts: NotRequired[list[str]]


class VariableTold(TypedDict):
    """A variable, without its value."""

    type: Literal["environment_variable"]
    secret_name: str
    networking: Networking


class Credential(TypedDict):
    """A credential, without its secrets."""

    id: str
    object: Literal["vault.credential"]
    created_at: int
    updated_at: int
    vault_id: str
    name: str
    metadata: dict[str, str]
    auth: BearerTold | OauthTold | VariableTold
