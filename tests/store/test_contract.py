"""What each protocol of the store promises, asked of every technology there is.

The promises of collections are in `test_objects.py`, `test_meta.py` and others that ask for a `db`: they run on every
database too.
"""

import asyncio
from hashlib import sha256

import pytest
from technologies import until_async

from fakeai.core.clock import VirtualLoop, WallClock
from fakeai.store.base import Blobs, KeyValue, Left, Take, Tx
from fakeai.store.local import PART
from fakeai.store.objects import Collection
from fakeai.store.sql import Sql, SqlDatabase

DATA = bytes(range(256)) * 4 * (PART // 512)
THINGS = Collection("thing")


class TestDatabase:
    """Transactions last or leave nothing, and those at the same time do as if they came one after another."""

    async def test_what_a_transaction_wrote_others_see_once_it_is_over(self, db: SqlDatabase) -> None:
        await db.run(lambda tx: THINGS.add(tx, "us", {"id": "a"}))
        assert await db.read(lambda tx: THINGS.get(tx, "us", "a")) == {"id": "a"}

    async def test_a_transaction_that_fails_leaves_nothing(self, db: SqlDatabase) -> None:
        def work(tx: Tx) -> None:
            THINGS.add(tx, "us", {"id": "a"})
            raise LookupError

        with pytest.raises(LookupError):
            await db.run(work)
        assert await db.read(lambda tx: THINGS.count(tx, "us")) == 0

    async def test_who_reads_sees_one_state(self, db: SqlDatabase) -> None:
        """Two counts in one reading are equal, whatever is written in between."""

        def twice(tx: Tx) -> tuple[int, int]:
            first = THINGS.count(tx, "us")
            for _ in range(200):
                THINGS.known(tx, "us", "0")
            return first, THINGS.count(tx, "us")

        async def write() -> None:
            for number in range(50):
                await db.run(lambda tx, number=number: THINGS.add(tx, "us", {"id": str(number)}))

        *counts, _ = await asyncio.gather(*(db.read(twice) for _ in range(8)), write())
        assert all(first == second for first, second in counts)
        assert await db.read(lambda tx: THINGS.count(tx, "us")) == 50

    async def test_an_id_is_taken_once_however_many_try(self, db: SqlDatabase) -> None:
        async def add(number: int) -> bool:
            try:
                await db.run(lambda tx: THINGS.add(tx, "us", {"id": "a", "n": number}))
            except KeyError:
                return False
            return True

        assert sum(await asyncio.gather(*map(add, range(20)))) == 1

    async def test_a_transaction_knows_the_time_of_its_app(self, sql: Sql) -> None:
        early, late = SqlDatabase(sql, WallClock(epoch=1_000.0)), SqlDatabase(sql, WallClock(epoch=5_000.0))
        await early.run(lambda tx: THINGS.add(tx, "us", {"id": "a"}, expires=3_000.0))
        assert await early.read(lambda tx: THINGS.known(tx, "us", "a"))
        assert not await late.read(lambda tx: THINGS.known(tx, "us", "a"))

    async def test_any_text_is_kept_as_it_is_and_none_is_a_defect(self, db: SqlDatabase) -> None:
        text = "\0 \x1b \u2028 \ud7ff \U0001f600 ' \" \\ %s :x"
        await db.run(lambda tx: THINGS.add(tx, "us", {"id": "a", "text": text}, tag=text))
        assert await db.read(lambda tx: THINGS.get(tx, "us", "a")) == {"id": "a", "text": text}
        assert await db.read(lambda tx: THINGS.count(tx, "us", tag=text)) == 1
        assert await db.read(lambda tx: THINGS.get(tx, "us", "a\0")) is None
        assert await db.read(lambda tx: THINGS.get(tx, "\0", "' OR 1=1 --")) is None

    def test_in_virtual_time_it_works_on_the_loop(self, sql: Sql) -> None:
        async def scenario() -> float:
            clock = WallClock()
            db = SqlDatabase(sql, clock)
            await clock.sleep(3_600)
            await db.run(lambda tx: THINGS.add(tx, "us", {"id": "a"}, expires=db.now() + 1))
            assert await db.read(lambda tx: THINGS.known(tx, "us", "a"))
            await clock.sleep(2)
            assert not await db.read(lambda tx: THINGS.known(tx, "us", "a"))
            return clock.now()

        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            assert runner.run(scenario()) == 3_602.0


class TestBlobs:
    """Bytes are whole or not there, in parts or at once."""

    async def test_a_blob_comes_back_whole_and_in_ranges(self, blobs: Blobs) -> None:
        stored = await blobs.put("blob-1", DATA)
        assert stored == (len(DATA), sha256(DATA).hexdigest())
        assert await blobs.read("blob-1") == DATA
        assert await blobs.read("blob-1", 3, 9) == DATA[3:9]
        assert await blobs.read("blob-1", len(DATA) - 2) == DATA[-2:]
        assert await blobs.read("blob-1", 5, 5) == b""
        parts = [part async for part in blobs.stream("blob-1", 1, len(DATA) - 1)]
        assert b"".join(parts) == DATA[1:-1]
        assert max(map(len, parts)) <= PART < len(DATA)

    async def test_parts_are_put_as_they_come(self, blobs: Blobs) -> None:
        assert await blobs.put("blob-1", (bytes([n]) for n in range(5))) == (5, sha256(b"\0\1\2\3\4").hexdigest())
        assert await blobs.read("blob-1") == b"\0\1\2\3\4"

    async def test_a_blob_is_replaced_and_forgotten(self, blobs: Blobs) -> None:
        await blobs.put("blob-1", b"old")
        await blobs.put("blob-1", b"new")
        await blobs.put("blob-2", b"other")
        assert await blobs.read("blob-1") == b"new"
        assert sorted(key for key, _ in await blobs.keys()) == ["blob-1", "blob-2"]
        await blobs.delete("blob-1")
        await blobs.delete("blob-1")
        assert [key for key, _ in await blobs.keys()] == ["blob-2"]
        with pytest.raises(KeyError):
            await blobs.read("blob-1")
        with pytest.raises(KeyError):
            [part async for part in blobs.stream("blob-1")]

    async def test_a_blob_may_be_empty(self, blobs: Blobs) -> None:
        assert await blobs.put("blob-1", b"") == (0, sha256(b"").hexdigest())
        assert await blobs.read("blob-1") == b""
        assert [part async for part in blobs.stream("blob-1")] == []

    async def test_a_range_beyond_the_end_is_cut(self, blobs: Blobs) -> None:
        await blobs.put("blob-1", b"0123456789")
        assert await blobs.read("blob-1", 8, 100) == b"89"
        assert await blobs.read("blob-1", 10) == await blobs.read("blob-1", 50, 60) == b""
        assert [part async for part in blobs.stream("blob-1", 8, 100)] == [b"89"]
        assert [part async for part in blobs.stream("blob-1", 50)] == []

    async def test_keys_tell_when_a_blob_was_put(self, blobs: Blobs) -> None:
        await blobs.put("blob-1", b"a")
        await blobs.put("blob-2", b"b")
        (first, early), (second, late) = sorted(await blobs.keys())
        assert (first, second) == ("blob-1", "blob-2")
        assert 0 <= late - early < 100


class TestKeyValue:
    """Values pass, counters are exact, and a lease is one process's."""

    async def test_a_value_is_there_until_it_is_dropped(self, values: KeyValue) -> None:
        assert await values.get("a") is None
        await values.set("a", b"\0one", 60.0)
        await values.set("b", b"two", 60.0)
        assert (await values.get("a"), await values.get("b")) == (b"\0one", b"two")
        await values.drop("a")
        await values.drop("a")
        assert (await values.get("a"), await values.get("b")) == (None, b"two")

    async def test_a_counter_counts_exactly_however_many_count(self, values: KeyValue) -> None:
        totals = await asyncio.gather(*(values.add("n", 2, 60.0) for _ in range(100)))
        assert sorted(totals) == list(range(2, 202, 2))
        assert await values.add("n", -200, 60.0) == 0
        assert await values.get("n") == b"0"

    async def test_windows_let_through_what_they_may_however_many_come(self, values: KeyValue) -> None:
        async def come() -> bool:
            short, left = await values.spend([Take("w", 1, 30, 60.0), Take("t", 10, 10_000, 60.0)])
            assert [0 < one.over_s <= 60.0 for one in left] == [True, True]
            return short is None

        assert sum(await asyncio.gather(*(come() for _ in range(100)))) == 30
        assert await values.spend([Take("w", 1, 31, 60.0)]) == (None, [Left(31, pytest.approx(60.0, abs=5.0))])

    async def test_nothing_is_taken_where_one_window_is_too_full(self, values: KeyValue) -> None:
        short, left = await values.spend([Take("free", 1, 5, 60.0), Take("full", 6, 5, 60.0)])
        assert (short, [one.used for one in left]) == (1, [0, 0])
        assert await values.get("free") is None
        assert (await values.spend([Take("free", 5, 5, 60.0)]))[0] is None

    async def test_what_was_taken_is_put_right_while_its_window_lasts(self, values: KeyValue) -> None:
        assert await values.correct("w", 5) == 0
        assert await values.get("w") is None, "a window that is over is not begun anew"
        await values.spend([Take("w", 8, 10, 60.0)])
        assert [await values.correct("w", n) for n in (-5, 2, -50)] == [3, 5, 0]
        assert (await values.spend([Take("w", 10, 10, 60.0)]))[0] is None

    async def test_a_window_begins_anew_when_it_is_over(self, values: KeyValue) -> None:
        async def through() -> bool:
            return (await values.spend([Take("w", 1, 1, 0.05)]))[0] is None

        assert await through()
        await until_async(through)

    async def test_a_lease_is_given_to_one(self, values: KeyValue) -> None:
        assert sum(await asyncio.gather(*(values.take("lease", 60.0) for _ in range(20)))) == 1
        await values.drop("lease")
        assert await values.take("lease", 60.0)

    async def test_all_of_it_expires(self, values: KeyValue) -> None:
        await values.set("a", b"one", 0.05)
        assert await values.take("lease", 0.05)
        await values.add("n", 5, 0.05)
        await values.add("n", 5, 60.0)  # does not prolong it

        async def gone() -> bool:
            return [await values.get(key) for key in ("a", "lease", "n")] == [None, None, None]

        await until_async(gone)
        assert await values.add("n", 1, 60.0) == 1
        assert await values.take("lease", 60.0)
