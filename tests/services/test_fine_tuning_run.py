"""The work on a job: as far as it is due, each step once, whoever carries it on."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.services.directory import ModelDirectory
from fakeai.services.files import Files
from fakeai.services.fine_tuning_models import TunedModels
from fakeai.services.fine_tuning_rows import JobRows
from fakeai.services.fine_tuning_run import Tuner
from fakeai.store.jobs import Job, JobLost, Later
from fakeai.store.local import MemoryBlobs
from fakeai.store.sql import Sql, SqlDatabase

from .conftest import make_webhooks

OWNER = "org-acme/mine"


class Hand(WallClock):
    """A clock that is set by hand."""

    def __init__(self) -> None:
        super().__init__(epoch=1_760_000_000.0)
        self.at = 1_760_000_000.0

    def unix(self) -> float:
        return self.at


class Held(Job):
    """A job that is ours, until it is said not to be."""

    def __init__(self, round: int = 0) -> None:
        self.owner = OWNER
        self.payload = {"job": "ftjob-1", "round": round}
        self.lost = False

    def guard(self, tx: Any) -> None:
        if self.lost:
            raise JobLost("ftjob-1")


class Bench:
    """A Tuner with all it needs, and one job."""

    def __init__(self, db: SqlDatabase, clock: Hand, directory: ModelDirectory) -> None:
        self.db, self.clock = db, clock
        self.files = Files(db, MemoryBlobs().at(clock), Ids(b"files"), None, lenient=False, synthesize=False)
        self.rows = JobRows(db, make_webhooks(db, clock), synthesize=False)
        self.models = TunedModels(db, directory)
        self.tuner = Tuner(db, self.files, self.rows, self.models, directory, 10.0, 1.0)

    async def begin(self, examples: int = 10, **more: Any) -> None:
        said = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]
        data = f"{json.dumps({'messages': said})}\n".encode() * examples
        file = await self.files.create(OWNER, "x.jsonl", "fine-tune", data)
        job = {
            "id": "ftjob-1",
            "model": "gpt-4o-mini-2024-07-18",
            "organization_id": "org-acme",
            "user_provided_suffix": None,
            "status": "validating_files",
            "training_file": file["id"],
            "validation_file": None,
            "hyperparameters": {"n_epochs": "auto"},
            "method": {"type": "supervised", "supervised": {}},
            "_owner": OWNER,
            "_asked": {"n_epochs": 2, "batch_size": 1},
            "_events": 0,
            "_step": 0,
            "_round": 0,
            "_due": self.clock.at,
            **more,
        }
        await self.db.run(lambda tx: self.rows.jobs.rows.add(tx, OWNER, job))

    async def job(self) -> Any:
        return await self.db.read(lambda tx: self.rows.jobs.rows.get(tx, OWNER, "ftjob-1"))

    async def steps(self) -> list[int]:
        events = await self.db.read(lambda tx: list(self.rows.events.rows.every(tx, OWNER, parent="ftjob-1")))
        assert len({event["id"] for event in events}) == len(events)
        return [event["data"]["step"] for event in events if event["type"] == "metrics"]

    async def work(self, job: Job | None = None) -> float | None:
        """Until there is nothing to do for now: when there is again, in seconds from now; None if never."""
        try:
            await self.tuner.work(job or Held())
        except Later as later:
            return later.at - self.clock.at
        return None


@pytest.fixture
def bench(directory: ModelDirectory) -> Iterator[Bench]:
    sql, clock = Sql(), Hand()
    yield Bench(SqlDatabase(sql, clock), clock, directory)
    sql.close()


async def test_steps_are_taken_when_they_are_due(bench: Bench) -> None:
    await bench.begin()
    assert await bench.work() == 1.0, "in the queue"
    bench.clock.at += 1.0
    assert await bench.work() == 1.0
    assert ((await bench.job())["status"], await bench.steps()) == ("running", [])
    bench.clock.at += 3.2
    assert await bench.work() == pytest.approx(0.8)
    assert await bench.steps() == [1, 2, 3]
    assert await bench.work() == pytest.approx(0.8)
    assert await bench.steps() == [1, 2, 3]
    bench.clock.at += 100.0
    assert await bench.work() is None
    job = await bench.job()
    assert (job["status"], await bench.steps()) == ("succeeded", list(range(1, 21)))
    assert await bench.work() is None
    assert await bench.steps() == list(range(1, 21))


async def test_what_was_due_while_nobody_worked_has_the_time_it_was_due_at(bench: Bench) -> None:
    await bench.begin(examples=400)
    await bench.work()
    bench.clock.at += 1.0
    await bench.work()
    began = bench.clock.at
    bench.clock.at += 1_000.0
    assert await bench.work() is None
    events = await bench.db.read(lambda tx: list(bench.rows.events.rows.every(tx, OWNER, parent="ftjob-1")))
    steps = [event for event in events if event["type"] == "metrics"]
    assert [event["data"]["step"] for event in steps] == list(range(1, 801))
    assert (steps[0]["created_at"], steps[-1]["created_at"]) == (int(began), int(began) + 20)


async def test_nothing_is_written_for_a_job_that_is_somebody_elses(bench: Bench) -> None:
    await bench.begin()
    await bench.work()
    bench.clock.at += 6.0
    await bench.work()
    before = await bench.job()
    bench.clock.at += 6.0
    lost = Held()
    lost.lost = True
    with pytest.raises(JobLost):
        await bench.work(lost)
    assert await bench.job() == before


@pytest.mark.parametrize("state", [{"status": "paused"}, {"status": "cancelled"}, {"_round": 1}])
async def test_what_is_not_to_be_worked_on_is_left(bench: Bench, state: dict[str, Any]) -> None:
    await bench.begin(**state)
    before = await bench.job()
    bench.clock.at += 6.0
    assert await bench.work() is None
    assert await bench.job() == before


async def test_no_job_is_left_over_that_cannot_be_worked_on(bench: Bench) -> None:
    await bench.begin()
    await bench.tuner.broken(Held(), RuntimeError("secret"))
    job = await bench.job()
    assert (job["status"], job["error"]["code"]) == ("failed", "server_error")
    assert "secret" not in job["error"]["message"]


async def test_a_job_cancelled_while_its_files_are_read_stays_so(bench: Bench) -> None:
    await bench.begin()
    read = bench.files.content

    async def cancelled_meanwhile(file: Any) -> bytes:
        def cancel(tx: Any) -> None:
            bench.rows.jobs.rows.change(tx, OWNER, "ftjob-1", lambda job: {**job, "status": "cancelled"})

        await bench.db.run(cancel)
        return await read(file)

    bench.files.content = cancelled_meanwhile  # type: ignore[method-assign]
    assert await bench.work() is None
    assert (await bench.job())["status"] == "cancelled"
