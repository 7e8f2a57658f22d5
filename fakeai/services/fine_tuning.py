"""Fine-tuning jobs: created, listed, paused, resumed, cancelled; their events and checkpoints. The work is `Tuner`'s."""

import re
from collections.abc import Callable
from typing import Any

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Chance, Ids
from fakeai.core.errors import ApiError, BadRequest
from fakeai.services.base import lenient
from fakeai.services.directory import ModelDirectory
from fakeai.services.files import Files
from fakeai.services.fine_tuning_models import MARK, TunedModels
from fakeai.services.fine_tuning_plan import SNAPSHOTS, TUNABLE
from fakeai.services.fine_tuning_rows import KIND, OVER, JobRows
from fakeai.services.fine_tuning_run import Tuner
from fakeai.services.resource import SYNTHESIZED, listed
from fakeai.services.webhooks.endpoints import Webhooks
from fakeai.store.base import Database, Object, Tx
from fakeai.store.jobs import Jobs
from fakeai.store.objects import shown
from fakeai.wire import wording
from fakeai.wire.fine_tuning import Integration, JobCreate
from fakeai.wire.fine_tuning_reply import Job, JobMethod
from fakeai.wire.listing import ListQuery

_ALL = "/fine_tuning/jobs"
_ONE = "/fine_tuning/jobs/{fine_tuning_job_id}"
_TAG = "Fine-tuning"
_SUFFIX = re.compile(r"[A-Za-z0-9._-]+")
_PLAIN = ("batch_size", "learning_rate_multiplier", "n_epochs")


