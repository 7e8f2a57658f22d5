"""What was noted is there for whoever reads, and is written many at a time."""

from fakeai.core.clock import WallClock
from fakeai.services.front.call_book import CallBook
from fakeai.store.calls import CallRow, Wanted
from fakeai.store.sql import SqlDatabase

ONE = CallRow(100.0, "org", "key_a", "req_1", "/embeddings", "m", "{}", None, None, 5, 7, 0, False, 200, "")


async def test_whoever_reads_sees_all_that_was_noted(db: SqlDatabase, clock: WallClock) -> None:
    book = CallBook(db, clock, 1_000)
    for n in range(600):
        book.note(ONE._replace(request_id=f"req_{n}", at=float(n)))
    rows, total = await book.page(Wanted("org"), 2, 1)
    assert ([row.request_id for _, row in rows], total) == (["req_598", "req_597"], 600)
    assert [one.requests for one in await book.sums(Wanted("org"))] == [600]


async def test_no_more_is_kept_than_was_said(db: SqlDatabase, clock: WallClock) -> None:
    book = CallBook(db, clock, 10)
    for n in range(50):
        book.note(ONE._replace(at=float(n)))
    rows, total = await book.page(Wanted("org"), 200, 0)
    assert (total, rows[-1][1].at) == (10, 40.0)
