"""Who has what in an organization, many to many: users in groups, roles of users and groups.

Kept both ways, so that whichever ends takes its rows along.
"""

from fakeai.store.base import Object, Tx
from fakeai.store.objects import Collection


class Relation:
    """Pairs of `left` and `right`. The row of a pair is below its left and has its right as id."""

    def __init__(self, kind: str) -> None:
        self.rows = Collection(kind)
        self._back = Collection(f"{kind}.back")

    def add(self, tx: Tx, organization: str, left: str, right: str, row: Object, *, tag: str = "") -> None:
        """Keep a pair. Raises KeyError if it is there."""
        self.rows.add(tx, organization, {**row, "id": right}, parent=left, tag=tag)
        self._back.add(tx, organization, {"id": left}, parent=right)

    def remove(self, tx: Tx, organization: str, left: str, right: str) -> bool:
        """Forget a pair; whether it was there."""
        self._back.delete(tx, organization, left, parent=right)
        return self.rows.delete(tx, organization, right, parent=left) is not None

    def get(self, tx: Tx, organization: str, left: str, right: str) -> Object | None:
        """The row of a pair."""
        return self.rows.get(tx, organization, right, parent=left)

    def has(self, tx: Tx, organization: str, left: str, right: str) -> bool:
        """Whether the pair is there."""
        return self.rows.known(tx, organization, right, parent=left)

    def lefts(self, tx: Tx, organization: str, right: str) -> list[str]:
        """All that have `right`, the oldest pair first."""
        return [row["id"] for row in self._back.every(tx, organization, parent=right)]

    def forget_left(self, tx: Tx, organization: str, left: str) -> None:
        """Forget all pairs of what is no more."""
        for row in list(self.rows.every(tx, organization, parent=left)):
            self._back.delete(tx, organization, left, parent=row["id"])
        self.rows.delete_children(tx, organization, left)

    def forget_right(self, tx: Tx, organization: str, right: str) -> None:
        """The same for the other side."""
        for left in self.lefts(tx, organization, right):
            self.rows.delete(tx, organization, right, parent=left)
        self._back.delete_children(tx, organization, right)
