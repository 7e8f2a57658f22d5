"""Jobs where ids that name nothing are as good as any; the rest is in the contract with the SDK."""

from typing import Any

import pytest

from fakeai.core.chance import Ids
from fakeai.core.clock import WallClock
from fakeai.services.directory import ModelDirectory
from fakeai.services.files import Files
from fakeai.services.fine_tuning import FineTuning
from fakeai.services.webhooks.endpoints import Webhooks
from fakeai.store.jobs import Jobs
from fakeai.store.local import MemoryBlobs
from fakeai.store.sql import SqlDatabase

from .conftest import MakeCall


@pytest.fixture
def ask(
    db: SqlDatabase, ids: Ids, clock: WallClock, directory: ModelDirectory, webhooks: Webhooks, make_call: MakeCall
) -> Any:
    files = Files(db, MemoryBlobs().at(clock), ids, None, lenient=True, synthesize=True)
    jobs = Jobs(db, clock, ids)
    service = FineTuning(db, ids, jobs, files, webhooks, directory, 1.0, 1.0, lenient=True, synthesize=True)

    async def ask(handler: str, body: Any = None, **more: Any) -> Any:
        return (await getattr(service, handler)(make_call(service, handler, body, **more))).body

    return ask


async def test_a_job_of_a_file_that_is_made_up_is_not_kept(ask: Any) -> None:
    job = await ask("create", {"model": "gpt-4o-mini", "training_file": "file-1"})
    assert (job["status"], job["training_file"]) == ("validating_files", "file-1")
    assert (await ask("list"))["data"] == []


@pytest.mark.parametrize(
    ("handler", "status"),
    [("retrieve", "validating_files"), ("cancel", "cancelled"), ("pause", "queued"), ("resume", "queued")],
)
async def test_jobs_are_made_up(ask: Any, handler: str, status: str) -> None:
    job = await ask(handler, params={"fine_tuning_job_id": "ftjob-1"})
    assert (job["id"], job["status"]) == ("ftjob-1", status)


@pytest.mark.parametrize("handler", ["events", "checkpoints"])
async def test_nothing_is_below_a_job_that_is_made_up(ask: Any, handler: str) -> None:
    assert (await ask(handler, params={"fine_tuning_job_id": "ftjob-1"}))["data"] == []


async def test_what_both_places_say_of_hyperparameters_is_put_together(ask: Any) -> None:
    method = {"type": "dpo", "dpo": {"hyperparameters": {"n_epochs": 2, "beta": 0.1}}}
    body = {
        "model": "gpt-4o",
        "training_file": "file-1",
        "method": method,
        "hyperparameters": {"n_epochs": 9, "batch_size": 4},
    }
    job = await ask("create", body)
    assert job["method"]["dpo"]["hyperparameters"] == {
        "batch_size": 4,
        "learning_rate_multiplier": "auto",
        "n_epochs": 2,
        "beta": 0.1,
    }
    assert job["hyperparameters"] == {"batch_size": 4, "learning_rate_multiplier": "auto", "n_epochs": 2}
