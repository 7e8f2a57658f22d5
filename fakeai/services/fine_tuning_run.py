"""Fine-tuning in the background: files are read, a queue is waited in, steps are taken, and a model is made.

A job's row says how far it is, and is changed in the transaction that tells of it; the time of each step follows from when
the job began. So whoever carries it on after a crash goes on with the next step, at the time it was due.
"""

from collections.abc import Callable
from typing import Any

from fakeai.core.clock import off_loop
from fakeai.core.errors import ApiError
from fakeai.services.directory import ModelDirectory
from fakeai.services.files import Files
from fakeai.services.fine_tuning_data import Read, Unusable, read
from fakeai.services.fine_tuning_models import TunedModels
from fakeai.services.fine_tuning_plan import Plan, model_name, settle, steps_of_epoch
from fakeai.services.fine_tuning_rows import OVER, JobRows, plan_of
from fakeai.store.base import Database, Object, Tx
from fakeai.store.jobs import Job, Later
from fakeai.wire.fine_tuning_reply import JobError

_AT_ONCE = 200
"""Steps that are told of in one transaction."""
_LEAST_PAUSE_S = 0.05


class Tuner:
    """Works on jobs. An epoch takes `epoch_s` seconds; checking files, and waiting in the queue, `queue_s` each."""

    def __init__(
        self,
        db: Database,
        files: Files,
        rows: JobRows,
        models: TunedModels,
        directory: ModelDirectory,
        epoch_s: float,
        queue_s: float,
    ) -> None:
        self._db = db
        self._files = files
        self._rows = rows
        self._models = models
        self._directory = directory
        self._epoch_s = epoch_s
        self._queue_s = queue_s

    async def work(self, job: Job) -> None:
        """Carry a job on from whatever it has come to. Raises Later."""
        while True:
            tuning = await self._db.read(lambda tx: self._rows.jobs.rows.get(tx, job.owner, job.payload["job"]))
            if tuning is None or not _ours(job, tuning):
                return
            if self._db.now() < tuning["_due"]:
                raise Later(tuning["_due"])
            if tuning["status"] == "validating_files":
                await self._read_files(job, tuning)
            elif tuning["status"] == "queued":
                await self._change(job, self._begin)
            elif tuning["_step"] < plan_of(tuning).steps:
                await self._change(job, self._step)
            else:
                await self._end(job, tuning)

    async def broken(self, job: Job, error: Exception) -> None:
        """The job cannot be worked on."""
        told = (
            f"The job failed: {error.message}"
            if isinstance(error, ApiError)
            else "The job failed due to an internal error."
        )
        await self._fail(job, {"code": "server_error", "message": told, "param": None})

    async def _read_files(self, job: Job, tuning: Object) -> None:
        try:
            training = await self._read(job, tuning, "training_file")
            if tuning["validation_file"] is not None:
                await self._read(job, tuning, "validation_file")
        except Unusable as unusable:
            await self._fail(job, unusable.error)
            return
        method = tuning["method"]["type"]
        values = settle(tuning["_asked"], method, training.examples)
        per_epoch = steps_of_epoch(training.examples, values["batch_size"])

        def change(tx: Tx, found: Object) -> Object:
            self._models.learn(tx, job.owner, found["id"], training.lessons)
            own = {**found["method"][method], "hyperparameters": values}
            plain = {name: values[name] for name in found["hyperparameters"]}
            now = self._db.now()
            found = {
                **found,
                "status": "queued",
                "hyperparameters": plain,
                "method": {**found["method"], method: own},
                "_epochs": values["n_epochs"],
                "_per_epoch": per_epoch,
                "_tokens": training.tokens * values["n_epochs"],
                "_due": now + self._queue_s,
            }
            return self._rows.tell(tx, job.owner, found, "Files validated, moving job to queued state", now)

        await self._change(job, change)

    async def _read(self, job: Job, tuning: Object, param: str) -> Read:
        file = await self._files.find(job.owner, tuning[param])
        if file is None:
            told = f"The file '{tuning[param]}' was deleted."
            raise Unusable({"code": "file_not_found", "message": told, "param": param})
        data = await self._files.content(file)
        card = self._directory.catalog.accept(tuning["model"])
        method = tuning["method"]["type"]
        grader = tuning["method"].get("reinforcement", {}).get("grader")
        more = (1,) if param == "validation_file" else ()
        return await off_loop(read, data, card, method, param, grader, *more)

    def _begin(self, tx: Tx, found: Object) -> Object:
        plan, now = plan_of(found), self._db.now()
        first = "_from" not in found
        left_s = self._epoch_s * (plan.steps - found["_step"]) / plan.per_epoch
        found = {**found, "status": "running", "_from": now, "_from_step": found["_step"], "_due": now}
        found["estimated_finish"] = int(now + left_s) + 1
        return self._rows.tell(tx, found["_owner"], found, "Fine-tuning job started", now) if first else found

    def _step(self, tx: Tx, found: Object) -> Object:
        """Tell of all steps that are over by now, and say when to look again."""
        plan, now = plan_of(found), self._db.now()
        step_s = self._epoch_s / plan.per_epoch
        first = found["_step"] + 1
        last = found["_from_step"] + (int((now - found["_from"]) / step_s + 1e-6))
        last = min(last, plan.steps, first + _AT_ONCE - 1)
        for step in range(first, last + 1):
            at = found["_from"] + (step - found["_from_step"]) * step_s
            found = self._tell_step(tx, found, plan, step, at)
        done = max(last, found["_step"])
        due = found["_from"] + (done + 1 - found["_from_step"]) * step_s
        due = now if due <= now or done == plan.steps else max(due, now + min(_LEAST_PAUSE_S, self._epoch_s))
        return {**found, "_step": done, "_due": due}

    def _tell_step(self, tx: Tx, found: Object, plan: Plan, step: int, at: float) -> Object:
        owner = found["_owner"]
        data: dict[str, Any] = {"step": step, "total_steps": plan.steps, **plan.metrics(step)}
        found = self._rows.tell(tx, owner, found, plan.message(step), at, data=data)
        return self._rows.keep(tx, owner, found, plan, step, _name(found, step), at) if plan.kept(step) else found

    async def _end(self, job: Job, tuning: Object) -> None:
        """Make the model and the result file, once."""
        plan = plan_of(tuning)
        made = await self._files.prepare(
            "step_metrics.csv", "fine-tune-results", await off_loop(plan.results), media_type="text/csv"
        )

        def change(tx: Tx, found: Object) -> Object:
            now, name = self._db.now(), _name(found)
            self._files.add(tx, job.owner, made)
            kept = [_name(found, step) for step in range(1, plan.steps + 1) if plan.kept(step)]
            self._models.add(tx, job.owner, [name, *kept], found["model"], found["id"], int(now))
            for told in (f"New fine-tuned model created: {name}", "The job has successfully completed"):
                found = self._rows.tell(tx, job.owner, found, told, now)
            done = {"fine_tuned_model": name, "result_files": [made["id"]], "trained_tokens": found["_tokens"]}
            return {**self._rows.end(tx, found, "succeeded", now), **done}

        await self._change(job, change)

    async def _fail(self, job: Job, error: JobError) -> None:
        def change(tx: Tx, found: Object) -> Object:
            now = self._db.now()
            told = self._rows.tell(tx, job.owner, found, error["message"], now, error=True)
            return self._rows.end(tx, told, "failed", now, error)

        await self._change(job, change)

    async def _change(self, job: Job, change: Callable[[Tx, Object], Object]) -> None:
        """The job as `change` makes it, unless it is over, paused, or somebody else's."""

        def work(tx: Tx) -> None:
            job.guard(tx)
            rows = self._rows.jobs.rows
            rows.change(
                tx, job.owner, job.payload["job"], lambda found: change(tx, found) if _ours(job, found) else found
            )

        await self._db.run(work)


def _ours(job: Job, tuning: Object) -> bool:
    """Whether the job is to be worked on, and by this round of work: each time it is resumed there is a new one."""
    return tuning["status"] not in OVER and tuning["status"] != "paused" and tuning["_round"] == job.payload["round"]


def _name(tuning: Object, step: int | None = None) -> str:
    return model_name(tuning["model"], tuning["organization_id"], tuning["user_provided_suffix"], tuning["id"], step)
