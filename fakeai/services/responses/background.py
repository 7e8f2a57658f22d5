"""Responses that are made in the background: each is a job, whose events are kept as they come.

An answer follows from its request and its ids from the response's, so whoever carries a job on after a crash makes the
same events again, and keeps those that were not.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from fakeai.core.call import Call, Endpoint, Principal
from fakeai.core.clock import Clock
from fakeai.core.errors import ApiError
from fakeai.core.feed import Feed
from fakeai.core.generation import JsonObject, Usage
from fakeai.services.responses.output import Output
from fakeai.services.responses.rows import GIVEN, OVER, ResponseRows
from fakeai.services.responses.told import Told
from fakeai.services.webhooks.endpoints import Webhooks
from fakeai.store.base import Object, Tx
from fakeai.store.jobs import Job, Jobs
from fakeai.store.usage import Meter
from fakeai.wire.base import parse
from fakeai.wire.responses.request import ResponseRequest

KIND = "response"
_AT_ONCE = 512
_FLUSH_S = 0.05
_ASKED = "_asked"
_HEADERS = ("x-fakeai-ttft-ms", "x-fakeai-itl-ms", "x-fakeai-affinity", "x-fakeai-validation")
_ROW = Endpoint("POST", "/responses", "create", "", body=ResponseRequest, usage="completions")


class Work(NamedTuple):
    """A response under way."""

    feed: Feed[Any]
    output: Output
    given: Sequence[JsonObject]
    conversation: str | None


Begin = Callable[[Call, ResponseRequest, str, list[JsonObject]], Awaitable[Work]]
"""Starts to answer a request under an id, after what was said before."""


class Background:
    """The background of one App."""

    def __init__(
        self, jobs: Jobs, clock: Clock, rows: ResponseRows, told: Told, webhooks: Webhooks, meter: Meter, begin: Begin
    ) -> None:
        self._jobs = jobs
        self._clock = clock
        self._rows = rows
        self._told = told
        self._webhooks = webhooks
        self._meter = meter
        self._begin = begin
        self._working: dict[str, Feed[Any]] = {}
        jobs.register(KIND, self._work, self._failed, apart=_AT_ONCE)

    async def start(
        self, call: Call, response: JsonObject, given: Sequence[JsonObject], said: list[JsonObject]
    ) -> None:
        """Keep a response that has been accepted, and have it made. `said` is what it goes on from."""
        who = call.principal
        asked = {
            "raw": call.raw.decode("utf-8", "replace"),
            "request_id": call.id,
            "headers": {name: call.headers[name] for name in _HEADERS if name in call.headers},
            "principal": [who.organization, who.project, who.key, who.user],
            "said": said,
        }
        row = {**response, GIVEN: list(given), _ASKED: asked}

        def add(tx: Tx) -> None:
            self._rows.responses.rows.add(tx, who.owner, row)
            self._jobs.add(tx, KIND, row["id"], who.owner)

        await self._rows.run(add)
        self._jobs.wake()

    async def cancel(self, owner: str, name: str) -> Object | None:
        """Stop making a response, wherever it is made; how it is then. None if there is none."""

        def change(row: Object) -> Object:
            return row if row["status"] in OVER else {**row, "status": "cancelled"}

        def work(tx: Tx) -> Object | None:
            before = self._rows.responses.rows.get(tx, owner, name)
            after = self._rows.responses.rows.change(tx, owner, name, change)
            if before is not None and before["status"] not in OVER:
                self._webhooks.tell(tx, owner, "response.cancelled", {"id": name})
            return after

        found = await self._rows.run(work)
        self._webhooks.wake()
        feed = self._working.get(name)
        if feed is not None:
            feed.cancel()
        self._told.ring(name)
        return found

    async def _work(self, job: Job) -> None:
        row = await self._rows.read(lambda tx: self._rows.responses.rows.get(tx, job.owner, job.key))
        if row is None or row["status"] in OVER:
            return
        asked = row[_ASKED]
        organization, project, key, user = asked["principal"]
        call = Call(asked["request_id"], _ROW, "/v1/responses", asked["headers"], origin="direct")
        call.principal = Principal(organization, project, key, user)
        call.created = row["created_at"]
        call.body = body = parse(ResponseRequest, asked["raw"].encode())
        work = await self._begin(call, body, row["id"], asked["said"])
        await _Pump(self, job, work, call).run()

    async def _failed(self, job: Job, error: Exception) -> None:
        """A response that could not be made, whatever was tried."""
        told = error.message if isinstance(error, ApiError) else "The server had an error processing your request."

        def change(row: Object) -> Object:
            failed = {"status": "failed", "error": {"code": "server_error", "message": told}}
            return row if row["status"] in OVER else {**row, **failed}

        def work(tx: Tx) -> None:
            job.guard(tx)
            if self._rows.responses.rows.change(tx, job.owner, job.key, change) is not None:
                self._webhooks.tell(tx, job.owner, "response.failed", {"id": job.key})

        await self._rows.run(work)
        self._webhooks.wake()
        self._told.ring(job.key)

    # -- for the pump

    def holds(self, name: str, feed: Feed[Any] | None) -> None:
        """Know what is under way here, to be able to cancel it."""
        if feed is None:
            self._working.pop(name, None)
        else:
            self._working[name] = feed

    def flush(self, tx: Tx, job: Job, documents: Sequence[bytes], over: Work | None) -> bool:
        """Keep events; and the response, if it is over. Whether there will be more."""
        job.guard(tx)
        rows, name = self._rows.responses.rows, job.key
        row = rows.get(tx, job.owner, name)
        if row is None or row["status"] in OVER:
            return False
        first = row.get("_told", 0)
        if documents:
            self._told.add(tx, job.owner, name, first, documents)
        row = {**row, "_told": first + len(documents)}
        if over is None:
            rows.replace(tx, job.owner, {**row, "status": "in_progress"})
            return True
        response = over.output.response
        kept = {**row, **response}
        kept.pop(_ASKED, None)
        rows.replace(tx, job.owner, kept)
        self._rows.say(tx, job.owner, over.conversation, (*over.given, *response["output"]))
        self._webhooks.tell(tx, job.owner, f"response.{response['status']}", {"id": name})  # type: ignore[arg-type]  # one of the four
        return False

    async def told(self, job: Job) -> int:
        """How many events of a response are kept."""
        row = await self._rows.read(lambda tx: self._rows.responses.rows.get(tx, job.owner, job.key))
        return 0 if row is None else row.get("_told", 0)

    async def keep(self, job: Job, documents: Sequence[bytes], over: Work | None) -> bool:
        """`flush`, in a transaction, and tell whoever follows."""
        more = await self._rows.run(lambda tx: self.flush(tx, job, documents, over))
        self._told.ring(job.key)
        if over is not None:
            self._webhooks.wake()
        return more

    async def pause(self) -> None:
        """Let events gather."""
        await self._clock.sleep(_FLUSH_S)

    def count(self, call: Call, usage: Usage) -> None:
        """Count what was used: nobody waits for the reply."""
        numbers = 1, usage.prompt, usage.cached, usage.completion, usage.prompt_audio, usage.completion_audio, 0
        tier = call.body.service_tier
        self._meter.count(
            call.principal, "completions", call.model, numbers, False, "default" if tier in (None, "auto") else tier
        )


class _Pump:
    """Takes the events of one response, and keeps them."""

    def __init__(self, background: Background, job: Job, work: Work, call: Call) -> None:
        self._background = background
        self._job = job
        self._work = work
        self._call = call
        self._documents: list[bytes] = []
        self._news = asyncio.Event()
        self._over = False
        self._error: Exception | None = None

    async def run(self) -> None:
        """Until the response is over, or nobody wants it any more."""
        background, job, feed = self._background, self._job, self._work.feed
        skip = await background.told(job)
        background.holds(job.key, feed)
        feed.on_end(self._ended)
        try:
            feed.start(self)
            while True:
                await self._news.wait()
                self._news.clear()
                if not self._over:
                    await background.pause()
                if self._error is not None:
                    raise self._error
                over = self._over and self._work.output.usage is not None
                documents, self._documents = self._documents, []
                fresh = documents[skip:]
                skip = max(skip - len(documents), 0)
                if not await background.keep(job, fresh, self._work if over else None) or self._over:
                    break
        finally:
            feed.cancel()
            background.holds(job.key, None)
        usage = self._work.output.usage
        if usage is not None:
            background.count(self._call, usage)

    def take(self, documents: Sequence[bytes], /) -> None:
        self._documents += documents
        self._news.set()

    def take_all(self, bursts: Sequence[Sequence[bytes]], /) -> None:
        for documents in bursts:
            self.take(documents)

    def close(self, error: Exception | None, /) -> None:
        self._error = error

    def _ended(self, error: Exception | None, cancelled: bool) -> None:
        self._over = True
        self._news.set()
