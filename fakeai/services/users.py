"""Users of an organization. It begins with one, its owner; others come by invitation, and there is always an owner."""

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.errors import BadRequest
from fakeai.services.admin import AdminObjects, Told, by_id
from fakeai.services.audit import Audit
from fakeai.services.base import lenient
from fakeai.services.keys import Keys
from fakeai.services.organization import (
    OWNER_ROLE,
    READER_ROLE,
    USER,
    Organizations,
    actor,
    assignment_id,
    holder,
    no_such,
)
from fakeai.services.resource import SYNTHESIZED, deleted
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import shown
from fakeai.wire import wording
from fakeai.wire.audit_logs import Details
from fakeai.wire.listing import ListQuery
from fakeai.wire.users import OrganizationUser, UserUpdate

_MANY = "/organization/users"
_ONE = _MANY + "/{user_id}"
_TAG = "Users"
_ROLES = ("owner", "reader")


class Users:
    """`/organization/users`."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List users of the organization", tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Show a user", tag=_TAG),
        Endpoint("POST", _ONE, "update", "Change a user's role", body=UserUpdate, tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Remove a user from the organization", tag=_TAG),
    )

    def __init__(self, db: Database, audit: Audit, keys: Keys, *, lenient: bool, synthesize: bool) -> None:
        self._keys = keys
        self._lenient = lenient
        self._organizations = Organizations(db, synthesize=synthesize)
        self._users = AdminObjects(db, audit, USER, OrganizationUser, "User", synthesize=synthesize)

    async def list(self, call: Call) -> Reply:
        """Users, whoever came last first."""
        await self._organizations.begin(call)
        query = ListQuery.from_query(call.query)
        emails = frozenset(query.many("emails"))
        keep = (lambda user: user["email"] in emails) if emails else None
        return Reply(await self._users.page(call, query, keep=keep))

    async def retrieve(self, call: Call) -> Reply:
        """A user. Raises NotFound."""
        await self._organizations.begin(call)
        return Reply(shown(await self._users.get(call, call.params["user_id"])))

    async def update(self, call: Call) -> Reply:
        """A user with the role. Raises NotFound, and BadRequest if nobody would own the organization."""
        body: UserUpdate = call.body
        organization = await self._organizations.begin(call)
        name = call.params["user_id"]
        given = {field: value for field, value in body if field in body.model_fields_set}
        known_role = body.role is None or body.role in _ROLES
        if not known_role and not lenient(call, self._lenient):
            raise wording.invalid_value("role", str(body.role), _ROLES)

        def change(user: Object) -> Object:
            about: Object = {
                field: given[field] for field in ("developer_persona", "technical_level") if field in given
            }
            if SYNTHESIZED in user and body.role:
                about["role"] = body.role
            return {**user, **about}

        def also(tx: Tx, user: Object) -> None:
            wanted = body.role_id or (f"role-{body.role}" if body.role in _ROLES else None)
            if wanted is not None:
                self._give(tx, organization, name, wanted, actor(call))

        told = Told("user.updated", lambda user: _changes(user, body.role))
        found = await self._users.change(call, name, change, told, also=also)
        return Reply(shown(found if SYNTHESIZED in found else await self._users.get(call, name)))

    async def delete(self, call: Call) -> Reply:
        """That the user is gone, from all groups, too. Raises NotFound, and BadRequest for the last owner."""
        await self._organizations.begin(call)

        def also(tx: Tx, gone: Object) -> None:
            organization, name = call.principal.organization, gone["id"]
            self._organizations.forget(tx, organization, "user", name)
            self._check_owned(tx, organization)
            self._keys.revoke_all(tx, organization, user=name)

        gone = await self._users.remove(call, call.params["user_id"], Told("user.deleted", by_id), also=also)
        self._keys.changed()
        return Reply(deleted(gone["id"], "organization.user.deleted"))

    def known(self, call: Call, tx: Tx, name: str) -> Object:
        """A user with its private keys. Raises NotFound."""
        return self._users.known(call, tx, name)

    def settle(self, tx: Tx, organization: str, name: str) -> None:
        """Call a user what its roles make of it. Raises BadRequest if nobody owns the organization any more."""
        owns = assignment_id("", OWNER_ROLE)
        is_owner = self._organizations.assignments.has(tx, organization, holder("user", name), owns)
        role = "owner" if is_owner else "reader"
        self._users.rows.change(tx, organization, name, lambda user: {**user, "role": role})
        self._check_owned(tx, organization)

    def _give(self, tx: Tx, organization: str, name: str, role: str, by: str) -> None:
        """Give a user a role, in the place of the other one if it is one of those everybody has one of."""
        self._organizations.hold(tx, organization)
        pairs, who = self._organizations.assignments, holder("user", name)
        if not self._organizations.roles.known(tx, organization, role):
            raise no_such("Role", role)
        other = {OWNER_ROLE: READER_ROLE, READER_ROLE: OWNER_ROLE}.get(role)
        if other is not None:
            pairs.remove(tx, organization, who, assignment_id("", other))
        if not pairs.has(tx, organization, who, assignment_id("", role)):
            self._organizations.assign(tx, organization, "", who, role, by)
        self.settle(tx, organization, name)

    def _check_owned(self, tx: Tx, organization: str) -> None:
        self._organizations.hold(tx, organization)  # as others might be leaving now
        owners = self._organizations.assignments.lefts(tx, organization, assignment_id("", OWNER_ROLE))
        if not any(who.startswith(holder("user", "")) for who in owners):
            raise BadRequest("An organization must have at least one owner.", param="user_id")


def _changes(user: Object, role: str | None) -> Details:
    return {"id": user["id"], "changes_requested": {"role": role} if role else {}}
