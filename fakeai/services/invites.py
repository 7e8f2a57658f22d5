"""Invitations to an organization. Nobody reads mail here: they are pending until they have expired.

A caller who needs a second user says `x-fakeai-invite: accept`: whoever is invited then comes at once.
"""

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest
from fakeai.services.admin import AdminObjects, Told, by_id
from fakeai.services.audit import Audit
from fakeai.services.base import lenient
from fakeai.services.organization import Organizations, actor, holder, user
from fakeai.services.resource import deleted
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import shown
from fakeai.wire.audit_logs import Details
from fakeai.wire.listing import ListQuery
from fakeai.wire.users import Invite, InviteCreate

_MANY = "/organization/invites"
_ONE = _MANY + "/{invite_id}"
_TAG = "Invites"
_TIME_S = 7 * 86_400
"""How long an invitation can be accepted."""


class Invites:
    """`/organization/invites`."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List invitations", tag=_TAG),
        Endpoint("POST", _MANY, "create", "Invite somebody", body=InviteCreate, tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Show an invitation", tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Take an invitation back", tag=_TAG),
    )

    def __init__(self, db: Database, ids: Ids, audit: Audit, *, lenient: bool, synthesize: bool) -> None:
        self._db = db
        self._ids = ids
        self._audit = audit
        self._lenient = lenient
        self._organizations = Organizations(db, synthesize=synthesize)
        self._invites = AdminObjects(db, audit, "invite", Invite, "Invite", synthesize=synthesize)

    async def list(self, call: Call) -> Reply:
        """Invitations, the newest first."""
        page = await self._invites.page(call, ListQuery.from_query(call.query))
        return Reply({**page, "data": [self._told(invite) for invite in page["data"]]})

    async def create(self, call: Call) -> Reply:
        """An invitation. Raises BadRequest for what is no address, or somebody's who is here."""
        body: InviteCreate = call.body
        organization = await self._organizations.begin(call)
        if "@" not in body.email.strip("@") and not lenient(call, self._lenient):
            raise BadRequest(f"Invalid email address: '{body.email[:200]}'.", param="email")
        for project in body.projects or ():
            await self._organizations.check_project(call, project.id)
        now = int(self._db.now())
        comes = call.headers.get("x-fakeai-invite") == "accept"
        invite: Invite = {
            "id": self._ids.make("invite-"),
            "object": "organization.invite",
            "email": body.email,
            "role": body.role,
            "status": "accepted" if comes else "pending",
            "created_at": now,
            "expires_at": now + _TIME_S,
            "accepted_at": now if comes else None,
            "projects": [{"id": project.id, "role": project.role} for project in body.projects or ()],
        }

        def also(tx: Tx, made: Object) -> None:
            if any(here["email"] == body.email for here in self._organizations.users.every(tx, organization)):
                raise BadRequest(f"'{body.email}' is a user of this organization already.", param="email")
            if comes:
                self._add_user(tx, call, organization, made)

        return Reply(await self._invites.add(call, dict(invite), Told("invite.sent", _sent), also=also))

    async def retrieve(self, call: Call) -> Reply:
        """An invitation. Raises NotFound."""
        return Reply(self._told(shown(await self._invites.get(call, call.params["invite_id"]))))

    async def delete(self, call: Call) -> Reply:
        """That the invitation is gone. Raises NotFound, and BadRequest for one that was accepted."""

        def also(_: Tx, invite: Object) -> None:
            if invite["status"] == "accepted":
                raise BadRequest("This invite has been accepted and cannot be deleted.", param="invite_id")

        gone = await self._invites.remove(call, call.params["invite_id"], Told("invite.deleted", by_id), also=also)
        return Reply(deleted(gone["id"], "organization.invite.deleted"))

    def _told(self, invite: Object) -> Object:
        """The invitation as it stands: time goes by."""
        late = invite["status"] == "pending" and (invite["expires_at"] or 0) <= self._db.now()
        return {**invite, "status": "expired"} if late else invite

    def _add_user(self, tx: Tx, call: Call, organization: str, invite: Object) -> None:
        name, now = self._ids.make("user-"), int(self._db.now())
        called = invite["email"].partition("@")[0]
        self._organizations.users.add(tx, organization, user(name, called, invite["email"], invite["role"], now))
        who = holder("user", name)
        self._organizations.assign(tx, organization, "", who, f"role-{invite['role']}", actor(call))
        self._audit.add(tx, call, "invite.accepted", {"id": invite["id"]})
        self._audit.add(tx, call, "user.added", {"id": name, "data": {"role": invite["role"]}})


def _sent(invite: Object) -> Details:
    return {"id": invite["id"], "data": {"email": invite["email"], "role": invite["role"]}}
