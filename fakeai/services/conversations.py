"""Conversations and their items: what responses go on from, and add to."""

from collections.abc import Sequence
from typing import Any

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError, NotFound
from fakeai.core.generation import JsonObject
from fakeai.services.base import lenient
from fakeai.services.resource import SYNTHESIZED, Resource, deleted
from fakeai.services.responses.asking import resolved
from fakeai.services.responses.kept_items import given_items, kept_items
from fakeai.services.responses.responses import Responses
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import shown
from fakeai.wire.conversations import ConversationCreate, ConversationUpdate, ItemsCreate
from fakeai.wire.listing import ListQuery

_ONE = "/conversations/{conversation_id}"
_ITEM = _ONE + "/items/{item_id}"
_TAG = "Conversations"


class Conversations:
    """`/conversations`. Everybody sees only those of their organization and project."""

    ENDPOINTS = (
        Endpoint("POST", "/conversations", "create", "Begin a conversation", body=ConversationCreate, tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Get a conversation", tag=_TAG),
        Endpoint("POST", _ONE, "update", "Change its metadata", body=ConversationUpdate, tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Delete a conversation", tag=_TAG),
        Endpoint("GET", _ONE + "/items", "items", "List its items", tag=_TAG),
        Endpoint("POST", _ONE + "/items", "add", "Add items to it", body=ItemsCreate, tag=_TAG),
        Endpoint("GET", _ITEM, "item", "Get an item", tag=_TAG),
        Endpoint("DELETE", _ITEM, "remove", "Delete an item", tag=_TAG),
    )

    def __init__(self, db: Database, responses: Responses, ids: Ids, *, lenient: bool, synthesize: bool) -> None:
        self._db = db
        self._responses = responses.rows
        self._conversations = responses.rows.conversations
        self._items = Resource(db, "conversation.item", None, _no_item, synthesize=synthesize, made=_made_item)
        self._ids = ids
        self._lenient = lenient

    async def create(self, call: Call) -> Reply:
        """A conversation with what has been said in it. Raises NotFound for items that it refers to."""
        body: ConversationCreate = call.body
        name, owner = self._ids.make("conv_"), call.principal.owner
        made: Object = {
            "id": name,
            "object": "conversation",
            "created_at": int(self._db.now()),
            "metadata": body.metadata or {},
        }
        items = await self._kept(call, body.items)

        def add(tx: Tx) -> None:
            self._conversations.rows.add(tx, owner, made)
            self._responses.say(tx, owner, name, items)

        await self._db.run(add)
        return Reply(made)

    async def retrieve(self, call: Call) -> Reply:
        """A conversation. Raises NotFound."""
        return Reply(shown(await self._get(call)))

    async def update(self, call: Call) -> Reply:
        """The conversation with other metadata. Raises NotFound."""
        change = {"metadata": call.body.metadata or {}}
        name = call.params["conversation_id"]
        return Reply(shown(await self._conversations.change(call, name, lambda row: {**row, **change})))

    async def delete(self, call: Call) -> Reply:
        """Forget a conversation and what was said in it. Raises NotFound."""
        name, owner = call.params["conversation_id"], call.principal.owner

        def forget(tx: Tx, row: Object) -> None:
            self._responses.items.delete_children(tx, owner, name)

        await self._responses.settled()
        await self._conversations.remove(call, name, then=forget)
        return Reply(deleted(name, "conversation.deleted"))

    async def items(self, call: Call) -> Reply:
        """A page of what was said, the latest first unless told otherwise. Raises NotFound, BadRequest."""
        query = ListQuery.from_query(call.query, order="desc")
        found = await self._get(call)
        return Reply(await self._items.page(call, query, parent=found["id"]))

    async def add(self, call: Call) -> Reply:
        """Add to what was said. Raises NotFound."""
        body: ItemsCreate = call.body
        found, owner = await self._get(call), call.principal.owner
        items = await self._kept(call, body.items)
        if SYNTHESIZED not in found:
            await self._db.run(lambda tx: self._responses.say(tx, owner, found["id"], items))
        ids = [item["id"] for item in items]
        first, last = (ids[0], ids[-1]) if ids else ("", "")
        return Reply({"object": "list", "data": items, "first_id": first, "last_id": last, "has_more": False})

    async def item(self, call: Call) -> Reply:
        """An item. Raises NotFound."""
        found = await self._get(call)
        return Reply(shown(await self._items.get(call, call.params["item_id"], parent=found["id"])))

    async def remove(self, call: Call) -> Reply:
        """Forget an item; the conversation as it is. Raises NotFound."""
        found = await self._get(call)
        await self._items.remove(call, call.params["item_id"], parent=found["id"])
        return Reply(shown(found))

    async def _get(self, call: Call) -> Object:
        await self._responses.settled()
        return await self._conversations.get(call, call.params["conversation_id"])

    async def _kept(self, call: Call, given: Sequence[Any] | None) -> list[JsonObject]:
        """The items of a request with ids of their own; those that are referred to are looked up. Any: wire items."""
        items = await resolved(self._responses, call, given_items(list(given or ())), easy=lenient(call, self._lenient))
        return kept_items(items, self._ids)


def _made_item(id: str) -> Object:
    content = [{"type": "input_text", "text": "Hello!"}]
    return {"id": id, "type": "message", "status": "completed", "role": "user", "content": content}


def _no_item(id: str) -> ApiError:
    return NotFound(f"Conversation item with id '{id[:200]}' not found.")
