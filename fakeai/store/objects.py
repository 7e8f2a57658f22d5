"""JSON objects with an id, an owner and an order: list by cursor, get, update, delete.

Held in memory, bounded: the oldest goes when a collection is full.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any, NamedTuple

Object = dict[str, Any]  # a wire TypedDict; which one is its service's business


class Page(NamedTuple):
    """Some objects in the order asked for, and whether more follow."""

    data: list[Object]
    has_more: bool


@dataclass(slots=True)
class _Row:
    owner: str
    object: Object


class Objects:
    """One collection, for any number of threads. Objects are kept in the order they were put; callers get them, not copies."""

    def __init__(self, limit: int) -> None:
        self._rows: dict[str, _Row] = {}
        self._limit = limit
        self._lock = Lock()

    def put(self, id: str, owner: str, object: Object) -> None:
        """Add `object`, or replace the one of that id in its place. A collection of no objects keeps none."""
        if not self._limit:
            return
        with self._lock:
            if id not in self._rows and len(self._rows) >= self._limit:
                del self._rows[next(iter(self._rows))]
            self._rows[id] = _Row(owner, object)

    def get(self, id: str, owner: str) -> Object | None:
        """The object, or None when there is none of that id or it belongs to somebody else."""
        row = self._rows.get(id)
        return row.object if row is not None and row.owner == owner else None

    def delete(self, id: str, owner: str) -> bool:
        """Remove the object; False when there was none."""
        with self._lock:
            if self.get(id, owner) is None:
                return False
            del self._rows[id]
            return True

    def page(
        self,
        owner: str,
        *,
        limit: int,
        after: str | None = None,
        newest_first: bool = False,
        keep: Callable[[Object], bool] | None = None,
    ) -> Page:
        """Up to `limit` objects behind the cursor `after` (an id; one that names nothing starts at the beginning).

        `keep` must not ask the collection anything.
        """
        found: list[Object] = []
        with self._lock:
            for item in self._from(owner, after, newest_first):
                if keep is not None and not keep(item):
                    continue
                if len(found) == limit:
                    return Page(found, True)
                found.append(item)
            return Page(found, False)

    def _from(self, owner: str, after: str | None, newest_first: bool) -> Iterator[Object]:
        ids = list(reversed(self._rows)) if newest_first else list(self._rows)
        start = ids.index(after) + 1 if after is not None and self.get(after, owner) is not None else 0
        for row in map(self._rows.__getitem__, ids[start:]):
            if row.owner == owner:
                yield row.object
