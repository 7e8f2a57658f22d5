"""JSON objects with an id, an owner and an order: list by cursor, get, change, delete.

A row belongs to one owner and may hang below a parent (the files of a vector store, the events of a job). Nobody finds
another owner's rows, and cursors that name them are cursors that name nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from fakeai.store.base import Object, Tx
from fakeai.store.encoding import encode_json
from fakeai.store.sql import now_of

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Row

    from fakeai.store.statements import Statements

_BATCH = 256
_REMEMBERED_S = 3_600.0
"""How long it is known where a deleted object was."""


class Page(NamedTuple):
    """Some objects in the order asked for, and whether more follow."""

    data: list[Object]
    has_more: bool


class Placed(NamedTuple):
    """An object, and where it is."""

    owner: str
    parent: str
    object: Object


class Collection:
    """The objects of one kind. `limit` is of an owner: beyond it (and a sixteenth more) the oldest go."""

    def __init__(self, kind: str, limit: int | None = None) -> None:
        self.kind = kind
        self._limit = limit
        self._trim_every = max((limit or 0) // 16, 1)

    @cached_property
    def _sql(self) -> "Statements":
        from fakeai.store.statements import Statements

        return Statements(self.kind)

    # -- writing

    def add(
        self, tx: Tx, owner: str, object: Object, *, parent: str = "", tag: str = "", expires: float | None = None
    ) -> None:
        """Append `object`. KeyError if its id is taken (by an object that has expired, too, until it is purged)."""
        row = {"owner": owner, "parent": parent, "id": object["id"], "tag": tag, "expires": expires}
        seq = tx.execute(self._sql.insert(tx.dialect.name, {**row, "data": _dump(object)})).scalar()
        if seq is None:
            raise KeyError(object["id"])
        if self._limit is not None and seq % self._trim_every == 0:
            tx.execute(self._sql.trim(owner, parent, self._limit))

    def add_new(self, tx: Tx, objects: Sequence[tuple[str, Object]]) -> None:
        """Append objects, each with its owner, in as few statements as can be; those whose ids are taken are left out."""
        rows = [
            {"kind": self.kind, "owner": owner, "parent": "", "id": new["id"], "tag": "", "data": _dump(new)}
            for owner, new in objects
        ]
        added = tx.execute(self._sql.insert_new(tx.dialect.name), rows).all() if rows else ()
        if self._limit is not None:
            for owner in {owner for owner, seq in added if seq % self._trim_every == 0}:
                tx.execute(self._sql.trim(owner, "", self._limit))

    def replace(
        self,
        tx: Tx,
        owner: str,
        object: Object,
        *,
        parent: str = "",
        tag: str | None = None,
        expires: float | None = None,
    ) -> None:
        """Put `object` in the place of the one of its id; KeyError if there is none. Tag and expiry stay if None."""
        values: dict[str, Any] = {"data": _dump(object)}
        if tag is not None:
            values["tag"] = tag
        if expires is not None:
            values["expires"] = expires
        if not tx.execute(self._sql.update(self._one(tx, owner, object["id"], parent), values)).rowcount:
            raise KeyError(object["id"])

    def change(
        self, tx: Tx, owner: str, id: str, change: Callable[[Object], Object], *, parent: str = ""
    ) -> Object | None:
        """Replace the object by what `change` makes of it, while nobody else can; None if there is no such object."""
        found = tx.execute(self._sql.lock(self._one(tx, owner, id, parent))).first()
        if found is None:
            return None
        changed = change(orjson.loads(found.data))
        assert changed["id"] == id, "an object keeps its id"
        tx.execute(self._sql.put(found.seq, _dump(changed)))
        return changed

    def delete(self, tx: Tx, owner: str, id: str, *, parent: str = "") -> Object | None:
        """Remove the object and return it; None if there is none. For an hour cursors may still name it."""
        found = tx.execute(self._sql.delete_returning(self._one(tx, owner, id, parent))).first()
        if found is None:
            return None
        place = {"owner": owner, "parent": parent, "id": id, "seq": found.seq, "at": now_of(tx)}
        tx.execute(self._sql.note_removed(tx.dialect.name, place))
        return _load(found)

    def discard_expired(self, tx: Tx, owner: str, id: str, *, parent: str = "") -> None:
        """Remove the object if it has expired, before it is purged: its id may then be taken again."""
        tx.execute(self._sql.delete(self._sql.gone(owner, parent, id, now_of(tx))))

    def delete_children(self, tx: Tx, owner: str, parent: str) -> int:
        """Remove all objects below `parent`; how many there were."""
        return tx.execute(self._sql.delete(self._sql.of(owner, parent))).rowcount

    # -- reading

    def get(self, tx: Tx, owner: str, id: str, *, parent: str = "") -> Object | None:
        """The object, or None when there is none of that id or it belongs to somebody else."""
        found = self._row(tx, owner, parent, id)
        return None if found is None else _load(found)

    def known(self, tx: Tx, owner: str, id: str, *, parent: str = "") -> bool:
        """Whether `get` would find it."""
        return self._seq(tx, owner, parent, id) is not None

    def placed(self, tx: Tx, owner: str, id: str, *, parent: str = "") -> bool:
        """Whether a cursor may name it: `get` would find it, or would have done within the last hour."""
        return self._place(tx, owner, parent, id) is not None

    def find(self, tx: Tx, id: str, *, parent: str | None = None) -> tuple[str, Object] | None:
        """Owner and object, whoever owns it: for jobs and whoever else acts for the server. `parent` None: below any."""
        found = tx.execute(self._sql.anywhere(id, parent, now_of(tx))).first()
        return None if found is None else (found.owner, _load(found))

    def count(self, tx: Tx, owner: str, *, parent: str = "", tag: str | None = None) -> int:
        """How many objects there are."""
        return int(tx.execute(self._sql.count(self._alive(tx, owner, parent, tag))).scalar_one())

    def every(
        self, tx: Tx, owner: str, *, parent: str = "", tag: str | None = None, newest_first: bool = False
    ) -> Iterator[Object]:
        """All objects, the oldest first unless told otherwise; not to be iterated beyond the transaction."""
        return map(_load, self._rows(tx, self._alive(tx, owner, parent, tag), newest_first=newest_first, start=None))

    def below_any(self, tx: Tx, owner: str, ids: Iterable[str]) -> Iterator[Object]:
        """The objects of those ids, whatever they hang below."""
        wanted = list(ids)
        for at in range(0, len(wanted), _BATCH):
            some = self._sql.below_any(owner, wanted[at : at + _BATCH], now_of(tx))
            yield from map(_load, tx.execute(some))

    def everywhere(self, tx: Tx) -> Iterator[Placed]:
        """All objects, whoever owns them: for whoever acts for the server, where there are not many."""
        for row in tx.execute(self._sql.everywhere(now_of(tx))):
            yield Placed(row.owner, row.parent, _load(row))

    def page(
        self,
        tx: Tx,
        owner: str,
        *,
        parent: str = "",
        tag: str | None = None,
        limit: int = 20,
        after: str | None = None,
        before: str | None = None,
        newest_first: bool = True,
        keep: Callable[[Object], bool] | None = None,
    ) -> Page:
        """Up to `limit` objects behind the cursor `after`, or right before the cursor `before`.

        Cursors are ids; one that names nothing here is as none. `keep` is asked about each object that is looked at:
        filters that lists need often are better a `tag`.
        """
        these = self._alive(tx, owner, parent, tag)
        start = None if after is None else self._place(tx, owner, parent, after)
        end = None if before is None else self._place(tx, owner, parent, before)
        backwards = start is None and end is not None
        if backwards:
            start = end
        elif end is not None:
            these &= self._sql.short_of(end, newest_first)
        found: list[Object] = []
        for row in self._rows(tx, these, newest_first=newest_first != backwards, start=start, size=limit + 1):
            item = _load(row)
            if keep is not None and not keep(item):
                continue
            if len(found) == limit:
                return Page(found[::-1] if backwards else found, True)
            found.append(item)
        return Page(found[::-1] if backwards else found, False)

    def _rows(
        self, tx: Tx, these: "ColumnElement[bool]", *, newest_first: bool, start: int | None, size: int = _BATCH
    ) -> Iterator["Row[Any]"]:
        """Rows in order, some at a time: nobody needs a hundred thousand to show twenty."""
        size = min(size, _BATCH)
        while True:
            rows = tx.execute(self._sql.rows(these, newest_first=newest_first, start=start, size=size)).all()
            yield from rows
            if len(rows) < size:
                return
            start, size = rows[-1].seq, _BATCH

    def _alive(self, tx: Tx, owner: str, parent: str, tag: str | None) -> "ColumnElement[bool]":
        return self._sql.alive(owner, parent, tag, now_of(tx))

    def _one(self, tx: Tx, owner: str, id: str, parent: str) -> "ColumnElement[bool]":
        return self._sql.one(owner, parent, id, now_of(tx))

    def _seq(self, tx: Tx, owner: str, parent: str, id: str) -> int | None:
        found = self._row(tx, owner, parent, id)
        return None if found is None else int(found.seq)

    def _row(self, tx: Tx, owner: str, parent: str, id: str) -> "Row[Any] | None":
        place = {"owner": owner, "parent": parent, "id": id, "now": now_of(tx)}
        return tx.execute(self._sql.found, place).first()

    def _place(self, tx: Tx, owner: str, parent: str, id: str) -> int | None:
        """Where it is, or was."""
        seq = self._seq(tx, owner, parent, id)
        return tx.execute(self._sql.removed(owner, parent, id)).scalar() if seq is None else seq


def purge(tx: Tx, most: int = 1_000) -> list[Object]:
    """Remove up to `most` objects of any kind that have expired, and return them: they may own blobs."""
    from fakeai.store.statements import expired, forget_removed

    tx.execute(forget_removed(now_of(tx) - _REMEMBERED_S))
    return [_load(row) for row in tx.execute(expired(now_of(tx), most))]


def shown(object: Object) -> Object:
    """The object without its private keys: as it goes out."""
    return {name: value for name, value in object.items() if not name.startswith("_")}


def _load(row: "Row[Any]") -> Object:
    found: Object = orjson.loads(row.data)
    return found


def _dump(object: Object) -> str:
    return encode_json(object).decode()
