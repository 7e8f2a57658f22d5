"""ChatKit threads: kept with their items, shown to whoever has the project's API key."""

from collections.abc import Callable, Sequence

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.errors import ApiError, NotFound
from fakeai.services.chatkit.sessions import TAG
from fakeai.services.resource import SYNTHESIZED, Resource, deleted, listed
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import Page, shown
from fakeai.wire.chatkit.threads import AssistantMessage, Thread
from fakeai.wire.listing import ListQuery

HIDDEN = "_hidden"
"""The private key of items that are context for the model, and shown to nobody."""
_ONE = "/chatkit/threads/{thread_id}"


class ChatKitThreads:
    """`/chatkit/threads`; and a user's own threads, for his sessions. `user` is the tag of a thread."""

    ENDPOINTS = (
        Endpoint("GET", "/chatkit/threads", "list", "List ChatKit threads", tag=TAG),
        Endpoint("GET", _ONE, "retrieve", "Get a ChatKit thread", tag=TAG),
        Endpoint("DELETE", _ONE, "delete", "Delete a ChatKit thread", tag=TAG),
        Endpoint("GET", _ONE + "/items", "items", "List a ChatKit thread's items", tag=TAG),
    )

    def __init__(self, db: Database, *, synthesize: bool) -> None:
        self._db = db
        self._threads = Resource(db, "chatkit_thread", Thread, missing, synthesize=synthesize)
        self._items = Resource(db, "chatkit_item", AssistantMessage, missing, synthesize=synthesize)

    # -- over HTTP, with an API key

    async def list(self, call: Call) -> Reply:
        """A page of threads, the newest first unless told otherwise, of one user if so wished. Raises BadRequest."""
        query = ListQuery.from_query(call.query)
        return Reply(await self._threads.page(call, query, tag=query.text("user")))

    async def retrieve(self, call: Call) -> Reply:
        """A thread; NotFound if there is none."""
        return Reply(shown(await self._threads.get(call, call.params["thread_id"])))

    async def delete(self, call: Call) -> Reply:
        """Forget a thread with its items; NotFound if there is none."""

        def also(tx: Tx, gone: Object) -> None:
            self._items.rows.delete_children(tx, call.principal.owner, gone["id"])

        gone = await self._threads.remove(call, call.params["thread_id"], then=also)
        return Reply(deleted(gone["id"], "chatkit.thread.deleted"))

    async def items(self, call: Call) -> Reply:
        """A page of a thread's items, the newest first unless told otherwise. Raises NotFound, BadRequest."""
        query = ListQuery.from_query(call.query)
        thread = await self._threads.get(call, call.params["thread_id"])
        if SYNTHESIZED in thread:
            return Reply(listed([], False))
        return Reply(await self._items.page(call, query, parent=thread["id"], keep=_is_shown))

    # -- for a user's sessions: all of `owner`, in a transaction

    def of_user(self, tx: Tx, owner: str, user: str, id: str) -> Object:
        """A user's thread. Raises NotFound for one that is somebody else's."""
        found = self._threads.rows.get(tx, owner, id)
        if found is None or found["user"] != user:
            raise missing(id[:200])
        return found

    def page(self, tx: Tx, owner: str, user: str, query: ListQuery) -> Page:
        """A page of a user's threads."""
        rows = self._threads.rows
        return rows.page(tx, owner, tag=user, limit=query.limit, after=query.after, newest_first=query.order == "desc")

    def items_page(self, tx: Tx, owner: str, thread: str, query: ListQuery) -> Page:
        """A page of a thread's items."""
        rows = self._items.rows
        return rows.page(
            tx,
            owner,
            parent=thread,
            limit=query.limit,
            after=query.after,
            newest_first=query.order == "desc",
            keep=_is_shown,
        )

    def all_items(self, tx: Tx, owner: str, thread: str) -> Sequence[Object]:
        """All of a thread's items, hidden ones too, the oldest first."""
        return [*self._items.rows.every(tx, owner, parent=thread)]

    def add(self, tx: Tx, owner: str, thread: Object) -> None:
        """A new thread."""
        self._threads.rows.add(tx, owner, thread, tag=thread["user"])

    def change(self, tx: Tx, owner: str, id: str, change: Callable[[Object], Object]) -> Object | None:
        """The thread as `change` makes it; None if it is gone."""
        return self._threads.rows.change(tx, owner, id, change)

    def remove(self, tx: Tx, owner: str, id: str) -> None:
        """Forget a thread with its items."""
        self._threads.rows.delete(tx, owner, id)
        self._items.rows.delete_children(tx, owner, id)

    def add_item(self, tx: Tx, owner: str, item: Object) -> None:
        """Append an item to its thread."""
        self._items.rows.add(tx, owner, item, parent=item["thread_id"])

    def change_item(self, tx: Tx, owner: str, thread: str, id: str, change: Callable[[Object], Object]) -> None:
        """The item as `change` makes it, if it is there."""
        self._items.rows.change(tx, owner, id, change, parent=thread)

    def remove_item(self, tx: Tx, owner: str, thread: str, id: str) -> None:
        """Forget one item."""
        self._items.rows.delete(tx, owner, id, parent=thread)


def _is_shown(item: Object) -> bool:
    return HIDDEN not in item


def missing(id: str) -> ApiError:
    """The refusal of an id that names no thread of the caller's."""
    return NotFound(f"ChatKit thread '{id}' not found.", param="thread_id")
