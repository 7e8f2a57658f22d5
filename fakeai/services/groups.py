"""Groups of an organization's users."""

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import Conflict
from fakeai.services.admin import AdminObjects, Told, by_id, next_page
from fakeai.services.audit import Audit
from fakeai.services.organization import Organizations, no_such
from fakeai.services.resource import SYNTHESIZED, Resource, deleted
from fakeai.services.users import Users
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import shown
from fakeai.wire.groups import Group, GroupJoin, GroupJoined, GroupLeft, GroupMember, GroupName, GroupUser
from fakeai.wire.listing import ListQuery

GROUP = "group"
"""The kind of a group, below its organization."""

_MANY = "/organization/groups"
_ONE = _MANY + "/{group_id}"
_USERS = _ONE + "/users"
_USER = _USERS + "/{user_id}"
_TAG = "Groups"
_SHOWN, _MOST = 100, 1_000
"""Groups or users on a page that asks for no number, and on the longest one."""


class Groups:
    """`/organization/groups` and their users."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List groups", tag=_TAG),
        Endpoint("POST", _MANY, "create", "Make a group", body=GroupName, tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Show a group", tag=_TAG),
        Endpoint("POST", _ONE, "update", "Rename a group", body=GroupName, tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Delete a group", tag=_TAG),
        Endpoint("GET", _USERS, "list_users", "List users of a group", tag=_TAG),
        Endpoint("POST", _USERS, "add_user", "Add a user to a group", body=GroupJoin, tag=_TAG),
        Endpoint("GET", _USER, "retrieve_user", "Show a user of a group", tag=_TAG),
        Endpoint("DELETE", _USER, "remove_user", "Remove a user from a group", tag=_TAG),
    )

    def __init__(self, db: Database, ids: Ids, audit: Audit, users: Users, *, synthesize: bool) -> None:
        self._db = db
        self._ids = ids
        self._users = users
        self._audit = audit
        self._organizations = Organizations(db, synthesize=synthesize)
        self._groups = AdminObjects(db, audit, GROUP, Group, "Group", synthesize=synthesize)
        kind = self._organizations.members.rows.kind
        self._members = Resource(
            db, kind, GroupMember, lambda name: no_such("Group member", name), synthesize=synthesize
        )

    async def list(self, call: Call) -> Reply:
        """Groups, the oldest first."""
        query = ListQuery.from_query(call.query, default=_SHOWN, most=_MOST, order="asc")
        return Reply(next_page(await self._groups.page(call, query)))

    async def create(self, call: Call) -> Reply:
        """A new group without users."""
        body: GroupName = call.body
        group: Group = {
            "id": self._ids.make("group_"),
            "object": "group",
            "name": body.name,
            "created_at": int(self._db.now()),
            "group_type": "group",
            "is_scim_managed": False,
        }
        told = Told("group.created", lambda made: {"id": made["id"], "data": {"group_name": made["name"]}})
        return Reply(await self._groups.add(call, dict(group), told))

    async def retrieve(self, call: Call) -> Reply:
        """A group. Raises NotFound."""
        return Reply(shown(await self._groups.get(call, call.params["group_id"])))

    async def update(self, call: Call) -> Reply:
        """A group by its new name. Raises NotFound."""
        body: GroupName = call.body
        told = Told("group.updated", lambda made: {"id": made["id"], "changes_requested": {"group_name": made["name"]}})
        name = call.params["group_id"]
        return Reply(shown(await self._groups.change(call, name, lambda group: {**group, "name": body.name}, told)))

    async def delete(self, call: Call) -> Reply:
        """That the group is gone, with its roles; its users stay in the organization. Raises NotFound."""

        def also(tx: Tx, gone: Object) -> None:
            self._organizations.forget(tx, call.principal.organization, "group", gone["id"])

        gone = await self._groups.remove(call, call.params["group_id"], Told("group.deleted", by_id), also=also)
        return Reply(deleted(gone["id"], "group.deleted"))

    async def list_users(self, call: Call) -> Reply:
        """Users of a group, whoever came last first. Raises NotFound."""
        group = await self._groups.get(call, call.params["group_id"])
        query = ListQuery.from_query(call.query, default=_SHOWN, most=_MOST)
        page = await self._members.page(call, query, parent=group["id"], owner=call.principal.organization)
        names = [row["id"] for row in page["data"]]
        users, owner = self._organizations.users, call.principal.organization
        found = await self._db.read(lambda tx: [users.get(tx, owner, name) for name in names])
        return Reply(next_page({**page, "data": [_in_list(user) for user in found if user is not None]}))

    async def add_user(self, call: Call) -> Reply:
        """That a user has come to a group. Raises NotFound, and Conflict if it was there."""
        body: GroupJoin = call.body
        name, organization = call.params["group_id"], await self._organizations.begin(call)
        now = int(self._db.now())

        def work(tx: Tx) -> GroupJoined:
            group, user = self._groups.known(call, tx, name), self._users.known(call, tx, body.user_id)
            if SYNTHESIZED not in group and SYNTHESIZED not in user:
                try:
                    self._organizations.members.add(tx, organization, name, user["id"], {"added_at": now})
                except KeyError:
                    raise Conflict(f"User '{user['id']}' is in this group already.", param="user_id") from None
                self._tell(tx, call, name, {"user_added": user["id"]})
            return {"object": "group.user", "group_id": group["id"], "user_id": user["id"]}

        return Reply(await self._db.run(work))

    async def retrieve_user(self, call: Call) -> Reply:
        """A user of a group. Raises NotFound."""
        group = await self._groups.get(call, call.params["group_id"])
        member = await self._members.get(
            call, call.params["user_id"], parent=group["id"], owner=call.principal.organization
        )
        if SYNTHESIZED in member:
            return Reply(shown(member))
        user = await self._db.read(lambda tx: self._users.known(call, tx, member["id"]))
        found: GroupMember = {
            "id": user["id"],
            "name": user["name"],
            "email": user["email"],
            "picture": None,
            "is_service_account": user["is_service_account"],
            "user_type": "user",
        }
        return Reply(found)

    async def remove_user(self, call: Call) -> Reply:
        """That a user is in a group no more. Raises NotFound."""
        group, user = call.params["group_id"], call.params["user_id"]

        def work(tx: Tx) -> bool:
            self._groups.known(call, tx, group)
            gone = self._organizations.members.remove(tx, call.principal.organization, group, user)
            if gone:
                self._tell(tx, call, group, {"user_removed": user})
            return gone

        if not await self._db.run(work):
            self._members.synthesized(call, user)
        answer: GroupLeft = {"object": "group.user.deleted", "deleted": True}
        return Reply(answer)

    def known(self, call: Call, tx: Tx, name: str) -> Object:
        """A group with its private keys. Raises NotFound."""
        return self._groups.known(call, tx, name)

    def _tell(self, tx: Tx, call: Call, group: str, changes: dict[str, str]) -> None:
        self._audit.add(tx, call, "group.updated", {"id": group, "changes_requested": changes})


def _in_list(user: Object) -> GroupUser:
    return {"id": user["id"], "name": str(user.get("name", user["id"])), "email": user.get("email")}
