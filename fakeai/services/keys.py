"""API keys: given out once, found again by what was given out, and refused from the moment they are revoked.

At rest there is a digest (HMAC-SHA-256 with the server's secret, its pepper) and the last four characters; the value is
nowhere. Keys that came with another server's state are found by that one's pepper.
"""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hmac import compare_digest
from hmac import digest as hmac
from typing import NamedTuple

from fakeai.core.chance import Chance
from fakeai.services.fresh import Changes
from fakeai.store import keys as rows
from fakeai.store.base import Database, Tx
from fakeai.store.keys import Access, Key
from fakeai.store.sql import now_of

_BYTES = 48
LONGEST = 512
"""Characters of the longest value that is looked for."""
_NOTED_S = 60.0
"""How exact the time of a key's last use is."""


class Secret(NamedTuple):
    """A new key: `value` is to be shown once, `redacted` may be kept."""

    value: str
    redacted: str


class Keys:
    """All keys of the server. Whoever has committed a change calls `changed`."""

    def __init__(self, db: Database, pepper: bytes, changes: Changes) -> None:
        self._db = db
        self._pepper = pepper
        self._chance = Chance.from_entropy()
        self.changed = changes.note

    def issue(
        self,
        tx: Tx,
        *,
        id: str,
        prefix: str,
        organization: str,
        project: str = "",
        user: str = "",
        admin: bool = False,
        access: Access = "all",
        expires: float | None = None,
        value: str | None = None,
    ) -> Secret:
        """A new key, which counts once this transaction is committed. `prefix` is such as `sk-proj-`.

        `value` is what somebody has chosen; whoever passes one has looked whether it is free.
        """
        value = value or self._new(prefix)
        digest = _digest(self._pepper, value)
        rows.add(tx, Key(id, digest, organization, project, user, admin, access, expires, None, None))
        return Secret(value, f"{prefix}...{value[-4:]}")

    def turn(self, tx: Tx, id: str, prefix: str) -> Secret:
        """A new value for the key; its old one is none any more."""
        value = self._new(prefix)
        rows.change(tx, id, digest=_digest(self._pepper, value))
        return Secret(value, f"{prefix}...{value[-4:]}")

    def enable(self, tx: Tx, id: str, *, active: bool) -> None:
        """Have the key count, or not."""
        rows.change(tx, id, revoked=None if active else now_of(tx))

    def expire(self, tx: Tx, id: str, at: float | None) -> None:
        """Have the key count until then; None: for ever."""
        rows.change(tx, id, expires=at)

    def revoke(self, tx: Tx, organization: str, id: str) -> None:
        """From here on the key is refused."""
        rows.revoke(tx, organization, id=id)

    def revoke_all(self, tx: Tx, organization: str, *, project: str | None = None, user: str | None = None) -> None:
        """The same for all keys of a project, of a user or service account, or of one in the other."""
        rows.revoke(tx, organization, project=project, user=user)

    def change(self, tx: Tx, id: str, *, access: Access | None = None, expires: float | None = None) -> None:
        """Give the key another access or expiry; what is None stays."""
        values = {"access": access, "expires": expires}
        given = {name: value for name, value in values.items() if value is not None}
        if given:
            rows.change(tx, id, **given)

    def last_used(self, tx: Tx, ids: list[str]) -> dict[str, int]:
        """When each was last used, to the minute; those that never were are left out."""
        return rows.last_used(tx, ids)

    async def find(self, value: str) -> Key | None:
        """The key of that value, revoked and expired ones too; None for a value that was never given out."""
        if not value or len(value) > LONGEST:
            return None
        return await self._db.read(lambda tx: self.look(tx, value))

    def peppers(self, tx: Tx) -> list[bytes]:
        """What digests of the keys here depend on, this server's own first."""
        from fakeai.store import meta

        return [self._pepper, *meta.peppers(tx)]

    def adopt(self, tx: Tx, peppers: Sequence[bytes]) -> None:
        """From here on know the keys of these peppers and of our own, and of no others."""
        from fakeai.store import meta

        meta.set_peppers(tx, [pepper for pepper in dict.fromkeys(peppers) if pepper != self._pepper])

    async def note_use(self, key: Key) -> None:
        """Remember that the key was used, once a minute."""
        if key.used is None or self._db.now() - key.used >= _NOTED_S:
            await self._db.run(lambda tx: rows.note_use(tx, key.id))

    def look(self, tx: Tx, value: str) -> Key | None:
        """`find` in a transaction."""
        for pepper in self.peppers(tx):
            digest = _digest(pepper, value)
            found = rows.find(tx, digest)
            if found is not None and compare_digest(found.digest, digest):
                return found
        return None

    def _new(self, prefix: str) -> str:
        return prefix + urlsafe_b64encode(self._chance.data(_BYTES)).decode()


def _digest(pepper: bytes, value: str) -> str:
    return hmac(pepper, value.encode("utf-8", "surrogatepass"), "sha256").hex()
