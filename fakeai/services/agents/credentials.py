"""Credentials in vaults: secrets are written, and nobody can read them."""

import re
from datetime import datetime
from typing import TypeAlias

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError, BadRequest, NotFound
from fakeai.services.agents.vaults import CREDENTIALS, Vaults, matching, named
from fakeai.services.base import lenient
from fakeai.services.resource import SYNTHESIZED, Resource, deleted
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import shown
from fakeai.wire.agents import vaults as wire
from fakeai.wire.agents.vaults import Credential, CredentialCreate, CredentialUpdate
from fakeai.wire.example import example
from fakeai.wire.listing import ListQuery

_MANY = "/vaults/{vault_id}/credentials"
_ONE = _MANY + "/{credential_id}"
_TAG = "Vaults"
_MOST = 1_000
_MOST_HOSTS = 16
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = re.compile(r"CODEX_.*|(HTTPS?|ALL|NO)_PROXY|(SSL_CERT|REQUESTS_CA|NODE_EXTRA_CA|CURL_CA).*", re.IGNORECASE)
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,62})(\.[a-z0-9]([a-z0-9-]{0,62}))*")

Auth: TypeAlias = wire.Oauth | wire.Bearer | wire.Variable
Rotated: TypeAlias = wire.OauthRotated | wire.BearerRotated | wire.VariableRotated


