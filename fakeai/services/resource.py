"""One collection as a service shows it: objects found or refused, listed, and made up where that is wanted.

Every verb of every family that keeps things goes through here, so that isolation, cursors and ids that name nothing are
the same everywhere.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from fakeai.core.call import Call
from fakeai.core.errors import ApiError, BadRequest
from fakeai.services.base import synthesizes
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import Collection, Page, shown
from fakeai.wire.example import example
from fakeai.wire.listing import ListQuery

Also: TypeAlias = Callable[[Tx, Object], None]
"""What is done with an object in the transaction that has changed or deleted it."""

SYNTHESIZED = "_synthesized"
"""The private key of objects that are made up: they are answered with, and never kept."""


class Resource:
    """Objects of one kind. `shape` is their wire type, `missing` makes the error for an id that names nothing.

    `made` makes one up for an id, where what `example` makes of the shape is too plain. `limit` is the collection's.
    `owner` is the caller's organization and project unless a method is told otherwise.
    """

    def __init__(
        self,
        db: Database,
        kind: str,
        shape: Any,
        missing: Callable[[str], ApiError],
        *,
        synthesize: bool,
        made: Callable[[str], Object] | None = None,
        limit: int | None = None,
    ) -> None:
        self.rows = Collection(kind, limit)
        self._db = db
        self._shape = shape
        self._missing = missing
        self._made = made
        self._synthesize = synthesize

    async def get(self, call: Call, id: str, *, parent: str = "", owner: str | None = None) -> Object:
        """The object with its private keys, or one made up for an id nobody has seen; raises what `missing` makes."""
        whose = call.principal.owner if owner is None else owner
        found = await self._db.read(lambda tx: self.rows.get(tx, whose, id, parent=parent))
        return self.synthesized(call, id) if found is None else found

    async def change(
        self,
        call: Call,
        id: str,
        change: Callable[[Object], Object],
        *,
        parent: str = "",
        owner: str | None = None,
        then: Also | None = None,
    ) -> Object:
        """The object as `change` has made it; nobody changes it in between. What `change` raises leaves it as it was.

        `then` does what belongs to the change, in its transaction.
        """
        whose = call.principal.owner if owner is None else owner
        found = await self._db.run(
            lambda tx: _also(tx, self.rows.change(tx, whose, id, change, parent=parent), then),
        )
        return change(self.synthesized(call, id)) if found is None else found

    async def remove(
        self, call: Call, id: str, *, parent: str = "", owner: str | None = None, then: Also | None = None
    ) -> Object:
        """Delete the object; returns it as it was. `then` does what belongs to that, in its transaction."""
        whose = call.principal.owner if owner is None else owner
        found = await self._db.run(lambda tx: _also(tx, self.rows.delete(tx, whose, id, parent=parent), then))
        return self.synthesized(call, id) if found is None else found

    async def page(
        self,
        call: Call,
        query: ListQuery,
        *,
        parent: str = "",
        tag: str | None = None,
        keep: Callable[[Object], bool] | None = None,
        owner: str | None = None,
        private: bool = False,
    ) -> dict[str, Any]:
        """A page as it goes out, or with the private keys. Raises BadRequest for a cursor that names nothing."""
        whose = call.principal.owner if owner is None else owner

        def read(tx: Any) -> tuple[Page, str | None]:
            for name, cursor in (("after", query.after), ("before", query.before)):
                if cursor is not None and not self.rows.placed(tx, whose, cursor, parent=parent):
                    return Page([], False), name
            return self._page(tx, whose, parent, tag, query, keep), None

        page, unknown = await self._db.read(read)
        if unknown is not None:
            if not synthesizes(call, self._synthesize):
                raise no_such_cursor(unknown, getattr(query, unknown))
            first = ListQuery(limit=query.limit, order=query.order)
            page = await self._db.read(lambda tx: self._page(tx, whose, parent, tag, first, keep))
        return listed(page.data if private else [shown(item) for item in page.data], page.has_more)

    def synthesized(self, call: Call, id: str) -> Object:
        """An object for an id nobody has seen, if this call wants such; raises what `missing` makes if not."""
        if not synthesizes(call, self._synthesize):
            raise self._missing(id[:200])
        if self._made is not None:
            return {**self._made(id), SYNTHESIZED: True}
        path = {name: value for name, value in call.params.items() if name in self._shape.__annotations__}
        return {**example(self._shape, id, **path), "id": id, SYNTHESIZED: True}

    def _page(
        self,
        tx: Any,
        owner: str,
        parent: str,
        tag: str | None,
        query: ListQuery,
        keep: Callable[[Object], bool] | None,
    ) -> Page:
        return self.rows.page(
            tx,
            owner,
            parent=parent,
            tag=tag,
            limit=query.limit,
            after=query.after,
            before=query.before,
            newest_first=query.newest_first,
            keep=keep,
        )


def _also(tx: Tx, object: Object | None, then: Also | None) -> Object | None:
    if object is not None and then is not None:
        then(tx, object)
    return object


def listed(data: list[Any], has_more: bool) -> dict[str, Any]:
    """A page of objects with ids. Any: of whichever family."""
    first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"object": "list", "data": data, "first_id": first, "last_id": last, "has_more": has_more}


def deleted(id: str, object: str) -> Object:
    """The answer to a DELETE."""
    return {"id": id, "object": object, "deleted": True}


def no_such_cursor(name: str, id: str) -> ApiError:
    """The refusal of a cursor that names nothing the caller has."""
    return BadRequest(f"Invalid '{name}': there is no object with id '{id[:200]}'.", param=name)
