"""Runs as jobs: what is carried on when, by whom, and what becomes of it when it cannot be."""

import asyncio
import logging

from fakeai.core.errors import ApiError, StorageFull, StorageUnavailable
from fakeai.services.assistants.endings import Told, end
from fakeai.services.assistants.events import Stream, Unheard
from fakeai.services.assistants.session import Gone, Live, Session, Stopped, Tools
from fakeai.store.base import Object, Tx
from fakeai.store.jobs import Job, JobLost, Jobs, Later
from fakeai.wire.assistants.runs import ACTIVE

KIND = "thread.run"
"""The kind of the jobs that are runs; the payload names the thread."""

_AT_ONCE = 512
_log = logging.getLogger("fakeai.assistants")


class RunWork:
    """The runs that go on in this process."""

    def __init__(self, jobs: Jobs, tools: Tools) -> None:
        self._jobs = jobs
        self._tools = tools
        self._live: dict[str, Live] = {}
        jobs.register(KIND, self._work, self._failed, apart=_AT_ONCE)

    def take(self, tx: Tx, owner: str, run: Object) -> Job:
        """Have a run carried on here once this transaction is committed: `begin` it then."""
        return self._jobs.take(tx, KIND, run["id"], owner, {"thread": run["thread_id"]})

    def begin(self, job: Job, stream: Stream | None) -> None:
        """Carry a run on, told to `stream` if there is one."""
        self._live[job.key] = Live(Unheard() if stream is None else stream)
        self._jobs.begin(job)

    def interrupt(self, tx: Tx, owner: str, run: Object) -> Job | None:
        """A run is to go no further, wherever it goes on; then `stop`. Its job, if that is not here: it is taken over."""
        return None if run["id"] in self._live else self.take(tx, owner, run)

    def stop(self, run: str, told: Told, job: Job | None) -> None:
        """What goes on here of a run stops, and its stream is told so."""
        live = self._live.get(run)
        if live is not None:
            for name, data in told:
                live.stream.tell(name, data)
            live.stop()
        elif job is not None:
            self._jobs.begin(job)

    async def _work(self, job: Job) -> None:
        live = self._live.setdefault(job.key, Live(Unheard()))
        stream = live.stream
        try:
            run, told = await self._tools.db.run(lambda tx: self._enter(tx, job))
            for name, data in told:
                stream.tell(name, data)
            if run is None:
                return
            if run["status"] == "requires_action":
                raise Later(run["expires_at"])
            await self._go_on(job, run, live)
        except (Later, JobLost):
            raise
        except Exception as error:
            stream.tell("error", _told_of(error))
            raise
        finally:
            if self._live.get(job.key) is live:
                del self._live[job.key]
            stream.end()

    async def _go_on(self, job: Job, run: Object, live: Live) -> None:
        session = Session(self._tools, job, run, live)
        left = (run["expires_at"] - self._tools.db.now()) / getattr(self._tools.clock, "speed", 1.0)
        try:
            async with asyncio.timeout(left):
                await session.go()
        except Stopped:
            await session.close("cancelled")
        except TimeoutError:
            await session.close("expired")
        except Gone:
            return
        except (Later, JobLost, StorageUnavailable, StorageFull):
            raise
        except ApiError as error:
            await session.close("failed", last_error=_last_error(error))
        except Exception as error:  # noqa: BLE001  # whatever it is: the run has failed, and says so
            _log.exception("the run %s failed", run["id"])
            await session.close("failed", last_error=_last_error(error))

    def _enter(self, tx: Tx, job: Job) -> tuple[Object | None, Told]:
        """The run, about to go on; None if there is nothing more to do. With events."""
        job.guard(tx)
        rows, now = self._tools.rows, self._tools.db.now()
        run = rows.runs.rows.get(tx, job.owner, job.key, parent=job.payload["thread"])
        if run is None or run["status"] not in ACTIVE:
            return None, []
        if run["status"] == "cancelling":
            return None, end(tx, rows, job.owner, run, "cancelled", now)
        if now >= run["expires_at"]:
            return None, end(tx, rows, job.owner, run, "expired", now)
        if run["status"] == "requires_action":
            return run, []
        self._undo(tx, job.owner, run)
        run = {**run, "status": "in_progress", "started_at": run["started_at"] or int(now)}
        rows.settle(tx, job.owner, run)
        return run, [("thread.run.in_progress", run)]

    def _undo(self, tx: Tx, owner: str, run: Object) -> None:
        """Forget what somebody was at who has not come to its end: it is made again."""
        rows = self._tools.rows
        for step in list(rows.steps.rows.every(tx, owner, parent=run["id"])):
            if step["status"] == "in_progress":
                rows.steps.rows.delete(tx, owner, step["id"], parent=run["id"])
                written = step["step_details"].get("message_creation")
                if written is not None:
                    rows.messages.rows.delete(tx, owner, written["message_id"], parent=run["thread_id"])

    async def _failed(self, job: Job, error: Exception) -> None:
        """A run that could not be carried on, whatever was tried."""

        def work(tx: Tx) -> None:
            job.guard(tx)
            rows = self._tools.rows
            run = rows.runs.rows.get(tx, job.owner, job.key, parent=job.payload["thread"])
            if run is not None:
                now = self._tools.db.now()
                end(tx, rows, job.owner, run, "failed", now, last_error=_last_error(error))

        await self._tools.db.run(work)


def _last_error(error: Exception) -> Object:
    if not isinstance(error, ApiError):
        return {"code": "server_error", "message": "Sorry, something went wrong."}
    code = "rate_limit_exceeded" if error.status == 429 else "invalid_prompt" if error.status < 500 else "server_error"
    return {"code": code, "message": error.message}


def _told_of(error: Exception) -> Object:
    told = _last_error(error)
    return {"message": told["message"], "type": "server_error", "param": None, "code": told["code"]}
