"""A run under way: the model is asked, its tools are used, and asked again, until it has answered or needs its caller."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from fakeai.core.call import Principal
from fakeai.core.chance import Ids
from fakeai.core.clock import Clock
from fakeai.core.feed import Feed
from fakeai.core.generation import Burst, GenerateRequest, Placement, Sampling, Timing, ToolChoice, Usage
from fakeai.services.assistants.conversation import Conversations, Limits, last_said, look
from fakeai.services.assistants.endings import USED, Ending, Told, broken_off, end, usage
from fakeai.services.assistants.events import Stream
from fakeai.services.assistants.hosted import CODE, HOSTED, SEARCH, Hosted, query_of
from fakeai.services.assistants.shapes import (
    choice,
    form,
    has_program,
    images_of,
    marks_of,
    new_message,
    new_step,
    offered,
)
from fakeai.services.assistants.thread_rows import ThreadRows
from fakeai.services.assistants.turn import Call, Turn, step_delta
from fakeai.services.directory import ModelDirectory
from fakeai.services.turns import Asked, Asker, Turns
from fakeai.store.base import Database, Object, Tx
from fakeai.store.jobs import Job, Later
from fakeai.store.objects import Collection
from fakeai.store.usage import Meter

T = TypeVar("T")

_BROKEN: Mapping[str, str] = MappingProxyType({"length": "max_tokens", "content_filter": "content_filter"})
_MOST_ROUNDS = 10
"""Turns in which a run may use tools of its own, one after the other."""


class Tools(NamedTuple):
    """What the work on runs takes."""

    db: Database
    ids: Ids
    clock: Clock
    rows: ThreadRows
    turns: Turns
    directory: ModelDirectory
    conversations: Conversations
    hosted: Hosted
    meter: Meter


class Asking(NamedTuple):
    """What a turn asks, what its answer may stand for and shows, and what the user said last."""

    request: GenerateRequest
    marks: Mapping[str, Object]
    images: Sequence[str]
    said: str


class Stopped(Exception):
    """The run is to go no further."""


class Gone(Exception):
    """The run is not there any more."""


class Live:
    """What goes on here: who is told of it, and how it is stopped."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.stopped = False
        self.stoppable: asyncio.Task[Any] | None = None

    def stop(self) -> None:
        """Go no further."""
        self.stopped = True
        if self.stoppable is not None:
            self.stoppable.cancel()


