"""Keys of the front door over HTTP, for its admins."""

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.errors import Unprocessable
from fakeai.services.front.keyring import KeyRing
from fakeai.services.keys import Keys
from fakeai.store.base import Database
from fakeai.wire.front.keys import KeyChange, KeyCreate, KeyGone, KeyPage

_MANY = "/admin/keys"
_ONE = _MANY + "/{key_id}"
_TAG = "Front door"
_MOST = 200


class FrontKeys:
    """`/admin/keys`."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List keys", tag=_TAG, front=True),
        Endpoint("POST", _MANY, "create", "Make a key", body=KeyCreate, tag=_TAG, front=True),
        Endpoint("GET", _ONE, "retrieve", "Show a key", tag=_TAG, front=True),
        Endpoint("PATCH", _ONE, "change", "Change a key", body=KeyChange, tag=_TAG, front=True),
        Endpoint("POST", _ONE + "/rotate", "rotate", "Give a key a new value", tag=_TAG, front=True),
        Endpoint("DELETE", _ONE, "delete", "Let go of a key", tag=_TAG, front=True),
    )

    def __init__(self, db: Database, keyring: KeyRing, keys: Keys) -> None:
        self._db = db
        self._ring = keyring
        self._keys = keys

    async def list(self, call: Call) -> Reply:
        """Some keys, the newest first. Raises Unprocessable."""
        limit = number(call, "limit", 1, _MOST, 50)
        offset = number(call, "offset", 0, 2**31, 0)
        whose = call.principal.organization
        data, total = await self._db.read(lambda tx: self._ring.page(tx, whose, limit, offset))
        page: KeyPage = {"object": "list", "data": data, "total": total, "limit": limit, "offset": offset}
        return Reply(page)

    async def create(self, call: Call) -> Reply:
        """A new key with its value, which is told once. Raises Unprocessable, Conflict."""
        body: KeyCreate = call.body
        who, now = call.principal, int(self._db.now())
        made = await self._db.run(lambda tx: self._ring.create(tx, who.organization, who.project, body, now))
        self._keys.changed()
        return Reply(made)

    async def retrieve(self, call: Call) -> Reply:
        """A key without its value. Raises NotFound."""
        whose, name = call.principal.organization, call.params["key_id"]
        return Reply(await self._db.read(lambda tx: self._ring.get(tx, whose, name)))

    async def change(self, call: Call) -> Reply:
        """The key as it is now. Raises Unprocessable, NotFound, Conflict."""
        whose, name, body = call.principal.organization, call.params["key_id"], call.body
        changed = await self._db.run(lambda tx: self._ring.change(tx, whose, name, body))
        self._keys.changed()
        return Reply(changed)

    async def rotate(self, call: Call) -> Reply:
        """The key with a new value, which is told once. Raises NotFound."""
        whose, name = call.principal.organization, call.params["key_id"]
        turned = await self._db.run(lambda tx: self._ring.rotate(tx, whose, name))
        self._keys.changed()
        return Reply(turned)

    async def delete(self, call: Call) -> Reply:
        """That the key is refused from now on. Raises NotFound, Conflict."""
        whose, name = call.principal.organization, call.params["key_id"]
        force = call.query.get("force", [""])[-1] in ("1", "true")
        await self._db.run(lambda tx: self._ring.delete(tx, whose, name, force=force))
        self._keys.changed()
        gone: KeyGone = {"id": name, "object": "key.deleted", "deleted": True}
        return Reply(gone)


def number(call: Call, name: str, least: int, most: int, default: int) -> int:
    """A number of the query, within bounds. Raises Unprocessable."""
    given = call.query.get(name)
    if not given:
        return default
    value = given[-1]
    if not (value.isascii() and value.isdecimal() and len(value) < 16 and least <= int(value) <= most):
        raise Unprocessable(f"Invalid '{name}': expected an integer from {least} to {most}.", param=name)
    return int(value)
