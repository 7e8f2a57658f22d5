"""API keys of projects: those their service accounts have. What a key is good for is `services/keys.py`'s business."""

from collections.abc import Sequence

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest
from fakeai.services.admin import AdminObjects, Told, by_id
from fakeai.services.audit import Audit
from fakeai.services.base import lenient
from fakeai.services.keys import Keys
from fakeai.services.projects import ONE, Projects
from fakeai.services.resource import SYNTHESIZED, deleted
from fakeai.store.base import Database, Object, Tx
from fakeai.store.keys import Access
from fakeai.store.objects import shown
from fakeai.wire import wording
from fakeai.wire.example import example
from fakeai.wire.listing import ListQuery, one_of
from fakeai.wire.project_keys import ApiKey, ApiKeyUpdate, NewKey, Owner

_MANY = ONE + "/api_keys"
_KEY = _MANY + "/{api_key_id}"
_TAG = "Project API Keys"
_PREFIX = "sk-svcacct-"


class ProjectKeys:
    """`/organization/projects/{project_id}/api_keys`."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List API keys of a project", tag=_TAG),
        Endpoint("GET", _KEY, "retrieve", "Show an API key, without its value", tag=_TAG),
        Endpoint("POST", _KEY, "update", "Change an API key's expiry or scopes", body=ApiKeyUpdate, tag=_TAG),
        Endpoint("DELETE", _KEY, "delete", "Revoke an API key", tag=_TAG),
    )

    def __init__(
        self,
        db: Database,
        ids: Ids,
        audit: Audit,
        keys: Keys,
        projects: Projects,
        *,
        lenient: bool,
        synthesize: bool,
    ) -> None:
        self._db = db
        self._ids = ids
        self._audit = audit
        self._keys = keys
        self._projects = projects
        self._lenient = lenient
        self._objects = AdminObjects(db, audit, "project_api_key", ApiKey, "API key", synthesize=synthesize, made=_made)

    async def list(self, call: Call) -> Reply:
        """Keys, the newest first: those whose owner may do something in the project, unless others are asked for."""
        project = await self._projects.of(call)
        query = ListQuery.from_query(call.query)
        access = one_of(call.query, "owner_project_access", ("active", "inactive", "any")) or "active"
        keep = None if access == "any" else (lambda key: key["owner_project_access"] == access)
        page = await self._objects.page(call, query, parent=project, keep=keep)
        return Reply({**page, "data": await self._with_use(page["data"])})

    async def retrieve(self, call: Call) -> Reply:
        """A key. Raises NotFound."""
        project = await self._projects.of(call)
        found = await self._objects.get(call, call.params["api_key_id"], parent=project)
        return Reply((await self._with_use([shown(found)]))[0])

    async def update(self, call: Call) -> Reply:
        """A key with another expiry, from now, or other scopes. Raises NotFound, BadRequest for one that has expired."""
        body: ApiKeyUpdate = call.body
        project = await self._projects.active(call)
        expires = self.expiry(call, body.expires_in_seconds)
        now = self._db.now()

        def change(key: Object) -> Object:
            if key["expires_at"] is not None and key["expires_at"] <= now and SYNTHESIZED not in key:
                raise BadRequest("Expired API keys cannot be updated.", param="api_key_id")
            changed = {**key, "expires_at": key["expires_at"] if expires is None else expires}
            return changed if body.scopes is None else {**changed, "_scopes": body.scopes}

        def also(tx: Tx, key: Object) -> None:
            self._keys.change(tx, key["id"], access=_access(key), expires=key["expires_at"])

        asked = {"scopes": body.scopes} if body.scopes is not None else {}
        told = Told("api_key.updated", lambda key: {"id": key["id"], "changes_requested": asked}, project)
        changed = await self._objects.change(call, call.params["api_key_id"], change, told, parent=project, also=also)
        self._keys.changed()
        return Reply((await self._with_use([shown(changed)]))[0])

    async def delete(self, call: Call) -> Reply:
        """That the key is refused from here on. Raises NotFound."""
        project = await self._projects.of(call)
        gone = await self._objects.remove(
            call,
            call.params["api_key_id"],
            Told("api_key.deleted", by_id, project),
            parent=project,
            also=lambda tx, key: self._keys.revoke(tx, call.principal.organization, key["id"]),
        )
        self._keys.changed()
        return Reply(deleted(gone["id"], "organization.project.api_key.deleted"))

    def expiry(self, call: Call, seconds: int | None) -> int | None:
        """When something expires that does so in `seconds`. Raises BadRequest."""
        if seconds is None:
            return None
        if seconds < 1 and not lenient(call, self._lenient):
            raise wording.out_of_bounds("expires_in_seconds", "integer", "below", 1, seconds)
        return int(self._db.now()) + seconds

    def issue(
        self, tx: Tx, call: Call, project: str, account: Object, name: str, scopes: Sequence[str], expires: int | None
    ) -> NewKey:
        """A new key of a service account. Whoever has committed it says `changed`."""
        now = int(self._db.now())
        key: Object = {
            "id": self._ids.make("key_"),
            "object": "organization.project.api_key",
            "name": name,
            "created_at": now,
            "last_used_at": None,
            "expires_at": expires,
            **_owned(account),
            "_scopes": list(scopes),
        }
        organization = call.principal.organization
        secret = self._keys.issue(
            tx,
            id=key["id"],
            prefix=_PREFIX,
            organization=organization,
            project=project,
            user=account["id"],
            access=_access(key),
            expires=expires,
        )
        key["redacted_value"] = secret.redacted
        self._objects.rows.add(tx, organization, key, parent=project, tag=account["id"])
        self._audit.add(
            tx, call, "api_key.created", {"id": key["id"], "data": {"scopes": list(scopes)}}, project=project
        )
        return {
            "id": key["id"],
            "object": "organization.project.service_account.api_key",
            "name": name,
            "created_at": now,
            "expires_at": expires,
            "value": secret.value,
        }

    def follow(self, tx: Tx, organization: str, project: str, account: Object) -> None:
        """Have a service account's keys be good for what it may do, and tell what it is called."""
        rows = self._objects.rows
        for key in list(rows.every(tx, organization, parent=project, tag=account["id"])):
            changed = {**key, **_owned(account)}
            rows.replace(tx, organization, changed, parent=project)
            self._keys.change(tx, key["id"], access=_access(changed))

    def forget(self, tx: Tx, organization: str, project: str, account: str) -> None:
        """Revoke all keys of a service account that is no more."""
        for key in list(self._objects.rows.every(tx, organization, parent=project, tag=account)):
            self._objects.rows.delete(tx, organization, key["id"], parent=project)
        self._keys.revoke_all(tx, organization, project=project, user=account)

    async def _with_use(self, keys: Sequence[Object]) -> Sequence[Object]:
        if not keys:
            return []
        used = await self._db.read(lambda tx: self._keys.last_used(tx, [key["id"] for key in keys]))
        return [{**key, "last_used_at": used.get(key["id"])} for key in keys]


def _access(key: Object) -> Access:
    """What a key is good for: scopes that are all for reading make it one for reading."""
    if key["owner_project_access"] == "inactive":
        return "none"
    scopes = key["_scopes"]
    return "read" if scopes and all(scope.endswith(".read") for scope in scopes) else "all"


def _owned(account: Object) -> Object:
    """The fields of a key that are its owner's."""
    about = {name: account[name] for name in ("id", "name", "role", "created_at")}
    access = "inactive" if account["role"] == "none" else "active"
    return {"owner": {"type": "service_account", "service_account": about}, "owner_project_access": access}


def _made(id: str) -> Object:
    """A key for an id nobody has seen."""
    owner: Owner = {"type": "service_account"}
    return {**example(ApiKey, id), "id": id, "owner": owner, "_scopes": []}
