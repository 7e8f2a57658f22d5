"""Batches of files in virtual time: cancelled ones, pages of their files, and ones that fail altogether."""

from typing import Any

from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.services.vector_store_batches import VectorStoreBatches
from fakeai.store.sql import SqlDatabase
from fakeai.testing import FakeAI
from tests.services.conftest import MakeCall
from tests.services.shelves import Shelf, in_virtual_time, store, upload


async def test_a_cancelled_batch_keeps_what_is_read_and_reads_no_more(
    db: SqlDatabase, clock: WallClock, ids: Ids, make_call: MakeCall
) -> None:
    shelf = Shelf(db, clock, ids)
    service = VectorStoreBatches(db, ids, shelf.jobs, shelf.stores, lenient=False)
    shelf.jobs.wake = lambda: None  # type: ignore[method-assign]
    place = {"vector_store_id": "vs"}
    call = make_call(service, "create", {"file_ids": ["file-1"]}, params=place)
    await db.run(lambda tx: shelf.rows.stores.rows.add(tx, call.principal.owner, store("vs")))
    names = []
    for n in range(3):
        made = await shelf.files.create(call.principal.owner, f"{n}.txt", "user_data", b"whales")
        names.append(made["id"])
    batch = (await service.create(make_call(service, "create", {"file_ids": names}, params=place))).body
    assert batch["file_counts"]["in_progress"] == 3
    one = {**place, "batch_id": batch["id"]}
    cancelled = (await service.cancel(make_call(service, "cancel", params=one))).body
    assert (cancelled["status"], cancelled["file_counts"]["cancelled"]) == ("cancelled", 3)
    del shelf.jobs.wake
    shelf.jobs.wake()
    while await db.read(lambda tx: tx.exec_driver_sql("select count(*) from jobs").scalar()):
        await clock.sleep(0.005)
    again = (await service.retrieve(make_call(service, "retrieve", params=one))).body
    assert again == cancelled
    await shelf.jobs.stop()


def test_files_of_a_batch_come_by_page_and_a_batch_of_bad_ones_fails() -> None:
    async def scenario(fake: FakeAI, client: Any) -> None:
        made = await client.vector_stores.create()
        batches = client.vector_stores.file_batches
        good = [await upload(client, f"{n}.txt") for n in range(5)]
        bad = [await upload(client, f"{n}.xlsx") for n in range(2)]
        first = await batches.create_and_poll(made.id, file_ids=[*good, good[0]], poll_interval_ms=10)
        second = await batches.create_and_poll(made.id, file_ids=bad, poll_interval_ms=10)
        assert (first.status, first.file_counts.total, second.status) == ("completed", 5, "failed")
        listed = batches.list_files(first.id, vector_store_id=made.id, limit=2, order="asc")
        assert [one.id async for one in listed] == good
        listed = batches.list_files(second.id, vector_store_id=made.id, limit=1)
        assert [one.id async for one in listed] == bad[::-1]

    in_virtual_time(scenario)
