"""Audit logs: where services tell what they have changed in an organization, and where that is read."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, get_args

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.services.organization import OWNER, Organizations, no_such
from fakeai.services.resource import Resource
from fakeai.store.base import Database, Object, Tx
from fakeai.wire import wording
from fakeai.wire.audit_logs import Actor, AuditLog, Details, EventType
from fakeai.wire.listing import ListQuery, last, number

_TYPES = frozenset(get_args(EventType))
_LATEST = 2**53
_BOUNDS: Mapping[str, Callable[[int, int], bool]] = MappingProxyType(
    {
        "gt": lambda at, bound: at > bound,
        "gte": lambda at, bound: at >= bound,
        "lt": lambda at, bound: at < bound,
        "lte": lambda at, bound: at <= bound,
    }
)
_KEPT = 100_000
"""Events of an organization that are kept."""


class Audit:
    """`/organization/audit_logs`."""

    ENDPOINTS = (
        Endpoint("GET", "/organization/audit_logs", "list", "List what was changed and by whom", tag="Audit Logs"),
    )

    def __init__(self, db: Database, ids: Ids, *, synthesize: bool) -> None:
        self._db = db
        self._ids = ids
        self._organizations = Organizations(db, synthesize=synthesize)
        self._logs = Resource(
            db, "audit_log", AuditLog, lambda event: no_such("Audit log", event), synthesize=synthesize, limit=_KEPT
        )

    def add(self, tx: Tx, call: Call, type: EventType, details: Details, *, project: str = "") -> None:
        """Tell an event in the transaction that makes it one. `project` is the one it happened in, if in one.

        `details` are the event's own fields; every id in them can be looked for.
        """
        assert type in _TYPES, f"{type} is no event"
        organization = call.principal.organization
        self._organizations.found(tx, organization)
        event: Object = {
            "id": self._ids.make("audit_log-"),
            "type": type,
            "effective_at": int(self._db.now()),
            "actor": (actor := self._actor(tx, call)),
            type: details,
            "_ids": sorted(set(_ids(details))),
            "_actors": sorted(set(_ids(actor))),
        }
        if project:
            event["project"] = {"id": project, "name": self._organizations.project_name(tx, organization, project)}
        self._logs.rows.add(tx, organization, event, tag=type)

    async def list(self, call: Call) -> Reply:
        """Events, the newest first. Raises BadRequest for filters that cannot be."""
        query = ListQuery.from_query(call.query)
        types = query.many("event_types")
        for word in types:
            if word not in _TYPES:
                raise wording.invalid_value("event_types", word, sorted(_TYPES))
        keep = _filter(query)
        page = await self._logs.page(
            call,
            query,
            owner=call.principal.organization,
            tag=types[0] if len(types) == 1 else None,
            keep=keep,
        )
        return Reply(page)

    def _actor(self, tx: Tx, call: Call) -> Actor:
        who = call.principal
        name = who.user or OWNER
        found = self._organizations.users.get(tx, who.organization, name)
        if not who.key:
            return {"type": "session", "session": {"user": {"id": name, "email": found["email"] if found else ""}}}
        if found is None and who.user:
            return {
                "type": "api_key",
                "api_key": {"id": who.key, "type": "service_account", "service_account": {"id": name}},
            }
        email = found["email"] if found else ""
        return {"type": "api_key", "api_key": {"id": who.key, "type": "user", "user": {"id": name, "email": email}}}


def _filter(query: ListQuery) -> Callable[[Object], bool]:
    """Whether an event is one of those that are asked for."""
    wanted = {
        name: frozenset(query.many(name))
        for name in ("event_types", "actor_ids", "actor_emails", "resource_ids", "project_ids")
    }
    bounds = [
        (within, number(query.given, f"effective_at[{name}]", 0, 0, _LATEST))
        for name, within in _BOUNDS.items()
        if last(query.given, f"effective_at[{name}]") is not None
    ]
    none = query.text("tenant_only") == "true"

    def keep(event: Object) -> bool:
        has = {
            "event_types": {event["type"]},
            "actor_ids": set(event["_actors"]),
            "actor_emails": {_email(event["actor"])},
            "resource_ids": set(event["_ids"]),
            "project_ids": {event.get("project", {}).get("id")},
        }
        return (
            not none
            and all(not some or some & has[name] for name, some in wanted.items())
            and all(within(event["effective_at"], bound) for within, bound in bounds)
        )

    return keep


def _email(actor: Any) -> str | None:
    """The address of whoever did it. Any: an Actor of either kind."""
    found: str | None = actor.get(actor["type"], {}).get("user", {}).get("email")
    return found


def _ids(value: Any) -> list[str]:
    """All ids within. Any: JSON."""
    if isinstance(value, list):
        return [found for item in value for found in _ids(item)]
    if not isinstance(value, dict):
        return []
    own = [item for name, item in value.items() if isinstance(item, str) and (name == "id" or name.endswith("_id"))]
    return own + [found for item in value.values() for found in _ids(item)]
