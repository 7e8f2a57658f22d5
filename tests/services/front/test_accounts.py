"""Accounts are exact however many write to them at once."""

import asyncio

from fakeai.core.clock import WallClock
from fakeai.services.front.accounts import Accounts
from fakeai.store.allotments import Use
from fakeai.store.sql import SqlDatabase


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
