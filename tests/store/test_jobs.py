"""Jobs are done once each, in time, by whoever holds them; a worker that was taken for dead writes nothing."""

import asyncio
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from fakeai.core.chance import Ids
from fakeai.core.clock import VirtualLoop, WallClock
from fakeai.core.errors import StorageUnavailable
from fakeai.store.base import Tx
from fakeai.store.jobs import LEASE_S, Job, JobLost, Jobs, Later
from fakeai.store.objects import Collection
from fakeai.store.sql import Sql, SqlDatabase

DONE = Collection("done")


class World:
    """Some workers on one database in virtual time."""

    def __init__(self, sql: Sql, workers: int = 1) -> None:
        self.clock = WallClock(epoch=1_760_000_000.0)
        self.db = SqlDatabase(sql, self.clock)
        self.workers = [Jobs(self.db, self.clock, Ids(bytes([number]))) for number in range(workers)]
        self.jobs = self.workers[0]
        self.runs: list[tuple[str, float]] = []
        self.started = self.clock.now()

    async def add(self, *keys: str, at: float | None = None, **payload: Any) -> None:
        due = None if at is None else self.db.now() + at

        def work(tx: Tx) -> None:
            for key in keys:
                self.jobs.add(tx, "work", key, "us", payload, due)

        await self.db.run(work)
        self.jobs.wake()

    def ran(self, job: Job) -> None:
        self.runs.append((job.key, round(self.clock.now() - self.started, 1)))

    async def idle(self) -> None:
        """Until nobody has anything to do."""
        while any(worker._pump is not None and not worker._pump.done() for worker in self.workers):
            await self.clock.sleep(0.1)


@pytest.fixture
def sql() -> Iterator[Sql]:
    made = Sql()
    yield made
    made.close()


@pytest.fixture
def run() -> Iterator[Any]:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        yield runner.run


def test_each_job_is_done_once_and_the_pump_ends(run, sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql, workers=3)

        async def handler(job: Job) -> None:
            world.ran(job)
            await world.clock.sleep(1)
            assert job.owner == "us" and job.payload == {"n": 7}

        for worker in world.workers:
            worker.register("work", handler)
        names = [str(number) for number in range(30)]
        await world.add(*names, n=7)
        for worker in world.workers:
            worker.wake()
        await world.idle()
        assert sorted(key for key, _ in world.runs) == sorted(names)

    run(scenario())


def test_a_job_waits_for_its_time_and_may_ask_for_more(run, sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql)

        async def handler(job: Job) -> None:
            world.ran(job)
            if len(world.runs) < 3:
                raise Later(world.db.now() + 100)

        world.jobs.register("work", handler)
        await world.add("a", at=3_600)
        await world.idle()
        assert world.runs == [("a", 3_600.0), ("a", 3_700.0), ("a", 3_800.0)]

    run(scenario())


def test_a_waiting_job_can_be_hastened(run, sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql)

        async def handler(job: Job) -> None:
            world.ran(job)

        world.jobs.register("work", handler)
        await world.add("a", at=3_600)
        await world.clock.sleep(10)
        await world.db.run(lambda tx: world.jobs.hasten(tx, "work", "a"))
        world.jobs.wake()
        await world.idle()
        assert world.runs == [("a", 10.0)]

    run(scenario())


def test_a_job_that_fails_is_tried_five_times_and_then_told(run, sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql)
        told = []

        async def handler(job: Job) -> None:
            world.ran(job)
            raise ZeroDivisionError

        async def failed(job: Job, error: Exception) -> None:
            await world.db.run(job.guard)
            told.append((job.key, type(error)))

        world.jobs.register("work", handler, failed)
        await world.add("a")
        await world.idle()
        times = [time for _, time in world.runs]
        assert len(times) == 5
        assert [round(after - before) for before, after in pairwise(times)] == [1, 2, 4, 8]
        assert told == [("a", ZeroDivisionError)]

    run(scenario())


def test_a_storage_that_is_away_is_no_fault_of_the_jobs(run, sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql)

        async def handler(job: Job) -> None:
            world.ran(job)
            if len(world.runs) < 9:
                raise StorageUnavailable

        world.jobs.register("work", handler)
        await world.add("a")
        await world.idle()
        assert len(world.runs) == 9

    run(scenario())


def test_a_long_job_keeps_its_lease(run, sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql, workers=2)

        async def handler(job: Job) -> None:
            world.ran(job)
            await world.clock.sleep(10 * LEASE_S)
            await world.db.run(job.guard)

        for worker in world.workers:
            worker.register("work", handler)
        await world.add("a")
        world.workers[1].wake()
        await world.idle()
        assert world.runs == [("a", 0.0)]

    run(scenario())


