"""What is asked of every endpoint of a project, in an order in which it can be answered."""

from certificates import OPENSSL

from contract.steps import Step, one

_ORGANIZATION = "/organization"
_PROJECT = "/organization/projects/{project_id}"
_ACCOUNT = f"{_PROJECT}/service_accounts/{{service_account_id}}"
_LIMITS = {
    "max_requests_per_1_minute": 9,
    "max_tokens_per_1_minute": 9,
    "max_images_per_1_minute": 9,
    "max_audio_megabytes_per_1_minute": 9,
    "max_requests_per_1_day": 9,
    "batch_1_day_max_input_tokens": 9,
}
_TOOLS = ("code_interpreter", "file_search", "image_generation", "mcp", "web_search")

_MADE = [
    *one(f"{_ORGANIZATION}/projects", "project_id", {"name": "p"}, {"name": "q"}),
    *one(f"{_PROJECT}/service_accounts", "service_account_id", {"name": "a"}, {"name": "b", "role": "owner"}),
    Step("POST", f"{_PROJECT}/service_accounts", {"name": "c", "create_service_account_only": True}),
    Step("POST", f"{_ACCOUNT}/api_keys", {"name": "k", "scopes": ["api.all.read"]}, "api_key_id"),
    Step("GET", f"{_PROJECT}/api_keys"),
    Step("GET", f"{_PROJECT}/api_keys/{{api_key_id}}"),
    Step("GET", f"{_ORGANIZATION}/users", keeps="user_id"),
    *one(f"{_PROJECT}/users", "user_id", {"user_id": "{user_id}", "role": "member"}, {"role": "owner"}),
    Step("POST", f"{_ORGANIZATION}/groups", {"name": "g"}, "group_id"),
    Step("POST", "/projects/{project_id}/roles", {"role_name": "r", "permissions": ["a"]}, "role_id"),
    *one(f"{_PROJECT}/groups", "group_id", {"group_id": "{group_id}", "role": "{role_id}"}, at="group_id"),
    Step("POST", f"{_ORGANIZATION}/certificates", {"certificate": OPENSSL}, "certificate_id"),
    Step("POST", f"{_PROJECT}/certificates/activate", {"certificate_ids": ["{certificate_id}"]}),
    Step("GET", f"{_PROJECT}/certificates"),
    Step("POST", f"{_PROJECT}/certificates/deactivate", {"certificate_ids": ["{certificate_id}"]}),
]
_POLICIES = [
    Step("GET", f"{_PROJECT}/rate_limits", keeps="rate_limit_id"),
    Step("POST", f"{_PROJECT}/rate_limits/{{rate_limit_id}}", _LIMITS),
    Step("POST", f"{_PROJECT}/model_permissions", {"mode": "deny_list", "model_ids": ["gpt-4o"]}),
    Step("GET", f"{_PROJECT}/model_permissions"),
    Step("DELETE", f"{_PROJECT}/model_permissions"),
    Step("POST", f"{_PROJECT}/hosted_tool_permissions", {tool: {"enabled": False} for tool in _TOOLS}),
    Step("GET", f"{_PROJECT}/hosted_tool_permissions"),
    Step("GET", f"{_PROJECT}/data_retention"),
    Step("POST", f"{_PROJECT}/data_retention", {"retention_type": "zero_data_retention"}),
]
_ENDS = [
    *(
        Step("DELETE", f"{_PROJECT}/{of}")
        for of in (
            "api_keys/{api_key_id}",
            "service_accounts/{service_account_id}",
            "users/{user_id}",
            "groups/{group_id}",
        )
    ),
    Step("POST", f"{_PROJECT}/archive"),
]

STEPS = [*_MADE, *_POLICIES, *_ENDS]
