"""What is asked of endpoints that OpenAI's SDK knows, and its document, which is older, does not."""

from contract.steps import Step, one

_ORGANIZATION = "/organization"
_PROJECT = "/organization/projects/{project_id}"
_PROVIDER = f"{_ORGANIZATION}/workload_identity_providers/{{workload_identity_provider_id}}"
_RULE = f"{_PROVIDER}/federation_rules/{{workload_identity_federation_rule_id}}"
_MADE_UP = {"x-fakeai-unknown-ids": "synthesize"}
_KEY = {
    "name": "k",
    "type": "aws",
    "purpose": "ekm",
    "external_id": "e",
    "kms_arn": "arn:k",
    "region": "eu-1",
    "role_arn": "arn:r",
}
_STORAGE = {
    "project_id": "{project_id}",
    "provider": {"type": "aws", "bucket": "b", "role_arn": "arn:aws:iam::1:role/r"},
}
_TRUST = {
    "name": "p",
    "issuer": "https://i.example",
    "audience": "a",
    "attribute_transformations": [{"attribute": "team", "expression": "assertion.team"}],
    "description": "d",
    "enabled": True,
    "verification": {"type": "uploaded_jwks", "jwks": {"keys": []}},
}
_MATCHED = {
    "attribute_matchers": {"sub": "x"},
    "name": "r",
    "description": "d",
    "enabled": True,
    "permissions": {"type": "restricted", "scopes": ["api.all.read"]},
}

_PROJECTS = [
    *one(f"{_ORGANIZATION}/projects", "project_id", {"name": "p"}),
    Step("POST", f"{_PROJECT}/service_accounts", {"name": "a"}, "api_key_id", at="api_key.id"),
    Step("POST", f"{_PROJECT}/api_keys/{{api_key_id}}", {"expires_in_seconds": 60, "scopes": ["api.all.read"]}),
    Step("GET", f"{_PROJECT}/service_tier_settings"),
    Step("POST", f"{_PROJECT}/service_tier_settings", {"default": "fast", "enabled_tiers": ["flex", "fast"]}),
]
_CLOUDS = [
    *one(f"{_ORGANIZATION}/external_keys", "external_key_id", _KEY),
    Step("POST", f"{_ORGANIZATION}/external_keys/{{external_key_id}}/validate"),
    *one(f"{_ORGANIZATION}/external_storage", "external_storage_id", _STORAGE),
    Step("POST", f"{_ORGANIZATION}/external_storage/{{external_storage_id}}/validate"),
]
_IDENTITY = [
    *one(
        f"{_ORGANIZATION}/workload_identity_providers",
        "workload_identity_provider_id",
        {**_TRUST, "type": "oidc"},
        _TRUST,
    ),
    Step("POST", f"{_PROJECT}/service_accounts", {"name": "b"}, "service_account_id"),
    *one(
        f"{_PROVIDER}/federation_rules",
        "workload_identity_federation_rule_id",
        {**_MATCHED, "project_id": "{project_id}", "service_account_id": "{service_account_id}"},
        _MATCHED,
    ),
]
_LOOKED_AT = [
    Step("GET", f"{_ORGANIZATION}/usage/decisions?start_time=1700000000"),
    *(Step("GET", f"/safety/{kind}/{{id}}", headers=_MADE_UP) for kind in ("alerts", "cases")),
]
_ENDS = [
    Step("DELETE", path)
    for path in (
        _RULE,
        _PROVIDER,
        f"{_ORGANIZATION}/external_storage/{{external_storage_id}}",
        f"{_ORGANIZATION}/external_keys/{{external_key_id}}",
    )
]

STEPS = [*_PROJECTS, *_CLOUDS, *_IDENTITY, *_LOOKED_AT, *_ENDS]
