"""A claim is one worker's, and each has a higher fence than the last."""

from fakeai.store.base import Tx
from fakeai.store.job_rows import add, claim, crowded, done, hasten, held, release, renew, waiting
from fakeai.store.sql import SqlDatabase

KINDS = ["work"]


def claimed(tx: Tx, worker: str, now: float, real: float) -> list[tuple[str, int, int]]:
    return [(row.key, row.fence, row.attempts) for row in claim(tx, KINDS, worker, now, real, 10.0, 5)]


async def test_a_job_is_claimed_by_one_until_its_lease_ends(db: SqlDatabase) -> None:
    def scenario(tx: Tx) -> None:
        add(tx, "work", "a", "us", {}, 100.0)
        add(tx, "other", "x", "us", {}, 0.0)
        assert claimed(tx, "one", 99.0, 0.0) == []
        assert claimed(tx, "one", 100.0, 0.0) == [("a", 1, 1)]
        assert claimed(tx, "two", 100.0, 9.0) == []
        assert waiting(tx, KINDS) == (None, 10.0)
        assert claimed(tx, "two", 100.0, 11.0) == [("a", 2, 2)]

    await db.run(scenario)


async def test_only_the_last_claim_holds_renews_and_ends(db: SqlDatabase) -> None:
    def scenario(tx: Tx) -> None:
        add(tx, "work", "a", "us", {}, 0.0)
        (first,) = claim(tx, KINDS, "one", 0.0, 0.0, 10.0, 5)
        (second,) = claim(tx, KINDS, "two", 0.0, 11.0, 10.0, 5)
        assert (held(tx, first.seq, first.fence), held(tx, second.seq, second.fence)) == (False, True)
        assert (renew(tx, first.seq, first.fence, 50.0), renew(tx, second.seq, second.fence, 50.0)) == (False, True)
        done(tx, first.seq, first.fence)
        release(tx, first.seq, first.fence, 0.0, 0)
        assert waiting(tx, KINDS) == (None, 50.0)
        release(tx, second.seq, second.fence, 7.0, 3)
        assert not held(tx, second.seq, second.fence)
        assert waiting(tx, KINDS) == (7.0, None)
        hasten(tx, "work", "a", 5.0)
        hasten(tx, "work", "a", 6.0)
        assert waiting(tx, KINDS) == (5.0, None)
        (third,) = claim(tx, KINDS, "one", 5.0, 12.0, 10.0, 5)
        assert (third.fence, third.attempts) == (3, 4)
        done(tx, third.seq, third.fence)
        assert waiting(tx, KINDS) == (None, None)

    await db.run(scenario)


async def test_an_owner_s_jobs_of_a_kind_are_counted_up_to_a_number(db: SqlDatabase) -> None:
    def scenario(tx: Tx) -> None:
        for name in ("a", "b"):
            add(tx, "work", name, "us", {}, 0.0)
        add(tx, "other", "a", "us", {}, 0.0)
        add(tx, "work", "c", "them", {}, 0.0)
        assert [crowded(tx, "work", "us", most) for most in (1, 2, 3)] == [True, True, False]
        assert not crowded(tx, "work", "nobody", 1)

    await db.run(scenario)
