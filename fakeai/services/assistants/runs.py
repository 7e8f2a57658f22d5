"""Runs: begun, followed, given what they wait for, stopped."""

from collections.abc import Sequence

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.clock import Clock
from fakeai.core.errors import BadRequest
from fakeai.core.feed import Feed
from fakeai.services.assistants.assistants import Assistants
from fakeai.services.assistants.conversation import Conversations
from fakeai.services.assistants.endings import Told, end
from fakeai.services.assistants.events import Stream
from fakeai.services.assistants.hosted import Hosted
from fakeai.services.assistants.outputs import answered
from fakeai.services.assistants.run_plan import check_truncation, plan, program_files, stores
from fakeai.services.assistants.run_work import RunWork
from fakeai.services.assistants.session import Tools
from fakeai.services.assistants.thread_rows import missing_run
from fakeai.services.assistants.threads import Threads
from fakeai.services.directory import ModelDirectory
from fakeai.services.files import Files
from fakeai.services.resource import SYNTHESIZED
from fakeai.services.turns import Turns
from fakeai.services.vector_stores import VectorStores
from fakeai.store.base import Database, Object, Tx
from fakeai.store.jobs import Job, Jobs
from fakeai.store.objects import shown
from fakeai.store.usage import Meter
from fakeai.wire.assistants.runs import RunCreate, RunUpdate, ThreadRunCreate, ToolOutputs
from fakeai.wire.listing import ListQuery

_ALL = "/threads/{thread_id}/runs"
_ONE = _ALL + "/{run_id}"
_TAG = "Assistants"
_STOPPABLE = frozenset({"queued", "in_progress", "requires_action"})


