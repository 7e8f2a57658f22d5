"""What is looked up is used for a second at most, and not at all once this process has changed something."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from fakeai.core.clock import VirtualLoop, WallClock
from fakeai.core.errors import StorageUnavailable
from fakeai.services.fresh import OLDEST_S, Changes, Fresh


def run_virtual(main: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main)


class Source:
    """What is looked up: counts how often, and may be out of reach, or never answer."""

    def __init__(self) -> None:
        self.looked = 0
        self.value = "old"
        self.away = False
        self.silent = False

    async def load(self, key: str) -> str:
        self.looked += 1
        if self.silent:
            await asyncio.Event().wait()
        if self.away:
            raise StorageUnavailable
        return f"{key} {self.value}"


def test_a_value_is_looked_up_once_for_many_calls() -> None:
    async def main() -> None:
        source = Source()
        fresh = Fresh(WallClock(), Changes(), source.load)
        assert fresh.recent("a") is None
        assert {await fresh.get("a") for _ in range(100)} == {"a old"}
        assert (fresh.recent("a"), source.looked) == ("a old", 1)

    run_virtual(main())


def test_a_value_that_others_have_changed_is_seen_within_a_second() -> None:
    async def main() -> None:
        source = Source()
        fresh = Fresh(WallClock(), Changes(), source.load)
        await fresh.get("a")
        source.value = "new"
        await asyncio.sleep(OLDEST_S)
        assert await fresh.get("a") == "a new"

    run_virtual(main())


def test_a_value_in_use_is_looked_up_aside() -> None:
    async def main() -> None:
        source = Source()
        fresh = Fresh(WallClock(), Changes(), source.load)
        await fresh.get("a")
        source.value = "new"
        await asyncio.sleep(OLDEST_S * 0.6)
        assert await fresh.get("a") == "a old"
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert (await fresh.get("a"), source.looked) == ("a new", 2)

    run_virtual(main())


def test_a_change_of_this_process_counts_at_once() -> None:
    async def main() -> None:
        source, changes = Source(), Changes()
        fresh = Fresh(WallClock(), changes, source.load)
        await fresh.get("a")
        source.value = "new"
        changes.note()
        assert fresh.recent("a") is None
        assert await fresh.get("a") == "a new"

    run_virtual(main())


@pytest.mark.parametrize("trouble", ["away", "silent"])
def test_what_was_known_is_used_while_it_cannot_be_looked_up(trouble: str) -> None:
    async def main() -> None:
        source = Source()
        clock = WallClock()
        fresh = Fresh(clock, Changes(), source.load)
        await fresh.get("a")
        setattr(source, trouble, True)
        await asyncio.sleep(100.0)
        begun = clock.now()
        assert await fresh.get("a") == "a old"
        assert clock.now() - begun < OLDEST_S
        if trouble == "away":
            with pytest.raises(StorageUnavailable):
                await fresh.get("b")

    run_virtual(main())


def test_what_is_remembered_is_bounded() -> None:
    async def main() -> None:
        source = Source()
        fresh = Fresh(WallClock(), Changes(), source.load, most=10)
        for n in range(25):
            await fresh.get(str(n))
        assert sum(fresh.recent(str(n)) is not None for n in range(25)) <= 10

    run_virtual(main())
