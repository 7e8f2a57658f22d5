"""A job's events and checkpoints: numbered, and called after their number."""

from typing import Any

import pytest

from fakeai.services.fine_tuning_plan import Plan
from fakeai.services.fine_tuning_rows import JobRows, missing, plan_of
from fakeai.services.webhooks.endpoints import Webhooks
from fakeai.store.sql import SqlDatabase

JOB: dict[str, Any] = {
    "id": "ftjob-1",
    "_owner": "o/p",
    "method": {"type": "supervised"},
    "validation_file": None,
    "_events": 0,
    "_epochs": 2,
    "_per_epoch": 5,
}


async def test_events_are_counted_and_each_has_an_id_of_its_own(db: SqlDatabase, webhooks: Webhooks) -> None:
    rows = JobRows(db, webhooks, synthesize=False)

    def tell(tx: Any) -> Any:
        first = rows.tell(tx, "o/p", JOB, "one", 5.9)
        return rows.tell(tx, "o/p", first, "two", 6.0, data={"step": 1}, error=True)

    job = await db.run(tell)
    found = await db.read(lambda tx: list(rows.events.rows.every(tx, "o/p", parent="ftjob-1")))
    assert job["_events"] == len({event["id"] for event in found}) == 2
    assert [(event["created_at"], event["level"], event["type"]) for event in found] == [
        (5, "info", "message"),
        (6, "error", "metrics"),
    ]
    with pytest.raises(KeyError):
        await db.run(lambda tx: rows.tell(tx, "o/p", JOB, "one, once more", 7.0))


async def test_a_checkpoint_has_its_step_s_metrics_and_an_event(db: SqlDatabase, webhooks: Webhooks) -> None:
    rows, plan = JobRows(db, webhooks, synthesize=False), plan_of(JOB)
    assert plan == Plan("ftjob-1", "supervised", 2, 5, False)
    job = await db.run(lambda tx: rows.keep(tx, "o/p", JOB, plan, 5, "ft:x:ckpt-step-5", 9.0))
    kept = await db.read(lambda tx: list(rows.checkpoints.rows.every(tx, "o/p", parent="ftjob-1")))
    assert job["_events"] == 1
    assert kept[0]["metrics"] == {"step": 5, **plan.metrics(5)}


async def test_what_is_over_has_an_end_and_maybe_an_error(db: SqlDatabase, webhooks: Webhooks) -> None:
    rows = JobRows(db, webhooks, synthesize=False)
    assert await db.run(lambda tx: rows.end(tx, JOB, "cancelled", 7.9)) == {
        **JOB,
        "status": "cancelled",
        "finished_at": 7,
        "estimated_finish": None,
        "error": None,
    }
    assert missing("ftjob-9").code == "fine_tune_not_found"