class Runs:
    """`/threads/{thread_id}/runs`, and `/threads/runs`."""

    ENDPOINTS = (
        Endpoint("GET", _ALL, "list", "List a thread's runs", tag=_TAG),
        Endpoint(
            "POST",
            _ALL,
            "create",
            "Run an assistant on a thread",
            body=RunCreate,
            reply="events",
            tag=_TAG,
            usage="completions",
        ),
        Endpoint(
            "POST",
            "/threads/runs",
            "create_with_thread",
            "Create a thread and run an assistant on it",
            body=ThreadRunCreate,
            reply="events",
            tag=_TAG,
            usage="completions",
        ),
        Endpoint("GET", _ONE, "retrieve", "Get a run", tag=_TAG),
        Endpoint("POST", _ONE, "update", "Set a run's metadata", body=RunUpdate, tag=_TAG),
        Endpoint("POST", _ONE + "/cancel", "cancel", "Stop a run", tag=_TAG),
        Endpoint(
            "POST",
            _ONE + "/submit_tool_outputs",
            "submit",
            "Tell a run what the functions it wanted called have come to",
            body=ToolOutputs,
            reply="events",
            tag=_TAG,
            usage="completions",
        ),
    )

    def __init__(
        self,
        db: Database,
        ids: Ids,
        clock: Clock,
        jobs: Jobs,
        assistants: Assistants,
        threads: Threads,
        files: Files,
        vector_stores: VectorStores,
        turns: Turns,
        directory: ModelDirectory,
        meter: Meter,
        *,
        lenient: bool,
    ) -> None:
        self._db = db
        self._ids = ids
        self._assistants = assistants
        self._threads = threads
        self._rows = threads.rows
        self._lenient = lenient
        hosted = Hosted(db, clock, files, vector_stores, meter)
        tools = Tools(db, ids, clock, self._rows, turns, directory, Conversations(files), hosted, meter)
        self._work = RunWork(jobs, tools)

    async def list(self, call: Call) -> Reply:
        """A page of a thread's runs, the newest first unless told otherwise."""
        thread = await self._threads.get(call, call.params["thread_id"])
        return Reply(await self._rows.runs.page(call, ListQuery.from_query(call.query), parent=thread["id"]))

    async def create(self, call: Call) -> Reply:
        """A run, or its events. Raises NotFound, and BadRequest while another run of the thread is active."""
        body: RunCreate = call.body
        owner = call.principal.owner
        thread = await self._threads.get(call, call.params["thread_id"])
        assistant = await self._assistants.get(call, body.assistant_id)
        messages = body.additional_messages or ()
        self._threads.checks.messages(call, messages, "additional_messages")
        await self._threads.check_files(call, messages)
        run = self._plan(call, assistant, thread["id"])
        if SYNTHESIZED in thread or SYNTHESIZED in assistant:
            return self._made_up(run, stream=body.stream is True)
        resources = await self._threads.attach(call, thread, messages)
        work_on = assistant.get("tool_resources"), resources or thread["tool_resources"]
        run |= {"_stores": stores(*work_on), "_files": program_files(*work_on)}
        written = [self._rows.message(thread["id"], message) for message in messages]

        def add(tx: Tx) -> Job:
            self._rows.check_room(tx, owner, thread["id"], len(written))
            return self._begin(tx, owner, run, written, resources)

        return self._follow(
            await self._db.run(add), [("thread.run.created", run), ("thread.run.queued", run)], run, body.stream
        )

    async def create_with_thread(self, call: Call) -> Reply:
        """The same on a thread that is made for it. Raises as both do."""
        body: ThreadRunCreate = call.body
        owner = call.principal.owner
        assistant = await self._assistants.get(call, body.assistant_id)
        thread, messages = await self._threads.prepare(call, body.thread)
        own = await self._threads.resources(call, body.tool_resources)
        run = self._plan(call, assistant, thread["id"])
        if SYNTHESIZED in assistant:
            return self._made_up(run, stream=body.stream is True)
        work_on = {**(assistant.get("tool_resources") or {}), **(own or {})}, thread["tool_resources"]
        run |= {"_stores": stores(*work_on), "_files": program_files(*work_on)}

        def add(tx: Tx) -> Job:
            self._threads.add(tx, owner, thread, messages)
            return self._begin(tx, owner, run, (), None)

        job = await self._db.run(add)
        told = [("thread.created", thread), ("thread.run.created", run), ("thread.run.queued", run)]
        return self._follow(job, told, run, body.stream)

    async def retrieve(self, call: Call) -> Reply:
        """A run; NotFound if the thread has none of that id."""
        return Reply(shown(await self.get(call)))

    async def update(self, call: Call) -> Reply:
        """The run with that metadata."""
        body: RunUpdate = call.body
        changed = {"metadata": body.metadata or {}} if "metadata" in body.model_fields_set else {}
        await self.get(call)
        thread, name = call.params["thread_id"], call.params["run_id"]
        return Reply(shown(await self._rows.runs.change(call, name, lambda found: {**found, **changed}, parent=thread)))

    async def cancel(self, call: Call) -> Reply:
        """The run, about to stop. Raises BadRequest for one that is over."""
        owner, name = call.principal.owner, call.params["run_id"]
        found = await self.get(call)
        if SYNTHESIZED in found:
            return Reply(shown({**found, "status": "cancelling"}))

        def stop(tx: Tx) -> tuple[Object, Told, Job | None]:
            run = self._find(tx, call)
            if run["status"] not in _STOPPABLE:
                raise BadRequest(f"Cannot cancel run with status '{run['status']}'.")
            job = self._work.interrupt(tx, owner, run)
            if run["status"] == "requires_action":
                told = end(tx, self._rows, owner, run, "cancelled", self._db.now())
                return told[-1][1], told, job
            run = {**run, "status": "cancelling"}
            self._rows.settle(tx, owner, run)
            return run, [("thread.run.cancelling", run)], job

        run, told, job = await self._db.run(stop)
        self._work.stop(name, told, job)
        return Reply(shown(run))

    async def submit(self, call: Call) -> Reply:
        """The run, going on with what its functions have come to; or its events. Raises BadRequest if it waits for none."""
        body: ToolOutputs = call.body
        owner = call.principal.owner
        found = await self.get(call)
        if SYNTHESIZED in found:
            return self._made_up(found, stream=body.stream is True)

        def go_on(tx: Tx) -> tuple[Job, Object, Told]:
            run = self._find(tx, call)
            told = answered(tx, self._rows, owner, run, body.tool_outputs, self._db.now())
            run = told[-1][1]
            return self._work.take(tx, owner, run), run, told

        job, run, told = await self._db.run(go_on)
        return self._follow(job, told, run, body.stream)

    # -- for the steps

    async def get(self, call: Call) -> Object:
        """The run that a call's path names, with its private keys. Raises NotFound."""
        thread = call.params["thread_id"]
        await self._threads.get(call, thread)
        return await self._rows.runs.get(call, call.params["run_id"], parent=thread)

    # -- the rest

    def _plan(self, call: Call, assistant: Object, thread: str) -> Object:
        check_truncation(call, call.body, easy=self._lenient)
        now, name = int(self._db.now()), self._ids.make("run_")
        return plan(call, self._threads.checks, call.body, assistant, name=name, thread=thread, now=now)

    def _begin(self, tx: Tx, owner: str, run: Object, written: Sequence[Object], resources: Object | None) -> Job:
        """Add a run with the messages that come with it."""
        thread = run["thread_id"]
        run["_said"] = self._rows.messages.rows.count(tx, owner, parent=thread) + len(written)
        self._rows.occupy(tx, owner, thread, run)
        for message in written:
            self._rows.messages.rows.add(tx, owner, message, parent=thread)
        if resources is not None:
            self._rows.threads.rows.change(tx, owner, thread, lambda found: {**found, "tool_resources": resources})
        return self._work.take(tx, owner, run)

    def _find(self, tx: Tx, call: Call) -> Object:
        thread, name = call.params["thread_id"], call.params["run_id"]
        run = self._rows.runs.rows.get(tx, call.principal.owner, name, parent=thread)
        if run is None:
            raise missing_run(name)
        return run

    def _follow(self, job: Job, told: Told, run: Object, streamed: bool | None) -> Reply:
        if not streamed:
            self._work.begin(job, None)
            return Reply(shown(run))
        stream = Stream(run["_include"])
        for name, data in told:
            stream.tell(name, data)
        self._work.begin(job, stream)
        return Reply(events=Feed(stream), framed=True)

    def _made_up(self, run: Object, *, stream: bool) -> Reply:
        """The answer for a thread, an assistant or a run that nobody has seen: nothing goes on."""
        if not stream:
            return Reply(shown(run))
        made = Stream()
        made.tell("thread.run.created", run)
        made.tell("thread.run.queued", run)
        made.end()
        return Reply(events=Feed(made), framed=True)
