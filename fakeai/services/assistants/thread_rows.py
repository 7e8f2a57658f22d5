"""Threads, messages, runs and steps as they are kept, and what one of them being there means for the others."""

from collections.abc import Callable
from typing import Any

from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError, BadRequest, NotFound
from fakeai.services.resource import Resource
from fakeai.store.base import Database, Object, Tx
from fakeai.wire.assistants.messages import Message, MessageCreate
from fakeai.wire.assistants.run_steps import RunStep
from fakeai.wire.assistants.runs import ACTIVE, Run
from fakeai.wire.assistants.threads import Thread
from fakeai.wire.example import example

ACTIVE_RUN = "_run"
"""The private key under which a thread tells its run that is not over."""

MOST_MESSAGES = 100_000


class ThreadRows:
    """Threads have messages and runs, runs have steps. A thread has one active run at most."""

    def __init__(self, db: Database, ids: Ids, *, synthesize: bool) -> None:
        self._db = db
        self._ids = ids
        self.threads = Resource(db, "thread", Thread, _missing("thread"), synthesize=synthesize)
        self.messages = Resource(db, "thread.message", Message, _missing("message"), synthesize=synthesize)
        self.runs = Resource(db, "thread.run", Run, _missing("run"), synthesize=synthesize, made=_made_run)
        self.steps = Resource(db, "thread.run.step", RunStep, _missing("run step"), synthesize=synthesize)

    def message(self, thread: str, given: MessageCreate) -> Object:
        """A message that somebody has written."""
        return {
            "id": self._ids.make("msg_"),
            "object": "thread.message",
            "created_at": int(self._db.now()),
            "thread_id": thread,
            "status": "completed",
            "incomplete_details": None,
            "completed_at": None,
            "incomplete_at": None,
            "role": given.role,
            "content": _content(given),
            "assistant_id": None,
            "run_id": None,
            "attachments": [_shown(item) for item in given.attachments or ()],
            "metadata": given.metadata or {},
        }

    def check_room(self, tx: Tx, owner: str, thread: str, more: int) -> None:
        """Refuse messages that a thread has no room for."""
        if self.messages.rows.count(tx, owner, parent=thread) + more > MOST_MESSAGES:
            raise BadRequest(f"A thread may have {MOST_MESSAGES} messages at most.")

    def check_idle(self, tx: Tx, owner: str, thread: str) -> None:
        """Refuse to change what a thread says while it is being answered. Raises NotFound where there is none."""
        found = self.threads.rows.get(tx, owner, thread)
        if found is None:
            raise missing_thread(thread)
        active = found.get(ACTIVE_RUN)
        if active is not None:
            raise BadRequest(f"Can't add messages to {thread} while a run {active} is active.")

    def occupy(self, tx: Tx, owner: str, thread: str, run: Object) -> None:
        """Add a run, from here on the thread's active one. Raises BadRequest if there is one already, NotFound."""

        def change(found: Object) -> Object:
            active = found.get(ACTIVE_RUN)
            if active is not None:
                raise BadRequest(f"Thread {thread} already has an active run {active}.")
            return {**found, ACTIVE_RUN: run["id"]}

        if self.threads.rows.change(tx, owner, thread, change) is None:
            raise missing_thread(thread)
        self.runs.rows.add(tx, owner, run, parent=thread)

    def settle(self, tx: Tx, owner: str, run: Object) -> None:
        """Write a run; one that is over is not its thread's active one any more."""
        thread = run["thread_id"]
        self.runs.rows.replace(tx, owner, run, parent=thread)
        if run["status"] not in ACTIVE:
            self.threads.rows.change(
                tx,
                owner,
                thread,
                lambda found: {**found, ACTIVE_RUN: None} if found[ACTIVE_RUN] == run["id"] else found,
            )

    def drop(self, tx: Tx, owner: str, thread: str) -> Object | None:
        """Forget a thread and all that it has."""
        gone = self.threads.rows.delete(tx, owner, thread)
        if gone is not None:
            for run in list(self.runs.rows.every(tx, owner, parent=thread)):
                self.steps.rows.delete_children(tx, owner, run["id"])
            self.runs.rows.delete_children(tx, owner, thread)
            self.messages.rows.delete_children(tx, owner, thread)
        return gone


def missing_thread(id: str) -> ApiError:
    """The refusal of an id that names no thread."""
    return _missing("thread")(id)


def missing_run(id: str) -> ApiError:
    """The refusal of an id that names no run."""
    return _missing("run")(id)


def _missing(what: str) -> Callable[[str], ApiError]:
    return lambda name: NotFound(f"No {what} found with id '{name[:200]}'.")


def _content(given: MessageCreate) -> list[Object]:
    if isinstance(given.content, str):
        return [_text(given.content)]
    return [_text(part.text) if part.type == "text" else _plain(part) for part in given.content]


def _text(value: str) -> Object:
    return {"type": "text", "text": {"value": value, "annotations": []}}


def _plain(part: Any) -> Object:
    """A part that is an image, as it was given. Any: one of two wire types."""
    image = getattr(part, part.type)
    told = {name: getattr(image, name) for name in ("file_id", "url") if hasattr(image, name)}
    return {"type": part.type, part.type: {**told, "detail": image.detail or "auto"}}


def _shown(attachment: Any) -> Object:
    tools = [{"type": tool.type} for tool in attachment.tools or ()]
    return ({} if attachment.file_id is None else {"file_id": attachment.file_id}) | {"tools": tools}


def _made_run(id: str) -> Object:
    return {**example(Run, id), "id": id, "tool_choice": "auto", "parallel_tool_calls": True}
