"""What a provider is told to be is filled in, and never taken from the caller."""

from fakeai.testing import FakeAI


def test_what_a_bucket_has_beyond_the_request_is_ours() -> None:
    with FakeAI(conformance=True) as fake:
        storage = fake.client(admin_api_key="a").admin.organization.external_storage
        asked = {"type": "aws", "bucket": "b", "role_arn": "arn:aws:iam::123456789012:role/r", "account_id": "mine"}
        made = storage.create(project_id="proj_a", provider={**asked, "colour": "red"})
        assert (made.provider.account_id, made.provider.external_id) == ("123456789012", made.id)
        assert "colour" not in made.provider.model_dump()
        given = {"workload_identity_pool_id": "w", "workload_identity_project_number": "1"}
        where = {"type": "gcp", "bucket": "b", **given, "workload_identity_provider_id": "i"}
        assert storage.create(project_id="proj_a", provider=where).provider.audience == (
            "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/w/providers/i"
        )
