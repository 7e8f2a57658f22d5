"""Certificates of an organization: read, kept, and active or not. No connection is asked for one."""

from typing import Any

from fakeai.content import x509
from fakeai.core.call import Call, Endpoint, Reply
from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest, Conflict
from fakeai.services.admin import AdminObjects, Told
from fakeai.services.audit import Audit
from fakeai.services.base import lenient
from fakeai.services.organization import Organizations
from fakeai.services.resource import SYNTHESIZED
from fakeai.store.base import Database, Object, Tx
from fakeai.store.objects import Collection, shown
from fakeai.wire import wording
from fakeai.wire.audit_logs import Details, EventType
from fakeai.wire.certificates import (
    Certificate,
    CertificateCreate,
    CertificateDeleted,
    CertificatesChanged,
    CertificatesChosen,
    CertificateUpdate,
)
from fakeai.wire.listing import ListQuery

CERTIFICATE = "certificate"
"""The kind of a certificate, below its organization. `_active` says whether it is; `_content` is what was sent."""

_MANY = "/organization/certificates"
_ONE = _MANY + "/{certificate_id}"
_TAG = "Certificates"


class Certificates:
    """`/organization/certificates`."""

    ENDPOINTS = (
        Endpoint("GET", _MANY, "list", "List certificates", tag=_TAG),
        Endpoint("POST", _MANY, "create", "Upload a certificate", body=CertificateCreate, tag=_TAG),
        Endpoint("POST", _MANY + "/activate", "activate", "Activate certificates", body=CertificatesChosen, tag=_TAG),
        Endpoint(
            "POST", _MANY + "/deactivate", "deactivate", "Deactivate certificates", body=CertificatesChosen, tag=_TAG
        ),
        Endpoint("GET", _ONE, "retrieve", "Show a certificate", tag=_TAG),
        Endpoint("POST", _ONE, "update", "Rename a certificate", body=CertificateUpdate, tag=_TAG),
        Endpoint("DELETE", _ONE, "delete", "Delete a certificate", tag=_TAG),
    )

    def __init__(self, db: Database, ids: Ids, audit: Audit, *, lenient: bool, synthesize: bool) -> None:
        self._db = db
        self._ids = ids
        self._audit = audit
        self._lenient = lenient
        self._projects = Organizations(db, synthesize=synthesize).projects
        self._used = Collection("project_certificate")
        self._rows = AdminObjects(db, audit, CERTIFICATE, Certificate, "Certificate", synthesize=synthesize)

    async def list(self, call: Call) -> Reply:
        """Certificates, the newest first."""
        query = ListQuery.from_query(call.query)
        page = await self._rows.page(call, query)
        owner = call.principal.organization
        rows = await self._db.read(lambda tx: [self._rows.rows.get(tx, owner, one["id"]) for one in page["data"]])
        return Reply({**page, "data": [_in_list(row) for row in rows if row is not None]})

    async def create(self, call: Call) -> Reply:
        """A certificate that is not active. Raises BadRequest for what is none, Conflict for one that is here."""
        body: CertificateCreate = call.body
        now = int(self._db.now())
        try:
            read = x509.read(body.certificate)
        except ValueError as error:
            if not lenient(call, self._lenient):
                raise BadRequest(f"Invalid certificate: {error}.", param="certificate") from None
            read = x509.Certificate(now, now, None, self._ids.make(""))
        name = f"cert_{read.fingerprint[:32]}"
        row = {
            "id": name,
            "object": "certificate",
            "name": body.name or read.name,
            "created_at": now,
            "certificate_details": {"valid_at": read.valid_at, "expires_at": read.expires_at},
            "_content": body.certificate,
            "_active": False,
        }
        try:
            made = await self._rows.add(call, row, Told("certificate.created", _by_name))
        except KeyError:
            raise Conflict(f"This certificate is here already: '{name}'.", param="certificate") from None
        return Reply(shown(made))

    async def retrieve(self, call: Call) -> Reply:
        """A certificate, with its content if `include` says so. Raises NotFound."""
        wishes = ListQuery.from_query(call.query).many("include")
        for wish in wishes:
            if wish != "content":
                raise wording.invalid_value("include", wish, ("content",))
        row = await self._rows.get(call, call.params["certificate_id"])
        details = {**row["certificate_details"], **({"content": row.get("_content", "")} if wishes else {})}
        return Reply({**shown(row), "certificate_details": details})

    async def update(self, call: Call) -> Reply:
        """A certificate by its new name. Raises NotFound."""
        body: CertificateUpdate = call.body
        given = {} if body.name is None else {"name": body.name}
        told = Told("certificate.updated", _by_name)
        found = await self._rows.change(call, call.params["certificate_id"], lambda row: {**row, **given}, told)
        return Reply(shown(found))

    async def delete(self, call: Call) -> Reply:
        """That the certificate is gone. Raises NotFound, and BadRequest for one that is active somewhere."""
        organization = call.principal.organization

        def also(tx: Tx, gone: Object) -> None:
            projects = [project["id"] for project in self._projects.every(tx, organization)]
            if gone["_active"] or any(
                self._used.known(tx, organization, gone["id"], parent=project) for project in projects
            ):
                raise BadRequest("A certificate must be inactive in the organization and all of its projects.")

        told = Told("certificate.deleted", lambda gone: {**_by_name(gone), "certificate": gone["_content"]})
        gone = await self._rows.remove(call, call.params["certificate_id"], told, also=also)
        answer: CertificateDeleted = {"id": gone["id"], "object": "certificate.deleted"}
        return Reply(answer)

    async def activate(self, call: Call) -> Reply:
        """Certificates that are active from now on: all of those named, or none. Raises NotFound."""
        return Reply(await self._set(call, True, "certificates.activated", "organization.certificate.activation"))

    async def deactivate(self, call: Call) -> Reply:
        """Certificates that are not active from now on. Raises NotFound."""
        return Reply(await self._set(call, False, "certificates.deactivated", "organization.certificate.deactivation"))

    async def _set(self, call: Call, active: bool, event: EventType, answer: str) -> CertificatesChanged:
        body: CertificatesChosen = call.body
        organization = call.principal.organization

        def work(tx: Tx) -> Any:
            found = [
                self._rows.rows.change(tx, organization, name, lambda row: {**row, "_active": active})
                or {**self._rows.known(call, tx, name), "_active": active}
                for name in dict.fromkeys(body.certificate_ids)
            ]
            told = [_by_name(row) for row in found if SYNTHESIZED not in row]
            if told:
                self._audit.add(tx, call, event, {"certificates": told})
            return found

        return {"object": answer, "data": [_in_list(row) for row in await self._db.run(work)]}


def _in_list(row: Object) -> Certificate:
    shape: Any = {**shown(row), "object": "organization.certificate", "active": row.get("_active", False)}
    found: Certificate = shape
    return found


def _by_name(row: Object) -> Details:
    return {"id": row["id"], "name": row["name"]}
