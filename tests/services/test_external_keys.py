"""Only the fields of a key's own cloud are kept."""

from fakeai.testing import FakeAI


def test_fields_of_other_clouds_are_not_kept() -> None:
    with FakeAI(conformance=True) as fake:
        keys = fake.client(admin_api_key="a").admin.organization.external_keys
        more = {"kms_arn": "arn:k", "workspace_id": "w", "api_project_ids": ["p"], "colour": "red"}
        made = keys.create(name="k", type="oci", key_ocid="k", region="r", vault_ocid="v", extra_body=more)
        assert (made.workspace_id, made.api_project_ids, made.kms_arn) == ("org-fakeai", [], None)
        assert "colour" not in keys.retrieve(made.id).model_dump()
