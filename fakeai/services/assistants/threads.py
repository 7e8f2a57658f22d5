"""Threads: made, changed, deleted."""

from collections.abc import Iterable, Sequence

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.services.assistants.checks import Checks
from fakeai.services.assistants.thread_rows import ThreadRows
from fakeai.services.assistants.tool_resources import ToolResources
from fakeai.services.directory import ModelDirectory
from fakeai.services.files import Files
from fakeai.services.resource import deleted
from fakeai.services.vector_stores import VectorStores
from fakeai.store.base import Database, Object, Tx
from fakeai.store.jobs import Jobs
from fakeai.store.objects import shown
from fakeai.wire.assistants.messages import MessageCreate
from fakeai.wire.assistants.threads import ThreadCreate, ThreadUpdate
from fakeai.wire.assistants.tools import Resources

_ONE = "/threads/{thread_id}"
_TAG = "Assistants"


class Threads:
    """`/threads`."""

    ENDPOINTS = (
        Endpoint("POST", "/threads", "create", "Create a thread", body=ThreadCreate, tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Get a thread", tag=_TAG),
        Endpoint("POST", _ONE, "update", "Change a thread", body=ThreadUpdate, tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Delete a thread and all that it has", tag=_TAG),
    )

    def __init__(
        self,
        db: Database,
        ids: Ids,
        jobs: Jobs,
        directory: ModelDirectory,
        files: Files,
        vector_stores: VectorStores,
        *,
        lenient: bool,
        synthesize: bool,
    ) -> None:
        self._db = db
        self._ids = ids
        self._lenient = lenient
        self.checks = Checks(directory, lenient=lenient)
        self.rows = ThreadRows(db, ids, synthesize=synthesize)
        self._resources = ToolResources(db, jobs, files, vector_stores, lenient=lenient)

    async def create(self, call: Call) -> Reply:
        """A thread, with messages if some are given. Raises BadRequest, and NotFound for files or stores nobody has."""
        thread, messages = await self.prepare(call, call.body)
        owner = call.principal.owner
        await self._db.run(lambda tx: self.add(tx, owner, thread, messages))
        return Reply(shown(thread))

    async def retrieve(self, call: Call) -> Reply:
        """A thread; NotFound if there is none."""
        return Reply(shown(await self.get(call, call.params["thread_id"])))

    async def update(self, call: Call) -> Reply:
        """The thread with what was given in place of what was there. Raises as `create` does."""
        body: ThreadUpdate = call.body
        name, given = call.params["thread_id"], body.model_fields_set
        await self.get(call, name)
        made = await self._resources.made(call, body.tool_resources)

        def change(found: Object) -> Object:
            changed = dict(found)
            if "metadata" in given:
                changed["metadata"] = body.metadata or {}
            if made is not None:
                changed["tool_resources"] = {**(found["tool_resources"] or {}), **made}
            return changed

        return Reply(shown(await self.rows.threads.change(call, name, change)))

    async def delete(self, call: Call) -> Reply:
        """Forget a thread with its messages and runs."""
        name, owner = call.params["thread_id"], call.principal.owner
        if await self._db.run(lambda tx: self.rows.drop(tx, owner, name)) is None:
            self.rows.threads.synthesized(call, name)
        return Reply(deleted(name, "thread.deleted"))

    # -- for other services

    async def get(self, call: Call, id: str) -> Object:
        """The caller's thread of that id, with its private keys. Raises NotFound."""
        return await self.rows.threads.get(call, id)

    async def prepare(self, call: Call, given: ThreadCreate | None) -> tuple[Object, Sequence[Object]]:
        """A new thread and its messages, to be added. Raises as `create` does."""
        given = ThreadCreate() if given is None else given
        written = given.messages or ()
        self.checks.messages(call, written, "messages")
        await self.check_files(call, written)
        made = await self._resources.made(call, given.tool_resources)
        thread: Object = {
            "id": self._ids.make("thread_"),
            "object": "thread",
            "created_at": int(self._db.now()),
            "tool_resources": await self._resources.attached(call, made, *attached(written)) or {},
            "metadata": given.metadata or {},
            "_run": None,
        }
        return thread, [self.rows.message(thread["id"], message) for message in written]

    def add(self, tx: Tx, owner: str, thread: Object, messages: Iterable[Object]) -> None:
        """Add what `prepare` has made."""
        self.rows.threads.rows.add(tx, owner, thread)
        for message in messages:
            self.rows.messages.rows.add(tx, owner, message, parent=thread["id"])

    async def check_files(self, call: Call, messages: Iterable[MessageCreate]) -> None:
        """Refuse messages with files that the caller does not have."""
        ids: list[str] = []
        for message in messages:
            ids += [item.file_id for item in message.attachments or () if item.file_id]
            if not isinstance(message.content, str):
                ids += [part.image_file.file_id for part in message.content if part.type == "image_file"]
        await self._resources.check_files(call, ids)

    async def resources(self, call: Call, wanted: Resources | None) -> Object | None:
        """Tool resources as they are kept. Raises NotFound for what the caller does not have."""
        return await self._resources.made(call, wanted)

    async def attach(self, call: Call, thread: Object, messages: Sequence[MessageCreate]) -> Object | None:
        """What a thread's tools work on once these messages are among its own; None if that changes nothing."""
        for_search, for_code = attached(messages)
        if not for_search and not for_code:
            return None
        return await self._resources.attached(call, thread["tool_resources"], for_search, for_code)


def attached(messages: Iterable[MessageCreate]) -> tuple[Sequence[str], Sequence[str]]:
    """The files that come with messages: those to be searched, and those for programs."""
    found: dict[str, list[str]] = {"file_search": [], "code_interpreter": []}
    for message in messages:
        for attachment in message.attachments or ():
            for tool in attachment.tools or ():
                if attachment.file_id:
                    found[tool.type].append(attachment.file_id)
    return found["file_search"], found["code_interpreter"]
