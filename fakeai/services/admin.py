"""What admin services share: objects of the caller's organization, changed together with the audit logs' events."""

from collections.abc import Callable
from typing import Any, NamedTuple

from fakeai.core.call import Call
from fakeai.services.audit import Audit
from fakeai.services.organization import no_such
from fakeai.services.resource import Also, Resource
from fakeai.store.base import Database, Object, Tx
from fakeai.wire.audit_logs import Details, EventType
from fakeai.wire.base import Wire
from fakeai.wire.listing import ListQuery


class Told(NamedTuple):
    """The event of a change: its type, what is told of the object, and the project it happened in."""

    type: EventType
    details: Callable[[Object], Details]
    project: str = ""


def by_id(object: Object) -> Details:
    """The details of most events about what is gone."""
    return {"id": object["id"]}


class AdminObjects:
    """Objects of one kind in the caller's organization, or below the `parent` in it that a method names."""

    def __init__(
        self,
        db: Database,
        audit: Audit,
        kind: str,
        shape: Any,
        noun: str,
        *,
        synthesize: bool,
        made: Callable[[str], Object] | None = None,
    ) -> None:
        self._db = db
        self._audit = audit
        self._things = Resource(db, kind, shape, lambda name: no_such(noun, name), synthesize=synthesize, made=made)
        self.rows = self._things.rows

    async def get(self, call: Call, id: str, *, parent: str = "") -> Object:
        """The object with its private keys, or one made up; raises NotFound."""
        return await self._things.get(call, id, parent=parent, owner=call.principal.organization)

    def known(self, call: Call, tx: Tx, id: str, *, parent: str = "") -> Object:
        """The same within a transaction."""
        found = self.rows.get(tx, call.principal.organization, id, parent=parent)
        return self._things.synthesized(call, id) if found is None else found

    async def add(
        self,
        call: Call,
        make: Object | Callable[[Tx], Object],
        told: Told,
        *,
        parent: str = "",
        tag: str = "",
        also: Also | None = None,
    ) -> Object:
        """Keep a new object, or the one that `make` makes. What it or `also` raise keeps it from being added."""

        def work(tx: Tx) -> Object:
            made = make(tx) if callable(make) else make
            self.rows.add(tx, call.principal.organization, made, parent=parent, tag=tag)
            self._also(call, told, also)(tx, made)
            return made

        return await self._db.run(work)

    async def change(
        self,
        call: Call,
        id: str,
        change: Callable[[Object], Object],
        told: Told | None,
        *,
        parent: str = "",
        also: Also | None = None,
    ) -> Object:
        """The object as `change` has made it. What `change` or `also` raise leaves it as it was.

        `told` is None for what no audit log knows.
        """
        return await self._things.change(
            call,
            id,
            change,
            parent=parent,
            owner=call.principal.organization,
            then=self._also(call, told, also),
        )

    async def remove(self, call: Call, id: str, told: Told, *, parent: str = "", also: Also | None = None) -> Object:
        """The object as it was. What `also` raises keeps it from being deleted."""
        return await self._things.remove(
            call, id, parent=parent, owner=call.principal.organization, then=self._also(call, told, also)
        )

    async def page(
        self,
        call: Call,
        query: ListQuery,
        *,
        parent: str = "",
        tag: str | None = None,
        keep: Callable[[Object], bool] | None = None,
    ) -> dict[str, Any]:
        """A page as it goes out. Any: JSON."""
        owner = call.principal.organization
        return await self._things.page(call, query, parent=parent, tag=tag, keep=keep, owner=owner)

    def _also(self, call: Call, told: Told | None, also: Also | None) -> Also:
        def work(tx: Tx, object: Object) -> None:
            if told is not None:
                self._audit.add(tx, call, told.type, told.details(object), project=told.project)
            if also is not None:
                also(tx, object)

        return work


def next_page(page: dict[str, Any]) -> dict[str, Any]:
    """The page in the shape whose cursor is called `next`. Any: JSON."""
    following = page["last_id"] if page["has_more"] else None
    return {"object": "list", "data": page["data"], "has_more": page["has_more"], "next": following}


def plain(value: Any) -> Any:
    """A request, or a part of one, as JSON: the fields its type has, and no others. Any: JSON."""
    if isinstance(value, Wire):
        return {name: plain(getattr(value, name)) for name in type(value).model_fields}
    return [plain(item) for item in value] if isinstance(value, list) else value
