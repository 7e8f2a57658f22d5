"""Every reply about an organization is what OpenAI's own document says it is."""

import json
from typing import Any

import httpx

from contract.organized import STEPS, Step
from contract.test_spec import document, faults, pytestmark
from fakeai.services.admin_keys import AdminKeys
from fakeai.services.audit import Audit
from fakeai.services.certificates import Certificates
from fakeai.services.data_retention import DataRetentions
from fakeai.services.groups import Groups
from fakeai.services.invites import Invites
from fakeai.services.role_assignments import RoleAssignments
from fakeai.services.roles import Roles
from fakeai.services.spend import Spend
from fakeai.services.users import Users
from fakeai.testing import FakeAI

__all__ = ["pytestmark"]

SERVICES = (
    AdminKeys,
    Audit,
    Certificates,
    DataRetentions,
    Groups,
    Invites,
    RoleAssignments,
    Roles,
    Spend,
    Users,
)


def filled(value: Any, ids: dict[str, str]) -> Any:
    """The value with the ids that its braces name."""
    text = json.dumps(value)
    for name, known in ids.items():
        text = text.replace(f"{{{name}}}", known)
    return json.loads(text)


def schema_of(method: str, path: str) -> str:
    """Where the document has the schema of a reply."""
    answer = document()["paths"][path][method.lower()]["responses"]["200"]
    schema = answer["content"]["application/json"]["schema"]
    inline = f"#/paths/{path.replace('/', '~1')}/{method.lower()}/responses/200/content/application~1json/schema"
    return str(schema.get("$ref", inline.replace("{", "%7B").replace("}", "%7D")))


def kept(step: Step, reply: Any) -> str:
    """The id in a reply: of one object, or of the first in a list."""
    return str(reply["id"] if "id" in reply else reply["data"][0]["id"])


def test_replies_about_an_organization_are_what_the_document_says() -> None:
    ids: dict[str, str] = {}
    wrong: list[str] = []
    with (
        FakeAI(seed=1) as fake,
        httpx.Client(transport=fake.transport(), base_url="http://fakeai/v1", timeout=30) as door,
    ):
        for step in STEPS:
            comes = {"x-fakeai-invite": "accept"} if "b@example.com" in str(step.body) else {}
            body = filled(step.body, ids) if step.method == "POST" else None
            answer = door.request(step.method, filled(step.path, ids), json=body, headers=comes)
            assert answer.status_code == 200, (step, answer.text)
            if step.keeps:
                ids[step.keeps] = kept(step, answer.json())
            path = step.path.partition("?")[0]
            found = faults(schema_of(step.method, path), answer.json(), path)
            wrong += [f"{step.method} {path} {fault}" for fault in found]
    assert wrong == []


def test_every_endpoint_that_the_document_knows_is_asked() -> None:
    served = {(row.method, row.path) for service in SERVICES for row in service.ENDPOINTS}
    asked = {(step.method, step.path.partition("?")[0]) for step in STEPS}
    assert served - asked == set()
    assert all(method.lower() in document()["paths"][path] for method, path in served)
