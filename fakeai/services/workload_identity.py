"""Workload identity: providers and their federation rules, told as they were set. No token is exchanged here."""

from typing import Any

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest
from fakeai.services.admin import AdminObjects, Told, plain
from fakeai.services.audit import Audit
from fakeai.services.base import lenient, synthesizes
from fakeai.services.organization import Organizations, no_such
from fakeai.services.resource import deleted
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import Collection, shown
from fakeai.wire.base import Wire
from fakeai.wire.listing import ListQuery
from fakeai.wire.workload_identity import (
    FederationRule,
    ProviderCreate,
    ProviderUpdate,
    RuleCreate,
    RuleUpdate,
    WorkloadIdentityProvider,
)

_MANY = "/organization/workload_identity_providers"
_ONE = _MANY + "/{workload_identity_provider_id}"
_RULES = _ONE + "/federation_rules"
_RULE = _RULES + "/{workload_identity_federation_rule_id}"
_TAG = "Workload Identity"
_OBJECT = "organization.workload_identity_provider"
_RULE_OBJECT = "organization.workload_identity_federation_rule"


class WorkloadIdentity:
    """`/organization/workload_identity_providers` and their federation rules."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List workload identity providers", tag=_TAG),
        Endpoint("POST", _MANY, "create", "Add a workload identity provider", body=ProviderCreate, tag=_TAG),
        Endpoint("GET", _ONE, "retrieve", "Show a workload identity provider", tag=_TAG),
        Endpoint("POST", _ONE, "update", "Change a workload identity provider", body=ProviderUpdate, tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Delete a workload identity provider", tag=_TAG),
        Endpoint("GET", _RULES, "list_rules", "List federation rules", tag=_TAG),
        Endpoint("POST", _RULES, "create_rule", "Add a federation rule", body=RuleCreate, tag=_TAG),
        Endpoint("GET", _RULE, "retrieve_rule", "Show a federation rule", tag=_TAG),
        Endpoint("POST", _RULE, "update_rule", "Change a federation rule", body=RuleUpdate, tag=_TAG),
        Endpoint("DELETE", _RULE, "delete_rule", "Delete a federation rule", tag=_TAG),
    )

    def __init__(self, db: Database, ids: Ids, audit: Audit, *, lenient: bool, synthesize: bool) -> None:
        self._db = db
        self._ids = ids
        self._lenient = lenient
        self._synthesize = synthesize
        self._organizations = Organizations(db, synthesize=synthesize)
        self._accounts = Collection("project_service_account")
        shape, noun = WorkloadIdentityProvider, "Workload identity provider"
        self._providers = AdminObjects(db, audit, "workload_identity_provider", shape, noun, synthesize=synthesize)
        rule = "federation_rule"
        self._rules = AdminObjects(db, audit, rule, FederationRule, "Federation rule", synthesize=synthesize)

    async def list(self, call: Call) -> Reply:
        """Providers, the newest first."""
        return Reply(await self._providers.page(call, ListQuery.from_query(call.query)))

    async def create(self, call: Call) -> Reply:
        """A new provider. Raises BadRequest for an issuer that is no URL."""
        body: ProviderCreate = call.body
        self._check_issuer(call, body.issuer)
        now = int(self._db.now())
        provider = {
            "id": self._ids.make("wip_"),
            "object": _OBJECT,
            "type": body.type,
            "name": body.name,
            "description": body.description,
            "issuer": body.issuer,
            "audience": body.audience,
            "attribute_transformations": plain(body.attribute_transformations or []),
            "verification": {"type": "discovery", "discovery_url": None}
            if body.verification is None
            else plain(body.verification),
            "enabled": body.enabled is not False,
            "created_at": now,
            "updated_at": now,
        }
        told = Told("workload_identity_provider.created", lambda made: {"id": made["id"], "data": shown(made)})
        return Reply(await self._providers.add(call, provider, told))

    async def retrieve(self, call: Call) -> Reply:
        """A provider. Raises NotFound."""
        return Reply(shown(await self._provider(call)))

    async def update(self, call: Call) -> Reply:
        """A provider as it is from now on. Raises NotFound."""
        body: ProviderUpdate = call.body
        if body.issuer is not None:
            self._check_issuer(call, body.issuer)
        given = _given(body)
        name = call.params["workload_identity_provider_id"]
        changes = {**given, "updated_at": int(self._db.now())}
        about = {"id": name, "changes_requested": given}
        told = Told("workload_identity_provider.updated", lambda _: about)
        return Reply(shown(await self._providers.change(call, name, lambda row: {**row, **changes}, told)))

    async def delete(self, call: Call) -> Reply:
        """That the provider is gone, with its rules. Raises NotFound."""

        def also(tx: Tx, gone: Object) -> None:
            self._rules.rows.delete_children(tx, call.principal.organization, gone["id"])

        told = Told("workload_identity_provider.deleted", lambda gone: {"id": gone["id"], "name": gone["name"]})
        gone = await self._providers.remove(call, call.params["workload_identity_provider_id"], told, also=also)
        return Reply(deleted(gone["id"], _OBJECT + ".deleted"))

    async def list_rules(self, call: Call) -> Reply:
        """Rules of a provider, the newest first; those for one service account, or all. Raises NotFound."""
        provider = await self._provider(call)
        query = ListQuery.from_query(call.query)
        tag = query.text("service_account_id")
        return Reply(await self._rules.page(call, query, parent=provider["id"], tag=tag))

    async def create_rule(self, call: Call) -> Reply:
        """A new rule. Raises NotFound, for a service account that is not there, too."""
        body: RuleCreate = call.body
        provider, name, now = await self._provider(call), self._ids.make("wifr_"), int(self._db.now())
        project = await self._organizations.check_project(call, body.project_id)
        rule = {
            "id": name,
            "object": _RULE_OBJECT,
            "workload_identity_provider_id": provider["id"],
            "project_id": project,
            "service_account_id": body.service_account_id,
            "attribute_matchers": body.attribute_matchers,
            "name": body.name,
            "description": body.description,
            "permissions": {"type": "service_account_default"} if body.permissions is None else plain(body.permissions),
            "enabled": body.enabled is not False,
            "created_at": now,
            "updated_at": now,
        }

        def also(tx: Tx, _: Object) -> None:
            organization, account = call.principal.organization, body.service_account_id
            known = self._accounts.known(tx, organization, account, parent=project)
            if not known and not synthesizes(call, self._synthesize):
                raise no_such("Service account", account)

        def details(made: Object) -> Object:
            return {"id": made["id"], "identity_provider_id": provider["id"], "data": shown(made)}

        told = Told("workload_identity_provider_mapping.created", details, project)
        made = await self._rules.add(call, rule, told, parent=provider["id"], tag=body.service_account_id, also=also)
        return Reply(made)

    async def retrieve_rule(self, call: Call) -> Reply:
        """A rule. Raises NotFound."""
        provider = await self._provider(call)
        name = call.params["workload_identity_federation_rule_id"]
        return Reply(shown(await self._rules.get(call, name, parent=provider["id"])))

    async def update_rule(self, call: Call) -> Reply:
        """A rule as it is from now on. Raises NotFound."""
        provider = await self._provider(call)
        name = call.params["workload_identity_federation_rule_id"]
        given = _given(call.body)
        changes = {**given, "updated_at": int(self._db.now())}
        about = {"id": name, "identity_provider_id": provider["id"], "changes_requested": given}
        told = Told("workload_identity_provider_mapping.updated", lambda _: about)
        found = await self._rules.change(call, name, lambda row: {**row, **changes}, told, parent=provider["id"])
        return Reply(shown(found))

    async def delete_rule(self, call: Call) -> Reply:
        """That the rule is gone. Raises NotFound."""
        provider = await self._provider(call)

        def details(gone: Object) -> Object:
            who = {field: gone[field] for field in ("project_id", "service_account_id")}
            return {"id": gone["id"], "identity_provider_id": provider["id"], **who}

        told = Told("workload_identity_provider_mapping.deleted", details)
        name = call.params["workload_identity_federation_rule_id"]
        gone = await self._rules.remove(call, name, told, parent=provider["id"])
        return Reply(deleted(gone["id"], _RULE_OBJECT + ".deleted"))

    async def _provider(self, call: Call) -> Object:
        return await self._providers.get(call, call.params["workload_identity_provider_id"])

    def _check_issuer(self, call: Call, issuer: str) -> None:
        if not issuer.startswith("https://") and not lenient(call, self._lenient):
            raise BadRequest("The issuer must be an HTTPS URL.", param="issuer")


def _given(body: Wire) -> dict[str, Any]:
    """The fields that were given, as JSON. Any: JSON."""
    return {name: value for name, value in plain(body).items() if name in body.model_fields_set}
