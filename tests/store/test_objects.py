"""Objects keep their order and their owner, and pages join to the whole."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakeai.core.clock import WallClock
from fakeai.store.base import Object, Tx
from fakeai.store.objects import Collection, Page, purge, shown
from fakeai.store.sql import Sql, SqlDatabase

THINGS = Collection("thing")


def ids(page: Page) -> list[str]:
    return [item["id"] for item in page.data]


async def stored(db: SqlDatabase, *names: str, owner: str = "us", things: Collection = THINGS) -> None:
    def work(tx: Tx) -> None:
        for name in names:
            things.add(tx, owner, {"id": name})

    await db.run(work)


async def page(db: SqlDatabase, owner: str = "us", **query: object) -> list[str]:
    return ids(await db.read(lambda tx: THINGS.page(tx, owner, **query)))  # type: ignore[arg-type]


async def test_an_object_is_got_by_its_owner_only(db: SqlDatabase) -> None:
    await stored(db, "a")
    assert await db.read(lambda tx: THINGS.get(tx, "us", "a")) == {"id": "a"}
    assert await db.read(lambda tx: THINGS.get(tx, "them", "a")) is None
    assert await db.read(lambda tx: THINGS.get(tx, "us", "b")) is None
    assert await db.read(lambda tx: Collection("other").get(tx, "us", "a")) is None
    assert await db.read(lambda tx: THINGS.known(tx, "us", "a") and not THINGS.known(tx, "them", "a"))
    assert await db.read(lambda tx: THINGS.find(tx, "a")) == ("us", {"id": "a"})
    assert await db.read(lambda tx: THINGS.find(tx, "b")) is None


async def test_an_id_is_taken_once_by_an_owner_below_a_parent(db: SqlDatabase) -> None:
    await stored(db, "a")
    with pytest.raises(KeyError):
        await stored(db, "a")
    await stored(db, "a", owner="them")
    await db.run(lambda tx: THINGS.add(tx, "us", {"id": "a", "of": "p"}, parent="p"))
    assert await db.read(lambda tx: THINGS.get(tx, "us", "a", parent="p")) == {"id": "a", "of": "p"}
    assert await db.read(lambda tx: THINGS.find(tx, "a", parent="p")) == ("us", {"id": "a", "of": "p"})
    assert await page(db) == ["a"]


async def test_a_transaction_that_fails_leaves_nothing(db: SqlDatabase) -> None:
    def work(tx: Tx) -> None:
        THINGS.add(tx, "us", {"id": "a"})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await db.run(work)
    assert await page(db) == []


async def test_an_object_is_replaced_and_changed_in_its_place(db: SqlDatabase) -> None:
    await stored(db, "a", "b")
    await db.run(lambda tx: THINGS.replace(tx, "us", {"id": "a", "n": 1}, tag="t"))
    assert await page(db, newest_first=False) == ["a", "b"]
    assert await page(db, tag="t") == ["a"]
    changed = await db.run(lambda tx: THINGS.change(tx, "us", "a", lambda item: {**item, "n": item["n"] + 1}))
    assert changed == {"id": "a", "n": 2} == await db.read(lambda tx: THINGS.get(tx, "us", "a"))
    assert await db.run(lambda tx: THINGS.change(tx, "them", "a", lambda item: item)) is None
    with pytest.raises(KeyError):
        await db.run(lambda tx: THINGS.replace(tx, "them", {"id": "a"}))


async def test_changes_of_one_object_at_the_same_time_are_all_kept(db: SqlDatabase) -> None:
    await db.run(lambda tx: THINGS.add(tx, "us", {"id": "a", "n": 0}))

    async def add() -> None:
        await db.run(lambda tx: THINGS.change(tx, "us", "a", lambda item: {**item, "n": item["n"] + 1}))

    await asyncio.gather(*(add() for _ in range(50)))
    assert await db.read(lambda tx: THINGS.get(tx, "us", "a")) == {"id": "a", "n": 50}


async def test_deleting_returns_what_there_was_and_respects_the_owner(db: SqlDatabase) -> None:
    await stored(db, "a")
    assert await db.run(lambda tx: THINGS.delete(tx, "them", "a")) is None
    assert await db.run(lambda tx: THINGS.delete(tx, "us", "a")) == {"id": "a"}
    assert await db.run(lambda tx: THINGS.delete(tx, "us", "a")) is None


async def test_children_are_counted_and_deleted_with_their_parent(db: SqlDatabase) -> None:
    def work(tx: Tx) -> None:
        for number in range(3):
            THINGS.add(tx, "us", {"id": str(number)}, parent="p", tag="odd" if number % 2 else "even")
        THINGS.add(tx, "us", {"id": "other"}, parent="q")

    await db.run(work)
    assert await db.read(
        lambda tx: (THINGS.count(tx, "us", parent="p"), THINGS.count(tx, "us", parent="p", tag="odd"))
    ) == (
        3,
        1,
    )
    assert await db.read(lambda tx: [item["id"] for item in THINGS.every(tx, "us", parent="p", tag="even")]) == [
        "0",
        "2",
    ]
    assert await db.run(lambda tx: THINGS.delete_children(tx, "us", "p")) == 3
    assert await db.read(lambda tx: (THINGS.count(tx, "us", parent="p"), THINGS.count(tx, "us", parent="q"))) == (0, 1)


async def test_cursors_work_in_both_directions(db: SqlDatabase) -> None:
    await stored(db, *"abcdef")
    await stored(db, "x", owner="them")
    assert await page(db, limit=2) == ["f", "e"]
    assert await page(db, limit=2, after="e") == ["d", "c"]
    assert await page(db, limit=2, before="c") == ["e", "d"]
    assert await page(db, limit=2, before="c", newest_first=False) == ["a", "b"]
    assert await page(db, limit=9, after="f", before="b") == ["e", "d", "c"]
    assert await page(db, limit=9, after="x") == ["f", "e", "d", "c", "b", "a"], "others' cursors name nothing"
    assert await page(db, limit=0) == []


async def test_what_has_expired_is_gone_and_is_purged(db: SqlDatabase, clock: WallClock) -> None:
    now = clock.unix()
    await db.run(lambda tx: THINGS.add(tx, "us", {"id": "old", "_blobs": ["k"]}, expires=now - 1))
    await db.run(lambda tx: THINGS.add(tx, "us", {"id": "new"}, expires=now + 1_000))
    assert await page(db) == ["new"]
    assert await db.read(lambda tx: THINGS.get(tx, "us", "old")) is None
    assert await db.read(lambda tx: THINGS.count(tx, "us")) == 1
    assert await db.run(purge) == [{"id": "old", "_blobs": ["k"]}]
    assert await db.run(purge) == []


async def test_a_cursor_may_name_what_was_deleted_a_while_ago(db: SqlDatabase) -> None:
    await stored(db, "a", "b", "c", "d")
    await stored(db, "c", owner="them")
    assert await db.run(lambda tx: THINGS.delete(tx, "us", "c")) == {"id": "c"}
    assert await page(db, after="c") == ["b", "a"]
    assert await page(db, before="c") == ["d"]
    assert await db.read(lambda tx: THINGS.placed(tx, "us", "c") and not THINGS.known(tx, "us", "c"))
    assert not await db.read(lambda tx: THINGS.placed(tx, "us", "c", parent="p") or THINGS.placed(tx, "others", "c"))
    await stored(db, "c")
    assert await page(db, after="c") == ["d", "b", "a"]
    await db.run(lambda tx: THINGS.delete(tx, "us", "c"))
    assert await page(db, before="c") == []
    later = SqlDatabase(db.sql, WallClock(epoch=db.now() + 3_700.0))
    await later.run(purge)
    assert not await db.read(lambda tx: THINGS.placed(tx, "us", "c"))


async def test_of_a_bounded_collection_the_oldest_go(db: SqlDatabase) -> None:
    things = Collection("thing", limit=100)
    await stored(db, *map(str, range(500)), things=things)
    left: list[Object] = await db.read(lambda tx: list(things.every(tx, "us")))
    assert 100 <= len(left) <= 106
    assert [item["id"] for item in left] == [str(number) for number in range(500 - len(left), 500)]


def test_private_keys_are_not_shown() -> None:
    assert shown({"id": "a", "_blobs": [], "x": {"_y": 1}}) == {"id": "a", "x": {"_y": 1}}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.sampled_from(["us", "them"]), st.integers(0, 30)), unique_by=lambda row: row[1]),
    st.integers(1, 7),
    st.booleans(),
    st.booleans(),
)
def test_pages_join_to_the_whole(rows, limit: int, newest_first: bool, only_even: bool) -> None:
    keep = (lambda item: item["n"] % 2 == 0) if only_even else None
    whole = [str(n) for owner, n in rows if owner == "us" and not (only_even and n % 2)]
    if newest_first:
        whole.reverse()

    def work(tx: Tx) -> list[str]:
        for owner, number in rows:
            THINGS.add(tx, owner, {"id": str(number), "n": number})
        joined: list[str] = []
        after = None
        while True:
            found = THINGS.page(tx, "us", limit=limit, after=after, newest_first=newest_first, keep=keep)
            joined += ids(found)
            assert len(found.data) == limit or not found.has_more
            if not found.has_more:
                return joined
            after = joined[-1]

    sql = Sql()
    try:
        assert asyncio.run(SqlDatabase(sql, WallClock()).run(work)) == whole
    finally:
        sql.close()


async def test_everywhere_means_of_all_owners_below_all_parents(db: SqlDatabase) -> None:
    await stored(db, "a")
    await stored(db, "b", owner="them")
    await stored(db, "c", things=Collection("other"))
    await db.run(lambda tx: THINGS.add(tx, "us", {"id": "d"}, parent="p"))
    await db.run(lambda tx: THINGS.add(tx, "us", {"id": "gone"}, expires=1.0))
    found = await db.read(lambda tx: list(THINGS.everywhere(tx)))
    assert found == [("us", "", {"id": "a"}), ("them", "", {"id": "b"}), ("us", "p", {"id": "d"})]


async def test_many_are_added_at_once_each_to_its_owner_but_for_those_whose_ids_are_taken(db: SqlDatabase) -> None:
    await stored(db, "a")
    new = [("us", {"id": "a", "new": True}), ("us", {"id": "b"}), ("them", {"id": "a"}), ("us", {"id": "c"})]
    await db.run(lambda tx: THINGS.add_new(tx, new))
    await db.run(lambda tx: THINGS.add_new(tx, []))
    assert await page(db) == ["c", "b", "a"]
    assert await page(db, owner="them") == ["a"]
    assert await db.read(lambda tx: THINGS.get(tx, "us", "a")) == {"id": "a"}


async def test_many_added_at_once_are_held_to_the_limit_of_their_owner(db: SqlDatabase) -> None:
    few = Collection("few", 16)
    for start in range(0, 100, 10):
        new = [("us", {"id": f"{number}"}) for number in range(start, start + 10)]
        await db.run(lambda tx, new=new: few.add_new(tx, new))
    assert await db.read(lambda tx: few.count(tx, "us")) in range(16, 28)
    newest = await db.read(lambda tx: few.page(tx, "us", limit=16))
    assert ids(newest) == [f"{number}" for number in range(99, 83, -1)]


async def test_objects_are_found_by_their_ids_below_any_parent_of_the_owner(db: SqlDatabase) -> None:
    def work(tx: Tx) -> None:
        for number in range(600):
            THINGS.add(tx, "us", {"id": f"{number}"}, parent=f"p{number % 7}")
        THINGS.add(tx, "them", {"id": "x"}, parent="p")

    await db.run(work)
    wanted = [*(f"{number}" for number in range(0, 600, 2)), "x", "none"]
    found = await db.read(lambda tx: {item["id"] for item in THINGS.below_any(tx, "us", wanted)})
    assert found == set(wanted) - {"x", "none"}
    newest = await db.read(lambda tx: [item["id"] for item in THINGS.every(tx, "us", parent="p0", newest_first=True)])
    assert newest == [f"{number}" for number in range(595, -1, -7)]
