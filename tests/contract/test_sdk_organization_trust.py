"""What an organization trusts, as the official SDK sees it: certificates, keys and storage elsewhere, identities."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from certificates import FINGERPRINT, OPENSSL, certificate, common_name, pem

from fakeai.testing import FakeAI

ELSEWHERE = {"OpenAI-Organization": "org-other"}
PROJECT = "proj_fakeai"
KEYS: list[dict[str, Any]] = [
    {"type": "aws", "external_id": "e", "kms_arn": "arn:k", "role_arn": "arn:r"},
    {"type": "azure", "key_name": "k", "tenant_id": "t", "vault_uri": "https://v", "key_version": "1"},
    {"type": "oci", "key_ocid": "k", "region": "r", "vault_ocid": "v"},
    {
        "type": "gcp",
        "audience": "a",
        "kms_key_location": "l",
        "kms_key_name": "n",
        "kms_key_ring_name": "r",
        "kms_project_id": "p",
        "workload_identity_pool_id": "w",
        "workload_identity_project_number": "1",
        "workload_identity_provider_id": "i",
        "purpose": "psp_decryption",
    },
]
STORAGE: list[dict[str, Any]] = [
    {"type": "aws", "bucket": "b", "role_arn": "arn:aws:iam::123456789012:role/r"},
    {
        "type": "azure",
        "account_name": "a",
        "container": "c",
        "resource_group": "g",
        "subscription_id": "s",
        "tenant_id": "t",
    },
    {
        "type": "gcp",
        "bucket": "b",
        "workload_identity_pool_id": "w",
        "workload_identity_project_number": "1",
        "workload_identity_provider_id": "i",
    },
    {"type": "oci", "bucket": "b", "region": "r", "tenancy_ocid": "t"},
]


@pytest.fixture
def organization() -> Iterator[Any]:
    with FakeAI(seed=1) as fake:
        client = fake.client(max_retries=0, _strict_response_validation=True, admin_api_key="anybody")
        yield client.admin.organization


def events(organization: Any, name: str) -> list[str]:
    return [event.type for event in organization.audit_logs.list(resource_ids=[name])]


def test_a_certificate_is_read_shown_and_renamed(organization: Any) -> None:
    made = organization.certificates.create(certificate=OPENSSL)
    assert made.id == f"cert_{FINGERPRINT[:32]}"
    assert (made.name, made.certificate_details.valid_at) == ("client.example", 1_795_855_886)
    assert made.certificate_details.content is None
    assert organization.certificates.retrieve(made.id) == made
    assert organization.certificates.retrieve(made.id, include=["content"]).certificate_details.content == OPENSSL
    assert organization.certificates.update(made.id, name="n").name == "n"
    with pytest.raises(openai.ConflictError, match="here already"):
        organization.certificates.create(certificate=OPENSSL)
    with pytest.raises(openai.BadRequestError, match="not one certificate"):
        organization.certificates.create(certificate="certificate")
    with pytest.raises(openai.BadRequestError, match="Supported values are: 'content'"):
        organization.certificates.retrieve(made.id, extra_query={"include": "key"})
    assert organization.certificates.create(certificate=OPENSSL, extra_headers=ELSEWHERE).id == made.id
    assert organization.certificates.delete(made.id).object == "certificate.deleted"
    with pytest.raises(openai.NotFoundError):
        organization.certificates.retrieve(made.id)
    assert organization.certificates.retrieve(made.id, extra_headers=ELSEWHERE).name == "client.example"
    assert events(organization, made.id) == ["certificate.deleted", "certificate.updated", "certificate.created"]


def test_certificates_are_activated_together_or_not_at_all(organization: Any) -> None:
    ids = [
        organization.certificates.create(certificate=pem(certificate(subject=common_name(str(n))))).id for n in range(4)
    ]
    with pytest.raises(openai.NotFoundError, match="Certificate with id 'cert_x' not found"):
        list(organization.certificates.activate(certificate_ids=[ids[0], "cert_x"]))
    assert not any(one.active for one in organization.certificates.list())
    assert [one.id for one in organization.certificates.activate(certificate_ids=ids[:2])] == ids[:2]
    assert [(one.id, one.active) for one in organization.certificates.list(limit=3, order="asc")] == [
        (one, one in ids[:2]) for one in ids
    ]
    with pytest.raises(openai.BadRequestError, match="must be inactive"):
        organization.certificates.delete(ids[0])
    assert not any(one.active for one in organization.certificates.deactivate(certificate_ids=ids[:1]))
    organization.certificates.delete(ids[0])
    assert events(organization, ids[1]) == ["certificates.activated", "certificate.created"]
    for wrong in ([], ["cert"] * 11):
        with pytest.raises(openai.BadRequestError):
            organization.certificates.activate(certificate_ids=wrong)


@pytest.mark.parametrize("fields", KEYS, ids=[key["type"] for key in KEYS])
def test_a_key_elsewhere_has_the_fields_of_its_cloud(organization: Any, fields: dict[str, Any]) -> None:
    made = organization.external_keys.create(name="k", **fields)
    assert {name: getattr(made, name) for name in fields} == fields
    assert organization.external_keys.retrieve(made.id) == made
    assert organization.external_keys.validate(made.id).status == "valid"
    purpose = fields.get("purpose", "ekm")
    other = organization.external_keys.create(name="o", **KEYS[0] | {"purpose": "ekm"})
    both = [made.id, other.id] if purpose == "ekm" else [made.id]
    assert [key.id for key in organization.external_keys.list(purpose=purpose, order="asc", limit=1)] == both
    lacking = next(name for name in fields if name not in ("type", "purpose", "key_version"))
    with pytest.raises(openai.BadRequestError, match=f"Missing required parameter: '{lacking}'"):
        body = {"name": "k", **{name: fields[name] for name in fields if name != lacking}}
        organization._client.post("/organization/external_keys", cast_to=object, body=body)
    assert organization.external_keys.delete(made.id).id == made.id
    for verb in (organization.external_keys.delete, organization.external_keys.validate):
        with pytest.raises(openai.NotFoundError, match="External key"):
            verb(made.id)
    assert events(organization, made.id) == ["external_key.removed", "external_key.registered"]


@pytest.mark.parametrize("provider", STORAGE, ids=[one["type"] for one in STORAGE])
def test_storage_elsewhere_is_pending_until_it_is_validated(organization: Any, provider: dict[str, Any]) -> None:
    made = organization.external_storage.create(project_id=PROJECT, provider=provider)
    assert (made.status, made.project_id) == ("pending", PROJECT)
    assert {name: getattr(made.provider, name) for name in provider} == provider
    assert organization.external_storage.validate(made.id).status == "validated"
    assert organization.external_storage.retrieve(made.id).status == "validated"
    with pytest.raises(openai.ConflictError, match="already"):
        organization.external_storage.create(project_id=PROJECT, provider=provider)
    with pytest.raises(openai.NotFoundError, match="Project"):
        organization.external_storage.create(project_id="proj_x", provider=provider)
    assert [one.id for one in organization.external_storage.list(project_id=PROJECT)] == [made.id]
    assert organization.external_storage.list(project_id="proj_x").data == []
    assert organization.external_storage.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError, match="External storage"):
        organization.external_storage.retrieve(made.id)
    assert events(organization, made.id) == ["external_storage.removed", "external_storage.registered"]


def test_a_provider_of_identities_is_made_and_changed(organization: Any) -> None:
    providers = organization.workload_identity_providers
    with pytest.raises(openai.BadRequestError, match="HTTPS"):
        providers.create(name="p", type="oidc", issuer="http://i", audience="a")
    made = providers.create(name="p", type="oidc", issuer="https://i.example", audience="a", description="d")
    assert (made.enabled, made.attribute_transformations, made.verification.type) == (True, [], "discovery")
    changed = providers.update(
        made.id,
        enabled=False,
        description=None,
        attribute_transformations=[{"attribute": "a", "expression": "b"}],
        verification={"type": "uploaded_jwks", "jwks": {"keys": []}},
    )
    assert (changed.enabled, changed.description, changed.name) == (False, None, "p")
    assert changed.verification.jwks == {"keys": []}
    assert providers.retrieve(made.id) == changed
    more = [providers.create(name=str(n), type="oidc", issuer="https://i", audience="a").id for n in range(3)]
    assert [one.id for one in providers.list(limit=2)] == [*more[::-1], made.id]
    assert providers.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError, match="Workload identity provider"):
        providers.update(made.id, name="x")
    assert [event.split(".")[-1] for event in events(organization, made.id)] == ["deleted", "updated", "created"]


def test_a_rule_stands_for_a_service_account_that_is_there(organization: Any) -> None:
    provider = organization.workload_identity_providers.create(
        name="p", type="oidc", issuer="https://i", audience="a"
    ).id
    rules = organization.workload_identity_providers.federation_rules
    account = organization.projects.service_accounts.create(PROJECT, name="s").id
    with pytest.raises(openai.NotFoundError, match="Service account"):
        rules.create(provider, project_id=PROJECT, service_account_id="user-x", attribute_matchers={})
    made = [
        rules.create(
            provider,
            project_id=PROJECT,
            service_account_id=account,
            attribute_matchers={"text": "a", "flag": True, "whole": 3, "part": 0.5},
            permissions={"type": "restricted", "scopes": ["api.read"]},
        )
        for _ in range(3)
    ]
    assert made[0].attribute_matchers == {"text": "a", "flag": True, "whole": 3, "part": 0.5}
    assert (made[0].permissions.scopes, made[0].enabled, made[0].name) == (["api.read"], True, None)
    ids = [one.id for one in made]
    assert [one.id for one in rules.list(provider, limit=2, service_account_id=account)] == ids[::-1]
    assert rules.list(provider, service_account_id="user-x").data == []
    changed = rules.update(
        ids[0], workload_identity_provider_id=provider, name="n", permissions={"type": "service_account_default"}
    )
    assert (changed.name, changed.permissions.type) == ("n", "service_account_default")
    assert rules.retrieve(ids[0], workload_identity_provider_id=provider) == changed
    assert rules.delete(ids[0], workload_identity_provider_id=provider).deleted
    with pytest.raises(openai.NotFoundError, match="Federation rule"):
        rules.retrieve(ids[0], workload_identity_provider_id=provider)
    assert [event.split(".")[-1] for event in events(organization, ids[0])] == ["deleted", "updated", "created"]
    organization.workload_identity_providers.delete(provider)
    with pytest.raises(openai.NotFoundError, match="Workload identity provider"):
        rules.list(provider)