class FineTuning:
    """`/fine_tuning/jobs`. An epoch takes `tuning_epoch_s` seconds; checking files, and the queue, `tuning_queue_s` each."""

    ENDPOINTS = (
        Endpoint("POST", _ALL, "create", "Begin a fine-tuning job", body=JobCreate, tag=_TAG),
        Endpoint("GET", _ALL, "list", "List fine-tuning jobs", tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Get a fine-tuning job", tag=_TAG),
        Endpoint("POST", _ONE + "/cancel", "cancel", "Cancel a fine-tuning job", tag=_TAG),
        Endpoint("POST", _ONE + "/pause", "pause", "Pause a fine-tuning job", tag=_TAG),
        Endpoint("POST", _ONE + "/resume", "resume", "Resume a fine-tuning job", tag=_TAG),
        Endpoint("GET", _ONE + "/events", "events", "List a fine-tuning job's events", tag=_TAG),
        Endpoint("GET", _ONE + "/checkpoints", "checkpoints", "List a fine-tuning job's checkpoints", tag=_TAG),
    )

    def __init__(
        self,
        db: Database,
        ids: Ids,
        jobs: Jobs,
        files: Files,
        webhooks: Webhooks,
        directory: ModelDirectory,
        tuning_epoch_s: float,
        tuning_queue_s: float,
        *,
        lenient: bool,
        synthesize: bool,
    ) -> None:
        self._db = db
        self._ids = ids
        self._jobs = jobs
        self._files = files
        self._lenient = lenient
        self._queue_s = tuning_queue_s
        self._models = TunedModels(db, directory)
        self._rows = JobRows(db, webhooks, synthesize=synthesize)
        tuner = Tuner(db, files, self._rows, self._models, directory, tuning_epoch_s, tuning_queue_s)
        jobs.register(KIND, tuner.work, tuner.broken)

    async def create(self, call: Call) -> Reply:
        """A job whose files are about to be validated. Raises BadRequest for what no job can be of, ModelNotFound."""
        body: JobCreate = call.body
        easy = lenient(call, self._lenient)
        method = _method(body)
        model = await self._model(call, body.model, method, easy)
        if body.suffix is not None and not _SUFFIX.fullmatch(body.suffix) and not easy:
            told = "Invalid 'suffix': use letters, digits, dots, dashes and underscores only."
            raise BadRequest(told, param="suffix", code="invalid_value")
        unknown = False
        for param in ("training_file", "validation_file"):
            unknown |= SYNTHESIZED in await self._file(call, getattr(body, param), param, easy)
        job = self._new(call, body, model, method)
        if unknown:
            return Reply(job)
        owner = call.principal.owner

        def add(tx: Tx) -> Object:
            asked = method[method["type"]]["hyperparameters"]
            state = {"_owner": owner, "_asked": asked, "_events": 0, "_step": 0, "_round": 0}
            made = {**job, **state, "_due": self._db.now() + self._queue_s}
            self._rows.jobs.rows.add(tx, owner, made)
            for told in (f"Created fine-tuning job: {job['id']}", _validating(body)):
                made = self._rows.tell(tx, owner, made, told, job["created_at"])
            self._rows.jobs.rows.replace(tx, owner, made)
            self._work(tx, made)
            return made

        made = await self._db.run(add)
        self._jobs.wake()
        return Reply(shown(made))

    async def list(self, call: Call) -> Reply:
        """A page of jobs, the newest first, of those whose metadata are as asked for. Raises BadRequest for a bad query."""
        query = ListQuery.from_query(call.query)
        wanted = dict(query.metadata)
        bare = query.text("metadata") == "null"

        def keep(job: Object) -> bool:
            has = job["metadata"] or {}
            return not (bare and has) and all(has.get(name) == value for name, value in wanted.items())

        return Reply(await self._rows.jobs.page(call, query, keep=keep if wanted or bare else None))

    async def retrieve(self, call: Call) -> Reply:
        """A job as it is now; NotFound if there is none."""
        return Reply(shown(await self._get(call)))

    async def cancel(self, call: Call) -> Reply:
        """The job, cancelled. Raises NotFound, BadRequest if it is over."""

        def change(tx: Tx, job: Object) -> Object:
            if job["status"] in OVER:
                raise _not_now(job, "cancelled")
            now = self._db.now()
            told = self._rows.tell(tx, job["_owner"], job, "Fine-tuning job cancelled", now)
            return self._rows.end(tx, told, "cancelled", now)

        reply = await self._change(call, change, "cancelled")
        self._jobs.wake()
        return reply

    async def pause(self, call: Call) -> Reply:
        """The job, which goes on when it is resumed. Raises NotFound, BadRequest if it is over, or paused already."""

        def change(tx: Tx, job: Object) -> Object:
            if job["status"] in OVER or job["status"] == "paused":
                raise _not_now(job, "paused")
            told = self._rows.tell(tx, job["_owner"], job, "Fine-tuning job paused", self._db.now())
            return {**told, "status": "paused", "_paused_in": job["status"], "estimated_finish": None}

        return await self._change(call, change, "queued")

    async def resume(self, call: Call) -> Reply:
        """The job, carried on. Raises NotFound, BadRequest if it is not paused."""

        def change(tx: Tx, job: Object) -> Object:
            if job["status"] != "paused":
                raise _not_now(job, "resumed")
            told = self._rows.tell(tx, job["_owner"], job, "Fine-tuning job resumed", self._db.now())
            status = "queued" if job["_paused_in"] == "running" else job["_paused_in"]
            resumed = {**told, "status": status, "_round": job["_round"] + 1, "_due": self._db.now()}
            self._work(tx, resumed)
            return resumed

        reply = await self._change(call, change, "queued")
        self._jobs.wake()
        return reply

    async def events(self, call: Call) -> Reply:
        """A page of a job's events, the newest first. Raises NotFound, BadRequest for a bad query."""
        return await self._below(call, self._rows.events, 20)

    async def checkpoints(self, call: Call) -> Reply:
        """A page of a job's checkpoints, the newest first. Raises NotFound, BadRequest for a bad query."""
        return await self._below(call, self._rows.checkpoints, 10)

    async def _get(self, call: Call) -> Object:
        return await self._rows.jobs.get(call, call.params["fine_tuning_job_id"])

    async def _below(self, call: Call, rows: Any, default: int) -> Reply:
        """A page of what is below a job. Any: a Resource of either kind."""
        query = ListQuery.from_query(call.query, default=default)
        job = await self._get(call)
        if SYNTHESIZED in job:
            return Reply(listed([], False))
        return Reply(await rows.page(call, query, parent=job["id"]))

    async def _change(self, call: Call, change: Callable[[Tx, Object], Object], status: str) -> Reply:
        """The job as `change` makes it and tells of it; one that is made up has that status."""
        owner, name = call.principal.owner, call.params["fine_tuning_job_id"]

        def work(tx: Tx) -> Object | None:
            return self._rows.jobs.rows.change(tx, owner, name, lambda job: change(tx, job))

        found = await self._db.run(work)
        return Reply(
            {**shown(self._rows.jobs.synthesized(call, name)), "status": status} if found is None else shown(found)
        )

    async def _model(self, call: Call, asked: str, method: JobMethod, easy: bool) -> str:
        """The model to tune: a snapshot, or one that was tuned before."""
        base = SNAPSHOTS.get(asked, asked)
        if asked.startswith(MARK):
            known = await self._models.get(call.principal, asked)
            base = asked.split(":")[1] if known is not None else asked
        methods = TUNABLE.get(base)
        if easy:
            return asked if asked.startswith(MARK) else base
        if methods is None:
            told = f"Model {asked[:256]} is not available for fine-tuning or does not exist."
            raise BadRequest(told, param="model", code="model_not_available")
        if method["type"] not in methods:
            told = f"The method '{method['type']}' is not available for the model {base}. Available are: {', '.join(methods)}."
            raise BadRequest(told, param="method", code="invalid_value")
        return asked if asked.startswith(MARK) else base

    async def _file(self, call: Call, id: str | None, param: str, easy: bool) -> Object:
        """The caller's file of the purpose that it needs; nothing for None."""
        if id is None:
            return {}
        try:
            file = await self._files.get(call, id)
        except ApiError as error:
            if error.status != 404:
                raise
            told = f"invalid {param}: {id[:200]}"
            raise BadRequest(told, param=param, code=f"invalid_{param}") from None
        if file["purpose"] != "fine-tune" and not easy:
            told = f"The file '{file['id']}' has the purpose '{file['purpose']}'; fine-tuning needs one of the purpose 'fine-tune'."
            raise BadRequest(told, param=param, code="invalid_file_purpose")
        return file

    def _new(self, call: Call, body: JobCreate, model: str, method: JobMethod) -> Job:
        name = self._ids.make("ftjob-")
        return {
            "id": name,
            "object": "fine_tuning.job",
            "model": model,
            "created_at": int(self._db.now()),
            "finished_at": None,
            "fine_tuned_model": None,
            "organization_id": call.principal.organization,
            "result_files": [],
            "status": "validating_files",
            "validation_file": body.validation_file,
            "training_file": body.training_file,
            "hyperparameters": {name: method[method["type"]]["hyperparameters"][name] for name in _PLAIN},  # type: ignore[typeddict-item]  # its keys
            "trained_tokens": None,
            "error": None,
            "user_provided_suffix": body.suffix,
            "seed": Chance(name).below(2**31) if body.seed is None else body.seed,
            "estimated_finish": None,
            "integrations": [_integration(one) for one in body.integrations or ()],
            "method": method,
            "metadata": body.metadata,
        }

    def _work(self, tx: Tx, job: Object) -> None:
        """Have it worked on once this transaction is committed: a round of its own, whatever became of the one before."""
        payload = {"job": job["id"], "round": job["_round"]}
        self._jobs.add(tx, KIND, f"{job['id']} {job['_round']}", job["_owner"], payload, job["_due"])


def _method(body: JobCreate) -> JobMethod:
    """The method with all its hyperparameters; those that nobody gave are `auto`. Raises BadRequest."""
    asked = body.method
    kind = "supervised" if asked is None else asked.type
    own: Any = None if asked is None else getattr(asked, kind)
    if kind == "reinforcement" and own is None:
        raise wording.missing("method.reinforcement")
    values = dict.fromkeys(_PLAIN, "auto") | ({"beta": "auto"} if kind == "dpo" else {})
    for given in (body.hyperparameters, None if own is None else own.hyperparameters):
        if given is not None:
            values |= given.model_dump(exclude_none=True, exclude=set(given.model_extra or ()))
    made: dict[str, Any] = {"hyperparameters": values}
    if kind == "reinforcement":
        made["grader"] = own.grader.model_dump(exclude_none=True)
    return {"type": kind, kind: made}  # type: ignore[misc]  # the key is one of the type's words


def _integration(asked: Integration) -> dict[str, Any]:
    """As it is told. Any: JSON."""
    wandb = asked.wandb
    told = {"project": wandb.project, "name": wandb.name, "entity": wandb.entity, "tags": wandb.tags or []}
    return {"type": "wandb", "wandb": told}


def _validating(body: JobCreate) -> str:
    second = "" if body.validation_file is None else f" and validation file: {body.validation_file}"
    return f"Validating training file: {body.training_file}{second}"


def _not_now(job: Object, wanted: str) -> ApiError:
    told = f"Job {job['id']} cannot be {wanted}: its status is '{job['status']}'."
    return BadRequest(told, code="invalid_job_status")
