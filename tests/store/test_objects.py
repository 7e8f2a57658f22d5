"""Objects keep their order and their owner, and pages join to the whole."""

import sys
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from fakeai.store.objects import Objects


def stored(*ids: str, owner: str = "us", limit: int = 100) -> Objects:
    objects = Objects(limit)
    for id_ in ids:
        objects.put(id_, owner, {"id": id_})
    return objects


def ids(page) -> list[str]:
    return [item["id"] for item in page.data]


def test_an_object_is_got_by_its_owner_only() -> None:
    objects = stored("a")
    assert objects.get("a", "us") == {"id": "a"}
    assert objects.get("a", "them") is None
    assert objects.get("b", "us") is None


def test_putting_an_id_again_replaces_the_object_in_its_place() -> None:
    objects = stored("a", "b", limit=2)
    objects.put("a", "us", {"id": "a", "new": True})
    assert objects.page("us", limit=9).data == [{"id": "a", "new": True}, {"id": "b"}]


def test_deleting_says_whether_there_was_one_and_respects_the_owner() -> None:
    objects = stored("a")
    assert not objects.delete("a", "them")
    assert objects.delete("a", "us")
    assert not objects.delete("a", "us")
    assert objects.get("a", "us") is None


def test_the_oldest_goes_when_a_collection_is_full() -> None:
    objects = stored("a", "b", "c", limit=2)
    assert objects.get("a", "us") is None
    assert ids(objects.page("us", limit=9)) == ["b", "c"]


def test_newest_first_is_the_reverse() -> None:
    objects = stored("a", "b", "c")
    assert ids(objects.page("us", limit=2, newest_first=True)) == ["c", "b"]
    assert ids(objects.page("us", limit=2, newest_first=True, after="b")) == ["a"]


def test_has_more_is_true_only_when_more_follow() -> None:
    objects = stored("a", "b", "c")
    assert objects.page("us", limit=2).has_more
    assert not objects.page("us", limit=3).has_more
    assert not objects.page("us", limit=2, after="a").has_more


def test_has_more_does_not_count_what_the_filter_or_the_owner_hides() -> None:
    objects = stored("a", "b")
    objects.put("theirs", "them", {"id": "theirs"})
    objects.put("c", "us", {"id": "c"})
    page = objects.page("us", limit=2, keep=lambda item: item["id"] != "c")
    assert (ids(page), page.has_more) == (["a", "b"], False)


def test_a_cursor_that_names_nothing_of_ours_starts_at_the_beginning() -> None:
    objects = stored("a", "b")
    objects.put("theirs", "them", {"id": "theirs"})
    for after in ("gone", "theirs"):
        assert ids(objects.page("us", limit=9, after=after)) == ["a", "b"]


@given(
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["us", "them"])), max_size=40),
    st.integers(1, 7),
    st.booleans(),
    st.booleans(),
)
def test_pages_join_to_the_whole(rows, limit: int, newest_first: bool, only_even: bool) -> None:
    objects = Objects(1000)
    expected: dict[str, tuple[str, int]] = {}
    for number, owner in rows:
        objects.put(str(number), owner, {"id": str(number), "n": number})
        expected[str(number)] = owner, number
    whole = [id_ for id_, (owner, n) in expected.items() if owner == "us" and not (only_even and n % 2)]
    if newest_first:
        whole.reverse()
    joined: list[str] = []
    after = None
    while True:
        page = objects.page(
            "us",
            limit=limit,
            after=after,
            newest_first=newest_first,
            keep=(lambda item: item["n"] % 2 == 0) if only_even else None,
        )
        joined += ids(page)
        assert len(page.data) == limit or not page.has_more
        if not page.has_more:
            break
        after = joined[-1]
    assert joined == whole


def test_a_collection_of_no_objects_keeps_none() -> None:
    objects = stored("a", "b", limit=0)
    assert objects.get("a", "us") is None
    assert objects.page("us", limit=9).data == []


def test_threads_may_share_a_collection() -> None:
    objects = Objects(50)

    def work(owner: str) -> None:
        for number in range(1_000):
            objects.put(f"{owner}{number}", owner, {"id": number})
            objects.delete(f"{owner}{number - 3}", owner)
            assert len(objects.page(owner, limit=100).data) <= 50

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, "abcd"))
    finally:
        sys.setswitchinterval(interval)
