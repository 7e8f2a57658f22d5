"""Durable background work: claimed under a lease, fenced, retried, and carried on by whoever is there after a crash.

A job is a row that is written in the same transaction as the object it is about; its handler works from what is
committed, and may be run again at any point. Knows no kind of work.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from fakeai.core.chance import Ids
from fakeai.core.clock import Clock, WallClock
from fakeai.core.errors import ApiError
from fakeai.store.base import Database, Tx

if TYPE_CHECKING:
    from fakeai.store.job_rows import Claimed

_log = logging.getLogger("fakeai.jobs")

LEASE_S = 10.0
"""Real seconds after which a worker that has not been heard of loses its jobs."""

_BEAT_S = LEASE_S / 3
_POLL_S = 1.0
_AT_ONCE = 8
_MOST_ATTEMPTS = 5
_BACK_OFF_S = 0.5
_BEGUN = "\0begun"
"""The lane of jobs that were begun by who has added them."""


class JobLost(Exception):
    """Somebody else is at this job: whatever was about to be written must not be."""


class Later(Exception):
    """Raised by a handler: the job is to be carried on at that epoch second of the Clock; nobody holds it until then."""

    def __init__(self, at: float) -> None:
        super().__init__(f"later, at {at}")
        self.at = at


class Job:
    """A job while it is ours."""

    def __init__(self, row: "Claimed") -> None:
        self.kind = row.kind
        self.key = row.key
        self.owner = row.owner
        self.payload = row.payload
        self.attempts = row.attempts
        self.fence = row.fence
        self.seq = row.seq

    def guard(self, tx: Tx) -> None:
        """To be called first in every transaction that writes on the job's behalf. Raises JobLost if it is not ours any more."""
        from fakeai.store.job_rows import held

        if not held(tx, self.seq, self.fence):
            raise JobLost(f"{self.kind} {self.key}")


Handler: TypeAlias = Callable[[Job], Awaitable[None]]
Failed: TypeAlias = Callable[[Job, Exception], Awaitable[None]]


class Lane:
    """Kinds of jobs of which some are worked on at once, whatever goes on beside them."""

    def __init__(self, at_once: int) -> None:
        self.kinds: list[str] = []
        self.working: set[asyncio.Task[None]] = set()
        self._at_once = at_once

    @property
    def free(self) -> int:
        """How many more may be begun."""
        return self._at_once - len(self.working)


