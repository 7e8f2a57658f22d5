"""API keys as they are kept: whose each is and whether it counts, found by the digest of its value.

Knows no value: whoever makes digests does.
"""

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from fakeai.store.base import Tx
from fakeai.store.sql import now_of

if TYPE_CHECKING:
    from collections.abc import Iterable

Access = Literal["all", "read", "none"]
"""What a key is good for: everything, reading only, or nothing."""


class Key(NamedTuple):
    """A row. `expires`, `revoked` and `used` are epoch seconds; an admin key's `project` is empty."""

    id: str
    digest: str
    organization: str
    project: str
    user: str
    admin: bool
    access: Access
    expires: float | None
    revoked: float | None
    used: float | None

    def counts(self, now: float) -> bool:
        """Whether it may be used at the epoch second `now`."""
        return self.revoked is None and (self.expires is None or self.expires > now)


def add(tx: Tx, key: Key) -> None:
    """Keep the key."""
    from sqlalchemy import insert

    from fakeai.store.tables import KEYS

    tx.execute(insert(KEYS).values(**key._asdict()))


def find(tx: Tx, digest: str) -> Key | None:
    """The key of that digest, whether or not it counts."""
    from sqlalchemy import select

    from fakeai.store.tables import KEYS

    row = tx.execute(select(KEYS).where(KEYS.c.digest == digest)).first()
    return None if row is None else Key(*row)


def revoke(
    tx: Tx, organization: str, *, id: str | None = None, project: str | None = None, user: str | None = None
) -> int:
    """Have those of the organization's keys count no more that have the values given; how many did until now."""
    from sqlalchemy import update

    from fakeai.store.tables import KEYS

    given = (("id", id), ("project", project), ("user", user))
    wanted = [KEYS.c[name] == value for name, value in given if value is not None]
    these = update(KEYS).where(KEYS.c.organization == organization, KEYS.c.revoked.is_(None), *wanted)
    return int(tx.execute(these.values(revoked=now_of(tx))).rowcount)


def change(tx: Tx, id: str, **values: Any) -> None:
    """Give the key other values of some columns. Any: they are a column's."""
    from sqlalchemy import update

    from fakeai.store.tables import KEYS

    tx.execute(update(KEYS).where(KEYS.c.id == id).values(**values))


def note_use(tx: Tx, id: str) -> None:
    """Remember that the key was used just now."""
    change(tx, id, used=now_of(tx))


def last_used(tx: Tx, ids: "Iterable[str]") -> dict[str, int]:
    """When each of the keys was last used, in epoch seconds; those that never were are left out."""
    from sqlalchemy import select

    from fakeai.store.tables import KEYS

    rows = tx.execute(select(KEYS.c.id, KEYS.c.used).where(KEYS.c.id.in_(list(ids)), KEYS.c.used.is_not(None)))
    return {key: int(used) for key, used in rows}