class Session:
    """One run, as long as it is carried on."""

    def __init__(self, tools: Tools, job: Job, run: Object, live: Live) -> None:
        self._tools = tools
        self._job = job
        self._run = run
        self._live = live
        self._owner = job.owner
        self._turn: Turn | None = None
        self._opened: list[tuple[Object, Object | None]] = []
        self._writing: asyncio.Task[None] | None = None
        self._heard = False
        self._coded = False
        who = run["_who"]
        self._who = Principal(who[0], who[1], who[2], who[3])

    async def go(self) -> None:
        """Until the run is over. Raises Later if it waits for its caller, Stopped, Gone, ApiError if it fails."""
        for number in range(_MOST_ROUNDS + 1):
            if not await self._round(number < _MOST_ROUNDS):
                return

    async def close(self, how: Ending, **changed: Any) -> None:
        """End the run before its time, with what it has come to."""
        await self._settled()
        turn = self._turn
        if turn is not None:
            turn.flush()

        def work(tx: Tx) -> Told:
            self._job.guard(tx)
            run = self._find(tx)
            if run is None:
                return []
            if turn is not None:
                self._put_turn(tx, turn)
            now = self._tools.db.now()
            return end(tx, self._tools.rows, self._owner, run, how, now, **changed)

        self._tell(await self._tools.db.run(work))

    # -- a turn of the model

    async def _round(self, more: bool) -> bool:
        """One turn; whether there is to be another."""
        asking = await self._ask(more)
        if asking is None:
            return False
        self._turn = turn = Turn(self._live.stream, self._open_step, self._note, asking.marks, asking.images)
        await self._hear(self._tools.turns.generate(asking.request), turn)
        turn.flush()
        self._count(turn.usage, asking.request)
        if any(call.name in HOSTED for call in turn.calls):
            await self._tools.db.run(lambda tx: self._show(tx, turn))
        done = [await self._use(call, asking.said, index) for index, call in enumerate(turn.calls)]
        kept = {call["id"]: beside for call, beside in done if beside is not None}
        calls = [call for call, _ in done]
        waits = any(beside is None for _, beside in done)
        self._turn = None
        told, run = await self._tools.db.run(lambda tx: self._turned(tx, turn, calls, kept, waits))
        self._tell(told)
        if run["status"] == "requires_action":
            raise Later(run["expires_at"])
        return bool(run["status"] == "in_progress")

    async def _ask(self, more: bool) -> Asking | None:
        """The next turn; None if a budget is used up, and the run has ended by that."""
        run, owner = self._run, self._owner
        seen = await self._tools.db.read(lambda tx: look(tx, self._tools.rows, owner, run))
        card = self._tools.directory.card(run["model"])
        hosted = await self._tools.hosted.tools(owner, run["tools"], run["_files"]) if more else {}
        tools = offered(run["tools"], hosted) if more else ()
        schema, json_object = form(run["response_format"])
        prompt, completion = run[USED]
        truncation = run["truncation_strategy"]
        self._coded = self._coded or has_program(seen.steps)
        used = any(step["type"] == "tool_calls" for step in seen.steps)
        budget = None if run["max_prompt_tokens"] is None else run["max_prompt_tokens"] - prompt
        messages = await self._tools.conversations.messages(
            owner,
            run["instructions"],
            seen,
            card=card,
            tools=tools,
            schema=schema,
            limits=Limits(truncation["last_messages"] or 0, budget),
        )
        left = None if run["max_completion_tokens"] is None else run["max_completion_tokens"] - completion
        sampling = Sampling(max_tokens=left, temperature=run["temperature"], top_p=run["top_p"])
        asked = Asked(
            messages,
            sampling,
            tools,
            choice(run["tool_choice"], used=used) if more else ToolChoice("none"),
            run["parallel_tool_calls"],
            schema,
            json_object,
            run.get("reasoning_effort"),
        )
        reason = "max_completion_tokens" if left is not None and left <= 0 else None
        request = await self._tools.turns.request(card, asked, self._asker(), "messages")
        if budget is not None and request.prompt_tokens > budget:
            reason = "max_prompt_tokens"
        if reason is not None:
            await self.close("incomplete", incomplete_details={"reason": reason})
            return None
        return Asking(request, marks_of(seen.all_steps), images_of(seen.steps), last_said(seen.thread))

    async def _hear(self, feed: Feed[Burst], turn: Turn) -> None:
        self._heard = False
        try:
            await self._stoppable(feed.drain(turn.take))
        finally:
            self._heard = True
        await self._settled()

    async def _stoppable(self, work: Coroutine[Any, Any, T]) -> T:
        """What `work` gives. Raises Stopped if the run is to go no further, before or meanwhile."""
        if self._live.stopped:
            work.close()
            raise Stopped
        task = asyncio.ensure_future(work)
        self._live.stoppable = task
        try:
            return await task
        except asyncio.CancelledError:
            if not self._live.stopped:
                raise
            raise Stopped from None
        finally:
            self._live.stoppable = None

    async def _use(self, call: Call, said: str, index: int) -> tuple[Object, Object | None]:
        """A call as it is told, and what is kept beside it if it was one of the run's own tools."""
        told = call.told()
        tool = next((tool for tool in self._run["tools"] if tool["type"] == call.name), None)
        if tool is None or call.name not in HOSTED:
            return told, None
        hosted = self._tools.hosted
        if call.name == SEARCH:
            number = self._run["_said"] + 3 + index
            query = query_of(call.text) or said
            stores = self._run["_stores"]
            done = await self._stoppable(hosted.search(self._who, told, query, said, stores, tool, number))
        else:
            if not self._coded:
                hosted.count_session(self._who)
            self._coded = True
            done = await self._stoppable(hosted.run(self._who, told, call.text, self._run["_files"]))
        turn = self._turn
        assert turn is not None and turn.call_step is not None, "a call belongs to a turn"
        delta = {"index": index, "id": call.id, "type": call.name, call.name: {}}
        if call.name == CODE:
            outputs = [{"index": at, **output} for at, output in enumerate(done.call[CODE]["outputs"])]
            delta = {"index": index, "type": CODE, CODE: {"outputs": outputs}}
        self._live.stream.tell("thread.run.step.delta", step_delta(turn.call_step["id"], delta))
        return done.call, done.kept

    # -- rows

    def _turned(self, tx: Tx, turn: Turn, calls: list[Object], kept: Object, waits: bool) -> tuple[Told, Object]:
        """Write what a turn has come to."""
        self._job.guard(tx)
        run = self._find(tx)
        if run is None:
            raise Gone
        if run["status"] == "cancelling":
            self._turn = turn
            raise Stopped
        at, rows = int(self._tools.db.now()), self._tools.rows
        told: Told = []
        run = {**run, USED: self._run[USED]}
        used = usage(turn.usage)
        self._put_turn(tx, turn)
        if turn.step is not None and turn.message is not None:
            message = {**turn.message, "content": turn.content()}
            why = _BROKEN.get(turn.reason)
            over = {"status": "completed", "completed_at": at}
            message = {**message, **over} if why is None else broken_off(message, why, at)
            rows.messages.rows.replace(tx, self._owner, message, parent=run["thread_id"])
            told.append((f"thread.message.{message['status']}", message))
            step = {**turn.step, "status": "completed", "completed_at": at, "usage": None if calls else used}
            rows.steps.rows.replace(tx, self._owner, step, parent=run["id"])
            told.append(("thread.run.step.completed", step))
        if turn.call_step is not None:
            step = {**turn.call_step, "_calls": kept, "_usage": used}
            step["step_details"] = {"type": "tool_calls", "tool_calls": calls}
            if not waits:
                step |= {"status": "completed", "completed_at": at, "usage": used}
                told.append(("thread.run.step.completed", step))
            rows.steps.rows.replace(tx, self._owner, step, parent=run["id"])
        if calls:
            run = self._run = self._asked_of_caller(run, calls) if waits else run
            rows.settle(tx, self._owner, run)
            return [*told, *([("thread.run.requires_action", run)] if waits else [])], run
        how, details = _ending(turn.reason)
        ended = end(tx, rows, self._owner, run, how, at, **details)
        return [*told, *ended], ended[-1][1]

    def _asked_of_caller(self, run: Object, calls: list[Object]) -> Object:
        required = [
            {
                "id": call["id"],
                "type": "function",
                "function": {name: call["function"][name] for name in ("name", "arguments")},
            }
            for call in calls
            if call["type"] == "function"
        ]
        action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": required}}
        return {**run, "status": "requires_action", "required_action": action}

    def _show(self, tx: Tx, turn: Turn) -> None:
        """Have the rows of a turn while its calls are carried out."""
        self._job.guard(tx)
        if self._find(tx) is None:
            raise Gone
        self._put_turn(tx, turn)

    def _put_turn(self, tx: Tx, turn: Turn) -> None:
        """Have the rows of what a turn was at, with what there is of it."""
        rows, run = self._tools.rows, self._run
        if turn.message is not None:
            message = {**turn.message, "content": turn.content()}
            _put(tx, rows.messages.rows, self._owner, message, run["thread_id"], run["id"])
        if turn.step is not None:
            _put(tx, rows.steps.rows, self._owner, turn.step, run["id"])
        if turn.call_step is not None:
            details = {"type": "tool_calls", "tool_calls": [call.told() for call in turn.calls]}
            _put(tx, rows.steps.rows, self._owner, {**turn.call_step, "step_details": details}, run["id"])

    def _find(self, tx: Tx) -> Object | None:
        run = self._run
        return self._tools.rows.runs.rows.get(tx, self._owner, run["id"], parent=run["thread_id"])

    def _note(self, step: Object, message: Object | None) -> None:
        """A step has begun: it is written while it goes on, unless it is over by then."""
        self._opened.append((step, message))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.ensure_future(self._write())

    async def _write(self) -> None:
        opened, self._opened = self._opened, []
        if self._heard or (self._turn is not None and self._turn.over):
            return
        run, rows = self._run, self._tools.rows

        def work(tx: Tx) -> None:
            self._job.guard(tx)
            if self._find(tx) is None:
                return
            for step, message in opened:
                if message is not None:
                    _put(tx, rows.messages.rows, self._owner, message, run["thread_id"], run["id"])
                _put(tx, rows.steps.rows, self._owner, step, run["id"])

        await self._tools.db.run(work)

    async def _settled(self) -> None:
        """Nothing is being written any more."""
        self._heard = True
        writing, self._writing = self._writing, None
        if writing is not None:
            await writing

    # -- the rest

    def _open_step(self, kind: str) -> tuple[Object, Object | None]:
        run, now, ids = self._run, int(self._tools.db.now()), self._tools.ids
        message: Object | None = None
        details: Object = {"type": "tool_calls", "tool_calls": []}
        if kind == "message_creation":
            message = new_message(ids.make("msg_"), run, now)
            details = {"type": kind, "message_creation": {"message_id": message["id"]}}
        return new_step(ids.make("step_"), run, now, kind, details), message

    def _tell(self, told: Told) -> None:
        for name, data in told:
            self._live.stream.tell(name, data)

    def _asker(self) -> Asker:
        home = self._tools.turns.worker(self._who.organization)
        ttft, itl, affinity = self._run["_timing"]
        return home._replace(timing=Timing(ttft, itl), placement=Placement(affinity, 0, home.placement.salt))

    def _count(self, used: Usage, request: GenerateRequest) -> None:
        prompt, completion = self._run[USED]
        self._run = {**self._run, USED: [prompt + used.prompt, completion + used.completion]}
        numbers = 1, used.prompt, used.cached, used.completion, used.prompt_audio, used.completion_audio, 0
        self._tools.meter.count(self._who, "completions", request.model.id, numbers, False, "default")


def _put(tx: Tx, rows: Collection, owner: str, row: Object, parent: str, tag: str | None = None) -> None:
    if rows.known(tx, owner, row["id"], parent=parent):
        rows.replace(tx, owner, row, parent=parent)
    else:
        rows.add(tx, owner, row, parent=parent, tag=tag or "")


def _ending(reason: str) -> tuple[Ending, Object]:
    """How a run ends whose model has stopped for that reason, and what it tells of it."""
    if reason == "length":
        return "incomplete", {"incomplete_details": {"reason": "max_completion_tokens"}}
    return ("incomplete", {"incomplete_details": {}}) if reason == "content_filter" else ("completed", {})
