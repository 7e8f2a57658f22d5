"""Messages of threads: written, labelled, listed, deleted."""

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.services.assistants.threads import Threads
from fakeai.services.resource import SYNTHESIZED, deleted
from fakeai.store.base import Database, Tx
from fakeai.store.objects import shown
from fakeai.wire.assistants.messages import MessageCreate, MessageUpdate
from fakeai.wire.listing import ListQuery

_ALL = "/threads/{thread_id}/messages"
_ONE = _ALL + "/{message_id}"
_TAG = "Assistants"


class Messages:
    """`/threads/{thread_id}/messages`."""

    ENDPOINTS = (
        Endpoint("GET", _ALL, "list", "List a thread's messages", tag=_TAG),
        Endpoint("POST", _ALL, "create", "Add a message to a thread", body=MessageCreate, tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Get a message", tag=_TAG),
        Endpoint("POST", _ONE, "update", "Set a message's metadata", body=MessageUpdate, tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Delete a message", tag=_TAG),
    )

    def __init__(self, db: Database, threads: Threads) -> None:
        self._db = db
        self._threads = threads
        self._rows = threads.rows

    async def list(self, call: Call) -> Reply:
        """A page of messages, the newest first unless told otherwise, of one run if wanted."""
        thread = await self._threads.get(call, call.params["thread_id"])
        query = ListQuery.from_query(call.query)
        page = await self._rows.messages.page(call, query, parent=thread["id"], tag=query.text("run_id"))
        return Reply(page)

    async def create(self, call: Call) -> Reply:
        """A message at the end of a thread. Raises NotFound, and BadRequest while a run of the thread is active."""
        body: MessageCreate = call.body
        owner = call.principal.owner
        thread = await self._threads.get(call, call.params["thread_id"])
        self._threads.checks.messages(call, [body])
        await self._threads.check_files(call, [body])
        message = self._rows.message(thread["id"], body)
        if SYNTHESIZED in thread:
            return Reply(message)
        await self._db.read(lambda tx: self._rows.check_idle(tx, owner, thread["id"]))
        resources = await self._threads.attach(call, thread, [body])

        def add(tx: Tx) -> None:
            self._rows.check_idle(tx, owner, thread["id"])
            self._rows.check_room(tx, owner, thread["id"], 1)
            self._rows.messages.rows.add(tx, owner, message, parent=thread["id"])
            if resources is not None:
                self._rows.threads.rows.change(
                    tx, owner, thread["id"], lambda found: {**found, "tool_resources": resources}
                )

        await self._db.run(add)
        return Reply(message)

    async def retrieve(self, call: Call) -> Reply:
        """A message; NotFound if the thread has none of that id."""
        thread, name = call.params["thread_id"], call.params["message_id"]
        await self._threads.get(call, thread)
        return Reply(shown(await self._rows.messages.get(call, name, parent=thread)))

    async def update(self, call: Call) -> Reply:
        """The message with that metadata."""
        body: MessageUpdate = call.body
        thread, name = call.params["thread_id"], call.params["message_id"]
        await self._threads.get(call, thread)
        changed = {"metadata": body.metadata or {}} if "metadata" in body.model_fields_set else {}
        return Reply(
            shown(await self._rows.messages.change(call, name, lambda found: {**found, **changed}, parent=thread))
        )

    async def delete(self, call: Call) -> Reply:
        """Forget a message."""
        thread, name = call.params["thread_id"], call.params["message_id"]
        await self._threads.get(call, thread)
        await self._rows.messages.remove(call, name, parent=thread)
        return Reply(deleted(name, "thread.message.deleted"))