def test_a_worker_that_was_taken_for_dead_writes_nothing(run, sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql, workers=2)
        first, second = world.workers
        jobs: list[Job] = []

        async def handler(job: Job) -> None:
            world.ran(job)
            jobs.append(job)
            await world.clock.sleep(1_000 if len(jobs) == 1 else 1)
            await world.db.run(lambda tx: (job.guard(tx), DONE.add(tx, "us", {"id": str(job.fence)})))

        for worker in world.workers:
            worker.register("work", handler)
        first._beat = _stopped  # type: ignore[method-assign]  # as a process that was stopped does not
        await world.add("a")
        await world.clock.sleep(1)
        second.wake()
        await world.clock.sleep(3 * LEASE_S)
        assert [key for key, _ in world.runs] == ["a", "a"]
        assert LEASE_S <= world.runs[1][1] <= LEASE_S + 1
        with pytest.raises(JobLost):
            await world.db.run(jobs[0].guard)
        await world.clock.sleep(2_000)
        found = await world.db.read(lambda tx: [item["id"] for item in DONE.every(tx, "us")])
        assert found == [str(jobs[1].fence)]

    async def _stopped(job: Job, work: Any) -> None:
        return None

    run(scenario())


def test_whoever_stops_gives_its_jobs_back(run, sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql, workers=2)

        async def handler(job: Job) -> None:
            world.ran(job)
            await world.clock.sleep(100)

        for worker in world.workers:
            worker.register("work", handler)
        await world.add("a")
        await world.clock.sleep(1)
        await world.workers[0].stop()
        world.workers[1].poll()
        await world.clock.sleep(200)
        assert [key for key, _ in world.runs] == ["a", "a"]
        assert world.runs[1][1] <= 2.0
        await world.workers[1].stop()

    run(scenario())


def test_a_job_that_is_there_is_not_added_again(run, sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql)

        async def handler(job: Job) -> None:
            world.ran(job)

        world.jobs.register("work", handler)
        await world.add("a", at=10)
        await world.add("a", at=20)
        await world.idle()
        assert world.runs == [("a", 10.0)]

    run(scenario())


def test_jobs_that_are_kept_apart_take_nobody_elses_place_and_nobody_theirs(run, sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql)
        gate, most = asyncio.Event(), {"work": 0, "far": 0}
        busy = {"work": 0, "far": 0}

        async def handler(job: Job) -> None:
            busy[job.kind] += 1
            most[job.kind] = max(most[job.kind], busy[job.kind])
            if job.kind == "far":
                await gate.wait()
            busy[job.kind] -= 1
            world.ran(job)

        world.jobs.register("work", handler)
        world.jobs.register("far", handler, apart=3)

        def work(tx: Tx) -> None:
            for number in range(20):
                world.jobs.add(tx, "far", f"far {number}", "us")

        await world.db.run(work)
        await world.add(*map(str, range(20)))
        await world.clock.sleep(5)
        assert sorted(int(key) for key, _ in world.runs) == list(range(20)), "those that hang hold up nobody"
        gate.set()
        await world.idle()
        assert len(world.runs) == 40 and most["far"] == 3

    run(scenario())


def test_a_job_that_is_taken_begins_at_once_beside_all_others(run, sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql)

        async def handler(job: Job) -> None:
            world.ran(job)
            await world.clock.sleep(5)

        world.jobs.register("work", handler)
        await world.add(*[str(number) for number in range(20)])
        await world.clock.sleep(1)
        job = await world.db.run(lambda tx: world.jobs.take(tx, "work", "mine", "us"))
        world.jobs.begin(job)
        await world.clock.sleep(1)
        assert ("mine", 1.0) in world.runs and len(world.runs) == 9
        await world.idle()
        assert len(world.runs) == 21

    run(scenario())


def test_a_job_that_is_taken_is_lost_to_whoever_was_at_it(run, sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql, workers=2)
        written: list[str] = []

        async def slow(job: Job) -> None:
            await world.clock.sleep(2)
            await world.db.run(job.guard)
            written.append("slow")

        async def quick(job: Job) -> None:
            await world.db.run(job.guard)
            written.append("quick")

        world.workers[0].register("work", slow)
        world.workers[1].register("work", quick)
        await world.add("it")
        await world.clock.sleep(1)
        other = world.workers[1]
        other.begin(await world.db.run(lambda tx: other.take(tx, "work", "it", "us")))
        await world.idle()
        assert written == ["quick"]

    run(scenario())


def test_a_job_that_is_taken_and_never_begun_is_done_by_others_when_its_lease_is_over(run, sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql, workers=2)

        async def handler(job: Job) -> None:
            world.ran(job)

        for worker in world.workers:
            worker.register("work", handler)
        await world.db.run(lambda tx: world.jobs.take(tx, "work", "it", "us"))
        world.workers[1].wake()
        await world.idle()
        assert [key for key, _ in world.runs] == ["it"]

    run(scenario())


def test_a_job_that_waits_can_be_taken(run, sql: Sql) -> None:
    async def scenario() -> None:
        world = World(sql)
        answers = iter([Later(world.db.now() + 600), None])

        async def handler(job: Job) -> None:
            world.ran(job)
            answer = next(answers)
            if answer is not None:
                raise answer

        world.jobs.register("work", handler)
        await world.add("it")
        await world.clock.sleep(5)
        world.jobs.begin(await world.db.run(lambda tx: world.jobs.take(tx, "work", "it", "us")))
        await world.idle()
        assert world.runs == [("it", 0.0), ("it", 5.0)]

    run(scenario())
