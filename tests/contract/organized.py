"""What is asked of every endpoint of an organization, in an order in which it can be answered."""

from certificates import OPENSSL

from contract.steps import Step, one

_ORGANIZATION = "/organization"
_PROJECT = "/organization/projects/{project_id}"
_AMOUNT = {"currency": "USD", "interval": "month", "threshold_amount": 5}
_ALERT = {**_AMOUNT, "notification_channel": {"type": "email", "recipients": ["a@example.com"]}}


def _has_roles(of: str, role: str) -> list[Step]:
    """Give it a role, show it and all of them."""
    return [
        Step("POST", f"{of}/roles", {"role_id": f"{{{role}}}"}),
        Step("GET", f"{of}/roles"),
        Step("GET", f"{of}/roles/{{{role}}}"),
    ]


_ROLE = {"role_name": "r", "permissions": ["a"], "description": "d"}
_MADE = [
    Step("GET", f"{_ORGANIZATION}/projects", None, "project_id"),
    *one(f"{_ORGANIZATION}/admin_api_keys", "key_id", {"name": "k"}),
    *one(f"{_ORGANIZATION}/invites", "invite_id", {"email": "a@example.com", "role": "reader"}),
    *one(f"{_ORGANIZATION}/groups", "group_id", {"name": "g"}, {"name": "h"}),
    Step("GET", f"{_ORGANIZATION}/users", None, "user_id"),
    Step("GET", f"{_ORGANIZATION}/users/{{user_id}}"),
    Step("POST", f"{_ORGANIZATION}/users/{{user_id}}", {"role": "owner"}),
    Step("POST", f"{_ORGANIZATION}/groups/{{group_id}}/users", {"user_id": "{user_id}"}),
    Step("GET", f"{_ORGANIZATION}/groups/{{group_id}}/users"),
    Step("GET", f"{_ORGANIZATION}/groups/{{group_id}}/users/{{user_id}}"),
    *one(f"{_ORGANIZATION}/roles", "role_id", _ROLE, {"role_name": "s"}),
    *_has_roles(f"{_ORGANIZATION}/groups/{{group_id}}", "role_id"),
    *_has_roles(f"{_ORGANIZATION}/users/{{user_id}}", "role_id"),
    *one(f"{_ORGANIZATION}/certificates", "certificate_id", {"certificate": OPENSSL}, {"name": "n"}),
    Step("POST", f"{_ORGANIZATION}/certificates/activate", {"certificate_ids": ["{certificate_id}"]}),
    Step("POST", f"{_ORGANIZATION}/certificates/deactivate", {"certificate_ids": ["{certificate_id}"]}),
    Step("GET", f"{_ORGANIZATION}/data_retention"),
    Step("POST", f"{_ORGANIZATION}/data_retention", {"retention_type": "zero_data_retention"}),
    *(
        step
        for of in (_ORGANIZATION, _PROJECT)
        for step in (
            Step("POST", f"{of}/spend_limit", _AMOUNT),
            Step("GET", f"{of}/spend_limit"),
            *one(f"{of}/spend_alerts", "alert_id", _ALERT, _ALERT),
            Step("DELETE", f"{of}/spend_alerts/{{alert_id}}"),
            Step("DELETE", f"{of}/spend_limit"),
        )
    ),
]
_GONE = [
    *(Step("DELETE", f"{_ORGANIZATION}/{of}/roles/{{role_id}}") for of in ("groups/{group_id}", "users/{user_id}")),
    Step("DELETE", f"{_ORGANIZATION}/groups/{{group_id}}/users/{{user_id}}"),
]
_OF_A_PROJECT = [
    *one("/projects/{project_id}/roles", "role_id", _ROLE, {"role_name": "s"}),
    *_has_roles("/projects/{project_id}/groups/{group_id}", "role_id"),
    *_has_roles("/projects/{project_id}/users/{user_id}", "role_id"),
    *(
        Step("DELETE", f"/projects/{{project_id}}/{of}/roles/{{role_id}}")
        for of in ("groups/{group_id}", "users/{user_id}")
    ),
    Step("DELETE", "/projects/{project_id}/roles/{role_id}"),
]
_ENDS = [
    Step("POST", f"{_ORGANIZATION}/roles", _ROLE, "role_id"),
    *(
        Step("DELETE", f"{_ORGANIZATION}/{of}")
        for of in (
            "roles/{role_id}",
            "groups/{group_id}",
            "certificates/{certificate_id}",
            "invites/{invite_id}",
            "admin_api_keys/{key_id}",
        )
    ),
    Step(
        "POST",
        f"{_ORGANIZATION}/invites",
        {"email": "b@example.com", "role": "reader"},
        headers={"x-fakeai-invite": "accept"},
    ),
    Step("GET", f"{_ORGANIZATION}/users?emails=b@example.com", None, "user_id"),
    Step("DELETE", f"{_ORGANIZATION}/users/{{user_id}}"),
    Step("GET", f"{_ORGANIZATION}/audit_logs"),
]

STEPS = [*_MADE, *_GONE, *_OF_A_PROJECT, *_ENDS]
