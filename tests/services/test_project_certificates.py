"""Certificates of the organization are active in a project or not; made-up ones are not kept."""

from fakeai.testing import FakeAI


def test_made_up_certificates_are_not_kept() -> None:
    with FakeAI(conformance=True) as fake:
        certificates = fake.client(admin_api_key="a").admin.organization.projects.certificates
        (made,) = certificates.activate("p", certificate_ids=["cert_a"])
        assert (made.id, made.active) == ("cert_a", True)
        (made,) = certificates.deactivate("p", certificate_ids=["cert_a"])
        assert (made.id, made.active) == ("cert_a", False)
        assert certificates.list("p").data == []
