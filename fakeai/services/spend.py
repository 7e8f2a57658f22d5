"""Spend limits and spend alerts, of an organization and of its projects. `gateway/quotas.py` is who enforces limits."""

from collections.abc import Iterator
from typing import Any

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import NotFound
from fakeai.services.admin import AdminObjects, Told
from fakeai.services.audit import Audit
from fakeai.services.base import synthesizes
from fakeai.services.costs import Spending
from fakeai.services.organization import Organizations
from fakeai.services.resource import deleted
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import Collection, shown
from fakeai.store.usage import Meter
from fakeai.wire.audit_logs import EventType
from fakeai.wire.listing import ListQuery
from fakeai.wire.spend import SpendAlert, SpendAlertUpdate, SpendLimit, SpendLimitDeleted, SpendLimitUpdate

_LIMIT = "spend_limit"
"""Kind and id: `gateway/quotas.py` looks for it."""


def _rows() -> Iterator[Endpoint]:
    for of, path, tag in (
        ("the organization", "/organization", "Spend"),
        ("a project", "/organization/projects/{project_id}", "Spend"),
    ):
        limit, alerts = f"{path}/spend_limit", f"{path}/spend_alerts"
        one = alerts + "/{alert_id}"
        yield Endpoint("GET", limit, "limit", f"Show the spend limit of {of}", tag=tag)
        yield Endpoint("POST", limit, "set_limit", f"Limit what {of} spends", body=SpendLimitUpdate, tag=tag)
        yield Endpoint("DELETE", limit, "drop_limit", f"Let {of} spend without a limit", tag=tag)
        yield Endpoint("GET", alerts, "list", f"List spend alerts of {of}", tag=tag)
        yield Endpoint("POST", alerts, "create", f"Add a spend alert to {of}", body=SpendAlertUpdate, tag=tag)
        yield Endpoint("GET", one, "retrieve", f"Show a spend alert of {of}", tag=tag)
        yield Endpoint("POST", one, "update", f"Replace a spend alert of {of}", body=SpendAlertUpdate, tag=tag)
        yield Endpoint("DELETE", one, "delete", f"Remove a spend alert of {of}", tag=tag)


