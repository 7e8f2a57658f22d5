"""What an organization has agreed about how long its data are kept: told as it was set, and without an effect."""

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.services.audit import Audit
from fakeai.store.base import Database, Tx
from fakeai.store.objects import Collection
from fakeai.wire.data_retention import DataRetention, DataRetentionUpdate, Retention

_ID = "data_retention"
_PATH = "/organization/data_retention"
_FIRST: Retention = "modified_abuse_monitoring"


class DataRetentions:
    """`/organization/data_retention`."""

    ENDPOINTS = (
        Endpoint("GET", _PATH, "retrieve", "Show how long data are kept", tag="Data Retention"),
        Endpoint("POST", _PATH, "update", "Set how long data are kept", body=DataRetentionUpdate, tag="Data Retention"),
    )

    def __init__(self, db: Database, audit: Audit) -> None:
        self._db = db
        self._audit = audit
        self._rows = Collection(_ID)

    async def retrieve(self, call: Call) -> Reply:
        """The agreement."""
        row = await self._db.read(lambda tx: self._rows.get(tx, call.principal.organization, _ID))
        return Reply(_shown(_FIRST if row is None else row["type"]))

    async def update(self, call: Call) -> Reply:
        """The agreement from now on."""
        body: DataRetentionUpdate = call.body
        organization = call.principal.organization
        row = {"id": _ID, "type": body.retention_type}

        def work(tx: Tx) -> None:
            if self._rows.change(tx, organization, _ID, lambda _: row) is None:
                self._rows.add(tx, organization, row)
            changes = {"data_retention": body.retention_type}
            self._audit.add(tx, call, "organization.updated", {"id": organization, "changes_requested": changes})

        await self._db.run(work)
        return Reply(_shown(body.retention_type))


def _shown(retention: Retention) -> DataRetention:
    return {"object": "organization.data_retention", "type": retention}
