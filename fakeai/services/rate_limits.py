"""Rate limits of projects: a row for each model, told as the model's own until somebody sets it.

Limits that were set are kept to (`gateway/limits.py`): requests and tokens a minute, and requests a day. The others are
told as they were set.
"""

from collections.abc import Sequence

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.catalog import ModelCard
from fakeai.services.admin import Told
from fakeai.services.audit import Audit
from fakeai.services.directory import ModelDirectory
from fakeai.services.fresh import Changes
from fakeai.services.organization import no_such
from fakeai.services.policies import RATE_LIMIT
from fakeai.services.projects import ONE, Projects
from fakeai.services.resource import listed, no_such_cursor
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import Collection
from fakeai.wire.example import example
from fakeai.wire.listing import ListQuery
from fakeai.wire.project_policies import RateLimit, RateLimitUpdate

_MANY = ONE + "/rate_limits"
_TAG = "Project Rate Limits"
_PREFIX = "rl-"
_MOST = 100


class RateLimits:
    """`/organization/projects/{project_id}/rate_limits`."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List a project's rate limits", tag=_TAG),
        Endpoint(
            "POST",
            _MANY + "/{rate_limit_id:path}",
            "update",
            "Limit how much a project uses of a model",
            body=RateLimitUpdate,
            tag=_TAG,
        ),
    )

    def __init__(
        self, db: Database, audit: Audit, directory: ModelDirectory, changes: Changes, projects: Projects
    ) -> None:
        self._db = db
        self._audit = audit
        self._directory = directory
        self._changes = changes
        self._projects = projects
        self._rows = Collection(RATE_LIMIT)

    async def list(self, call: Call) -> Reply:
        """A limit for each model, in the order of the catalog. Raises BadRequest for a cursor that names none."""
        project = await self._projects.of(call)
        query = ListQuery.from_query(call.query, default=_MOST, most=_MOST, order="asc")
        organization = call.principal.organization
        kept = await self._db.read(lambda tx: list(self._rows.every(tx, organization, parent=project)))
        known = self._directory
        cards = [*known.catalog.cards.values(), *known.adapters(), *known.fine_tunes(f"{organization}/{project}")]
        limits = {card.id: _of(card) for card in cards}
        limits.update((row["model"], row) for row in kept)
        rows = list(limits.values())
        start, end = self._place(call, rows, query, "after"), self._place(call, rows, query, "before")
        if start is None and end is not None:
            first = max(end - query.limit, 0)
            return Reply(listed(rows[first:end], first > 0))
        rows = rows[0 if start is None else start + 1 : end]
        return Reply(listed(rows[: query.limit], len(rows) > query.limit))

    async def update(self, call: Call) -> Reply:
        """A limit with other values, which are kept to from here on. Raises NotFound."""
        body: RateLimitUpdate = call.body
        project = await self._projects.active(call)
        name = call.params["rate_limit_id"]
        card = self._card(call, name)
        asked = {field: value for field, value in body if field in RateLimitUpdate.model_fields and value is not None}
        organization = call.principal.organization

        def work(tx: Tx) -> Object:
            changed = self._rows.change(tx, organization, name, lambda row: {**row, **asked}, parent=project)
            if changed is None:
                changed = {**_of(card), "id": name, **asked}
                self._rows.add(tx, organization, changed, parent=project)
            told = Told("rate_limit.updated", lambda row: {"id": name, "changes_requested": asked}, project)
            self._audit.add(tx, call, told.type, told.details(changed), project=project)
            return changed

        if self._projects.synthesizes(call) and not name.startswith(_PREFIX):
            return Reply({**example(RateLimit, name), "id": name, **asked})
        changed = await self._db.run(work)
        self._changes.note()
        return Reply(changed)

    def _card(self, call: Call, name: str) -> ModelCard:
        model = name.removeprefix(_PREFIX)
        card = self._directory.find(model)
        if not name.startswith(_PREFIX) or card is None:
            if not self._projects.synthesizes(call):
                raise no_such("Rate limit", name)
            return ModelCard(model)
        return card

    def _place(self, call: Call, rows: Sequence[Object], query: ListQuery, name: str) -> int | None:
        """Where a cursor is."""
        cursor = query.after if name == "after" else query.before
        if cursor is None:
            return None
        at = next((at for at, row in enumerate(rows) if row["id"] == cursor), None)
        if at is None and not self._projects.synthesizes(call):
            raise no_such_cursor(name, cursor)
        return at


def _of(card: ModelCard) -> Object:
    """The limit that is the model's own."""
    limit: RateLimit = {
        "id": _PREFIX + card.id,
        "object": "project.rate_limit",
        "model": card.id,
        "max_requests_per_1_minute": card.requests_per_minute,
        "max_tokens_per_1_minute": card.tokens_per_minute,
    }
    return dict(limit)