class Spend:
    """`/organization/spend_limit`, `/organization/spend_alerts`, and the same of each project."""

    ENDPOINTS = tuple(_rows())

    def __init__(
        self, db: Database, ids: Ids, audit: Audit, meter: Meter, spending: Spending, *, synthesize: bool
    ) -> None:
        self._db = db
        self._ids = ids
        self._audit = audit
        self._meter = meter
        self._spending = spending
        self._synthesize = synthesize
        self._organizations = Organizations(db, synthesize=synthesize)
        self._limits = Collection(_LIMIT)
        self._alerts = AdminObjects(db, audit, "spend_alert", SpendAlert, "Spend alert", synthesize=synthesize)

    async def limit(self, call: Call) -> Reply:
        """The limit, and whether it is reached. Raises NotFound if there is none."""
        organization, project = await self._whose(call)
        await self._meter.flush()
        return Reply(await self._db.read(lambda tx: self._shown(tx, call, organization, project)))

    async def set_limit(self, call: Call) -> Reply:
        """The limit from now on, whatever there was before."""
        body: SpendLimitUpdate = call.body
        organization, project = await self._whose(call)
        await self._meter.flush()
        row = {"id": _LIMIT, **_amount(body)}

        def work(tx: Tx) -> SpendLimit:
            if self._limits.change(tx, organization, _LIMIT, lambda _: row, parent=project) is None:
                self._limits.add(tx, organization, row, parent=project)
            self._tell(tx, call, project, _LIMIT, body.threshold_amount)
            return self._shown(tx, call, organization, project)

        return Reply(await self._db.run(work))

    async def drop_limit(self, call: Call) -> Reply:
        """That there is no limit any more. Raises NotFound if there was none."""
        organization, project = await self._whose(call)

        def work(tx: Tx) -> bool:
            gone = self._limits.delete(tx, organization, _LIMIT, parent=project) is not None
            if gone:
                self._tell(tx, call, project, _LIMIT, None)
            return gone

        if not await self._db.run(work) and not synthesizes(call, self._synthesize):
            raise _no_limit()
        answer: SpendLimitDeleted = {"object": _object(project, f"{_LIMIT}.deleted"), "deleted": True}
        return Reply(answer)

    async def list(self, call: Call) -> Reply:
        """Alerts, the oldest first."""
        _, project = await self._whose(call)
        query = ListQuery.from_query(call.query, order="asc")
        return Reply(await self._alerts.page(call, query, parent=project))

    async def create(self, call: Call) -> Reply:
        """A new alert."""
        _, project = await self._whose(call)
        alert = self._alert(project, self._ids.make("alert_"), call.body)
        return Reply(await self._alerts.add(call, alert, self._told(call, project), parent=project))

    async def retrieve(self, call: Call) -> Reply:
        """An alert. Raises NotFound."""
        _, project = await self._whose(call)
        return Reply(_alert_of(project, await self._alerts.get(call, call.params["alert_id"], parent=project)))

    async def update(self, call: Call) -> Reply:
        """An alert with other values. Raises NotFound."""
        _, project = await self._whose(call)
        name = call.params["alert_id"]
        alert = self._alert(project, name, call.body)
        told = self._told(call, project)
        return Reply(shown(await self._alerts.change(call, name, lambda _: alert, told, parent=project)))

    async def delete(self, call: Call) -> Reply:
        """That the alert is gone. Raises NotFound."""
        _, project = await self._whose(call)
        gone = await self._alerts.remove(call, call.params["alert_id"], self._told(call, project), parent=project)
        return Reply(deleted(gone["id"], _object(project, "spend_alert.deleted")))

    async def _whose(self, call: Call) -> tuple[str, str]:
        """Organization and project, "" for all of it. Raises NotFound for a project there is not."""
        project = call.params.get("project_id", "")
        if project:
            await self._organizations.check_project(call, project)
        return call.principal.organization, project

    def _shown(self, tx: Tx, call: Call, organization: str, project: str) -> SpendLimit:
        row = self._limits.get(tx, organization, _LIMIT, parent=project)
        if row is None and not synthesizes(call, self._synthesize):
            raise _no_limit()
        most = 0 if row is None else row["threshold_amount"]
        spent = self._spending.this_month(tx, organization, self._db.now(), project or None)
        reached = row is not None and spent * 100.0 >= most
        return {
            "object": _object(project, _LIMIT),
            "currency": "USD",
            "interval": "month",
            "enforcement": {"status": "enforcing" if reached else "inactive"},
            "threshold_amount": most,
        }

    def _alert(self, project: str, name: str, body: SpendAlertUpdate) -> Object:
        channel = body.notification_channel
        return {
            "id": name,
            "object": _object(project, "spend_alert"),
            **_amount(body),
            "notification_channel": {
                "type": channel.type,
                "recipients": channel.recipients,
                "subject_prefix": channel.subject_prefix,
            },
        }

    def _told(self, call: Call, project: str) -> Told:
        """The event of a change of alerts: there is none of their own."""
        about = project or call.principal.organization
        what: EventType = "project.updated" if project else "organization.updated"
        return Told(what, lambda alert: {"id": about, "changes_requested": {"spend_alert": alert["id"]}}, project)

    def _tell(self, tx: Tx, call: Call, project: str, name: str, value: int | None) -> None:
        about = project or call.principal.organization
        what = self._told(call, project).type
        self._audit.add(tx, call, what, {"id": about, "changes_requested": {name: value}}, project=project)


def _amount(body: SpendLimitUpdate) -> dict[str, Any]:
    """What limits and alerts have in common. Any: JSON."""
    return {"currency": body.currency, "interval": body.interval, "threshold_amount": body.threshold_amount}


def _object(project: str, noun: str) -> Any:
    """The word for an object of this project, or of the organization. Any: one of its wire type's."""
    return f"{'project' if project else 'organization'}.{noun}"


def _alert_of(project: str, alert: Object) -> Object:
    return {**shown(alert), "object": _object(project, "spend_alert")}


def _no_limit() -> NotFound:
    return NotFound("No spend limit is set.")
