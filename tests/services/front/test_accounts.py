"""Accounts are exact however many write to them at once."""

import asyncio

import pytest

from fakeai.core.clock import WallClock
from fakeai.services.front.accounts import Accounts
from fakeai.store.allotments import Allotment, Use
from fakeai.store.held import HeldAllotments
from fakeai.store.sql import Sql, SqlDatabase


async def test_a_hundred_calls_of_two_servers_are_as_many_as_may(db: SqlDatabase, clock: WallClock) -> None:
    both = [Accounts(db, clock, "month") for _ in range(2)]
    taken = await asyncio.gather(*(both[n % 2].take("key", Use(1, quota=30)) for n in range(100)))
    assert sum(fits for fits, _ in taken) == 30
    assert {now.used for fits, now in taken if not fits} == {30}
    assert [(await accounts.look("key")).used for accounts in both] == [30, 30]


async def test_what_is_put_right_is_there_for_whoever_looks(db: SqlDatabase, clock: WallClock) -> None:
    accounts = Accounts(db, clock, "30d")
    await accounts.take("key", Use(1))
    accounts.put_right("key", -1, 7)
    now = await accounts.look("key")
    assert (now.used, now.nano_usd) == (0, 7)
    assert now.resets - db.now() > 29 * 86_400


# -- held in memory


@pytest.fixture
def memory(clock: WallClock) -> SqlDatabase:
    return SqlDatabase(Sql(), clock)


async def test_what_is_held_is_as_exact_as_what_is_kept(memory: SqlDatabase, clock: WallClock) -> None:  # gateway 33
    held = HeldAllotments()
    both = [Accounts(memory, clock, "month", held) for _ in range(2)]
    taken = await asyncio.gather(*(both[n % 2].take("key", Use(1, quota=30)) for n in range(100)))
    assert sum(fits for fits, _ in taken) == 30
    both[1].put_right("key", -2, 7)
    assert [(now.used, now.nano_usd) for now in [await accounts.look("key") for accounts in both]] == [(28, 7)] * 2


async def test_a_key_that_is_held_waits_for_no_transaction(memory: SqlDatabase, clock: WallClock) -> None:
    accounts = Accounts(memory, clock, "month", HeldAllotments())
    await accounts.take("key", Use(1))
    taking = accounts.take("key", Use(1))
    with pytest.raises(StopIteration) as done:
        taking.send(None)
    assert done.value.value[1].used == 2


async def test_what_is_put_right_of_a_key_nobody_has_asked_for_is_there_too(
    memory: SqlDatabase, clock: WallClock
) -> None:
    accounts = Accounts(memory, clock, "month", HeldAllotments())
    accounts.put_right("key", 5, 0)
    accounts.put_right("key", 1, 0)
    assert (await accounts.look("key")).used == 6


async def test_what_is_held_can_be_kept_and_is_forgotten_for_what_the_rows_say(
    memory: SqlDatabase, clock: WallClock
) -> None:
    accounts, later = (Accounts(memory, clock, "month", HeldAllotments()) for _ in range(2))
    await accounts.take("key", Use(3, 4))
    assert await later.look("key") == Allotment()
    await accounts.keep()
    await accounts.keep()
    assert (await later.take("key", Use(1, quota=4)))[1].used == 4
    await accounts.take("key", Use(10))
    accounts.forget()
    assert (await accounts.look("key")).used == 3


async def test_accounts_of_a_database_on_disk_have_nothing_to_keep(db: SqlDatabase, clock: WallClock) -> None:
    accounts = Accounts(db, clock, "month")
    await accounts.take("key", Use(1))
    await accounts.keep()
    accounts.forget()
    assert (await accounts.look("key")).used == 1
