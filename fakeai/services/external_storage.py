"""Buckets in somebody else's cloud that projects name for their files: told as they were registered, and not used."""

import re
from typing import Any

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import Conflict
from fakeai.services.admin import AdminObjects, Told, by_id, plain
from fakeai.services.audit import Audit
from fakeai.services.organization import Organizations
from fakeai.services.resource import deleted
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import shown
from fakeai.wire.audit_logs import Details
from fakeai.wire.clouds import AwsBucket, ExternalStorage, ExternalStorageCreate, GcpBucket, OciBucket
from fakeai.wire.listing import ListQuery

_MANY = "/organization/external_storage"
_ONE = _MANY + "/{external_storage_id}"
_TAG = "External Storage"
_ACCOUNT = re.compile(r"arn:aws[\w-]*:iam::([0-9]{12}):")
_REGION = "us-east-1"
"""Where a bucket is taken to be: no cloud is asked."""


class ExternalStorages:
    """`/organization/external_storage`."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List external storage", tag=_TAG),
        Endpoint("POST", _MANY, "create", "Register external storage", body=ExternalStorageCreate, tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Show external storage", tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Remove external storage", tag=_TAG),
        Endpoint("POST", _ONE + "/validate", "validate", "Check external storage", tag=_TAG),
    )

    def __init__(self, db: Database, ids: Ids, audit: Audit, *, lenient: bool, synthesize: bool) -> None:
        self._db = db
        self._ids = ids
        self._lenient = lenient
        self._organizations = Organizations(db, synthesize=synthesize)
        self._rows = AdminObjects(
            db, audit, "external_storage", ExternalStorage, "External storage", synthesize=synthesize
        )

    async def list(self, call: Call) -> Reply:
        """Storage, the newest first, of one project or of all."""
        query = ListQuery.from_query(call.query)
        return Reply(await self._rows.page(call, query, tag=query.text("project_id")))

    async def create(self, call: Call) -> Reply:
        """Storage that is pending until it is validated. Raises Conflict for a second one of a project."""
        body: ExternalStorageCreate = call.body
        project = await self._organizations.check_project(call, body.project_id)
        name = self._ids.make("extstorage_")
        row = {
            "id": name,
            "object": "organization.external_storage",
            "project_id": project,
            "created_at": int(self._db.now()),
            "geography": "us",
            "status": "pending",
            "provider": {**plain(body.provider), **_filled(body.provider, name)},
        }

        def also(tx: Tx, _: Object) -> None:
            self._organizations.hold(tx, call.principal.organization)
            if self._rows.rows.count(tx, call.principal.organization, tag=project) > 1:
                raise Conflict(f"Project '{project}' has external storage already.", param="project_id")

        told = Told("external_storage.registered", _registered, project)
        made = await self._rows.add(call, row, told, tag=project, also=None if self._lenient else also)
        return Reply(shown(made))

    async def retrieve(self, call: Call) -> Reply:
        """Storage. Raises NotFound."""
        return Reply(shown(await self._rows.get(call, call.params["external_storage_id"])))

    async def delete(self, call: Call) -> Reply:
        """That the storage is gone. Raises NotFound."""
        gone = await self._rows.remove(
            call, call.params["external_storage_id"], Told("external_storage.removed", by_id)
        )
        return Reply(deleted(gone["id"], "organization.external_storage.deleted"))

    async def validate(self, call: Call) -> Reply:
        """The storage, which is good: no cloud is asked. Raises NotFound."""
        name = call.params["external_storage_id"]
        return Reply(shown(await self._rows.change(call, name, lambda row: {**row, "status": "validated"}, None)))


def _filled(provider: Any, name: str) -> dict[str, str]:
    """What the reply knows beyond the request. Any: one of the four clouds' wire types."""
    if isinstance(provider, AwsBucket):
        account = _ACCOUNT.match(provider.role_arn)
        return {"account_id": account[1] if account else "", "external_id": name, "region": _REGION}
    if isinstance(provider, GcpBucket):
        pool = f"projects/{provider.workload_identity_project_number}/locations/global/workloadIdentityPools"
        where = f"{provider.workload_identity_pool_id}/providers/{provider.workload_identity_provider_id}"
        return {"audience": f"//iam.googleapis.com/{pool}/{where}", "region": _REGION}
    return {} if isinstance(provider, OciBucket) else {"region": _REGION}


def _registered(row: Object) -> Details:
    return {"id": row["id"], "data": {"geography": row["geography"], "provider": row["provider"]}}