class Credentials:
    """`/vaults/{vault_id}/credentials`."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List a vault's credentials", tag=_TAG),
        Endpoint("POST", _MANY, "create", "Create a credential", body=CredentialCreate, tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Get a credential", tag=_TAG),
        Endpoint("POST", _ONE, "update", "Change or rotate a credential", body=CredentialUpdate, tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Delete a credential", tag=_TAG),
    )

    def __init__(self, db: Database, ids: Ids, vaults: Vaults, *, lenient: bool, synthesize: bool) -> None:
        self._db = db
        self._ids = ids
        self._vaults = vaults
        self._lenient = lenient
        self._credentials = Resource(db, CREDENTIALS, Credential, _missing, synthesize=synthesize, made=_made)

    async def list(self, call: Call) -> Reply:
        """A page of credentials, the newest first unless told otherwise. Raises NotFound for the vault."""
        vault = await self._vaults.get(call, call.params["vault_id"])
        query = ListQuery.from_query(call.query)
        return Reply(await self._credentials.page(call, query, parent=vault["id"], keep=matching(query)))

    async def create(self, call: Call) -> Reply:
        """A credential without its secrets, which are not kept: nothing here is reached. Raises NotFound and BadRequest."""
        body: CredentialCreate = call.body
        vault = await self._vaults.get(call, call.params["vault_id"])
        easy = lenient(call, self._lenient)
        if not easy:
            _check(body.auth)
        now = int(self._db.now())
        credential: Credential = {
            "id": self._ids.make("cred_"),
            "object": "vault.credential",
            "created_at": now,
            "updated_at": now,
            "vault_id": vault["id"],
            "name": named(body.name, easy=easy),
            "metadata": body.metadata or {},
            "auth": _told(body.auth),
        }
        if SYNTHESIZED not in vault:
            await self._db.run(lambda tx: self._add(tx, call.principal.owner, {**credential}))
        return Reply(credential)

    async def retrieve(self, call: Call) -> Reply:
        """A credential; NotFound if there is none."""
        vault = await self._vaults.get(call, call.params["vault_id"])
        return Reply(shown(await self._credentials.get(call, call.params["credential_id"], parent=vault["id"])))

    async def update(self, call: Call) -> Reply:
        """The credential with other metadata, or another secret. Raises NotFound and BadRequest."""
        body: CredentialUpdate = call.body
        vault = await self._vaults.get(call, call.params["vault_id"])
        easy, now = lenient(call, self._lenient), int(self._db.now())

        def change(found: Object) -> Object:
            changed = {**found, "updated_at": now}
            if body.metadata is not None:
                changed["metadata"] = body.metadata
            if body.auth is not None:
                changed["auth"] = _rotated(found["auth"], body.auth, easy=easy)
            return changed

        found = await self._credentials.change(call, call.params["credential_id"], change, parent=vault["id"])
        return Reply(shown(found))

    async def delete(self, call: Call) -> Reply:
        """Forget a credential. Raises NotFound."""
        vault = await self._vaults.get(call, call.params["vault_id"])
        gone = await self._credentials.remove(call, call.params["credential_id"], parent=vault["id"])
        return Reply(deleted(gone["id"], "vault.credential.deleted"))

    def _add(self, tx: Tx, owner: str, credential: Object) -> None:
        parent = credential["vault_id"]
        self._vaults.hold(tx, owner, parent)
        if self._credentials.rows.count(tx, owner, parent=parent) >= _MOST:
            raise BadRequest(f"A vault may have {_MOST} credentials at most.")
        self._credentials.rows.add(tx, owner, credential, parent=parent)


def _check(auth: Auth) -> None:
    """What the types do not say."""
    if isinstance(auth, wire.Variable):
        _check_variable(auth)
        return
    _check_address(auth.mcp_server_url, "auth.mcp_server_url")
    if isinstance(auth, wire.Oauth):
        _check_time(auth.expires_at)
        if auth.refresh is not None:
            _check_address(auth.refresh.token_endpoint, "auth.refresh.token_endpoint")


def _check_variable(auth: wire.Variable) -> None:
    name = auth.secret_name
    if not _VARIABLE.fullmatch(name) or _RESERVED.fullmatch(name):
        raise BadRequest(
            "Invalid 'auth.secret_name': expected ASCII letters, digits and underscores, not beginning with a digit, "
            "and no reserved name.",
            param="auth.secret_name",
        )
    _check_secret(auth.secret_value)
    if isinstance(auth.networking, wire.Limited):
        hosts = _hosts(auth.networking)
        good = 0 < len(hosts) <= _MOST_HOSTS and len(set(hosts)) == len(hosts)
        if not good or not all(_HOST.fullmatch(host) for host in hosts):
            raise BadRequest(
                f"Invalid 'auth.networking.allowed_hosts': expected 1 to {_MOST_HOSTS} different host names.",
                param="auth.networking.allowed_hosts",
            )


def _check_secret(value: str) -> None:
    if any(mark in value for mark in "\r\n\0"):
        raise BadRequest("Invalid 'auth.secret_value': it must have no line breaks.", param="auth.secret_value")


def _check_address(url: str, param: str) -> None:
    if not re.match(r"https://[^\s/]", url):
        raise BadRequest(f"Invalid '{param}': expected an HTTPS address.", param=param)


def _check_time(text: str | None) -> None:
    if text is None:
        return
    try:
        aware = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        raise BadRequest("Invalid 'auth.expires_at': expected an RFC 3339 timestamp.", param="auth.expires_at")


def _hosts(networking: wire.Limited) -> list[str]:
    return [host.lower() for host in networking.allowed_hosts]


def _told(auth: Auth) -> wire.BearerTold | wire.OauthTold | wire.VariableTold:
    """Without its secrets."""
    if isinstance(auth, wire.Bearer):
        return {"type": "static_bearer", "mcp_server_url": auth.mcp_server_url}
    if isinstance(auth, wire.Variable):
        limits = auth.networking
        told: wire.Networking = {"type": limits.type}
        if isinstance(limits, wire.Limited):
            told["allowed_hosts"] = _hosts(limits)
        return {"type": "environment_variable", "secret_name": auth.secret_name, "networking": told}
    again: wire.RefreshTold | None = None
    if auth.refresh is not None:
        again = {
            "client_id": auth.refresh.client_id,
            "resource": auth.refresh.resource,
            "scope": auth.refresh.scope,
            "token_endpoint": auth.refresh.token_endpoint,
            "token_endpoint_auth": {"type": auth.refresh.token_endpoint_auth.type},
        }
    return {
        "type": "mcp_oauth",
        "mcp_server_url": auth.mcp_server_url,
        "expires_at": auth.expires_at,
        "refresh": again,
    }


def _rotated(auth: Object, by: Rotated, *, easy: bool) -> Object:
    """What is told of it with another secret. Raises BadRequest for one of another kind."""
    if auth["type"] != by.type:
        if easy:
            return auth
        raise BadRequest(f"The credential's type is '{auth['type']}', and cannot be changed.", param="auth.type")
    if isinstance(by, wire.VariableRotated):
        _check_secret(by.secret_value)
    if not isinstance(by, wire.OauthRotated):
        return auth
    changed = {**auth}
    if "expires_at" in by.model_fields_set:
        if not easy:
            _check_time(by.expires_at)
        changed["expires_at"] = by.expires_at
    elif by.access_token is not None:
        changed["expires_at"] = None
    if by.refresh is not None:
        changed["refresh"] = _refreshed(auth["refresh"], by.refresh, easy=easy)
    return changed


def _refreshed(before: Object | None, by: wire.RefreshRotated, *, easy: bool) -> Object | None:
    if before is None:
        if easy:
            return None
        raise BadRequest("The credential has no refresh configuration.", param="auth.refresh")
    if by.token_endpoint_auth is not None and by.token_endpoint_auth.type != before["token_endpoint_auth"]["type"]:
        raise BadRequest(
            f"The client authenticates by '{before['token_endpoint_auth']['type']}', which cannot be changed.",
            param="auth.refresh.token_endpoint_auth.type",
        )
    return {**before, "scope": by.scope} if "scope" in by.model_fields_set else before


def _made(id: str) -> Object:
    auth: wire.BearerTold = {"type": "static_bearer", "mcp_server_url": "https://mcp.example.com/mcp"}
    return {**example(Credential, id), "id": id, "auth": auth}


def _missing(id: str) -> ApiError:
    return NotFound(f"Credential with id '{id[:200]}' not found.")
