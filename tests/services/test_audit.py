"""Events are part of the transaction that makes them, and every id in them can be looked for."""

from typing import Any

import pytest

from fakeai.core.call import Call, Endpoint, Principal
from fakeai.core.chance import Ids
from fakeai.services.audit import Audit
from fakeai.store.base import Tx
from fakeai.store.sql import SqlDatabase

ROW = Endpoint("GET", "/organization/audit_logs", "list", "")


def call(**query: list[str]) -> Call:
    found = {name.replace("__", "[") + ("]" if "__" in name else ""): value for name, value in query.items()}
    return Call("1", ROW, ROW.path, {}, query=found, principal=Principal("org-a", key="key_1", user="sa_1"))


async def listed(audit: Audit, **query: list[str]) -> list[dict[str, Any]]:
    reply = await audit.list(call(**query))
    return list(reply.body["data"])


async def test_what_does_not_happen_is_not_told(db: SqlDatabase, ids: Ids) -> None:
    audit = Audit(db, ids, synthesize=False)

    def fails(tx: Tx) -> None:
        audit.add(tx, call(), "group.deleted", {"id": "group_1"})
        raise KeyError

    with pytest.raises(KeyError):
        await db.run(fails)
    assert await listed(audit) == []


async def test_ids_are_found_however_deep_they_are(db: SqlDatabase, ids: Ids) -> None:
    audit = Audit(db, ids, synthesize=False)
    details = {"certificates": [{"id": "cert_1", "name": "n"}, {"id": "cert_2"}], "principal_id": "user-1"}
    await db.run(lambda tx: audit.add(tx, call(), "certificates.activated", details))
    for name in ("cert_1", "cert_2", "user-1"):
        (event,) = await listed(audit, resource_ids=[name])
        assert event["certificates.activated"] == details
        assert not [name for name in event if name.startswith("_")]
    assert await listed(audit, resource_ids=["n"]) == []


async def test_a_service_accounts_key_is_the_actor(db: SqlDatabase, ids: Ids) -> None:
    audit = Audit(db, ids, synthesize=False)
    await db.run(lambda tx: audit.add(tx, call(), "group.deleted", {"id": "group_1"}, project="proj_x"))
    (event,) = await listed(audit, actor_ids=["sa_1"])
    assert event["actor"]["api_key"] == {
        "id": "key_1",
        "type": "service_account",
        "service_account": {"id": "sa_1"},
    }
    assert event["project"] == {"id": "proj_x", "name": "proj_x"}
