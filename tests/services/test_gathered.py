"""What many leave to be written goes into few transactions, in order, and whoever waits is told."""

import asyncio
from collections.abc import Sequence

import pytest

from fakeai.core.clock import WallClock
from fakeai.core.errors import StorageUnavailable
from fakeai.services.gathered import Gathered


class Book:
    """What has been written, transaction by transaction."""

    def __init__(self) -> None:
        self.written: list[list[str]] = []
        self.go = asyncio.Event()
        self.go.set()

    async def write(self, some: Sequence[str]) -> None:
        await self.go.wait()
        if "bad" in some:
            raise KeyError("bad")
        if "full" in some:
            raise StorageUnavailable
        self.written.append(list(some))


async def test_what_comes_during_a_transaction_goes_into_the_next_one_together() -> None:
    book = Book()
    gathered = Gathered(WallClock(), book.write)
    book.go.clear()
    gathered.add_soon("0")
    await asyncio.sleep(0)
    tasks = [asyncio.ensure_future(gathered.add(str(number))) for number in range(1, 6)]
    await asyncio.sleep(0)
    book.go.set()
    await asyncio.gather(*tasks)
    assert book.written == [["0"], ["1", "2", "3", "4", "5"]]


async def test_it_has_been_written_once_add_returns_and_all_of_it_once_it_is_settled() -> None:
    book = Book()
    gathered = Gathered(WallClock(), book.write)
    await gathered.add("a")
    assert book.written == [["a"]]
    for name in ("b", "c", "d"):
        gathered.add_soon(name)
        await asyncio.sleep(0)
    await gathered.settled()
    assert [name for some in book.written for name in some] == ["a", "b", "c", "d"]
    await gathered.settled()


async def test_who_settles_waits_for_nothing_that_comes_later() -> None:
    book = Book()
    gathered = Gathered(WallClock(), book.write)
    gathered.add_soon("a")
    settling = asyncio.ensure_future(gathered.settled())
    while not settling.done():
        gathered.add_soon("more")
        await asyncio.sleep(0)
    assert book.written[0][0] == "a"
    assert len(book.written) < 3


async def test_one_that_cannot_be_written_takes_no_other_with_it(caplog: pytest.LogCaptureFixture) -> None:
    book = Book()
    gathered = Gathered(WallClock(), book.write)
    ends = await asyncio.gather(*(gathered.add(name) for name in ("a", "bad", "b")), return_exceptions=True)
    assert [type(end) for end in ends] == [type(None), KeyError, type(None)]
    assert book.written == [["a"], ["b"]]
    gathered.add_soon("bad")
    await gathered.settled()
    assert "could not be kept" in caplog.text


async def test_a_database_that_is_away_is_not_asked_for_each_of_them() -> None:
    book = Book()
    gathered = Gathered(WallClock(), book.write)
    ends = await asyncio.gather(*(gathered.add(name) for name in ("a", "full", "b")), return_exceptions=True)
    assert {type(end) for end in ends} == {StorageUnavailable}
    assert book.written == []


async def test_no_more_than_some_go_into_one() -> None:
    book = Book()
    gathered = Gathered(WallClock(), book.write)
    await asyncio.gather(*(gathered.add(str(number)) for number in range(600)))
    assert max(map(len, book.written)) == 256
    assert [int(name) for some in book.written for name in some] == list(range(600))
