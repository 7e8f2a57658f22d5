"""Batches: files of requests, checked, worked on in the background, and answered in files.

A batch is a row and, until it is over, a job. Whatever happens to the process, the job is carried on from the lines that
have an answer; the files are written from those, once, in the transaction that ends the batch.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from fakeai.core.call import Call, Endpoint, Principal, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import Clock, off_loop
from fakeai.core.errors import ApiError, BadRequest, Conflict, NotFound
from fakeai.services.base import lenient
from fakeai.services.batch_checks import Checked, Line, check, lines
from fakeai.services.batch_run import Answer, Caller, Dispatch, Run, unanswered
from fakeai.services.files import Files
from fakeai.services.resource import SYNTHESIZED, Resource
from fakeai.services.webhooks.endpoints import Webhooks
from fakeai.store.base import Database, Object, Tx
from fakeai.store.jobs import Job, Jobs
from fakeai.store.objects import shown
from fakeai.wire.batches import Batch, BatchCreate, BatchError
from fakeai.wire.files import ExpiresAfter
from fakeai.wire.listing import ListQuery
from fakeai.wire.webhooks.events import EventType

KIND = "batch"

_WINDOW_S = 86_400
_LOOK_S = 1.0
_CHUNK = 500
_ONE = "/batches/{batch_id}"
_EVENTS: Mapping[str, EventType] = MappingProxyType(
    {
        "completed": "batch.completed",
        "failed": "batch.failed",
        "expired": "batch.expired",
        "cancelled": "batch.cancelled",
    }
)
_OVER = frozenset(_EVENTS)
_EXPIRED = ("batch_expired", "This request could not be executed before the completion window expired.")
_CANCELLED = ("batch_cancelled", "This request was not executed, because the batch was cancelled.")


class Batches:
    """`/batches`. `find_row` knows the rows that a batch's lines may call; `batch_concurrency` lines of one batch are under way."""

    ENDPOINTS = (
        Endpoint("GET", "/batches", "list", "List batches", tag="Batches"),
        Endpoint("POST", "/batches", "create", "Begin a batch", body=BatchCreate, tag="Batches"),
        Endpoint("GET", _ONE, "retrieve", "Get a batch", tag="Batches"),
        Endpoint("POST", _ONE + "/cancel", "cancel", "Cancel a batch", tag="Batches"),
    )

    def __init__(
        self,
        db: Database,
        ids: Ids,
        clock: Clock,
        jobs: Jobs,
        files: Files,
        webhooks: Webhooks,
        dispatch: Dispatch,
        find_row: Callable[[str, str], Endpoint | None],
        batch_concurrency: int,
        deployments: Mapping[str, str],
        *,
        lenient: bool,
        synthesize: bool,
    ) -> None:
        self._db = db
        self._ids = ids
        self._clock = clock
        self._jobs = jobs
        self._files = files
        self._webhooks = webhooks
        self._dispatch = dispatch
        self._find_row = find_row
        self._at_once = batch_concurrency
        self._deployments = deployments
        self._lenient = lenient
        self._batches = Resource(db, KIND, Batch, _missing, synthesize=synthesize)
        self._runs: dict[str, Run] = {}
        """Those this process is working on, by the batch's id."""
        jobs.register(KIND, self._work, self._broken)

    # -- over HTTP

    async def list(self, call: Call) -> Reply:
        """A page of batches, the newest first. Raises BadRequest for a bad query."""
        return Reply(await self._batches.page(call, ListQuery.from_query(call.query)))

    async def create(self, call: Call) -> Reply:
        """A batch that is about to be validated. Raises NotFound for the file, BadRequest for what no batch can be of."""
        body: BatchCreate = call.body
        file = await self._files.get(call, body.input_file_id)
        easy = lenient(call, self._lenient)
        if not easy and file["purpose"] != "batch":
            told = f"The file '{file['id']}' has the purpose '{file['purpose']}'; a batch needs one of the purpose 'batch'."
            raise BadRequest(told, param="input_file_id", code="invalid_file_purpose")
        batch = _new(self._ids.make("batch_"), body, int(self._clock.unix()))
        if SYNTHESIZED in file:
            return Reply(batch)
        who, after = call.principal, body.output_expires_after
        payload = {
            "organization": who.organization,
            "project": who.project,
            "key": who.key,
            "user": who.user,
            "expires_after_s": None if after is None else after.seconds,
            "azure": call.azure,
        }

        def add(tx: Tx) -> None:
            self._batches.rows.add(tx, who.owner, dict(batch))
            self._jobs.add(tx, KIND, batch["id"], who.owner, payload)

        await self._db.run(add)
        self._jobs.wake()
        return Reply(batch)

    async def retrieve(self, call: Call) -> Reply:
        """A batch as it is now; NotFound if there is none."""
        return Reply(shown(await self._batches.get(call, call.params["batch_id"])))

    async def cancel(self, call: Call) -> Reply:
        """The batch, about to be cancelled: what is answered by then is delivered. Raises NotFound, Conflict if it is over."""

        def change(batch: Object) -> Object:
            if batch["status"] == "cancelling":
                return batch
            if batch["status"] not in ("validating", "in_progress") and SYNTHESIZED not in batch:
                raise Conflict(f"Cannot cancel a batch with status '{batch['status']}'.")
            return self._in(batch, "cancelling")

        batch = await self._batches.change(call, call.params["batch_id"], change)
        if (run := self._runs.get(batch["id"])) is not None:
            run.stop()
        return Reply(shown(batch))

    # -- in the background

    async def _work(self, job: Job) -> None:
        """Carry a batch on from whatever it has come to."""
        batch = await self._db.read(lambda tx: self._batches.rows.get(tx, job.owner, job.key))
        if batch is None or batch["status"] in _OVER:
            return
        file = await self._files.find(job.owner, batch["input_file_id"])
        if file is None:
            await self._fail(job, _fault("file_not_found", "The input file was deleted."))
            return
        data = await self._files.content(file)
        if batch["status"] == "validating":
            azure = bool(job.payload.get("azure"))
            checked = await off_loop(partial(check, azure=azure, models=self._models(job)), data, batch["endpoint"])
            batch = await self._change(job, lambda found: self._begun(found, checked))
            if batch["status"] == "failed":
                return
        if batch["status"] == "in_progress":
            batch = await self._answer(job, batch, data)
        await self._finish(job, batch, data)

    def _models(self, job: Job) -> Mapping[str, str]:
        """The models that lines of the batch have other names for."""
        return self._deployments if job.payload.get("azure") else {}

    async def _answer(self, job: Job, batch: Object, data: bytes) -> Object:
        """Work on the lines that have no answer; the batch as it is then."""
        from fakeai.store.batch_lines import numbers

        done = await self._db.read(lambda tx: numbers(tx, batch["id"]))
        who = {name: job.payload[name] for name in ("organization", "project", "key", "user")}
        endpoint = self._row(batch["endpoint"])
        assert endpoint is not None, "no batch is made for an endpoint that is not there"
        caller = Caller(self._dispatch, endpoint, Principal(**who), batch["id"], batch["in_progress_at"], self._clock)

        async def keep(answers: Sequence[Answer]) -> bool:
            found = await self._change(job, lambda found: _counted(found, answers), answers)
            return bool(found["status"] == "in_progress")

        shared = None if self._db.in_memory else _LOOK_S
        run = self._runs[batch["id"]] = Run(caller, keep, self._clock, self._at_once, shared)
        try:
            await run.all(lines(data, done, self._models(job)), batch["expires_at"])
        finally:
            self._runs.pop(batch["id"], None)
        late = self._clock.unix() >= batch["expires_at"]

        def close(found: Object) -> Object:
            return self._in(found, "finalizing") if found["status"] == "in_progress" and not late else found

        return await self._change(job, close)

    async def _finish(self, job: Job, batch: Object, data: bytes) -> None:
        """Give the lines that are left their answer, write the files, and end the batch: all of that once."""
        from fakeai.store import batch_lines as rows

        status = {"finalizing": "completed", "cancelling": "cancelled"}.get(batch["status"], "expired")
        left = await self._left(batch, data)
        words = _CANCELLED if status == "cancelled" else _EXPIRED
        for at in range(0, len(left), _CHUNK):
            answers = [unanswered(batch["id"], line, *words) for line in left[at : at + _CHUNK]]
            batch = await self._change(job, lambda found, a=answers: _counted(found, a), answers)
        output = await self._file(job, batch, failed=False)
        errors = await self._file(job, batch, failed=True)

        def end(tx: Tx) -> None:
            job.guard(tx)
            for file in (output, errors):
                if file is not None:
                    self._files.add(tx, job.owner, file)
            total = rows.sums(tx, batch["id"])
            self._batches.rows.change(
                tx, job.owner, batch["id"], lambda found: self._ended(found, status, output, errors, total)
            )
            rows.forget(tx, batch["id"])
            self._tell(tx, job, status)

        await self._db.run(end)

    async def _left(self, batch: Object, data: bytes) -> Sequence[Line]:
        """The lines that were to be worked on and have no answer."""
        from fakeai.store.batch_lines import numbers

        if not batch["in_progress_at"]:
            return ()
        done = await self._db.read(lambda tx: numbers(tx, batch["id"]))
        return () if len(done) == batch["request_counts"]["total"] else await off_loop(_unread, data, done)

    async def _file(self, job: Job, batch: Object, *, failed: bool) -> Object | None:
        from fakeai.store.batch_lines import every

        found = await self._db.read(lambda tx: list(every(tx, batch["id"], failed)))
        if not found:
            return None
        seconds = job.payload["expires_after_s"]
        after = None if seconds is None else ExpiresAfter(anchor="created_at", seconds=seconds)
        name = f"{batch['id']}_{'error' if failed else 'output'}.jsonl"
        return await self._files.prepare(name, "batch_output", (f"{line}\n".encode() for line in found), expires=after)

    async def _change(self, job: Job, change: Any, answers: Sequence[Answer] = ()) -> Object:
        """The batch as `change` makes it, with the answers kept, if the job is still ours. `change` is of an Object."""

        def work(tx: Tx) -> Object:
            from fakeai.store.batch_lines import Answered, put

            job.guard(tx)
            if answers:
                put(tx, job.key, [Answered(*answer) for answer in answers])
            found = self._batches.rows.change(tx, job.owner, job.key, change)
            assert found is not None, "a batch is never deleted"
            if found["status"] == "failed":
                self._tell(tx, job, "failed")
            return found

        return await self._db.run(work)

    async def _fail(self, job: Job, fault: BatchError) -> None:
        from fakeai.store.batch_lines import forget

        def work(tx: Tx) -> None:
            job.guard(tx)
            self._batches.rows.change(tx, job.owner, job.key, lambda found: self._failed(found, [fault]))
            forget(tx, job.key)
            self._tell(tx, job, "failed")

        await self._db.run(work)

    def _tell(self, tx: Tx, job: Job, status: str) -> None:
        """Have those told who want to know how a batch has ended. The end of a job wakes whoever does it."""
        self._webhooks.tell(tx, job.owner, _EVENTS[status], {"id": job.key})

    async def _broken(self, job: Job, error: Exception) -> None:
        told = (
            f"The batch could not be worked on: {error}"
            if isinstance(error, ApiError)
            else "The batch could not be worked on."
        )
        await self._fail(job, _fault("internal_error", told))

    def _row(self, path: str) -> Endpoint | None:
        return self._find_row("POST", path.removeprefix("/v1"))

    def _in(self, batch: Object, status: str) -> Object:
        return {**batch, "status": status, f"{status}_at": int(self._clock.unix())}

    def _failed(self, batch: Object, faults: Sequence[BatchError]) -> Object:
        return {**self._in(batch, "failed"), "errors": {"object": "list", "data": faults}}

    def _begun(self, batch: Object, checked: Checked) -> Object:
        """The batch after its file was checked; one that was cancelled meanwhile stays so."""
        if batch["status"] != "validating":
            return batch
        if checked.errors:
            return self._failed(batch, checked.errors)
        counts = {**batch["request_counts"], "total": checked.total}
        return {**self._in(batch, "in_progress"), "request_counts": counts, "model": checked.model}

    def _ended(self, batch: Object, status: str, output: Object | None, errors: Object | None, total: Any) -> Object:
        counts = {**batch["request_counts"], "completed": total.completed, "failed": total.failed}
        usage = {
            "input_tokens": total.input,
            "input_tokens_details": {"cached_tokens": total.cached},
            "output_tokens": total.output,
            "output_tokens_details": {"reasoning_tokens": total.reasoning},
            "total_tokens": total.input + total.output,
        }
        files = {
            "output_file_id": None if output is None else output["id"],
            "error_file_id": None if errors is None else errors["id"],
        }
        return {**self._in(batch, status), **files, "request_counts": counts, "usage": usage}


