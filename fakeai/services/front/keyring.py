"""Keys of the front door: made, shown, changed, turned over and let go of, by whoever may. Knows no HTTP and no command line.

What a key may is an object beside its digest (`services/keys.py`); its value is told once, and is nowhere.
"""

from collections.abc import Collection as Names
from typing import Any

from fakeai.core.chance import Ids
from fakeai.core.errors import ApiError, Conflict, NotFound, Unprocessable
from fakeai.core.terms import Terms
from fakeai.services.keys import Keys, Secret
from fakeai.store.base import Object, Tx
from fakeai.store.objects import Collection, shown
from fakeai.wire.front.keys import FrontKey, KeyChange, KeyCreate

KIND = "key"
"""The kind of the objects that say what keys may: owned by an organization."""
PREFIX = "sk-fakeai-"
_SHOWN = 6
"""Characters of a value that are told, after the prefix."""
_PROJECT = "_project"
_FIELDS = (
    "label",
    "role",
    "rpm",
    "tpm",
    "rpd",
    "tpd",
    "quota",
    "quota_unit",
    "budget_usd",
    "models",
    "expires_at",
    "active",
)


class KeyRing:
    """The keys of one organization after another. Whoever has committed a change calls `keys.changed`."""

    def __init__(self, keys: Keys, ids: Ids, roles: Names[str]) -> None:
        self._keys = keys
        self._ids = ids
        self._roles = roles
        self._rows = Collection(KIND)

    def create(self, tx: Tx, organization: str, project: str, wanted: KeyCreate, now: int) -> FrontKey:
        """A new key with its value; the one that is there, without it, if it has the value already."""
        self._check(wanted)
        if wanted.key is not None and (known := self._keys.look(tx, wanted.key)) is not None:
            there = self._rows.get(tx, known.organization, known.id)
            if there is None or known.organization != organization:
                raise Conflict(
                    "A key of this value was given out before, and is no key of the front door.", param="key"
                )
            return self.told(tx, there)
        name = self._ids.make("key_")
        secret = self._keys.issue(
            tx,
            id=name,
            prefix=PREFIX,
            organization=organization,
            project=project,
            expires=wanted.expires_at,
            value=wanted.key,
        )
        made: Object = {
            "id": name,
            "object": "key",
            "label": wanted.label,
            "role": wanted.role or "standard",
            "prefix": _prefix(secret),
            "active": True,
            "created_at": now,
            "expires_at": wanted.expires_at,
            "rpm": wanted.rpm,
            "tpm": wanted.tpm,
            "rpd": wanted.rpd,
            "tpd": wanted.tpd,
            "quota": wanted.quota,
            "quota_unit": wanted.quota_unit or "requests",
            "budget_usd": wanted.budget_usd,
            "models": wanted.models or [],
            _PROJECT: project,
        }
        self._rows.add(tx, organization, made)
        return {**self.told(tx, made), "key": secret.value}

    def page(self, tx: Tx, organization: str, limit: int, offset: int) -> tuple[list[FrontKey], int]:
        """Some keys, the newest first, and how many there are."""
        every = list(self._rows.every(tx, organization, newest_first=True))
        some = every[offset : offset + limit]
        used = self._keys.last_used(tx, [key["id"] for key in some])
        return [_told(key, used.get(key["id"])) for key in some], len(every)

    def get(self, tx: Tx, organization: str, name: str) -> FrontKey:
        """One. Raises NotFound."""
        found = self._rows.get(tx, organization, name)
        if found is None:
            raise _no_key(name)
        return self.told(tx, found)

    def change(self, tx: Tx, organization: str, name: str, wanted: KeyChange) -> FrontKey:
        """The key as it is now. Raises NotFound, and Conflict for the last that is an admin's, unless forced."""
        self._check(wanted)
        given = {field: getattr(wanted, field) for field in _FIELDS if field in wanted.model_fields_set}
        found = self._rows.get(tx, organization, name)
        if found is None:
            raise _no_key(name)
        after = {**found, **given}
        if _looks_after(found) and not _looks_after(after) and not wanted.force:
            self._keep_one(tx, organization, found)
        self._rows.replace(tx, organization, after)
        if "active" in given:
            self._keys.enable(tx, name, active=after["active"])
        if "expires_at" in given:
            self._keys.expire(tx, name, after["expires_at"])
        return self.told(tx, after)

    def rotate(self, tx: Tx, organization: str, name: str) -> FrontKey:
        """The key with a new value; the old one is refused from here on. Raises NotFound."""
        secret: list[Secret] = []

        def turned(key: Object) -> Object:
            secret.append(self._keys.turn(tx, name, PREFIX))
            return {**key, "prefix": _prefix(secret[-1])}

        found = self._rows.change(tx, organization, name, turned)
        if found is None:
            raise _no_key(name)
        return {**self.told(tx, found), "key": secret[-1].value}

    def delete(self, tx: Tx, organization: str, name: str, *, force: bool) -> None:
        """Let go of it. Raises NotFound, and Conflict for the last that is an admin's, unless forced."""
        found = self._rows.get(tx, organization, name)
        if found is None:
            raise _no_key(name)
        if _looks_after(found) and not force:
            self._keep_one(tx, organization, found)
        self._rows.delete(tx, organization, name)
        self._keys.revoke(tx, organization, name)

    def told(self, tx: Tx, key: Object) -> FrontKey:
        """The key as it goes out."""
        return _told(key, self._keys.last_used(tx, [key["id"]]).get(key["id"]))

    def _check(self, wanted: KeyChange) -> None:
        if wanted.role is not None and wanted.role not in self._roles:
            known = ", ".join(map(repr, self._roles))
            raise Unprocessable(f"Invalid value: '{wanted.role[:64]}'. Supported values are: {known}.", param="role")

    def _keep_one(self, tx: Tx, organization: str, leaving: Object) -> None:
        others = (key for key in self._rows.every(tx, organization) if key["id"] != leaving["id"])
        if not any(map(_looks_after, others)):
            raise Conflict(
                f"'{leaving['id']}' is the last admin key: without it nobody may make others. Force it if that is wanted."
            )


def terms_of(key: Object) -> Terms:
    """On what terms its holder is let in."""
    limits = (key["rpm"], key["tpm"], key["rpd"], key["tpd"])
    return Terms(
        key["label"], key["role"], *limits, key["quota"], key["quota_unit"], key["budget_usd"], tuple(key["models"])
    )


def _told(key: Object, used: int | None) -> FrontKey:
    found: Any = {**shown(key), "last_used_at": used}
    return found  # type: ignore[no-any-return]  # what is kept is such a one


def _looks_after(key: Object) -> bool:
    return bool(key["active"] and key["role"] == "admin")


def _prefix(secret: Secret) -> str:
    start = len(PREFIX) if secret.value.startswith(PREFIX) else 0
    return secret.value[: start + _SHOWN]


def _no_key(name: str) -> ApiError:
    return NotFound(f"No such key: '{name[:200]}'.")