class Jobs:
    """One App's share of the work. Its pump is a task that ends when there is nothing to do, or to wait for.

    `poll` looks once a second for work that others have left, or that was there before: for servers whose database is
    kept.
    """

    def __init__(self, db: Database, clock: Clock, ids: Ids) -> None:
        self._db = db
        self._clock = clock
        self._real = WallClock()
        self._worker = ids.hex("worker-")
        self._handlers: dict[str, tuple[Handler, Failed | None]] = {}
        self._begun = Lane(0)
        self._lanes: dict[str, Lane] = {"": Lane(_AT_ONCE), _BEGUN: self._begun}
        self._pump: asyncio.Task[None] | None = None
        self._bell = asyncio.Event()
        self._polls = False

    def register(self, kind: str, handler: Handler, failed: Failed | None = None, *, apart: int = 0) -> None:
        """Who does jobs of that kind, and who is told of one that has failed for good.

        Jobs that wait for others' machines are kept `apart`: so many of them at once, and none in the place of others.
        """
        assert kind not in self._handlers, kind
        self._handlers[kind] = handler, failed
        if apart:
            self._lanes[kind] = Lane(apart)
        self._lanes[kind if apart else ""].kinds.append(kind)

    def add(
        self, tx: Tx, kind: str, key: str, owner: str, payload: dict[str, Any] | None = None, at: float | None = None
    ) -> None:
        """Have a job done once this transaction is committed, from epoch second `at` on. Then `wake` whoever does it."""
        from fakeai.store.job_rows import add

        add(tx, kind, key, owner, payload or {}, self._db.now() if at is None else at)

    def take(self, tx: Tx, kind: str, key: str, owner: str, payload: dict[str, Any] | None = None) -> Job:
        """Have a job, new or waiting, done here, where somebody follows it: `begin` it once this transaction is committed.

        Whoever is at it has lost it. If it is not begun, it is done by anybody once the lease is over.
        """
        from fakeai.store import job_rows as rows

        rows.add(tx, kind, key, owner, payload or {}, self._db.now())
        return Job(rows.take(tx, kind, key, self._worker, self._real.unix() + LEASE_S))

    def begin(self, job: Job) -> None:
        """Do a job that was taken, at once and beside all others."""
        self._start(job, self._begun)
        self.wake()

    def crowded(self, tx: Tx, kind: str, owner: str, most: int) -> bool:
        """Whether an owner has so many jobs of the kind that wait or are worked on."""
        from fakeai.store.job_rows import crowded

        return crowded(tx, kind, owner, most)

    def hasten(self, tx: Tx, kind: str, key: str) -> None:
        """Have a job that waits for its time done now, once this transaction is committed."""
        from fakeai.store.job_rows import hasten

        hasten(tx, kind, key, self._db.now())

    def wake(self) -> None:
        """There may be something to do."""
        self._bell.set()
        if self._pump is None or self._pump.done():
            self._pump = asyncio.get_running_loop().create_task(self._run())

    def poll(self) -> None:
        """From here on look for work that nobody has woken us for."""
        self._polls = True
        self.wake()

    async def stop(self) -> None:
        """Let go of everything; whoever is next carries on."""
        self._polls = False
        working = (task for lane in self._lanes.values() for task in lane.working)
        tasks = [task for task in (self._pump, *working) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            self._bell.clear()
            pause: float | None = _POLL_S
            try:
                claimed = await self._claim()
                if not claimed:
                    pause = await self._pause()
            except ApiError as error:
                claimed = []
                _log.warning("jobs cannot be looked for: %s", error.message)
            for row in claimed:
                self._start(Job(row), self._lanes.get(row.kind, self._lanes[""]))
            if claimed:
                continue
            if pause is None and not self._busy() and not self._bell.is_set():
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(self._bell.wait(), pause)

    def _start(self, job: Job, lane: Lane) -> None:
        task = asyncio.get_running_loop().create_task(self._work(job))
        lane.working.add(task)
        task.add_done_callback(partial(self._finished, lane))

    async def _claim(self) -> "list[Claimed]":
        from fakeai.store.job_rows import claim

        lanes = [(lane.kinds, lane.free) for lane in self._lanes.values() if lane.kinds and lane.free]
        if not lanes:
            return []
        now, real = self._db.now(), self._real.unix()

        def work(tx: Tx) -> "list[Claimed]":
            return [row for kinds, free in lanes for row in claim(tx, kinds, self._worker, now, real, LEASE_S, free)]

        return await self._db.run(work)

    async def _pause(self) -> float | None:
        """Loop seconds until something may be due; None if nothing ever is unless somebody rings."""
        from fakeai.store.job_rows import waiting

        kinds = [kind for lane in self._lanes.values() if lane.free for kind in lane.kinds]
        pauses = [_POLL_S] if self._polls else []
        if kinds:
            due, ends = await self._db.read(lambda tx: waiting(tx, kinds))
            if due is not None:
                pauses.append(max(due - self._db.now(), 0.0) / self._clock_speed())
            if ends is not None:
                pauses.append(max(ends - self._real.unix(), 0.0) + 0.01)
        return min(pauses, default=None)

    def _clock_speed(self) -> float:
        return getattr(self._clock, "speed", 1.0)

    def _busy(self) -> bool:
        return any(lane.working for lane in self._lanes.values())

    def _finished(self, lane: "Lane", task: asyncio.Task[None]) -> None:
        lane.working.discard(task)
        self._bell.set()

    async def _work(self, job: Job) -> None:
        from fakeai.store import job_rows as rows

        handler, failed = self._handlers[job.kind]
        work = asyncio.ensure_future(handler(job))
        beat = asyncio.ensure_future(self._beat(job, work))
        try:
            await work
            await self._db.run(lambda tx: rows.done(tx, job.seq, job.fence))
        except Later as later:
            at = later.at
            await self._db.run(lambda tx: rows.release(tx, job.seq, job.fence, at, 0))
        except JobLost:
            _log.warning("the job %s %s is somebody else's now", job.kind, job.key)
        except asyncio.CancelledError:
            work.cancel()
            await self._give_back(job)
            raise
        except Exception as error:  # noqa: BLE001  # whatever goes wrong in a handler is its job's end, not ours
            await self._failed(job, error, failed)
        finally:
            beat.cancel()

    async def _give_back(self, job: Job) -> None:
        from fakeai.store.job_rows import release

        with suppress(
            ApiError, RuntimeError
        ):  # no database, or no threads at the end of the process: the lease ends by itself
            await self._db.run(lambda tx: release(tx, job.seq, job.fence, None, job.attempts - 1))

    async def _failed(self, job: Job, error: Exception, failed: Failed | None) -> None:
        from fakeai.store import job_rows as rows

        waits = isinstance(error, ApiError) and error.status in (503, 507)  # of the storage: no fault of the job's
        last = job.attempts >= _MOST_ATTEMPTS and not waits
        _log.warning("the job %s %s failed: %r", job.kind, job.key, error, exc_info=None if waits else error)
        try:
            if last and failed is not None:
                await failed(job, error)
            if last:
                await self._db.run(lambda tx: rows.done(tx, job.seq, job.fence))
                return
            at = self._db.now() + min(_BACK_OFF_S * 2**job.attempts, 30.0)
            await self._db.run(lambda tx: rows.release(tx, job.seq, job.fence, at, job.attempts))
        except (ApiError, JobLost) as worse:
            _log.warning("the job %s %s waits for its lease to end: %s", job.kind, job.key, worse)

    async def _beat(self, job: Job, work: "asyncio.Future[None]") -> None:
        """Hold the job while it is worked on; stop the work when it is not ours any more."""
        from fakeai.store.job_rows import renew

        while True:
            await self._real.sleep(_BEAT_S)
            until = self._real.unix() + LEASE_S
            try:
                ours = await self._db.run(lambda tx, until=until: renew(tx, job.seq, job.fence, until))  # type: ignore[misc]
            except ApiError as error:
                _log.warning("the job %s %s cannot be held: %s", job.kind, job.key, error.message)
                continue
            if not ours:
                work.cancel()
                return
