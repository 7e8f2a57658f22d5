"""Each event reaches each receiver, at the times it should be tried, and a receiver that hangs holds up no other."""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping
from typing import Any

import pytest

from fakeai.core.chance import Ids
from fakeai.core.clock import VirtualLoop, WallClock
from fakeai.services.webhooks.deliveries import RETRIED_S, Deliveries, Receiver, next_try
from fakeai.services.webhooks.sending import Outcome
from fakeai.store.base import Tx
from fakeai.store.jobs import Jobs
from fakeai.store.sql import Sql, SqlDatabase

EVENT: Any = {"id": "evt_1", "object": "event", "created_at": 1, "type": "batch.completed", "data": {"id": "batch_1"}}


class Post:
    """In the place of a Sender: answers by URL what it is told to, one after another, the last for ever."""

    def __init__(self, clock: WallClock, answers: Mapping[str, list[int | None]], takes_s: float = 0.0) -> None:
        self.clock, self.answers, self.takes_s = clock, {url: [*of] for url, of in answers.items()}, takes_s
        self.sent: list[tuple[float, str, Mapping[str, str], bytes]] = []
        self.began = clock.now()
        self.here: dict[str, int] = {}
        self.most: dict[str, int] = {}

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        self.sent.append((round(self.clock.now() - self.began, 1), url, headers, body))
        self.here[url] = self.here.get(url, 0) + 1
        self.most[url] = max(self.most.get(url, 0), self.here[url])
        await self.clock.sleep(self.takes_s)
        self.here[url] -= 1
        answers = self.answers[url]
        return Outcome(answers.pop(0) if len(answers) > 1 else answers[0], "it hangs")


class World:
    def __init__(self, sql: Sql, answers: Mapping[str, list[int | None]], takes_s: float = 0.0) -> None:
        self.clock = WallClock(epoch=1_760_000_000.0)
        self.db = SqlDatabase(sql, self.clock)
        self.jobs = Jobs(self.db, self.clock, Ids(b"world"))
        self.post: Any = Post(self.clock, answers, takes_s)
        self.known = dict.fromkeys(answers, ("whsec_c2VjcmV0",))
        self.deliveries = Deliveries(self.db, self.jobs, self.post, self.find)

    def find(self, tx: Tx, owner: str, name: str) -> Receiver | None:
        assert owner == "o/p"
        return Receiver(name, self.known[name]) if name in self.known else None

    async def add(self, *names: str) -> None:
        def work(tx: Tx) -> None:
            for number, name in enumerate(names):
                self.deliveries.add(tx, "o/p", name, f"wh_{number}", EVENT)

        await self.db.run(work)
        self.jobs.wake()

    async def idle(self) -> None:
        while self.jobs._pump is not None and not self.jobs._pump.done():
            await self.clock.sleep(1.0)


@pytest.fixture
def sql() -> Iterator[Sql]:
    made = Sql()
    yield made
    made.close()


def run(main: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main)


def test_retries_back_off_from_5_seconds_to_three_days_whenever_they_are_looked_at() -> None:
    tries, now = [], 0.0
    while (at := next_try(0.0, now)) is not None:
        assert at > now
        tries.append(at)
        now = at
    assert tries == [5.0 * 2**n for n in range(16)] + [RETRIED_S]
    assert next_try(0.0, 7.0) == 10.0 and next_try(0.0, 11.0) == 20.0 and next_try(100.0, 104.9) == 105.0
    assert next_try(0.0, RETRIED_S) is None


def test_it_is_tried_until_it_arrives_each_time_with_the_same_id(sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql, {"a": [500, None, 302, 404, 200]})
        await world.add("a")
        await world.idle()
        assert [at for at, *_ in world.post.sent] == [0.0, 5.0, 10.0, 20.0, 40.0]
        assert {headers["webhook-id"] for _, _, headers, _ in world.post.sent} == {"wh_0"}
        assert len({body for *_, body in world.post.sent}) == 1

    run(scenario())


@pytest.mark.parametrize(("answer", "tries"), [(200, 1), (204, 1), (299, 1), (410, 1), (500, 18), (None, 18)])
def test_what_has_arrived_or_is_gone_is_not_sent_again_and_the_rest_not_for_ever(
    sql: Sql, answer: int | None, tries: int
) -> None:
    async def scenario() -> None:
        world = World(sql, {"a": [answer]})
        await world.add("a")
        await world.idle()
        assert len(world.post.sent) == tries

    run(scenario())


def test_an_endpoint_that_is_no_more_is_sent_nothing(sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql, {"a": [500]})
        await world.add("a")
        await world.clock.sleep(7.0)
        world.known.clear()
        await world.idle()
        assert [at for at, *_ in world.post.sent] == [0.0, 5.0]

    run(scenario())


def test_one_that_hangs_has_a_few_at_once_and_holds_up_nobody(sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql, {"slow": [None], "good": [200]})
        good = asyncio.Event()

        async def send(url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
            if url == "slow":
                world.post.here["slow"] = world.post.here.get("slow", 0) + 1
                await asyncio.Event().wait()
            world.post.sent.append((0.0, url, headers, body))
            if len(world.post.sent) == 4:
                good.set()
            return Outcome(200)

        world.post.send = send
        await world.add(*["slow"] * 40, *["good"] * 4)
        await asyncio.wait_for(good.wait(), 60)
        assert world.post.here["slow"] == 4
        await world.jobs.stop()

    asyncio.run(scenario())


def test_hundreds_reach_a_good_receiver_each_once(sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql, {"a": [200]}, takes_s=0.01)
        await world.add(*["a"] * 300)
        await world.idle()
        ids = [headers["webhook-id"] for _, _, headers, _ in world.post.sent]
        assert sorted(ids) == sorted(f"wh_{number}" for number in range(300))
        assert world.deliveries._gates == {}

    run(scenario())


def test_of_too_many_under_way_no_more_are_kept(sql: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        monkeypatch.setattr("fakeai.services.webhooks.deliveries._MOST_UNDER_WAY", 5)
        world = World(sql, {"a": [500, 500, 500, 500, 500, 200]})
        await world.add(*["a"] * 8)
        await world.idle()
        assert len({headers["webhook-id"] for _, _, headers, _ in world.post.sent}) == 5
        await world.add("a")
        await world.idle()
        assert len(world.post.sent) == 11

    run(scenario())