def _missing(id: str) -> ApiError:
    return NotFound(f"No batch found with id '{id}'.", param="batch_id")


def _new(id: str, body: BatchCreate, now: int) -> Batch:
    batch: Batch = {
        "id": id,
        "object": "batch",
        "endpoint": body.endpoint,
        "model": None,
        "errors": None,
        "input_file_id": body.input_file_id,
        "completion_window": body.completion_window,
        "status": "validating",
        "output_file_id": None,
        "error_file_id": None,
        "created_at": now,
        "in_progress_at": None,
        "expires_at": now + _WINDOW_S,
        "finalizing_at": None,
        "completed_at": None,
        "failed_at": None,
        "expired_at": None,
        "cancelling_at": None,
        "cancelled_at": None,
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
        "metadata": body.metadata,
    }
    return batch


def _counted(batch: Object, answers: Sequence[Answer]) -> Object:
    counts = batch["request_counts"]
    failed = sum(answer[1] for answer in answers)
    done = {"completed": counts["completed"] + len(answers) - failed, "failed": counts["failed"] + failed}
    return {**batch, "request_counts": {**counts, **done}}


def _unread(data: bytes, done: Container[int]) -> tuple[Line, ...]:
    """The lines that have no answer, without what they ask: all of that at once would take much memory."""
    return tuple(line._replace(body={}) for line in lines(data, done))


def _fault(code: str, message: str) -> BatchError:
    return {"code": code, "line": None, "message": message, "param": None}
