"""Vaults: made, listed, changed, deleted with all that is in them."""

from collections.abc import Callable

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError, BadRequest, NotFound
from fakeai.services.base import lenient
from fakeai.services.resource import Resource, deleted
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import Collection, shown
from fakeai.wire import wording
from fakeai.wire.agents.vaults import Vault, VaultCreate, VaultUpdate
from fakeai.wire.example import example
from fakeai.wire.listing import ListQuery

CREDENTIALS = "vault.credential"
"""The kind of what is in vaults."""

_ONE = "/vaults/{vault_id}"
_TAG = "Vaults"
_LONGEST = 256
_STATES = ("active", "archived")


class Vaults:
    """`/vaults`."""

    ENDPOINTS = (
        Endpoint("GET", "/vaults", "list", "List vaults", tag=_TAG),
        Endpoint("POST", "/vaults", "create", "Create a vault", body=VaultCreate, tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Get a vault", tag=_TAG),
        Endpoint("POST", _ONE, "update", "Change a vault", body=VaultUpdate, tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Delete a vault and its credentials", tag=_TAG),
    )

    def __init__(self, db: Database, ids: Ids, *, lenient: bool, synthesize: bool) -> None:
        self._db = db
        self._ids = ids
        self._lenient = lenient
        self._vaults = Resource(db, "vault", Vault, _missing, synthesize=synthesize, made=_made)
        self._credentials = Collection(CREDENTIALS)

    async def list(self, call: Call) -> Reply:
        """A page of vaults, the newest first unless told otherwise."""
        query = ListQuery.from_query(call.query)
        return Reply(await self._vaults.page(call, query, keep=matching(query)))

    async def create(self, call: Call) -> Reply:
        """A vault. Raises BadRequest."""
        body: VaultCreate = call.body
        vault: Vault = {
            "id": self._ids.make("vault_"),
            "object": "vault",
            "created_at": int(self._db.now()),
            "metadata": body.metadata or {},
            "name": None if body.name is None else self._name(call, body.name),
        }
        owner = call.principal.owner
        await self._db.run(lambda tx: self._vaults.rows.add(tx, owner, {**vault}))
        return Reply(vault)

    async def retrieve(self, call: Call) -> Reply:
        """A vault; NotFound if there is none."""
        return Reply(shown(await self.get(call, call.params["vault_id"])))

    async def update(self, call: Call) -> Reply:
        """The vault with another name or other metadata. Raises NotFound and BadRequest."""
        body: VaultUpdate = call.body
        changed: Object = {}
        if "name" in body.model_fields_set:
            changed["name"] = None if body.name is None else self._name(call, body.name)
        if body.metadata is not None:
            changed["metadata"] = body.metadata
        found = await self._vaults.change(call, call.params["vault_id"], lambda vault: {**vault, **changed})
        return Reply(shown(found))

    async def delete(self, call: Call) -> Reply:
        """Forget a vault and its credentials. Raises NotFound."""
        owner = call.principal.owner

        def empty(tx: Tx, vault: Object) -> None:
            self._credentials.delete_children(tx, owner, vault["id"])

        gone = await self._vaults.remove(call, call.params["vault_id"], then=empty)
        return Reply(deleted(gone["id"], "vault.deleted"))

    async def get(self, call: Call, id: str) -> Object:
        """For other services: the caller's vault. Raises NotFound."""
        return await self._vaults.get(call, id)

    def hold(self, tx: Tx, owner: str, id: str) -> None:
        """Keep a vault from going while something is put into it. Raises NotFound."""
        if self._vaults.rows.change(tx, owner, id, lambda vault: vault) is None:
            raise _missing(id)

    def _name(self, call: Call, given: str) -> str:
        return named(given, easy=lenient(call, self._lenient))


def named(given: str, *, easy: bool) -> str:
    """A name without the space around it. Raises BadRequest unless it then has 1 to 256 bytes."""
    name = given.strip()
    if not easy and not 0 < len(name.encode()) <= _LONGEST:
        raise BadRequest(f"Invalid 'name': it must have 1 to {_LONGEST} bytes.", param="name")
    return name


def matching(query: ListQuery) -> Callable[[Object], bool] | None:
    """What a list asks of objects: states, of which there is only one, and metadata. None for nothing."""
    states = query.many("status")
    for state in states:
        if state not in _STATES:
            raise wording.invalid_value("status", state, _STATES)
    wanted = query.metadata
    if not wanted and (not states or "active" in states):
        return None
    active = not states or "active" in states

    def keep(found: Object) -> bool:
        return active and all(found["metadata"].get(key) == value for key, value in wanted.items())

    return keep


def _made(id: str) -> Object:
    return {**example(Vault, id), "id": id}


def _missing(id: str) -> ApiError:
    return NotFound(f"Vault with id '{id[:200]}' not found.")
