"""What a document takes for a certificate, and one that a project uses."""

import openai
import pytest
from certificates import OPENSSL

from fakeai.core.call import Call, Endpoint, Principal
from fakeai.core.chance import Ids
from fakeai.core.errors import BadRequest
from fakeai.services.audit import Audit
from fakeai.services.certificates import Certificates
from fakeai.store.objects import Collection
from fakeai.store.sql import SqlDatabase
from fakeai.testing import FakeAI
from fakeai.wire.certificates import CertificateCreate


def test_a_document_that_takes_any_text_is_followed() -> None:
    with FakeAI(conformance=True) as fake:
        certificates = fake.client(admin_api_key="a").admin.organization.certificates
        made = [certificates.create(certificate="certificate").id for _ in range(2)]
        assert len(set(made)) == 2
        assert [one.active for one in certificates.activate(certificate_ids=["cert_x", made[0]])] == [True, True]
        assert certificates.retrieve("cert_y", include=["content"]).id == "cert_y"
        assert len(certificates.list().data) == 2
        with pytest.raises(openai.ConflictError):
            for _ in range(2):
                certificates.create(certificate=OPENSSL)


async def test_a_certificate_that_a_project_uses_is_not_deleted(db: SqlDatabase, ids: Ids) -> None:
    some = Certificates(db, ids, Audit(db, ids, synthesize=False), lenient=False, synthesize=False)
    row = Endpoint("POST", "/organization/certificates", "create", "")
    call = Call("1", row, row.path, {}, principal=Principal("org-a"), body=CertificateCreate(certificate=OPENSSL))
    name = (await some.create(call)).body["id"]
    used = Collection("project_certificate")
    await db.run(lambda tx: used.add(tx, "org-a", {"id": name}, parent="proj_fakeai"))
    call.params = {"certificate_id": name}
    with pytest.raises(BadRequest, match="all of its projects"):
        await some.delete(call)
    await db.run(lambda tx: used.delete(tx, "org-a", name, parent="proj_fakeai"))
    assert (await some.delete(call)).body["id"] == name
