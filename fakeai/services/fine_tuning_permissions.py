"""Which projects of an organization may use a fine-tuned model's checkpoint, beside the one that has made it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError, NotFound
from fakeai.services.base import synthesizes
from fakeai.services.directory import ModelDirectory
from fakeai.services.fine_tuning_models import TunedModels
from fakeai.services.resource import Resource, deleted, listed
from fakeai.store.base import Database, Object, Tx
from fakeai.wire.fine_tuning import PermissionCreate
from fakeai.wire.fine_tuning_reply import Permission
from fakeai.wire.listing import ListQuery, Query, last, one_of

_ALL = "/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions"
_TAG = "Fine-tuning"
_ORDERS: Mapping[str, str] = MappingProxyType({"ascending": "asc", "descending": "desc"})


class CheckpointPermissions:
    """`/fine_tuning/checkpoints/{checkpoint}/permissions`. They are the organization's."""

    ENDPOINTS = (
        Endpoint("POST", _ALL, "create", "Let projects use a checkpoint", body=PermissionCreate, tag=_TAG),
        Endpoint("GET", _ALL, "list", "List who may use a checkpoint", tag=_TAG),
        Endpoint("DELETE", _ALL + "/{permission_id}", "delete", "Let a project use a checkpoint no more", tag=_TAG),
    )

    def __init__(self, db: Database, ids: Ids, directory: ModelDirectory, *, synthesize: bool) -> None:
        self._db = db
        self._ids = ids
        self._synthesize = synthesize
        self._models = TunedModels(db, directory)
        self._permissions = Resource(db, "checkpoint_permission", Permission, _missing, synthesize=synthesize)

    async def create(self, call: Call) -> Reply:
        """A page of the permissions, one a project; one that is there already stays. Raises NotFound for the checkpoint."""
        body: PermissionCreate = call.body
        name, owner, now = _checkpoint(call), call.principal.organization, int(self._db.now())
        made_up = synthesizes(call, self._synthesize)

        def add(tx: Tx) -> list[Object]:
            if not self._models.made(tx, owner, name):
                if not made_up:
                    raise _missing(name)
                return [self._new(project, now) for project in body.project_ids]
            return [self._grant(tx, owner, name, project, now) for project in dict.fromkeys(body.project_ids)]

        return Reply(listed(await self._db.run(add), False))

    async def list(self, call: Call) -> Reply:
        """A page of permissions, the newest first. Raises NotFound for the checkpoint, BadRequest for a bad query."""
        name, owner = _checkpoint(call), call.principal.organization
        query = _query(call.query)
        if not synthesizes(call, self._synthesize):
            await self._check(owner, name)
        project = last(call.query, "project_id")
        return Reply(await self._permissions.page(call, query, parent=name, tag=project, owner=owner))

    async def delete(self, call: Call) -> Reply:
        """Take a permission back; NotFound if there is none."""
        owner, which = call.principal.organization, call.params["permission_id"]
        gone = await self._permissions.remove(call, which, parent=_checkpoint(call), owner=owner)
        return Reply(deleted(gone["id"], "checkpoint.permission"))

    async def _check(self, owner: str, name: str) -> None:
        if not await self._db.read(lambda tx: self._models.made(tx, owner, name)):
            raise _missing(name)

    def _grant(self, tx: Tx, owner: str, name: str, project: str, now: int) -> Object:
        rows = self._permissions.rows
        known = next(rows.every(tx, owner, parent=name, tag=project), None)
        if known is not None:
            return known
        made = self._new(project, now)
        rows.add(tx, owner, made, parent=name, tag=project)
        return made

    def _new(self, project: str, now: int) -> Object:
        made: Permission = {
            "id": self._ids.make("cp_"),
            "object": "checkpoint.permission",
            "created_at": now,
            "project_id": project,
        }
        return dict(made)


def _checkpoint(call: Call) -> str:
    return call.params["fine_tuned_model_checkpoint"]


def _missing(name: str) -> ApiError:
    return NotFound(f"Could not find checkpoint or permission: {name}", param="fine_tuned_model_checkpoint")


def _query(given: Query) -> ListQuery:
    """The page asked for; this list has words of its own for orders."""
    order = one_of(given, "order", tuple(_ORDERS)) or "descending"
    plain: dict[str, Sequence[str]] = {**given, "order": (_ORDERS[order],)}
    return ListQuery.from_query(plain, default=10)
