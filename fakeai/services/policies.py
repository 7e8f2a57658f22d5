"""What each project may do, as it stands: which models, how often, with which hosted tools; and whether it is archived.

Read with every call that matters, so it is remembered for a moment. Nothing is looked up before anything was set.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from fakeai.core.call import Principal
from fakeai.core.clock import Clock
from fakeai.services.fresh import Changes, Fresh
from fakeai.services.organization import PROJECT
from fakeai.store.base import Object, Tx
from fakeai.store.objects import Collection
from fakeai.store.sql import SqlDatabase

DOCUMENT = "project_policy"
"""The kind of the objects that hold one policy each, below their project: its name is their id."""
RATE_LIMIT = "project_rate_limit"
"""The kind of the rate limits that were set, below their project."""
MODELS = "model_permissions"
TOOLS = "hosted_tool_permissions"


class Policy(NamedTuple):
    """What a project may do. `limits` are by model, in the words of the wire; those that nobody has set are left out."""

    archived: bool = False
    limits: Mapping[str, Object] = MappingProxyType({})
    deny: frozenset[str] = frozenset()
    allow: frozenset[str] | None = None
    """The only models that may be used; None for all."""
    tools: Mapping[str, bool] = MappingProxyType({})
    """Whether a hosted tool may be used, where somebody has said so."""

    @property
    def restricts(self) -> bool:
        """Whether there are models that may not be used."""
        return bool(self.deny) or self.allow is not None

    def allows(self, model: str) -> bool:
        """Whether the model may be used. One that is denied is so in all the ways its name may be written."""
        if self.allow is not None:
            return model in self.allow
        return model not in self.deny and model.rsplit("/", 1)[-1].lower() not in self.deny

    def allows_tool(self, tool: str) -> bool:
        """Whether the hosted tool may be used: `file_search`, `web_search`, …"""
        return self.tools.get(tool, True)


FREE = Policy()
"""A project that nobody has set anything for."""


class Policies:
    """The policies of all projects. Whoever has committed a change of one says so (`Changes`)."""

    def __init__(self, db: SqlDatabase, clock: Clock, changes: Changes) -> None:
        self._db = db
        self._changes = changes
        self._rows = Collection(DOCUMENT)
        self._limits = Collection(RATE_LIMIT)
        self._projects = Collection(PROJECT)
        self._kept: Fresh[tuple[str, str], Policy] = Fresh(clock, changes, self._look)

    def recent(self, who: Principal) -> Policy | None:
        """The policy of the caller's project, if it need not be looked up."""
        if self._db.in_memory and not self._changes.count:
            return FREE
        return self._kept.recent((who.organization, who.project))

    async def get(self, who: Principal) -> Policy:
        """The same, looked up if it has to be."""
        return self.recent(who) or await self._kept.get((who.organization, who.project))

    async def _look(self, key: tuple[str, str]) -> Policy:
        return await self._db.read(lambda tx: self._read(tx, *key))

    def _read(self, tx: Tx, organization: str, project: str) -> Policy:
        found = self._projects.get(tx, organization, project)
        documents = {row["id"]: row for row in self._rows.every(tx, organization, parent=project)}
        models = documents.get(MODELS)
        ids = frozenset(models["model_ids"]) if models else frozenset()
        allows = models is not None and models["mode"] == "allow_list"
        tools = documents.get(TOOLS, {})
        policy = Policy(
            bool(found and found.get("archived_at")),
            {row["model"]: row for row in self._limits.every(tx, organization, parent=project)},
            frozenset() if allows else ids,
            ids if allows else None,
            {name: of["enabled"] for name, of in tools.items() if isinstance(of, dict)},
        )
        return FREE if policy == FREE else policy
