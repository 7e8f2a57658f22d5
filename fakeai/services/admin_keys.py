"""Admin keys: those that may change the organization."""

from collections.abc import Sequence

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.services.admin import AdminObjects, Told, by_id
from fakeai.services.audit import Audit
from fakeai.services.keys import Keys
from fakeai.services.organization import OWNER, Organizations, actor
from fakeai.services.resource import deleted
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import shown
from fakeai.wire.admin_keys import AdminKey, AdminKeyCreate, KeyOwner
from fakeai.wire.listing import ListQuery

_MANY = "/organization/admin_api_keys"
_ONE = _MANY + "/{key_id}"
_TAG = "Admin API Keys"


class AdminKeys:
    """`/organization/admin_api_keys`."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List admin keys", tag=_TAG),
        Endpoint("POST", _MANY, "create", "Make an admin key", body=AdminKeyCreate, tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Show an admin key", tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Revoke an admin key", tag=_TAG),
    )

    def __init__(self, db: Database, ids: Ids, audit: Audit, keys: Keys, *, synthesize: bool) -> None:
        self._db = db
        self._ids = ids
        self._keys = keys
        self._organizations = Organizations(db, synthesize=synthesize)
        self._rows = AdminObjects(db, audit, "admin_api_key", AdminKey, "Admin API key", synthesize=synthesize)

    async def list(self, call: Call) -> Reply:
        """Keys, the oldest first."""
        page = await self._rows.page(call, ListQuery.from_query(call.query, order="asc"))
        return Reply({**page, "data": await self._used(page["data"])})

    async def create(self, call: Call) -> Reply:
        """A new key with its value, which is told once."""
        body: AdminKeyCreate = call.body
        organization = await self._organizations.begin(call)
        now = int(self._db.now())
        after = body.expires_in_seconds
        expires = None if after is None else now + after
        name, by = self._ids.make("key_"), actor(call)
        value: list[str] = []

        def work(tx: Tx) -> Object:
            secret = self._keys.issue(
                tx, id=name, prefix="sk-admin-", organization=organization, user=by, admin=True, expires=expires
            )
            value.append(secret.value)
            made: AdminKey = {
                "id": name,
                "object": "organization.admin_api_key",
                "name": body.name,
                "redacted_value": secret.redacted,
                "created_at": now,
                "expires_at": expires,
                "last_used_at": None,
                "owner": self._owner(tx, organization, by),
            }
            return dict(made)

        told = Told("api_key.created", lambda key: {"id": key["id"], "data": {"scopes": ["api.admin"]}})
        made = await self._rows.add(call, work, told)
        self._keys.changed()
        return Reply({**made, "value": value[-1]})

    async def retrieve(self, call: Call) -> Reply:
        """A key without its value. Raises NotFound."""
        (found,) = await self._used([shown(await self._rows.get(call, call.params["key_id"]))])
        return Reply(found)

    async def delete(self, call: Call) -> Reply:
        """That the key is refused from now on. Raises NotFound."""

        def also(tx: Tx, gone: Object) -> None:
            self._keys.revoke(tx, call.principal.organization, gone["id"])

        gone = await self._rows.remove(call, call.params["key_id"], Told("api_key.deleted", by_id), also=also)
        self._keys.changed()
        return Reply(deleted(gone["id"], "organization.admin_api_key.deleted"))

    async def _used(self, found: Sequence[Object]) -> Sequence[Object]:
        """The keys with the time of their last use."""
        ids = [key["id"] for key in found]
        used = await self._db.read(lambda tx: self._keys.last_used(tx, ids)) if ids else {}
        return [{**key, "last_used_at": used.get(key["id"])} for key in found]

    def _owner(self, tx: Tx, organization: str, name: str) -> KeyOwner:
        users = self._organizations.users
        user = users.get(tx, organization, name) or users.get(tx, organization, OWNER)
        assert user is not None, "an organization has an owner"
        return {
            "type": "user",
            "object": "organization.user",
            "id": user["id"],
            "name": user["name"],
            "created_at": user["added_at"],
            "role": user["role"],
        }
