"""What a project may do, one document each: models, hosted tools, service tiers, and how long its data are kept.

Each is told as OpenAI begins with it until somebody sets it. Models are kept to (`gateway/permissions.py`), hosted tools by
whoever runs them (`Policy.allows_tool`); tiers and retention are told as they were set.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.errors import NotFound
from fakeai.services.audit import Audit
from fakeai.services.fresh import Changes
from fakeai.services.policies import DOCUMENT, MODELS, TOOLS
from fakeai.services.projects import ONE, Projects
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import Collection
from fakeai.wire.project_policies import (
    HostedToolPermissions,
    HostedToolPermissionsUpdate,
    ModelPermissions,
    ModelPermissionsDeleted,
    ModelPermissionsUpdate,
    ProjectDataRetention,
    ProjectDataRetentionUpdate,
    ServiceTierSettings,
    ServiceTierSettingsUpdate,
)

_TIERS = "service_tier_settings"
_RETENTION = "data_retention"
_TAG = "Project Policies"


class ProjectPolicies:
    """`/organization/projects/{project_id}/model_permissions` and its like."""

    ENDPOINTS = (
        Endpoint("GET", f"{ONE}/{MODELS}", "models", "Show which models a project may use", tag=_TAG),
        Endpoint(
            "POST",
            f"{ONE}/{MODELS}",
            "set_models",
            "Say which models a project may use, or may not",
            body=ModelPermissionsUpdate,
            tag=_TAG,
        ),
        Endpoint("DELETE", f"{ONE}/{MODELS}", "drop_models", "Let a project use every model", tag=_TAG),
        Endpoint("GET", f"{ONE}/{TOOLS}", "tools", "Show which hosted tools a project may use", tag=_TAG),
        Endpoint(
            "POST",
            f"{ONE}/{TOOLS}",
            "set_tools",
            "Say which hosted tools a project may use",
            body=HostedToolPermissionsUpdate,
            tag=_TAG,
        ),
        Endpoint("GET", f"{ONE}/{_TIERS}", "tiers", "Show a project's service tiers", tag=_TAG),
        Endpoint(
            "POST",
            f"{ONE}/{_TIERS}",
            "set_tiers",
            "Set a project's service tiers",
            body=ServiceTierSettingsUpdate,
            tag=_TAG,
        ),
        Endpoint("GET", f"{ONE}/{_RETENTION}", "retention", "Show how long a project's data are kept", tag=_TAG),
        Endpoint(
            "POST",
            f"{ONE}/{_RETENTION}",
            "set_retention",
            "Set how long a project's data are kept",
            body=ProjectDataRetentionUpdate,
            tag=_TAG,
        ),
    )

    def __init__(self, db: Database, audit: Audit, changes: Changes, projects: Projects) -> None:
        self._db = db
        self._audit = audit
        self._changes = changes
        self._projects = projects
        self._rows = Collection(DOCUMENT)

    async def models(self, call: Call) -> Reply:
        """The list of models, if there is one. Raises NotFound."""
        found = await self._get(call, MODELS)
        if found is None and not self._projects.synthesizes(call):
            raise _no_models()
        return Reply(_models({"mode": "deny_list", "model_ids": []} if found is None else found))

    async def set_models(self, call: Call) -> Reply:
        """The list from now on."""
        body: ModelPermissionsUpdate = call.body
        ids = sorted(set(body.model_ids), key=body.model_ids.index)
        return Reply(_models(await self._set(call, MODELS, lambda _: {"mode": body.mode, "model_ids": ids})))

    async def drop_models(self, call: Call) -> Reply:
        """That there is no list any more. Raises NotFound if there was none."""
        project = await self._projects.active(call)
        organization = call.principal.organization

        def work(tx: Tx) -> bool:
            gone = self._rows.delete(tx, organization, MODELS, parent=project) is not None
            if gone:
                self._tell(tx, call, project, MODELS, None)
            return gone

        if not await self._db.run(work) and not self._projects.synthesizes(call):
            raise _no_models()
        self._changes.note()
        answer: ModelPermissionsDeleted = {"object": "project.model_permissions.deleted", "deleted": True}
        return Reply(answer)

    async def tools(self, call: Call) -> Reply:
        """Every hosted tool, and whether it may be used."""
        return Reply(_tools(await self._get(call, TOOLS)))

    async def set_tools(self, call: Call) -> Reply:
        """The same, with the tools that are named as the caller wants them."""
        body: HostedToolPermissionsUpdate = call.body
        asked = {
            name: {"enabled": switch.enabled}
            for name in HostedToolPermissions.__annotations__
            if (switch := getattr(body, name)) is not None
        }
        return Reply(_tools(await self._set(call, TOOLS, lambda before: {**before, **asked})))

    async def tiers(self, call: Call) -> Reply:
        """The tiers of the project."""
        return Reply(_tiers(await self._get(call, _TIERS)))

    async def set_tiers(self, call: Call) -> Reply:
        """The tiers from now on; what is left out stays."""
        body: ServiceTierSettingsUpdate = call.body
        given = (("default", body.default), ("enabled_tiers", body.enabled_tiers))
        asked = {name: value for name, value in given if value is not None}
        return Reply(_tiers(await self._set(call, _TIERS, lambda before: {**before, **asked})))

    async def retention(self, call: Call) -> Reply:
        """The agreement."""
        return Reply(_retention(await self._get(call, _RETENTION)))

    async def set_retention(self, call: Call) -> Reply:
        """The agreement from now on."""
        body: ProjectDataRetentionUpdate = call.body
        return Reply(_retention(await self._set(call, _RETENTION, lambda _: {"type": body.retention_type})))

    async def _get(self, call: Call, name: str) -> Object | None:
        project = await self._projects.of(call)
        return await self._db.read(lambda tx: self._rows.get(tx, call.principal.organization, name, parent=project))

    async def _set(self, call: Call, name: str, change: Callable[[Object], Object]) -> Object:
        """The document as `change` has made it of the one before, or of none."""
        project = await self._projects.active(call)
        organization = call.principal.organization

        def work(tx: Tx) -> Object:
            made = self._rows.change(tx, organization, name, lambda row: {**change(row), "id": name}, parent=project)
            if made is None:
                made = {**change({}), "id": name}
                self._rows.add(tx, organization, made, parent=project)
            self._tell(tx, call, project, name, {key: value for key, value in made.items() if key != "id"})
            return made

        made = await self._db.run(work)
        self._changes.note()
        return made

    def _tell(self, tx: Tx, call: Call, project: str, name: str, value: Mapping[str, Any] | None) -> None:
        """Any: JSON."""
        self._audit.add(
            tx, call, "project.updated", {"id": project, "changes_requested": {name: value}}, project=project
        )


_ON: Mapping[str, bool] = MappingProxyType({"enabled": True})


def _models(row: Object) -> ModelPermissions:
    return {"object": "project.model_permissions", "mode": row["mode"], "model_ids": row["model_ids"]}


def _tools(row: Object | None) -> dict[str, Any]:
    """Any: a HostedToolPermissions."""
    return {name: dict((row or {}).get(name, _ON)) for name in HostedToolPermissions.__annotations__}


def _tiers(row: Object | None) -> ServiceTierSettings:
    of = row or {}
    return {
        "object": "project.service_tier_settings",
        "default": of.get("default", "standard"),
        "enabled_tiers": of.get("enabled_tiers", "all"),
    }


def _retention(row: Object | None) -> ProjectDataRetention:
    return {"object": "project.data_retention", "type": row["type"] if row else "organization_default"}


def _no_models() -> NotFound:
    return NotFound("No model permissions are set for this project.")
