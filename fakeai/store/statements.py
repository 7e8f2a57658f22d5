"""The SQL of collections: one statement after another, none of them executed here."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Delete, Select, Table, Update, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from fakeai.store.tables import OBJECTS, REMOVED

_T = OBJECTS.c
_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}.get


def insert_into(dialect: str, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT. Any: each database has a class of its own, and they share no type that does."""
    into = _INSERT(dialect)
    assert into is not None, dialect
    return into(table)


class Statements:
    """Those of one kind of object. `now` is epoch seconds: what has expired by then is as gone."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def insert(self, dialect: str, row: dict[str, Any]) -> ReturningInsert[int]:
        """Add a row and return its `seq`; returns nothing if the id is taken. Any: values of columns."""
        values = insert_into(dialect, OBJECTS).values(kind=self._kind, **row)
        found: ReturningInsert[int] = values.on_conflict_do_nothing().returning(_T.seq)
        return found

    def insert_new(self, dialect: str) -> ReturningInsert[str, int]:
        """Add rows and return `owner` and `seq` of each; rows whose ids are taken are left out."""
        values = insert_into(dialect, OBJECTS)
        found: ReturningInsert[str, int] = values.on_conflict_do_nothing().returning(_T.owner, _T.seq)
        return found

    def update(self, one: ColumnElement[bool], values: dict[str, Any]) -> Update:
        """Put `values` into the row."""
        return update(OBJECTS).where(one).values(values)

    def put(self, seq: int, data: str) -> Update:
        """Replace the data of the row at `seq`."""
        return update(OBJECTS).where(_T.seq == seq).values(data=data)

    @cached_property
    def found(self) -> Select[Any]:
        """`seq` and `data` of the row of an `owner`, a `parent` and an `id` that are given when it is executed, and `now`.

        Made once: most of what finding a row costs is to put a statement together.
        """
        place = (_T.kind == self._kind, _T.owner == bindparam("owner"), _T.parent == bindparam("parent"))
        alive = or_(_T.expires.is_(None), _T.expires > bindparam("now"))
        return select(_T.seq, _T.data).where(*place, _T.id == bindparam("id"), alive)

    def get(self, one: ColumnElement[bool]) -> Select[Any]:
        """The same of a row that is described."""
        return select(_T.seq, _T.data).where(one)

    def lock(self, one: ColumnElement[bool]) -> Select[Any]:
        """The same; nobody else changes it before this transaction is over."""
        return self.get(one).with_for_update()

    def anywhere(self, id: str, parent: str | None, now: float) -> Select[Any]:
        """`owner` and `data` of the oldest row of that id, whoever owns it."""
        wanted = [_T.kind == self._kind, _T.id == id, _alive(now)]
        if parent is not None:
            wanted.append(_T.parent == parent)
        return select(_T.owner, _T.data).where(*wanted).order_by(_T.seq).limit(1)

    def below_any(self, owner: str, ids: Sequence[str], now: float) -> Select[Any]:
        """`data` of the rows of those ids, whatever their parents."""
        return select(_T.data).where(_T.kind == self._kind, _T.owner == owner, _T.id.in_(ids), _alive(now))

    def everywhere(self, now: float) -> Select[Any]:
        """`owner`, `parent` and `data` of all rows, the oldest first."""
        return select(_T.owner, _T.parent, _T.data).where(_T.kind == self._kind, _alive(now)).order_by(_T.seq)

    def count(self, these: ColumnElement[bool]) -> Select[Any]:
        """How many there are."""
        return select(func.count()).select_from(OBJECTS).where(these)

    def rows(self, these: ColumnElement[bool], *, newest_first: bool, start: int | None, size: int) -> Select[Any]:
        """Up to `size` rows behind `start` (a `seq`)."""
        found = select(_T.seq, _T.data).where(these)
        if start is not None:
            found = found.where(_T.seq < start if newest_first else _T.seq > start)
        return found.order_by(_T.seq.desc() if newest_first else _T.seq.asc()).limit(size)

    def delete(self, these: ColumnElement[bool]) -> Delete:
        """Remove the rows."""
        return delete(OBJECTS).where(these)

    def delete_returning(self, one: ColumnElement[bool]) -> Any:
        """Remove the row and return `seq` and `data`. Any: a type SQLAlchemy keeps to itself."""
        return delete(OBJECTS).where(one).returning(_T.seq, _T.data)

    def note_removed(self, dialect: str, row: dict[str, Any]) -> Any:
        """Remember where the row was that is removed. Any: as above."""
        insert = insert_into(dialect, REMOVED).values(kind=self._kind, **row)
        return insert.on_conflict_do_update(index_elements=list(REMOVED.primary_key), set_=row)

    def removed(self, owner: str, parent: str, id: str) -> Select[Any]:
        """`seq` of a row that was removed."""
        of = REMOVED.c
        return select(of.seq).where(of.kind == self._kind, of.owner == owner, of.parent == parent, of.id == id)

    def trim(self, owner: str, parent: str, limit: int) -> Delete:
        """Remove all but the newest `limit` rows."""
        of = self.of(owner, parent)
        newest = select(_T.seq).where(of).order_by(_T.seq.desc()).offset(limit).limit(1).scalar_subquery()
        return delete(OBJECTS).where(of, _T.seq <= newest)

    # -- which rows

    def of(self, owner: str, parent: str, tag: str | None = None) -> ColumnElement[bool]:
        """All of an owner below a parent, expired ones too."""
        of = and_(_T.kind == self._kind, _T.owner == owner, _T.parent == parent)
        return of if tag is None else and_(of, _T.tag == tag)

    def alive(self, owner: str, parent: str, tag: str | None, now: float) -> ColumnElement[bool]:
        """Those that have not expired."""
        return and_(self.of(owner, parent, tag), _alive(now))

    def one(self, owner: str, parent: str, id: str, now: float) -> ColumnElement[bool]:
        """The one of that id."""
        return and_(self.of(owner, parent), _T.id == id, _alive(now))

    def gone(self, owner: str, parent: str, id: str, now: float) -> ColumnElement[bool]:
        """The same, if it has expired."""
        return and_(self.of(owner, parent), _T.id == id, _T.expires <= now)

    def short_of(self, seq: int, newest_first: bool) -> ColumnElement[bool]:
        """Those that come before the row at `seq` in a list."""
        return _T.seq > seq if newest_first else _T.seq < seq


def expired(now: float, most: int) -> Any:
    """Remove up to `most` rows of any kind that have expired, and return their `data`. Any: as above."""
    gone = select(_T.seq).where(_T.expires <= now).order_by(_T.expires).limit(most).scalar_subquery()
    return delete(OBJECTS).where(_T.seq.in_(gone)).returning(_T.data)


def forget_removed(until: float) -> Delete:
    """Forget where rows were that were removed until then."""
    return delete(REMOVED).where(REMOVED.c.at <= until)


def _alive(now: float) -> ColumnElement[bool]:
    return or_(_T.expires.is_(None), _T.expires > now)
