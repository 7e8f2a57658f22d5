"""Service accounts of projects, and the keys they are given."""

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest
from fakeai.services.admin import AdminObjects, Told, by_id
from fakeai.services.audit import Audit
from fakeai.services.base import lenient
from fakeai.services.keys import Keys
from fakeai.services.project_keys import ProjectKeys
from fakeai.services.projects import ONE, Projects
from fakeai.services.resource import SYNTHESIZED, deleted
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import shown
from fakeai.wire.listing import ListQuery
from fakeai.wire.project_keys import (
    NewKey,
    NewServiceAccount,
    ServiceAccount,
    ServiceAccountCreate,
    ServiceAccountKeyCreate,
    ServiceAccountUpdate,
)

_MANY = ONE + "/service_accounts"
_ACCOUNT = _MANY + "/{service_account_id}"
_TAG = "Project Service Accounts"
_KEY_NAME = "Secret Key"


class ServiceAccounts:
    """`/organization/projects/{project_id}/service_accounts`."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List service accounts of a project", tag=_TAG),
        Endpoint("POST", _MANY, "create", "Create a service account with a key", body=ServiceAccountCreate, tag=_TAG),
        Endpoint("GET", _ACCOUNT, "retrieve", "Show a service account", tag=_TAG),
        Endpoint("POST", _ACCOUNT, "update", "Change a service account", body=ServiceAccountUpdate, tag=_TAG),
        Endpoint("DELETE", _ACCOUNT, "delete", "Delete a service account and its keys", tag=_TAG),
        Endpoint(
            "POST",
            _ACCOUNT + "/api_keys",
            "add_key",
            "Give a service account another key",
            body=ServiceAccountKeyCreate,
            tag=_TAG,
        ),
    )

    def __init__(
        self,
        db: Database,
        ids: Ids,
        audit: Audit,
        keys: Keys,
        projects: Projects,
        project_keys: ProjectKeys,
        *,
        lenient: bool,
        synthesize: bool,
    ) -> None:
        self._db = db
        self._ids = ids
        self._keys = keys
        self._projects = projects
        self._project_keys = project_keys
        self._lenient = lenient
        self._accounts = AdminObjects(
            db, audit, "project_service_account", ServiceAccount, "Service account", synthesize=synthesize
        )

    async def list(self, call: Call) -> Reply:
        """Service accounts, the newest first."""
        project = await self._projects.of(call)
        return Reply(await self._accounts.page(call, ListQuery.from_query(call.query), parent=project))

    async def create(self, call: Call) -> Reply:
        """A new service account, and the only sight of its key's value."""
        body: ServiceAccountCreate = call.body
        project = await self._projects.active(call)
        bare = bool(body.create_service_account_only)
        if bare and body.expires_in_seconds is not None and not lenient(call, self._lenient):
            raise BadRequest(
                "'expires_in_seconds' cannot be used with 'create_service_account_only'.", param="expires_in_seconds"
            )
        expires = self._project_keys.expiry(call, body.expires_in_seconds)
        account: Object = {
            "id": self._ids.make("user-"),
            "object": "organization.project.service_account",
            "name": body.name,
            "role": "none" if bare else "member",
            "created_at": int(self._db.now()),
        }
        made: list[NewKey] = []

        def also(tx: Tx, account: Object) -> None:
            if not bare:
                made.append(self._project_keys.issue(tx, call, project, account, _KEY_NAME, (), expires))

        told = Told("service_account.created", lambda one: {"id": one["id"], "data": {"role": one["role"]}}, project)
        await self._accounts.add(call, account, told, parent=project, also=also)
        self._keys.changed()
        answer: NewServiceAccount = {**account, "api_key": made[-1] if made else None}  # type: ignore[typeddict-item]  # a ServiceAccount's fields
        return Reply(answer)

    async def retrieve(self, call: Call) -> Reply:
        """A service account. Raises NotFound."""
        project = await self._projects.of(call)
        return Reply(shown(await self._accounts.get(call, call.params["service_account_id"], parent=project)))

    async def update(self, call: Call) -> Reply:
        """A service account with another name or role. Raises NotFound."""
        body: ServiceAccountUpdate = call.body
        project = await self._projects.active(call)
        given = {name: value for name, value in (("name", body.name), ("role", body.role)) if value is not None}
        asked = {"role": body.role} if body.role is not None else {}
        changed = await self._accounts.change(
            call,
            call.params["service_account_id"],
            lambda one: {**one, **given},
            Told("service_account.updated", lambda one: {"id": one["id"], "changes_requested": asked}, project),
            parent=project,
            also=lambda tx, one: self._project_keys.follow(tx, call.principal.organization, project, one),
        )
        self._keys.changed()
        return Reply(shown(changed))

    async def delete(self, call: Call) -> Reply:
        """That the service account is gone and its keys are refused. Raises NotFound."""
        project = await self._projects.of(call)
        gone = await self._accounts.remove(
            call,
            call.params["service_account_id"],
            Told("service_account.deleted", by_id, project),
            parent=project,
            also=lambda tx, one: self._project_keys.forget(tx, call.principal.organization, project, one["id"]),
        )
        self._keys.changed()
        return Reply(deleted(gone["id"], "organization.project.service_account.deleted"))

    async def add_key(self, call: Call) -> Reply:
        """A new key, and the only sight of its value. Raises NotFound."""
        body: ServiceAccountKeyCreate = call.body
        project = await self._projects.active(call)
        expires = self._project_keys.expiry(call, body.expires_in_seconds)
        account = call.params["service_account_id"]

        def issue(tx: Tx) -> NewKey:
            owner = self._accounts.known(call, tx, account, parent=project)
            if SYNTHESIZED in owner:
                return _made(account, body)
            name = body.name or _KEY_NAME
            return self._project_keys.issue(tx, call, project, owner, name, body.scopes or (), expires)

        made = await self._db.run(issue)
        self._keys.changed()
        return Reply(made)


def _made(account: str, body: ServiceAccountKeyCreate) -> NewKey:
    """A key of a service account nobody has seen: one that nobody can use."""
    return {
        "id": f"key_{account}"[:64],
        "object": "organization.project.service_account.api_key",
        "name": body.name or _KEY_NAME,
        "created_at": 1_700_000_000,
        "expires_at": None,
        "value": "sk-svcacct-none",
    }
