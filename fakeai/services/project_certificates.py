"""Certificates in projects: those of the organization, each active in a project or not. No connection is asked for one."""

from collections.abc import Sequence

from fakeai.core.call import Call, Endpoint, Reply
from fakeai.services.admin import AdminObjects
from fakeai.services.audit import Audit
from fakeai.services.certificates import CERTIFICATE
from fakeai.services.projects import ONE, Projects
from fakeai.services.resource import SYNTHESIZED
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import Collection, shown
from fakeai.wire.audit_logs import EventType
from fakeai.wire.certificates import Certificate, CertificatesChosen
from fakeai.wire.listing import ListQuery

_MANY = ONE + "/certificates"
_TAG = "Project Certificates"


class ProjectCertificates:
    """`/organization/projects/{project_id}/certificates`."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List certificates, and whether each is active in a project", tag=_TAG),
        Endpoint(
            "POST",
            _MANY + "/activate",
            "activate",
            "Activate certificates in a project",
            body=CertificatesChosen,
            tag=_TAG,
        ),
        Endpoint(
            "POST",
            _MANY + "/deactivate",
            "deactivate",
            "Deactivate certificates in a project",
            body=CertificatesChosen,
            tag=_TAG,
        ),
    )

    def __init__(self, db: Database, audit: Audit, projects: Projects, *, synthesize: bool) -> None:
        self._db = db
        self._audit = audit
        self._projects = projects
        self._active = Collection("project_certificate")
        """Those that are active, below their project; `services/certificates.py` asks for them."""
        self._all = AdminObjects(db, audit, CERTIFICATE, Certificate, "Certificate", synthesize=synthesize)

    async def list(self, call: Call) -> Reply:
        """Certificates of the organization, the newest first."""
        project = await self._projects.of(call)
        page = await self._all.page(call, ListQuery.from_query(call.query))
        organization = call.principal.organization
        active = await self._db.read(
            lambda tx: {row["id"] for row in self._active.every(tx, organization, parent=project)}
        )
        return Reply({**page, "data": [_shown(row, row["id"] in active) for row in page["data"]]})

    async def activate(self, call: Call) -> Reply:
        """Certificates that are active in the project from now on: all of those named, or none. Raises NotFound."""
        project = await self._projects.active(call)
        rows = await self._set(call, project, True, "certificates.activated")
        return Reply({"object": "organization.project.certificate.activation", "data": rows})

    async def deactivate(self, call: Call) -> Reply:
        """Certificates that are not active in the project from now on. Raises NotFound."""
        project = await self._projects.of(call)
        rows = await self._set(call, project, False, "certificates.deactivated")
        return Reply({"object": "organization.project.certificate.deactivation", "data": rows})

    async def _set(self, call: Call, project: str, active: bool, event: EventType) -> object:
        body: CertificatesChosen = call.body
        organization = call.principal.organization

        def work(tx: Tx) -> Sequence[Object]:
            found = [self._all.known(call, tx, name) for name in dict.fromkeys(body.certificate_ids)]
            kept = [row for row in found if SYNTHESIZED not in row]
            for row in kept:
                self._active.delete(tx, organization, row["id"], parent=project)
                if active:
                    self._active.add(tx, organization, {"id": row["id"]}, parent=project)
            if kept:
                told = [{"id": row["id"], "name": row["name"]} for row in kept]
                self._audit.add(tx, call, event, {"certificates": told}, project=project)
            return found

        return [_shown(row, active) for row in await self._db.run(work)]


def _shown(row: Object, active: bool) -> Object:
    return {**shown(row), "object": "organization.project.certificate", "active": active}
