"""The agreement is one organization's, and its changes are told."""

from fakeai.testing import FakeAI


def test_an_agreement_is_of_one_organization() -> None:
    with FakeAI(seed=1) as fake:
        organization = fake.client(admin_api_key="a").admin.organization
        organization.data_retention.update(retention_type="zero_data_retention")
        there = {"OpenAI-Organization": "org-b"}
        assert organization.data_retention.retrieve(extra_headers=there).type == "modified_abuse_monitoring"
        (event,) = organization.audit_logs.list()
        assert event.type == "organization.updated"
        assert event.organization_updated.model_dump()["changes_requested"]["data_retention"] == "zero_data_retention"
