"""Keys in a cloud's key management: told as they were registered. Nothing is encrypted with them here."""

from collections.abc import Mapping
from types import MappingProxyType

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.services.admin import AdminObjects, Told, by_id
from fakeai.services.audit import Audit
from fakeai.store.base import Database, Object
from fakeai.store.objects import shown
from fakeai.wire import wording
from fakeai.wire.clouds import ExternalKey, ExternalKeyChecked, ExternalKeyCreate
from fakeai.wire.listing import ListQuery, one_of

_MANY = "/organization/external_keys"
_ONE = _MANY + "/{external_key_id}"
_TAG = "External Keys"
_NEEDED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "aws": ("external_id", "kms_arn", "role_arn"),
        "azure": ("key_name", "tenant_id", "vault_uri"),
        "gcp": (
            "audience",
            "kms_key_location",
            "kms_key_name",
            "kms_key_ring_name",
            "kms_project_id",
            "workload_identity_pool_id",
            "workload_identity_project_number",
            "workload_identity_provider_id",
        ),
        "oci": ("key_ocid", "region", "vault_ocid"),
    }
)
"""Fields that a key of each cloud cannot do without."""
_MORE: Mapping[str, str] = MappingProxyType(
    {"azure": "key_version", "gcp": "kms_key_version", "oci": "key_version_ocid", "aws": ""}
)
"""The field that it may have."""


class ExternalKeys:
    """`/organization/external_keys`."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List external keys", tag=_TAG),
        Endpoint("POST", _MANY, "create", "Register an external key", body=ExternalKeyCreate, tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Show an external key", tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Remove an external key", tag=_TAG),
        Endpoint("POST", _ONE + "/validate", "validate", "Check an external key", tag=_TAG),
    )

    def __init__(self, db: Database, ids: Ids, audit: Audit, *, synthesize: bool) -> None:
        self._db = db
        self._ids = ids
        self._rows = AdminObjects(db, audit, "external_key", ExternalKey, "External key", synthesize=synthesize)

    async def list(self, call: Call) -> Reply:
        """Keys, the newest first, of one purpose or of all."""
        purpose = one_of(call.query, "purpose", ("ekm", "psp_decryption"))
        return Reply(await self._rows.page(call, ListQuery.from_query(call.query), tag=purpose))

    async def create(self, call: Call) -> Reply:
        """A key. Raises BadRequest for one that lacks a field of its cloud's."""
        body: ExternalKeyCreate = call.body
        given = {}
        for name in _NEEDED[body.type]:
            given[name] = getattr(body, name)
            if given[name] is None:
                raise wording.missing(name)
        more = _MORE[body.type]
        if more and getattr(body, more) is not None:
            given[more] = getattr(body, more)
        key: ExternalKey = {
            "id": self._ids.make("extkey_"),
            "object": "organization.external_key",
            "name": body.name,
            "type": body.type,
            "created_at": int(self._db.now()),
            "workspace_id": call.principal.organization,
            "api_project_ids": [],
            "purpose": body.purpose or "ekm",
        }
        told = Told("external_key.registered", lambda made: {"id": made["id"], "data": shown(made)})
        return Reply(await self._rows.add(call, {**key, **given}, told, tag=body.purpose or "ekm"))

    async def retrieve(self, call: Call) -> Reply:
        """A key. Raises NotFound."""
        return Reply(shown(await self._rows.get(call, call.params["external_key_id"])))

    async def delete(self, call: Call) -> Reply:
        """The key that is gone. Raises NotFound."""
        told = Told("external_key.removed", by_id)
        gone: Object = await self._rows.remove(call, call.params["external_key_id"], told)
        return Reply(shown(gone))

    async def validate(self, call: Call) -> Reply:
        """That the key is good: no cloud is asked. Raises NotFound."""
        await self._rows.get(call, call.params["external_key_id"])
        answer: ExternalKeyChecked = {"status": "valid"}
        return Reply(answer)
